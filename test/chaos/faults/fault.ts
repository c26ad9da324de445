import type { Server } from '../cluster/server.js'
import type { Worker } from '../cluster/workers.js'
import type { Random } from '../random.js'

/** What a fault is done to. */
export interface World {
  readonly broker: Server
  readonly database: Server
  /** The workers that share the partitions. */
  readonly workers: readonly Worker[]
  /** One more, which comes and goes. */
  readonly visitor: Worker
  /** Time after which the group gives a silent worker's partitions to others, in milliseconds. */
  readonly sessionTimeoutMs: number
  /** First offset of each partition that no mark covers. */
  marks(): Promise<ReadonlyMap<number, number>>
  readonly window: DeduplicationWindow
}

/** How many inserts ClickHouse remembers the tokens of, over the whole table. */
export interface DeduplicationWindow {
  shrink(inserts: number): Promise<void>
  /** Makes inserts, beside those of the workers, until every token that was known at the call is forgotten. */
  passed(): Promise<boolean>
  restore(): Promise<void>
}

/** What a fault has for itself while it lasts: a worker by its number, or one of the servers. */
export type Claim = number | 'visitor' | 'broker' | 'database'

/** What came of a fault. */
export interface Outcome {
  /** Whether it struck where it was meant to; otherwise it struck as it could. */
  readonly struck: boolean
  /** In words, where it is worth one. */
  readonly note?: string
}

export const STRUCK: Outcome = { struck: true }

/** One fault of a plan. All that is random about it was drawn when the plan was made. */
export interface Fault {
  readonly kind: string
  /** In words, for the report: the same for the same seed. */
  readonly what: string
  /** Undefined where the fault wants all to itself. */
  readonly claims?: readonly Claim[]
  /** Does it, and undoes it. */
  inflict(world: World): Promise<Outcome>
}

/** Draws faults of one kind. */
export type DrawFault = () => Fault

/** A kind of fault; `share` of 30 are of it. */
export interface FaultKind {
  readonly share: number
  draw(random: Random, workers: number): DrawFault
}

/** The worker that a plan means by a number. */
export function workerOf(world: World, number: number): Worker {
  const worker = world.workers[number]
  if (worker === undefined) throw new Error(`There is no worker ${number}.`)
  return worker
}

export const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`
