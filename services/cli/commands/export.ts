import { access, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { Command, Option } from 'commander'
import { type ExportFormat, MEDIA_TYPES } from '../../../schemas/derive/export_formats.js'
import { filterParameters } from '../../../schemas/derive/parameters.js'
import { streams } from '../../../schemas/streams/index.js'
import { CliError } from '../errors.js'
import { download } from '../export/download.js'
import { progressOn } from '../export/progress.js'
import { resumeAt } from '../export/resume.js'
import { readStack, stackOption } from '../stack_file.js'
import { streamOption } from '../stream_option.js'
import { signToken } from './token.js'

const FORMATS = Object.keys(MEDIA_TYPES)
/** How long the token is valid: longer than the database's time limit for an export. */
const TOKEN_SECONDS = 2 * 3600

interface Options {
  readonly stack: string
  readonly stream: string
  readonly format: ExportFormat
  readonly out: string
  readonly api?: string
  readonly token?: string
  readonly restart?: boolean
  readonly [filter: string]: unknown
}

/** The filters of every stream. The service rejects one that the chosen stream does not have. */
const FILTERS = [
  ...new Map(streams.flatMap(filterParameters).map((parameter) => [parameter.name, parameter] as const)).values(),
].map(({ name, kind, doc }) => {
  const value = kind === 'from' || kind === 'until' ? '<time>' : '<value...>'
  return { name, option: new Option(`--${name.replaceAll('_', '-')} ${value}`, doc) }
})

export function exportCommand(): Command {
  const command = new Command('export')
    .description('Writes all records that match the filters to a file.')
    .requiredOption('--out <file>', 'the file to write; until it is complete, it is FILE.part')
    .addOption(new Option('--format <format>', 'the format').choices(FORMATS).default('ndjson'))
    .addOption(streamOption())
    .option('--restart', 'start over, even if an interrupted export of the same file can continue')
    .option('--api <url>', 'the URL of the query service (default: from the stack file)')
    .option('--token <jwt>', 'a token with the scope audits:export (default: one of the stack’s own issuer)')
    .addOption(stackOption())
  for (const { option } of FILTERS) command.addOption(option)
  return command
    .addHelpText(
      'after',
      `
Run the same command again to continue an interrupted export after its last complete record. An export in Parquet starts over.`,
    )
    .action(runExport)
}

async function runExport(options: Options): Promise<void> {
  const { format, out } = options
  const part = `${out}.part`
  const descriptionFile = `${part}.json`
  const filters = filterValues(options)
  const description = JSON.stringify({ stream: options.stream, format, filters })
  const resume = await resumePoint({ part, descriptionFile, format, description, restart: options.restart === true })
  await writeFile(descriptionFile, description, { mode: 0o600 }).catch(({ code }: NodeJS.ErrnoException) => {
    throw new CliError(
      'OUTPUT_UNWRITABLE',
      `${out} cannot be written (${code}): name a file in a folder that exists and is writable.`,
    )
  })

  const { api, token } = await resolveAccess(options)
  const after =
    resume === undefined ? [] : [resume.time, resume.eventId].map((value) => ['page_at_key', value] as const)
  const url = new URL(`${api.replace(/\/$/, '')}/v1/${options.stream}/export`)
  for (const [name, value] of [['format', format] as const, ...filters, ...after]) url.searchParams.append(name, value)

  const interruption = new AbortController()
  process.once('SIGINT', () => interruption.abort())
  const progress = progressOn(process.stderr, { counts: format !== 'parquet', records: resume?.records ?? 0 })
  try {
    await download({ url, token, format, part, append: resume !== undefined, progress, signal: interruption.signal })
  } catch (error) {
    if (!interruption.signal.aborted) throw error
    process.stderr.write(
      `gatelog: interruption. ${part} has what arrived; run the same command again to ${format === 'parquet' ? 'start over' : 'continue'}.\n`,
    )
    process.exitCode = 130
    return
  }
  await rename(part, out)
  await rm(descriptionFile, { force: true })
}

/**
 * Where to continue, or undefined to start. @throws {CliError} `EXPORT_DIFFERS` when the partial file is of another
 * export
 */
async function resumePoint({
  part,
  descriptionFile,
  format,
  description,
  restart,
}: {
  readonly part: string
  readonly descriptionFile: string
  readonly format: ExportFormat
  readonly description: string
  readonly restart: boolean
}) {
  const savedDescription = await readFile(descriptionFile, 'utf8').catch(() => undefined)
  const partExists = await access(part).then(
    () => true,
    () => false,
  )
  if (restart || savedDescription === undefined || !partExists) return undefined
  if (savedDescription === description) return resumeAt(part, format)
  throw new CliError(
    'EXPORT_DIFFERS',
    `${part} belongs to another export: use the same filters and format to continue it, --restart to start over, or another --out.`,
  )
}

function filterValues(options: Options): (readonly [string, string])[] {
  return FILTERS.flatMap(({ name, option }) =>
    [options[option.attributeName()] ?? []].flat().map((value) => [name, String(value)] as const),
  )
}

async function resolveAccess({
  api,
  token,
  stack: file,
}: Options): Promise<{ readonly api: string; readonly token: string }> {
  if (api !== undefined && token !== undefined) return { api, token }
  const stack = await readStack(file)
  return {
    api: api ?? stack.query.url,
    token: token ?? (await signToken(stack.issuer, { scope: ['audits:export'], ttl: TOKEN_SECONDS })),
  }
}
