import { createReadStream } from 'node:fs'
import { open, truncate } from 'node:fs/promises'
import { RecordEnds } from './record_ends.js'

export type Format = 'ndjson' | 'csv' | 'parquet' | 'ocsf'

/** Where an earlier export broke off: its last whole record, after which the next goes on. */
export interface Place {
  readonly time: string
  readonly eventId: string
  /** Whole records that are there already. */
  readonly records: number
}

/**
 * Cuts a part of a file to its last whole record, and says which that is. Undefined where nothing can be kept: there is no whole record, or
 * the format is Parquet, whose end tells what is in it, so that nothing can be added.
 */
export async function resumeAt(part: string, format: Format): Promise<Place | undefined> {
  if (format === 'parquet') return undefined
  const ends = new RecordEnds(format === 'csv')
  try {
    for await (const chunk of createReadStream(part)) ends.add(chunk as Buffer)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  const records = format === 'csv' ? ends.lines - 1 : ends.lines
  if (records < 1) return undefined
  const key = keyOf(await bytesOf(part, ends.last), format)
  if (key === undefined) return undefined
  await truncate(part, ends.last.to)
  return { ...key, records }
}

async function bytesOf(file: string, { from, to }: { readonly from: number; readonly to: number }): Promise<string> {
  const handle = await open(file)
  try {
    const { buffer } = await handle.read(Buffer.alloc(to - from), 0, to - from, from)
    return buffer.toString('utf8')
  } finally {
    await handle.close()
  }
}

function keyOf(line: string, format: Exclude<Format, 'parquet'>): { time: string; eventId: string } | undefined {
  if (format === 'csv') {
    const [, eventId, time] = /^"([0-9a-f-]{36})","([^"]+)"/.exec(line) ?? []
    return eventId === undefined || time === undefined ? undefined : { time, eventId }
  }
  try {
    const record = JSON.parse(line)
    const [time, eventId] =
      format === 'ocsf' ? [record.metadata.original_time, record.metadata.uid] : [record.time, record.event_id]
    return typeof time === 'string' && typeof eventId === 'string' ? { time, eventId } : undefined
  } catch {
    return undefined
  }
}
