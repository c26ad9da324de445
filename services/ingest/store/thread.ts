import { parentPort, workerData } from 'node:worker_threads'
import { readReleasedSchemas } from '../../../schemas/derive/released.js'
import { streams } from '../../../schemas/streams/index.js'
import { connectClickHouse } from '../../runtime/clickhouse.js'
import { clickHouseFailure, type Failure, registryFailure } from '../failures.js'
import { createTranscoder, type Transcoder } from '../transcode/index.js'
import { insertBlock } from './insert.js'
import type { Call, HeldRange, Poison, Request, Response, StoreOptions, Transcoded } from './messages.js'
import { SchemaRegistry } from './registry.js'

/** The thread that turns ranges into columns and inserts them; the other end of `store.ts`. */
if (parentPort === null) throw new Error('store/thread is started by openStore, not by itself.')
const port = parentPort
const { clickhouse, requestTimeoutMs, registryUrl } = workerData as StoreOptions

const client = connectClickHouse(clickhouse, 'gatelog-ingest', { requestTimeoutMs, maxConnections: 16 })
const registry = registryUrl === undefined ? undefined : new SchemaRegistry(registryUrl, requestTimeoutMs)
const transcoders = new Map<string, Transcoder>(
  streams.map((stream) => [
    stream.name,
    createTranscoder({
      stream,
      schemas: readReleasedSchemas(stream),
      ...(registry === undefined ? {} : { registry: (id: number) => registry.known(id) }),
    }),
  ]),
)

interface Batch {
  readonly held: HeldRange
  readonly blocks: Map<string, Uint8Array>
}
const batches = new Map<number, Batch>()

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

async function carryOut(request: Request): Promise<Transcoded | undefined> {
  switch (request.kind) {
    case 'hold':
      batches.set(request.batch, { held: request.held, blocks: new Map() })
      return undefined
    case 'transcode':
      return transcode(batches.get(request.batch) as Batch)
    case 'insert': {
      const { held, blocks } = batches.get(request.batch) as Batch
      const block = blocks.get(request.day) as Uint8Array
      await failing(clickHouseFailure, insertBlock(client, held.stream, block, request.token))
      return undefined
    }
    case 'discard':
      batches.delete(request.batch)
      return undefined
  }
}

async function transcode({ held, blocks }: Batch): Promise<Transcoded> {
  const { stream, topicId, partition, range } = held
  const transcoder = transcoders.get(stream) as Transcoder
  if (registry !== undefined) {
    registry.forgetOldDenials()
    await failing(() => registryFailure, registry.fetch(transcoder.unknownSchemas(range)))
  }
  const { days, poison } = transcoder.transcode(range, { topicId, partition, ingestedAt: Date.now() })
  for (const { day, block } of days) blocks.set(day, block)
  return {
    days: days.map(({ block, ...day }) => ({ ...day, bytes: block.length })),
    poison: withBytes(held, poison),
  }
}

/** Gives each poison record its bytes, and where it stood. */
function withBytes(
  { range }: HeldRange,
  poison: readonly { readonly index: number; readonly reason: string; readonly detail: string }[],
): Poison[] {
  if (poison.length === 0) return []
  const starts = new Map<number, number>()
  const wanted = new Set(poison.map(({ index }) => index))
  let at = 0
  for (const [index, length] of range.lengths.entries()) {
    if (wanted.has(index)) starts.set(index, at)
    at += Math.max(0, length)
  }
  return poison.map(({ index, reason, detail }) => {
    const start = starts.get(index) as number
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
