import { type FileHandle, open } from 'node:fs/promises'
import type { ExportFormat } from '../../../schemas/derive/export_formats.js'
import { refusalOf } from '../api/refusal.js'
import { CliError } from '../errors.js'
import type { Progress } from './progress.js'
import { RecordBoundaries } from './record_boundaries.js'

export interface Download {
  readonly url: URL
  readonly token: string
  readonly format: ExportFormat
  /** The file to write to. */
  readonly part: string
  /** Continues the file instead of replacing it. */
  readonly append: boolean
  readonly progress: Progress
  readonly signal: AbortSignal
}

/**
 * Writes an export to a file. Resolves when the file is complete.
 *
 * @throws {CliError} `EXPORT_REFUSED` with the service's message, `SERVICE_AWAY`, or `EXPORT_BROKEN` when the
 * connection breaks
 */
export async function download({ url, token, format, part, append, progress, signal }: Download): Promise<void> {
  const answer = await request({ url, token, signal })
  const file = await open(part, append ? 'a' : 'w', 0o600)
  try {
    const body = append && format === 'csv' ? withoutFirstLine(answer) : answer
    await write(body, file, format, progress)
    await file.sync()
  } catch (error) {
    if (signal.aborted || isFileError(error)) throw error
    throw new CliError(
      'EXPORT_BROKEN',
      `The export stopped before its end. ${part} has what arrived; run the same command again to ${format === 'parquet' ? 'start over' : 'continue'}.`,
    )
  } finally {
    progress.end()
    await file.close()
  }
}

/**
 * Hands an export piece by piece to `write`.
 *
 * @throws {CliError} as `download`
 */
export async function downloadTo(
  write: (piece: Uint8Array) => Promise<void>,
  { url, token, signal }: Pick<Download, 'url' | 'token' | 'signal'>,
): Promise<void> {
  const answer = await request({ url, token, signal })
  try {
    for await (const piece of answer) await write(piece)
  } catch (error) {
    if (signal.aborted) throw error
    throw new CliError('EXPORT_BROKEN', 'The export stopped before its end: what was written is not all of it.')
  }
}

async function request({ url, token, signal }: Pick<Download, 'url' | 'token' | 'signal'>) {
  const headers = { authorization: `Bearer ${token}` }
  const response = await fetch(url, { headers, signal }).catch((error: Error) => {
    if (signal.aborted) throw error
    throw new CliError('SERVICE_AWAY', `The query service at ${url.origin} does not answer: is it running?`)
  })
  if (!response.ok || response.body === null) throw new CliError('EXPORT_REFUSED', await refusalOf(response))
  return response.body
}

async function write(
  body: AsyncIterable<Uint8Array>,
  file: FileHandle,
  format: ExportFormat,
  progress: Progress,
): Promise<void> {
  const boundaries = new RecordBoundaries(format === 'csv')
  let counted = 0
  for await (const chunk of body) {
    await file.writeFile(chunk)
    if (format !== 'parquet') boundaries.add(chunk)
    progress.add(chunk.length, boundaries.lines - counted)
    counted = boundaries.lines
  }
}

/** The body without the CSV header, which the file has already. */
async function* withoutFirstLine(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let headerSkipped = false
  for await (const chunk of body) {
    const start: number = headerSkipped ? 0 : chunk.indexOf(0x0a) + 1
    if (headerSkipped || start > 0) yield chunk.subarray(start)
    headerSkipped ||= start > 0
  }
}

/** Separates file system errors from connection errors by their system call. */
function isFileError(error: unknown): boolean {
  return ['write', 'fsync'].includes((error as NodeJS.ErrnoException).syscall ?? '')
}
