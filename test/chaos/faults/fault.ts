import type { Server } from '../cluster/server.js'
import type { Worker } from '../cluster/workers.js'
import type { Random } from '../random.js'

/** What faults act on. */
export interface World {
  readonly broker: Server
  readonly database: Server
  /** The workers that share the partitions. */
  readonly workers: readonly Worker[]
  /** One more worker, which joins and leaves. */
  readonly visitor: Worker
  /** Time after which the group reassigns the partitions of a silent worker, in milliseconds. */
  readonly sessionTimeoutMs: number
  /** First offset of each partition that no mark covers. */
  marks(): Promise<ReadonlyMap<number, number>>
  readonly window: DeduplicationWindow
  readonly breakages: Readonly<Record<BreakageName, Breakage>>
  /** The number of partitions of the topic. */
  readonly partitions: number
  /** How many times partitions have halted so far. */
  halts(): number
  /** Sends so many invalid records in a row to one partition. Resolves when Kafka has acknowledged them. */
  burst(records: number, place: number): Promise<void>
  /** Sends and aborts two transactions in one partition that are larger than a fetch. */
  abortLargeTransactions(place: number): Promise<void>
}

export type BreakageName = 'missing column' | 'constraint' | 'failing view'

/** Something about the table that makes ClickHouse reject inserts, until an operator repairs it. */
export interface Breakage {
  inflict(): Promise<void>
  repair(): Promise<void>
}

/** The number of inserts whose tokens ClickHouse remembers, over the whole table. */
export interface DeduplicationWindow {
  shrink(inserts: number): Promise<void>
  /** Makes inserts of its own until ClickHouse has forgotten every token that it knew at the call. */
  passed(): Promise<boolean>
  restore(): Promise<void>
}

/** What a fault uses exclusively while it lasts: a worker, by its number, or one of the servers. */
export type Claim = number | 'visitor' | 'broker' | 'database'

/** The result of a fault. */
export interface Outcome {
  /** Whether it happened where it was planned. Otherwise it happened where it could. */
  readonly struck: boolean
  /** A remark for the report. */
  readonly note?: string
}

export const STRUCK: Outcome = { struck: true }

/** One fault of a plan. Everything random about it was drawn when the plan was made. */
export interface Fault {
  readonly kind: string
  /** A description for the report, equal for equal seeds. */
  readonly what: string
  /** Undefined if the fault uses everything exclusively. */
  readonly claims?: readonly Claim[]
  /** Injects the fault and undoes it. */
  inflict(world: World): Promise<Outcome>
}

/** Draws faults of one kind. */
export type DrawFault = () => Fault

/** A kind of fault; `share` of each 30 faults are of this kind. */
export interface FaultKind {
  readonly share: number
  draw(random: Random, workers: number): DrawFault
}

/** The worker with this number in the plan. */
export function workerOf(world: World, number: number): Worker {
  const worker = world.workers[number]
  if (worker === undefined) throw new Error(`There is no worker ${number}.`)
  return worker
}

export const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`
