import { access, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { Command, Option } from 'commander'
import { filterParameters } from '../../../schemas/derive/parameters.js'
import { streams } from '../../../schemas/streams/index.js'
import { CliError } from '../errors.js'
import { download } from '../export/download.js'
import { progressOn } from '../export/progress.js'
import { type Format, resumeAt } from '../export/resume.js'
import { readStack, stackOption } from '../stack_file.js'
import { streamOption } from '../stream_option.js'
import { signToken } from './token.js'

const FORMATS = ['ndjson', 'csv', 'parquet', 'ocsf'] as const
/** Longer than the database gives an export. */
const TOKEN_SECONDS = 2 * 3600

interface Options {
  readonly stack: string
  readonly stream: string
  readonly format: Format
  readonly out: string
  readonly api?: string
  readonly token?: string
  readonly restart?: boolean
  readonly [filter: string]: unknown
}

/** The filters of every stream; which of them the chosen one has, the service says. */
const FILTERS = [
  ...new Map(streams.flatMap(filterParameters).map((parameter) => [parameter.name, parameter] as const)).values(),
].map(({ name, kind, doc }) => {
  const value = kind === 'from' || kind === 'until' ? '<time>' : '<value...>'
  return { name, option: new Option(`--${name.replaceAll('_', '-')} ${value}`, doc) }
})

export function exportCommand(): Command {
  const command = new Command('export')
    .description('Writes all records that fit to a file.')
    .requiredOption('--out <file>', 'the file to write; until it is whole, it is FILE.part')
    .addOption(new Option('--format <format>', 'the format').choices(FORMATS).default('ndjson'))
    .addOption(streamOption())
    .option('--restart', 'begin anew, even if an earlier export of the same file broke off')
    .option('--api <url>', 'the query service (without: that of the stack file)')
    .option('--token <jwt>', 'a token with the scope audits:export (without: one of the stack’s own issuer)')
    .addOption(stackOption())
  for (const { option } of FILTERS) command.addOption(option)
  return command
    .addHelpText(
      'after',
      `
An export that broke off goes on after its last whole record when the same command is run again; one in Parquet begins anew.`,
    )
    .action(runExport)
}

async function runExport(options: Options): Promise<void> {
  const { format, out } = options
  const part = `${out}.part`
  const note = `${part}.json`
  const asked = askedOf(options)
  const description = JSON.stringify({ stream: options.stream, format, asked })
  const place = await begunAt({ part, note, format, description, restart: options.restart === true })
  await writeFile(note, description, { mode: 0o600 }).catch(({ code }: NodeJS.ErrnoException) => {
    throw new CliError(
      'OUTPUT_UNWRITABLE',
      `${out} cannot be written (${code}): name a file in a folder that is there.`,
    )
  })

  const { api, token } = await entrance(options)
  const after = place === undefined ? [] : [place.time, place.eventId].map((value) => ['page_at_key', value] as const)
  const url = new URL(`${api.replace(/\/$/, '')}/v1/${options.stream}/export`)
  for (const [name, value] of [['format', format] as const, ...asked, ...after]) url.searchParams.append(name, value)

  const interrupted = new AbortController()
  process.once('SIGINT', () => interrupted.abort())
  const progress = progressOn(process.stderr, { counts: format !== 'parquet', records: place?.records ?? 0 })
  try {
    await download({ url, token, format, part, goesOn: place !== undefined, progress, signal: interrupted.signal })
  } catch (error) {
    if (!interrupted.signal.aborted) throw error
    process.stderr.write(
      `gatelog: interrupted. What has come is in ${part}; run the same command again to ${format === 'parquet' ? 'begin anew' : 'go on'}.\n`,
    )
    process.exitCode = 130
    return
  }
  await rename(part, out)
  await rm(note, { force: true })
}

/** Where to go on, or undefined to begin. @throws {CliError} `EXPORT_DIFFERS` when the part that is there is of another question */
async function begunAt({
  part,
  note,
  format,
  description,
  restart,
}: {
  readonly part: string
  readonly note: string
  readonly format: Format
  readonly description: string
  readonly restart: boolean
}) {
  const noted = await readFile(note, 'utf8').catch(() => undefined)
  const begun = await access(part).then(
    () => true,
    () => false,
  )
  if (restart || noted === undefined || !begun) return undefined
  if (noted === description) return resumeAt(part, format)
  throw new CliError(
    'EXPORT_DIFFERS',
    `${part} is the beginning of another export: give the same filters and format to go on, --restart to begin anew, or another --out.`,
  )
}

function askedOf(options: Options): (readonly [string, string])[] {
  return FILTERS.flatMap(({ name, option }) =>
    [options[option.attributeName()] ?? []].flat().map((value) => [name, String(value)] as const),
  )
}

async function entrance({
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
