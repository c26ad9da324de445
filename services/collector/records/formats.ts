import type { FastifyRequest } from 'fastify'
import type { Stream } from '../../../schemas/streams/index.js'
import { Problem } from '../../runtime/problem.js'
import { avroReader, type ReadAvro } from './avro/index.js'
import { readJson, readLines } from './json.js'
import { type ReadRecord, unreadable } from './read_record.js'
import { unpack } from './unpack.js'
import type { UnpackedBudget } from './unpacked_budget.js'

/** The formats of bodies, by their media types. */
export const MEDIA_TYPES = {
  'application/json': 'json',
  'application/x-ndjson': 'lines',
  'application/ndjson': 'lines',
  'application/jsonl': 'lines',
  'application/avro': 'avro',
  'avro/binary': 'avro',
} as const

type Format = (typeof MEDIA_TYPES)[keyof typeof MEDIA_TYPES]

/** The content codings that a body may have. */
export const ENCODINGS = ['gzip', 'zstd'] as const

type Encoding = (typeof ENCODINGS)[number]

/** How the body of a request is to be read. */
export interface BodyForm {
  readonly format: Format
  readonly encoding: Encoding | undefined
}

/** The form that the headers declare. @throws {Problem} 415 for an unknown one */
export function bodyForm({ headers }: Pick<FastifyRequest, 'headers'>): BodyForm {
  const mediaType = headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? ''
  if (!Object.hasOwn(MEDIA_TYPES, mediaType)) {
    const known = Object.keys(MEDIA_TYPES).join(', ')
    throw new Problem(415, 'UNSUPPORTED_MEDIA_TYPE', `Content-Type must be one of ${known}.`)
  }
  return {
    format: MEDIA_TYPES[mediaType as keyof typeof MEDIA_TYPES],
    encoding: encodingOf(headers['content-encoding']),
  }
}

function encodingOf(header: string | undefined): Encoding | undefined {
  const name = header?.trim().toLowerCase() ?? ''
  if (name === '' || name === 'identity') return undefined
  // RFC 9110, section 8.4.1.3: x-gzip means gzip.
  const encoding = ENCODINGS.find((each) => each === (name === 'x-gzip' ? 'gzip' : name))
  if (encoding !== undefined) return encoding
  throw new Problem(415, 'UNSUPPORTED_MEDIA_TYPE', `Content-Encoding must be one of ${ENCODINGS.join(', ')}.`, {
    'accept-encoding': ENCODINGS.join(', '),
  })
}

/** Reads the records of a body. @throws {Problem} 400, 413, 429 or 503 */
export type ReadBody = (body: Buffer, form: BodyForm, budget: UnpackedBudget) => Promise<readonly ReadRecord[]>

export function bodyReader(stream: Stream): ReadBody {
  const readAvro: ReadAvro = avroReader(stream)
  return async (body, { format, encoding }, budget) => {
    const unpacked = encoding === undefined ? body : await unpackBody(body, encoding, budget)
    switch (format) {
      case 'json':
        return readJson(unpacked)
      case 'lines':
        return readLines(unpacked)
      case 'avro':
        return readAvro(unpacked, budget)
    }
  }
}

async function unpackBody(body: Buffer, encoding: Encoding, budget: UnpackedBudget): Promise<Buffer> {
  try {
    return await unpack(body, encoding, budget)
  } catch (error) {
    if (error instanceof Problem) throw error
    throw unreadable(`it is not ${encoding}, as Content-Encoding says`)
  }
}
