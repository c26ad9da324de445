import { parentPort, workerData } from 'node:worker_threads'
import { readReleasedSchemas } from '../../../schemas/derive/released.js'
import { type Stream, streams } from '../../../schemas/streams/index.js'
import { clickHouseFailure, type Failure, insertLate, registryFailure } from '../failures.js'
import { Arena } from '../memory/arena.js'
import { intoSegments, SEGMENT_BYTES, type Segment, Segments } from '../memory/segments.js'
import { createTranscoder, type RangeRecords, SchemaNotFetchedError, type Transcoder } from '../transcode/index.js'
import { blockInserter, InsertLateError } from './insert.js'
import type {
  Call,
  DeadLetter,
  HeldRange,
  InsertRequest,
  Request,
  Response,
  StoreOptions,
  TranscodeSummary,
} from './messages.js'
import { SchemaRegistry } from './registry.js'
import { SegmentedBytes } from './segmented_bytes.js'

/** The thread that turns ranges into columns and inserts them; the other end of `store.ts`. */
if (parentPort === null) throw new Error('store/thread is started by openStore, not by itself.')
const port = parentPort
const { clickhouse, requestTimeoutMs, registryUrl, segments: shared } = workerData as StoreOptions

const insertBlock = blockInserter(clickhouse, { requestTimeoutMs, maxConnections: 16 })
const registry = registryUrl === undefined ? undefined : new SchemaRegistry(registryUrl, requestTimeoutMs)
const segments = new Segments(shared)
// What transcoding works in: a few records at a time, and the columns of one range after the other.
const groupArena = new Arena()
const columnArena = new Arena()
const streamNamed = new Map(streams.map((stream) => [stream.name, stream]))
const transcoders = new Map<string, Transcoder>(
  streams.map((stream) => [
    stream.name,
    createTranscoder({
      stream,
      schemas: readReleasedSchemas(stream),
      allocate: (bytes) => columnArena.take(bytes),
      ...(registry === undefined ? {} : { registry: (id: number) => registry.known(id) }),
    }),
  ]),
)

/** One day's columns. */
interface Block {
  readonly segments: readonly Segment[]
  readonly bytes: number
}

interface Task {
  /** Where the records came from; the records themselves are let go once they are columns. */
  held: HeldRange | undefined
  readonly stream: Stream
  readonly blocks: Map<string, Block>
  /** The days whose insert failed: part of their blocks may still wait to be sent. */
  readonly failed: Set<string>
}
const tasks = new Map<number, Task>()

port.on('message', async ({ call, request }: Call) => {
  port.postMessage(await answer(call, request))
})

async function answer(call: number, request: Request): Promise<Response> {
  try {
    return { call, ok: true, value: await carryOut(request) }
  } catch (error) {
    if (error instanceof Failed) return { call, ok: false, failure: error.failure }
    throw error
  }
}

async function carryOut(request: Request): Promise<TranscodeSummary | undefined> {
  switch (request.kind) {
    case 'hold':
      tasks.set(request.task, {
        held: request.held,
        stream: streamNamed.get(request.held.stream) as Stream,
        blocks: new Map(),
        failed: new Set(),
      })
      return undefined
    case 'transcode':
      return transcode(tasks.get(request.task) as Task)
    case 'insert': {
      await insert(tasks.get(request.task) as Task, request)
      return undefined
    }
    case 'discard':
      discard(request.task)
      return undefined
  }
}

async function insert(
  { stream, blocks, failed }: Task,
  { day, token, sendBy }: Pick<InsertRequest, 'day' | 'token' | 'sendBy'>,
): Promise<void> {
  const block = blocks.get(day) as Block
  try {
    await insertBlock(stream, inPieces(block), token, sendBy)
  } catch (error) {
    failed.add(day)
    throw new Failed(error instanceof InsertLateError ? insertLate : clickHouseFailure(error))
  }
}

/** Gives back the memory of the columns, and of the records where they never became columns. */
function discard(number: number): void {
  const { held, blocks, failed } = tasks.get(number) as Task
  tasks.delete(number)
  segments.give(held?.range.segments ?? [])
  for (const [day, block] of blocks) {
    // A request that failed may still be sending, until its time is over.
    if (failed.has(day)) setTimeout(() => segments.give(block.segments), requestTimeoutMs).unref()
    else segments.give(block.segments)
  }
}

function inPieces({ segments: filled, bytes }: Block): Uint8Array[] {
  return filled.map((segment, index) => segment.subarray(0, bytes - index * SEGMENT_BYTES))
}

async function transcode(task: Task): Promise<TranscodeSummary> {
  const { stream, topicId, partition, range: raw } = task.held as HeldRange
  const transcoder = transcoders.get(stream) as Transcoder
  const range = { ...raw, data: new SegmentedBytes(raw, groupArena) }
  // Without a pause from the first record to the last column's copy: every range is worked on in the same memory.
  return withSchemas(transcoder, range, () => {
    columnArena.clear()
    const { days, poison } = transcoder.transcode(range, { topicId, partition, ingestedAt: Date.now() })
    const poisonous = withBytes(range, poison)
    segments.give(raw.segments)
    task.held = undefined
    const blockSummaries = days.map(({ pieces, ...day }) => {
      const block = { segments: intoSegments(pieces, segments), bytes: lengthOf(pieces) }
      task.blocks.set(day.day, block)
      return { ...day, bytes: block.bytes }
    })
    return { days: blockSummaries, poison: poisonous }
  })
}

/** Tries what may find that it lacks schemas, and again with them, until it lacks none. */
async function withSchemas<T>(transcoder: Transcoder, range: RangeRecords, work: () => T): Promise<T> {
  for (;;) {
    registry?.forgetOldDenials()
    try {
      return work()
    } catch (error) {
      if (registry === undefined || !(error instanceof SchemaNotFetchedError)) throw error
      await failing(() => registryFailure, registry.fetch(transcoder.unknownSchemas(range)))
    }
  }
}

function lengthOf(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, { length }) => sum + length, 0)
}

/** Gives each poison record its bytes, and where it stood. */
function withBytes(
  range: RangeRecords,
  poison: readonly { readonly index: number; readonly reason: string; readonly detail: string }[],
): DeadLetter[] {
  return poison.map(({ index, reason, detail }) => {
    const start = range.starts[index] as number
    const length = range.lengths[index] as number
    return {
      offset: range.offsets[index] as number,
      timestamp: range.timestamps[index] as number,
      reason,
      detail,
      // A copy of these bytes alone: what a message shows a part of, it takes along as a whole.
      value: length < 0 ? null : new Uint8Array(range.data.subarray(start, start + length)),
    }
  })
}

/** A failure on its way to the other thread. */
class Failed extends Error {
  constructor(readonly failure: Failure) {
    super(failure.code)
  }
}

async function failing<T>(failureOf: (error: unknown) => Failure, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    throw new Failed(failureOf(error))
  }
}
