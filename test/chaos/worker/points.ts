/**
 * The points in the protocol at which a worker can be stopped or killed: before and after each of its requests.
 * `settle` is the commit of what is stored when no next range follows; the others have the protocol's own names.
 */
export const steps = ['locate', 'reconcile', 'commit', 'transcode', 'dead_letters', 'insert', 'mark', 'settle'] as const

export type StepName = (typeof steps)[number]
export type Point = `${StepName}:${'before' | 'after'}`

export const points: readonly Point[] = steps.flatMap((step): Point[] => [`${step}:before`, `${step}:after`])

/** Whether a partition worker passes the point only when it starts, and not for each range. */
export function isAtBeginning(point: Point): boolean {
  return point.startsWith('locate') || point.startsWith('reconcile')
}

/** Whether a partition worker passes the point only when there is nothing more to store, as when it stops. */
export function isAtEnd(point: Point): boolean {
  return point.startsWith('settle')
}

/** What happens at a point, the next time that any partition worker of the process reaches it. */
export interface Order {
  readonly point: Point
  readonly action: 'kill' | 'freeze'
}

/** What a worker reports before it carries out an order. `range` is absent before there is one. */
export interface Reached {
  readonly point: Point
  readonly partition: number
  readonly range?: { readonly first: number; readonly last: number }
}
