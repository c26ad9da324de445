import { once } from 'node:events'
import { Command } from 'commander'
import { CliError } from '../errors.js'
import { readStack, stackOption } from '../stack_file.js'
import { streamOption } from '../stream_option.js'
import { openTail } from '../tail/connection.js'
import { follow, type TailRecord } from '../tail/follow.js'
import { lineWriter } from '../tail/print.js'
import { signToken } from './token.js'

interface TailOptions {
  readonly stack: string
  readonly stream: string
  readonly org?: readonly string[]
  readonly after?: string
  readonly json?: boolean
}

/** Each connection's token; the next one has its own. */
const TOKEN_SECONDS = 3_600

export function tailCommand(): Command {
  return new Command('tail')
    .description('Shows records as they arrive, until it is interrupted.')
    .argument(
      '[filter...]',
      'what to show, as name=value with the parameters of the API; a name given twice means either value',
    )
    .option('--json', 'a JSON object a line, as the API has it')
    .option('--org <id...>', 'as one who may read these organizations only (without: all)')
    .option('--after <place>', 'where to begin: beginning, or a token of the API (without: now)')
    .addOption(streamOption())
    .addOption(stackOption())
    .addHelpText(
      'after',
      `
  gatelog tail
  gatelog tail event='Wrong password' org_id=org-1
  gatelog tail --json --after beginning | jq .user_id

When the connection breaks, it goes on after the last record. Colors are left out where NO_COLOR is set or no terminal reads.`,
    )
    .action(tail)
}

async function tail(filters: readonly string[], { stack, stream, org, after, json }: TailOptions): Promise<void> {
  const { query, issuer } = await readStack(stack)
  const leaving = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => leaving.abort())
  // Whoever read the lines has gone, as `head` does.
  process.stdout.once('error', () => leaving.abort())
  const colored = process.stdout.isTTY && process.stdout.hasColors()
  const line = json ? (record: TailRecord) => JSON.stringify(record) : lineWriter(stream, colored)

  const news = follow({
    address: `${query.url}/v1/${stream}/tail?${search(filters, after)}`,
    token: () =>
      signToken(issuer, { ...(org === undefined ? {} : { org }), scope: ['audits:read'], ttl: TOKEN_SECONDS }),
    signal: leaving.signal,
    open: openTail,
  })
  for await (const item of news) {
    if ('record' in item) await write(`${line(item.record)}\n`, leaving.signal)
    else if ('back' in item) process.stderr.write('gatelog: connected again\n')
    else process.stderr.write(`gatelog: ${item.lost}; next try in ${item.secondsToNextTry} s\n`)
  }
}

/** The filters as a query. What they mean, and whether they are known, is for the service to say. */
function search(filters: readonly string[], after: string | undefined): URLSearchParams {
  const pairs = filters.map((filter): [string, string] => {
    const [, name, value] = /^([^=]+)=(.*)$/s.exec(filter) ?? []
    if (name !== undefined && value !== undefined) return [name, value]
    throw new CliError(
      'FILTER_INVALID',
      `${JSON.stringify(filter)} is no filter: write name=value, such as event=Failure.`,
    )
  })
  return new URLSearchParams(after === undefined ? pairs : [...pairs, ['after', after]])
}

/** Resolves when whoever reads the output can take more: else the tail would gather it here. */
async function write(text: string, signal: AbortSignal): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain', { signal }).catch(() => undefined)
}
