import { createReadStream } from 'node:fs'
import { open, truncate } from 'node:fs/promises'
import type { ExportFormat } from '../../../schemas/derive/export_formats.js'
import { RecordBoundaries } from './record_boundaries.js'

/** The last complete record of an interrupted export. The next export continues after it. */
export interface ResumePoint {
  readonly time: string
  readonly eventId: string
  /** Complete records in the file. */
  readonly records: number
}

/**
 * Truncates a partial file after its last complete record and returns that record. Returns undefined when nothing can
 * be kept: there is no complete record, or the format is Parquet, whose metadata is at the end of the file.
 */
export async function resumeAt(part: string, format: ExportFormat): Promise<ResumePoint | undefined> {
  if (format === 'parquet') return undefined
  const boundaries = new RecordBoundaries(format === 'csv')
  try {
    for await (const chunk of createReadStream(part)) boundaries.add(chunk as Buffer)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  const records = format === 'csv' ? boundaries.lines - 1 : boundaries.lines
  if (records < 1) return undefined
  const key = keyOf(await bytesOf(part, boundaries.last), format)
  if (key === undefined) return undefined
  await truncate(part, boundaries.last.to)
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

function keyOf(line: string, format: Exclude<ExportFormat, 'parquet'>): { time: string; eventId: string } | undefined {
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
