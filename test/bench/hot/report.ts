import { percentile } from '../cost.js'
import type { Asked } from './open_loop.js'
import type { Kind } from './questions.js'

/** A line for each kind: how many were answered and refused, and how long that took. */
export function report(kinds: readonly Kind[], asked: readonly Asked[]): void {
  console.log('                    asked  answered     p50       p95      most   refused      p95   others')
  for (const { name } of kinds) {
    const all = asked.filter(({ kind }) => kind === name)
    const answered = all.filter(({ status }) => status === 200)
    const refused = all.filter(({ status }) => status === 503 || status === 429)
    const others = [...new Set(all.map(({ status }) => status))].filter((status) => ![200, 429, 503].includes(status))
    const figure = (of: readonly Asked[], share: number) =>
      of.length === 0
        ? '–'.padStart(10)
        : ms(
            percentile(
              of.map(({ ms }) => ms),
              share,
            ),
          )
    console.log(
      `${name.padEnd(18)}${String(all.length).padStart(7)}${String(answered.length).padStart(10)}` +
        `${figure(answered, 0.5)}${figure(answered, 0.95)}${figure(answered, 1)}` +
        `${String(refused.length).padStart(10)}${figure(refused, 0.95)}   ${others.join(', ')}`,
    )
  }
}

/** Milliseconds, as wide as a column. */
export function ms(value: number): string {
  return `${value.toFixed(0)} ms`.padStart(10)
}
