import { access, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { Command, Option } from 'commander'
import { type ExportFormat, MEDIA_TYPES } from '../../../schemas/derive/export_formats.js'
import { filterParameters } from '../../../schemas/derive/parameters.js'
import { streams } from '../../../schemas/streams/index.js'
import { type Access, type AccessOptions, resolveAccess, withAccess } from '../api/access.js'
import { filterPairs, withFilters } from '../api/filters.js'
import { CliError } from '../errors.js'
import { download, downloadTo } from '../export/download.js'
import { progressOn } from '../export/progress.js'
import { resumeAt } from '../export/resume.js'
import { print } from '../print/output.js'
import { streamOption } from '../stream_option.js'

const FORMATS = Object.keys(MEDIA_TYPES)
/** How long the token is valid: longer than the database's time limit for an export. */
const TOKEN_SECONDS = 2 * 3600

interface Options extends AccessOptions {
  readonly stream: string
  readonly format: ExportFormat
  readonly out: string
  readonly restart?: boolean
  readonly force?: boolean
  /** Which records. */
  readonly filters: readonly (readonly [name: string, value: string])[]
}

/** The filters of every stream as options. The service rejects one that the chosen stream does not have. */
const FILTERS = filterOptions()

function filterOptions() {
  const docs = new Map<string, { readonly kind: string; readonly ofStreams: Map<string, string> }>()
  for (const stream of streams) {
    for (const { name, kind, doc } of filterParameters(stream)) {
      const known = docs.get(name) ?? { kind, ofStreams: new Map() }
      docs.set(name, known)
      known.ofStreams.set(stream.name, doc)
    }
  }
  return [...docs].map(([name, { kind, ofStreams }]) => {
    const value = kind === 'from' || kind === 'until' ? '<time>' : '<value...>'
    return { name, option: new Option(`--${name.replaceAll('_', '-')} ${value}`, description(ofStreams)) }
  })
}

/** What a filter means: once if it means the same in all streams, else for each stream that has it. */
function description(ofStreams: ReadonlyMap<string, string>): string {
  const [first = '', ...others] = new Set(ofStreams.values())
  if (others.length === 0 && ofStreams.size === streams.length) return first
  return [...ofStreams].map(([stream, doc]) => `${stream}: ${doc}`).join(' ')
}

export function exportCommand(): Command {
  const command = withFilters(
    withAccess(
      new Command('export')
        .description('Writes all records that match the filters to a file.')
        .requiredOption(
          '--out <file>',
          'the file to write, or - for standard output; until it is complete, it is FILE.part',
        )
        .addOption(new Option('--format <format>', 'the format').choices(FORMATS).default('ndjson'))
        .addOption(streamOption())
        .option('--force', 'replace the file if it exists')
        .option('--restart', 'start over, even if an interrupted export of the same file can continue'),
    ),
  )
  for (const { option } of FILTERS) command.addOption(option)
  return command
    .addHelpText(
      'after',
      `
Filters are name=value, as in gatelog list, or options.

Run the same command again to continue an interrupted export after its last complete record. An export in Parquet starts over.`,
    )
    .action(runExport)
}

async function runExport(words: readonly string[], given: Omit<Options, 'filters'>): Promise<void> {
  const options: Options = { ...given, filters: [...filterPairs(words), ...filterValues(given)] }
  const access = await resolveAccess(options, { scope: ['audits:export'], ttl: TOKEN_SECONDS })
  const interruption = new AbortController()
  process.once('SIGINT', () => interruption.abort())
  if (options.out === '-') await exportToOutput(options, access, interruption.signal)
  else await exportToFile(options, access, interruption.signal)
}

async function exportToOutput(options: Options, access: Access, signal: AbortSignal): Promise<void> {
  try {
    await downloadTo(print, { url: exportUrl(options, access), token: access.token, signal })
  } catch (error) {
    if (!signal.aborted) throw error
    process.exitCode = 130
  }
}

async function exportToFile(options: Options, access: Access, signal: AbortSignal): Promise<void> {
  const { format, out } = options
  await checkOutput(options)
  const part = `${out}.part`
  const descriptionFile = `${part}.json`
  const description = JSON.stringify({ stream: options.stream, format, filters: options.filters })
  const resume = await resumePoint({ part, descriptionFile, format, description, restart: options.restart === true })
  await writeFile(descriptionFile, description, { mode: 0o600 }).catch(({ code }: NodeJS.ErrnoException) => {
    throw unwritable(out, code)
  })

  const after =
    resume === undefined ? [] : [resume.time, resume.eventId].map((value) => ['page_at_key', value] as const)
  const url = exportUrl(options, access, after)
  const progress = progressOn(process.stderr, { counts: format !== 'parquet', records: resume?.records ?? 0 })
  try {
    await download({ url, token: access.token, format, part, append: resume !== undefined, progress, signal })
  } catch (error) {
    if (!signal.aborted) throw error
    process.stderr.write(
      `gatelog: interruption. ${part} has what arrived; run the same command again to ${format === 'parquet' ? 'start over' : 'continue'}.\n`,
    )
    process.exitCode = 130
    return
  }
  await rename(part, out)
  await rm(descriptionFile, { force: true })
}

/** @throws {CliError} `OUTPUT_UNWRITABLE` for a folder, `OUTPUT_EXISTS` for a file that nobody allowed to replace */
async function checkOutput({ out, force }: Options): Promise<void> {
  const found = await stat(out).catch(() => undefined)
  if (found?.isDirectory()) throw unwritable(out, 'EISDIR')
  if (found === undefined || force === true) return
  throw new CliError('OUTPUT_EXISTS', `${out} exists: add --force to replace it, or name another --out.`)
}

function unwritable(out: string, code: string | undefined): CliError {
  return new CliError(
    'OUTPUT_UNWRITABLE',
    `${out} cannot be written (${code}): name a file in a folder that exists and is writable.`,
  )
}

function exportUrl(options: Options, { api }: Access, after: readonly (readonly [string, string])[] = []): URL {
  const url = new URL(`${api}/v1/${options.stream}/export`)
  for (const [name, value] of [['format', options.format] as const, ...options.filters, ...after])
    url.searchParams.append(name, value)
  return url
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

/** The filters that are given as options. */
function filterValues(options: object): (readonly [string, string])[] {
  const given = options as Readonly<Record<string, unknown>>
  return FILTERS.flatMap(({ name, option }) =>
    [given[option.attributeName()] ?? []].flat().map((value) => [name, String(value)] as const),
  )
}
