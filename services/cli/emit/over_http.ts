import type { Stream } from '../../../schemas/streams/index.js'
import { describeFault } from '../../emitter/index.js'
import { CliError } from '../errors.js'
import type { Line } from '../lines.js'
import { type Batch, batchesOf } from './batches.js'
import { type Door, type SendOptions, sendBatch } from './requests.js'

export interface EmitOptions extends SendOptions {
  /** Called for each line that was not accepted, with the reason. */
  readonly onRejected: (line: number, reason: string) => void
}

/**
 * Writes one record for each line of JSON through the collector. Resolves when Kafka has acknowledged all that were not
 * rejected.
 *
 * @throws {CliError} `SERVICE_AWAY` or `WRITE_REFUSED`, saying which lines were sent
 */
export async function emitOverHttp(
  lines: AsyncIterable<Line>,
  stream: Stream,
  door: Door,
  options: EmitOptions,
): Promise<{ readonly accepted: number; readonly rejected: number }> {
  let accepted = 0
  let rejected = 0
  for await (const next of batchesOf(lines, stream)) {
    if ('reason' in next) {
      rejected += 1
      options.onRejected(next.line, next.reason)
      continue
    }
    const results = await sendBatch(door, next, options).catch((error) => {
      throw withProgress(error, accepted, next)
    })
    for (const [index, result] of results.entries()) {
      if (result.status === 'accepted') accepted += 1
      else {
        rejected += 1
        options.onRejected(next.lines[index] as number, result.faults.map(describeFault).join('; '))
      }
    }
  }
  return { accepted, rejected }
}

/** The error with what the user needs to continue. */
function withProgress(error: unknown, accepted: number, { lines }: Batch): unknown {
  if (!(error instanceof CliError)) return error
  const [first, last] = [lines[0], lines.at(-1)]
  const unsure = error.code === 'SERVICE_AWAY' ? `, perhaps some of lines ${first} to ${last},` : ''
  return new CliError(
    error.code,
    `${error.message} ${accepted} records are stored${unsure} and nothing after line ${last}. Send the input again from line ${first}.`,
  )
}
