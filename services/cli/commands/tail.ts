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

/** How long the token of one connection is valid. Each connection has its own. */
const TOKEN_SECONDS = 3_600

export function tailCommand(): Command {
  return new Command('tail')
    .description('Prints records as they arrive, until it is interrupted.')
    .argument(
      '[filter...]',
      'which records to print, as name=value with the parameters of the API; repeat a name to match any of several values',
    )
    .option('--json', 'print each record as a line of JSON, as the API returns it')
    .option('--org <id...>', 'read with a token for these organizations only (default: all)')
    .option('--after <place>', 'where to start: beginning, or a token of the API (default: now)')
    .addOption(streamOption())
    .addOption(stackOption())
    .addHelpText(
      'after',
      `
  gatelog tail
  gatelog tail event='Wrong password' org_id=org-1
  gatelog tail --json --after beginning | jq .user_id

When the connection breaks, the command reconnects and continues after the last record. There are no colors if NO_COLOR is set or the
output is not a terminal.`,
    )
    .action(tail)
}

async function tail(filters: readonly string[], { stack, stream, org, after, json }: TailOptions): Promise<void> {
  const { query, issuer } = await readStack(stack)
  const stopping = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort())
  // The reader of the output has closed it, as `head` does.
  process.stdout.once('error', () => stopping.abort())
  const colored = process.stdout.isTTY && process.stdout.hasColors()
  const line = json ? (record: TailRecord) => JSON.stringify(record) : lineWriter(stream, colored)

  const events = follow({
    address: `${query.url}/v1/${stream}/tail?${search(filters, after)}`,
    token: () =>
      signToken(issuer, { ...(org === undefined ? {} : { org }), scope: ['audits:read'], ttl: TOKEN_SECONDS }),
    signal: stopping.signal,
    open: openTail,
  })
  for await (const item of events) {
    if ('record' in item) await write(`${line(item.record)}\n`, stopping.signal)
    else if ('reconnected' in item) process.stderr.write('gatelog: reconnected\n')
    else process.stderr.write(`gatelog: ${item.disconnected}; retrying in ${item.retryInSeconds} s\n`)
  }
}

/** The filters as query parameters. The service checks their names and values. */
function search(filters: readonly string[], after: string | undefined): URLSearchParams {
  const pairs = filters.map((filter): [string, string] => {
    const [, name, value] = /^([^=]+)=(.*)$/s.exec(filter) ?? []
    if (name !== undefined && value !== undefined) return [name, value]
    throw new CliError(
      'FILTER_INVALID',
      `${JSON.stringify(filter)} is not a filter: write name=value, such as event=Failure.`,
    )
  })
  return new URLSearchParams(after === undefined ? pairs : [...pairs, ['after', after]])
}

/** Writes to the output and waits while it is full, so that records don't pile up in memory. */
async function write(text: string, signal: AbortSignal): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain', { signal }).catch(() => undefined)
}
