import { Problem } from '../../runtime/problem.js'

/** Gives back what was taken; more than once does no more. */
export type Release = () => void

/** Bounds how many exports of one principal run at once. */
export class Permits {
  private readonly running = new Map<string, number>()

  constructor(private readonly most: number) {}

  /** @throws {Problem} 429 `TOO_MANY_EXPORTS` */
  take(principal: string): Release {
    const running = this.running.get(principal) ?? 0
    if (running >= this.most) {
      throw new Problem(
        429,
        'TOO_MANY_EXPORTS',
        `You may run ${this.most} ${this.most === 1 ? 'export' : 'exports'} at once. Begin another when one has ended.`,
        { 'retry-after': '30' },
      )
    }
    this.running.set(principal, running + 1)
    let held = true
    return () => {
      if (!held) return
      held = false
      const left = (this.running.get(principal) ?? 1) - 1
      if (left === 0) this.running.delete(principal)
      else this.running.set(principal, left)
    }
  }
}
