import { type FileHandle, open } from 'node:fs/promises'
import { CliError } from '../errors.js'
import type { Progress } from './progress.js'
import { RecordEnds } from './record_ends.js'
import type { Format } from './resume.js'

export interface Download {
  readonly url: URL
  readonly token: string
  readonly format: Format
  /** The file that is written, at its end where `goesOn`. */
  readonly part: string
  readonly goesOn: boolean
  readonly progress: Progress
  readonly signal: AbortSignal
}

/**
 * Writes an export to a file, and resolves when it is there whole.
 *
 * @throws {CliError} `EXPORT_REFUSED` with the service's own words, `SERVICE_AWAY`, or `EXPORT_BROKEN` when it breaks off
 */
export async function download({ url, token, format, part, goesOn, progress, signal }: Download): Promise<void> {
  const headers = { authorization: `Bearer ${token}` }
  const response = await fetch(url, { headers, signal }).catch((error: Error) => {
    if (signal.aborted) throw error
    throw new CliError('SERVICE_AWAY', `The query service at ${url.origin} does not answer: is it running?`)
  })
  if (!response.ok || response.body === null) throw await refused(response)
  const file = await open(part, goesOn ? 'a' : 'w', 0o600)
  try {
    const body = goesOn && format === 'csv' ? withoutFirstLine(response.body) : response.body
    await write(body, file, format, progress)
    await file.sync()
  } catch (error) {
    if (signal.aborted || isFileError(error)) throw error
    throw new CliError(
      'EXPORT_BROKEN',
      `The export broke off. What has come is in ${part}; run the same command again to ${format === 'parquet' ? 'begin anew' : 'go on'}.`,
    )
  } finally {
    progress.end()
    await file.close()
  }
}

async function write(
  body: AsyncIterable<Uint8Array>,
  file: FileHandle,
  format: Format,
  progress: Progress,
): Promise<void> {
  const ends = new RecordEnds(format === 'csv')
  let counted = 0
  for await (const chunk of body) {
    await file.writeFile(chunk)
    if (format !== 'parquet') ends.add(chunk)
    progress.add(chunk.length, ends.lines - counted)
    counted = ends.lines
  }
}

/** The names of columns, which the file has already. */
async function* withoutFirstLine(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let passed = false
  for await (const chunk of body) {
    const from: number = passed ? 0 : chunk.indexOf(0x0a) + 1
    if (passed || from > 0) yield chunk.subarray(from)
    passed ||= from > 0
  }
}

/** One of the file system's, which has a system call; what breaks a connection comes from the client. */
function isFileError(error: unknown): boolean {
  return ['write', 'fsync'].includes((error as NodeJS.ErrnoException).syscall ?? '')
}

async function refused(response: Response): Promise<CliError> {
  const text = await response.text()
  try {
    const { detail, error_code } = JSON.parse(text) as { detail?: string; error_code?: string }
    if (detail !== undefined) return new CliError('EXPORT_REFUSED', `${detail} (${error_code})`)
  } catch {
    // No answer of Gatelog's.
  }
  return new CliError('EXPORT_REFUSED', `The service answered ${response.status}, and not as Gatelog does.`)
}
