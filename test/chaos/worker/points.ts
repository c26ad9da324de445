/**
 * The places in the protocol at which a worker can be held up or ended: before and after each of its requests to the world. `settle` is
 * the commit of what is stored when no next range follows; the others bear the protocol's own names.
 */
export const steps = ['locate', 'reconcile', 'commit', 'transcode', 'dead_letters', 'insert', 'mark', 'settle'] as const

export type StepName = (typeof steps)[number]
export type Point = `${StepName}:${'before' | 'after'}`

export const points: readonly Point[] = steps.flatMap((step): Point[] => [`${step}:before`, `${step}:after`])

/** Whether a lane passes the point only when its partition is assigned, and not for each range. */
export function isAtBeginning(point: Point): boolean {
  return point.startsWith('locate') || point.startsWith('reconcile')
}

/** Whether a lane passes the point only when there is nothing more to store, as when it is stopped. */
export function isAtEnd(point: Point): boolean {
  return point.startsWith('settle')
}

/** What is to happen at a point, the next time that any of the worker's lanes comes to it. */
export interface Order {
  readonly point: Point
  readonly action: 'kill' | 'freeze'
}

/** What a worker says before it carries an order out. `range` is absent before there is one. */
export interface Reached {
  readonly point: Point
  readonly partition: number
  readonly range?: { readonly first: number; readonly last: number }
}
