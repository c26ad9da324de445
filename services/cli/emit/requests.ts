import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { refusalOf } from '../api/refusal.js'
import { CliError } from '../errors.js'
import type { Batch } from './batches.js'

export interface Door {
  /** The path of the stream at the collector. */
  readonly url: URL
  /** A token or an API key. */
  readonly credential: string
}

/** What became of a record: accepted, or refused for these reasons. */
export type Result =
  | { readonly status: 'accepted' }
  | { readonly status: 'refused'; readonly faults: readonly { readonly field: string; readonly message: string }[] }

export interface SendOptions {
  /** Called before each pause. */
  readonly onWait: (reason: string, seconds: number) => void
  /** How long to send a batch again, in milliseconds. */
  readonly giveUpMs?: number
  /** The first pause, in milliseconds; it doubles up to half a minute. */
  readonly firstPauseMs?: number
}

const GIVE_UP_MS = 60_000
const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 30_000
/** Longer than the collector waits for Kafka. */
const REQUEST_TIMEOUT_MS = 60_000

/** Statuses after which the same request can succeed: too often, overloaded, or without Kafka. */
const RETRIABLE: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504])

const pack = promisify(gzip)

/**
 * Sends a batch, again and again while the collector is busy or away. Returns what became of each record.
 *
 * @throws {CliError} `SERVICE_AWAY` when it gives up, `WRITE_REFUSED` when the collector refuses the whole request
 */
export async function sendBatch(door: Door, { records }: Batch, options: SendOptions): Promise<readonly Result[]> {
  const { onWait, giveUpMs = GIVE_UP_MS, firstPauseMs = FIRST_PAUSE_MS } = options
  const body = await pack(Buffer.from(`${records.join('\n')}\n`))
  const deadline = Date.now() + giveUpMs
  for (let pause = firstPauseMs; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
    const answer = await send(door, body, records.length)
    if ('results' in answer) return answer.results
    // Many senders that failed together do not come back together.
    const wait = Math.max(answer.retryAfterMs, pause) * (1 + Math.random() / 4)
    if (Date.now() + wait > deadline) throw new CliError('SERVICE_AWAY', answer.reason)
    onWait(answer.reason, wait / 1_000)
    await sleep(wait)
  }
}

type Answer = { readonly results: readonly Result[] } | { readonly reason: string; readonly retryAfterMs: number }

async function send({ url, credential }: Door, body: Buffer, records: number): Promise<Answer> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${credential}`,
      'content-type': 'application/x-ndjson',
      'content-encoding': 'gzip',
    },
    body: new Uint8Array(body),
    // A credential goes to the address that the user gave, and nowhere else.
    redirect: 'error',
    signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
  }).catch(() => undefined)
  if (response === undefined) return { reason: `The collector at ${url.origin} does not answer.`, retryAfterMs: 0 }
  if (RETRIABLE.has(response.status)) {
    const seconds = Number(response.headers.get('retry-after') ?? 0)
    const retryAfterMs = Number.isFinite(seconds) ? Math.max(0, seconds) * 1_000 : 0
    return { reason: await refusalOf(response), retryAfterMs }
  }
  const results = [200, 207, 422].includes(response.status) ? await resultsOf(response.clone()) : undefined
  if (results?.length === records) return { results }
  throw new CliError('WRITE_REFUSED', await refusalOf(response))
}

async function resultsOf(response: Response): Promise<readonly Result[] | undefined> {
  try {
    const { results } = (await response.json()) as { results?: readonly Result[] }
    return Array.isArray(results) ? results : undefined
  } catch {
    return undefined
  }
}
