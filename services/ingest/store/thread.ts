import { parentPort, workerData } from 'node:worker_threads'
import { readReleasedSchemas } from '../../../schemas/derive/released.js'
import { type Stream, streams } from '../../../schemas/streams/index.js'
import { registryClient } from '../../emitter/registry/client.js'
import { RegistryError } from '../../emitter/registry/registry_error.js'
import { registryAccess } from '../../runtime/registry.js'
import { clickHouseFailure, type Failure, insertLate } from '../failures.js'
import { Arena } from '../memory/arena.js'
import { intoSegments, SEGMENT_BYTES, type Segment, Segments } from '../memory/segments.js'
import type { Range } from '../partition/range/range.js'
import { createTranscoder, type RangeRecords, SchemaNotFetchedError, type Transcoder } from '../transcode/index.js'
import type { RangeBytes } from '../transcode/range_records.js'
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

/** The thread that turns ranges into columns and inserts them. `store.ts` is its other end. */
if (parentPort === null) throw new Error('Start store/thread with openStore.')
const port = parentPort
const { clickhouse, requestTimeoutMs, registry: registryConfig, segments: shared } = workerData as StoreOptions

const insertBlock = blockInserter(clickhouse, { requestTimeoutMs, maxConnections: 16 })
const access = registryAccess(registryConfig)
const registry = access && new SchemaRegistry(registryClient({ ...access, timeoutMs: requestTimeoutMs }))
const segments = new Segments(shared)
// Scratch memory: for the current group of records, and for the columns of the current range.
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
  /** The range; undefined once its records are columns. */
  held: HeldRange | undefined
  readonly stream: Stream
  readonly blocks: Map<string, Block>
  /** The days whose insert failed. Parts of their blocks may still be in a socket's queue. */
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

/** Gives back the memory of the columns, or of the records if they never became columns. */
function discard(number: number): void {
  const { held, blocks, failed } = tasks.get(number) as Task
  tasks.delete(number)
  segments.give(held?.range.segments ?? [])
  for (const [day, block] of blocks) {
    // A failed request may still send until its timeout.
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
  // Synchronous from the first record to the copy of the last column: all ranges share the scratch memory.
  return withSchemas(transcoder, range, () => {
    columnArena.clear()
    const { days, poison, secrets } = transcoder.transcode(range, { topicId, partition, ingestedAt: Date.now() })
    const poisonous = withBytes({ ...raw, data: range.data }, poison)
    segments.give(raw.segments)
    task.held = undefined
    const blockSummaries = days.map(({ pieces, ...day }) => {
      const block = { segments: intoSegments(pieces, segments), bytes: lengthOf(pieces) }
      task.blocks.set(day.day, block)
      return { ...day, bytes: block.bytes }
    })
    return { days: blockSummaries, poison: poisonous, secrets }
  })
}

/** Runs `work`, and again after fetching the schemas that it needs. */
async function withSchemas<T>(transcoder: Transcoder, range: RangeRecords, work: () => T): Promise<T> {
  for (;;) {
    registry?.forgetOldDenials()
    try {
      return work()
    } catch (error) {
      if (registry === undefined || !(error instanceof SchemaNotFetchedError)) throw error
      await failing(registry.fetch(transcoder.unknownSchemas(range)))
    }
  }
}

function lengthOf(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, { length }) => sum + length, 0)
}

/** Turns poison records into dead letters with their bytes and offsets. */
function withBytes(
  range: Range & Pick<RangeRecords, 'data'>,
  poison: readonly { readonly index: number; readonly reason: string; readonly detail: string }[],
): DeadLetter[] {
  return poison.map(({ index, reason, detail }) => {
    const value = copied(range.data, range.starts[index] as number, range.lengths[index] as number)
    const key = copied(range.data, range.keyStarts[index] as number, range.keyLengths[index] as number)
    return {
      offset: range.offsets[index] as number,
      timestamp: range.timestamps[index] as number,
      reason,
      detail,
      value,
      ...(key === null ? {} : { key }),
    }
  })
}

/** A copy, because postMessage clones the whole buffer behind a view; null if the length is negative. */
function copied(data: RangeBytes, start: number, length: number): Uint8Array | null {
  return length < 0 ? null : new Uint8Array(data.subarray(start, start + length))
}

/** Carries a failure to the other thread. */
class Failed extends Error {
  constructor(readonly failure: Failure) {
    super(failure.code)
  }
}

async function failing<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (error instanceof RegistryError) throw new Failed({ code: error.code, retriable: error.retriable })
    throw error
  }
}
