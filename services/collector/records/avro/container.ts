import type { Stream } from '../../../../schemas/streams/index.js'
import { checkCount, type ReadRecord, unreadable } from '../read_record.js'
import { unpack } from '../unpack.js'
import type { UnpackedBudget } from '../unpacked_budget.js'
import { Cursor } from './cursor.js'
import { type DecodeRecord, recordDecoder } from './record_decoder.js'

const MAGIC = Buffer.from('Obj\x01', 'latin1')
const SYNC_BYTES = 16

/** The codecs of Avro's files, as we name what unpacks them; undefined for none. */
const CODECS: ReadonlyMap<string, 'deflate' | 'zstd' | undefined> = new Map([
  ['null', undefined],
  ['deflate', 'deflate'],
  ['zstandard', 'zstd'],
])

export function isContainer(body: Buffer): boolean {
  return body.subarray(0, MAGIC.length).equals(MAGIC)
}

/**
 * The records of an object container file (Apache Avro 1.12, "Object Container Files").
 *
 * @throws {Problem} 400 or 413 with the reason
 * @throws {Error} any other when the bytes are malformed
 */
export async function readContainer(
  body: Buffer,
  stream: Stream,
  budget: UnpackedBudget,
): Promise<readonly ReadRecord[]> {
  const cursor = new Cursor(body, MAGIC.length)
  const metadata = readMetadata(cursor)
  const decode = recordDecoder(schemaIn(metadata), stream)
  const codec = metadata.get('avro.codec')?.toString() ?? 'null'
  if (!CODECS.has(codec)) throw unreadable(`its Avro codec must be one of ${[...CODECS.keys()].join(', ')}`)
  const packing = CODECS.get(codec)
  const sync = cursor.fixed(SYNC_BYTES)
  const records: ReadRecord[] = []
  while (!cursor.atEnd) {
    const count = cursor.long()
    if (count < 0n) throw unreadable('an Avro block has a negative number of records')
    checkCount(records.length + Number(count))
    const packed = cursor.lengthAndBytes()
    if (!cursor.fixed(SYNC_BYTES).equals(sync)) throw unreadable('an Avro block does not end with the sync marker')
    const block = packing === undefined ? packed : await unpack(packed, packing, budget)
    for (const record of readBlock(block, Number(count), decode)) records.push(record)
  }
  return records
}

function* readBlock(block: Buffer, count: number, decode: DecodeRecord): Generator<ReadRecord> {
  const cursor = new Cursor(block)
  for (let index = 0; index < count; index++) yield decode(cursor)
  if (!cursor.atEnd) throw unreadable('an Avro block has more bytes than records')
}

/** A map of bytes: blocks of entries, the last of them empty. A negative count is followed by the block's size. */
function readMetadata(cursor: Cursor): ReadonlyMap<string, Buffer> {
  const metadata = new Map<string, Buffer>()
  for (;;) {
    const count = cursor.long()
    if (count === 0n) return metadata
    if (count < 0n) cursor.long()
    // Each entry takes bytes, so a count that is too high ends with the body.
    for (let left = count < 0n ? -count : count; left > 0n; left--) {
      const key = cursor.lengthAndBytes().toString()
      metadata.set(key, cursor.lengthAndBytes())
    }
  }
}

function schemaIn(metadata: ReadonlyMap<string, Buffer>): unknown {
  try {
    return JSON.parse(metadata.get('avro.schema')?.toString() ?? '')
  } catch {
    throw unreadable('its Avro schema is missing or not JSON')
  }
}
