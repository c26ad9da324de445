import { parentPort, workerData } from 'node:worker_threads'
import { readReleasedSchemas } from '../../../schemas/derive/released.js'
import { streams } from '../../../schemas/streams/index.js'
import { connectClickHouse } from '../../runtime/clickhouse.js'
import { clickHouseFailure, type Failure, registryFailure } from '../failures.js'
import { Memory } from '../memory.js'
import { createTranscoder, type Transcoder } from '../transcode/index.js'
import { insertBlock } from './insert.js'
import type { Call, HeldRange, InsertRequest, Poison, Released, Request, Response, StoreOptions } from './messages.js'
import { SchemaRegistry } from './registry.js'

/** The thread that turns ranges into columns and inserts them; the other end of `store.ts`. */
if (parentPort === null) throw new Error('store/thread is started by openStore, not by itself.')
const port = parentPort
/** Enough for the blocks of a worker that is busy with all of its partitions. */
const MAX_FREE_BYTES = 32 * 1024 * 1024
const { clickhouse, requestTimeoutMs, registryUrl } = workerData as StoreOptions

const client = connectClickHouse(clickhouse, 'gatelog-ingest', { requestTimeoutMs, maxConnections: 16 })
const registry = registryUrl === undefined ? undefined : new SchemaRegistry(registryUrl, requestTimeoutMs)
const memory = new Memory(MAX_FREE_BYTES)
const transcoders = new Map<string, Transcoder>(
  streams.map((stream) => [
    stream.name,
    createTranscoder({
      stream,
      schemas: readReleasedSchemas(stream),
      allocate: (bytes) => memory.take(bytes).subarray(0, bytes),
      ...(registry === undefined ? {} : { registry: (id: number) => registry.known(id) }),
    }),
  ]),
)

interface Batch {
  /** Where the records came from; the records themselves are let go once they are columns. */
  held: HeldRange | undefined
  readonly stream: string
  readonly blocks: Map<string, Uint8Array<ArrayBuffer>>
  /** The days whose insert failed: part of their blocks may still wait to be sent. */
  readonly failed: Set<string>
}
const batches = new Map<number, Batch>()

port.on('message', async ({ call, request }: Call) => {
  const response = await answer(call, request)
  const free = response.ok ? response.value?.memory : undefined
  port.postMessage(response, free === undefined ? [] : [free])
})

async function answer(call: number, request: Request): Promise<Response> {
  try {
    return { call, ok: true, value: await carryOut(request) }
  } catch (error) {
    if (error instanceof Failed) return { call, ok: false, failure: error.failure }
    throw error
  }
}

async function carryOut(request: Request): Promise<Released | undefined> {
  switch (request.kind) {
    case 'hold':
      batches.set(request.batch, {
        held: request.held,
        stream: request.held.stream,
        blocks: new Map(),
        failed: new Set(),
      })
      return undefined
    case 'transcode':
      return transcode(batches.get(request.batch) as Batch)
    case 'insert': {
      await insert(batches.get(request.batch) as Batch, request)
      return undefined
    }
    case 'discard':
      discard(request.batch)
      return undefined
  }
}

async function insert(
  { stream, blocks, failed }: Batch,
  { day, token }: Pick<InsertRequest, 'day' | 'token'>,
): Promise<void> {
  const block = blocks.get(day) as Uint8Array
  try {
    await insertBlock(client, stream, block, token)
  } catch (error) {
    failed.add(day)
    throw new Failed(clickHouseFailure(error))
  }
}

function discard(number: number): void {
  const { blocks, failed } = batches.get(number) as Batch
  batches.delete(number)
  for (const [day, block] of blocks) if (!failed.has(day)) memory.give(block.buffer)
}

async function transcode(batch: Batch): Promise<Released> {
  const held = batch.held as HeldRange
  const { stream, topicId, partition, range } = held
  const transcoder = transcoders.get(stream) as Transcoder
  if (registry !== undefined) {
    registry.forgetOldDenials()
    await failing(() => registryFailure, registry.fetch(transcoder.unknownSchemas(range)))
  }
  const { days, poison } = transcoder.transcode(range, { topicId, partition, ingestedAt: Date.now() })
  for (const { day, block } of days) batch.blocks.set(day, block)
  batch.held = undefined
  return {
    days: days.map(({ block, ...day }) => ({ ...day, bytes: block.length })),
    poison: withBytes(held, poison),
    memory: range.data.buffer,
  }
}

/** Gives each poison record its bytes, and where it stood. */
function withBytes(
  { range }: HeldRange,
  poison: readonly { readonly index: number; readonly reason: string; readonly detail: string }[],
): Poison[] {
  return poison.map(({ index, reason, detail }) => {
    const start = range.starts[index] as number
    const length = range.lengths[index] as number
    return {
      offset: range.offsets[index] as number,
      timestamp: range.timestamps[index] as number,
      reason,
      detail,
      value: length < 0 ? null : range.data.slice(start, start + length),
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
