import { Command } from 'commander'
import { type AccessOptions, resolveAccess, withAccess } from '../api/access.js'
import { filterPairs, withFilters } from '../api/filters.js'
import { isColored, print } from '../print/output.js'
import { type ApiRecord, lineWriter } from '../print/record_lines.js'
import { streamOption } from '../stream_option.js'
import { openTail } from '../tail/connection.js'
import { follow } from '../tail/follow.js'

interface TailOptions extends AccessOptions {
  readonly stream: string
  readonly after?: string
  readonly json?: boolean
}

/** How long the token of one connection is valid. Each connection has its own, unless the caller gave one. */
const TOKEN_SECONDS = 3_600

export function tailCommand(): Command {
  return withFilters(
    withAccess(
      new Command('tail')
        .description('Prints records as they arrive, until it is interrupted.')
        .option('--json', 'print each record as a line of JSON, as the API returns it')
        .option('--after <place>', 'where to start: beginning, or a token of the API (default: now)')
        .addOption(streamOption()),
    ),
  )
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

async function tail(filters: readonly string[], options: TailOptions): Promise<void> {
  const { stream, after, json } = options
  const access = () => resolveAccess(options, { scope: ['audits:read'], ttl: TOKEN_SECONDS })
  const { api } = await access()
  const stopping = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort())
  const line = json ? (record: ApiRecord) => JSON.stringify(record) : lineWriter(stream, isColored())
  const parameters = filterPairs(after === undefined ? filters : [...filters, `after=${after}`])

  const events = follow({
    address: `${api}/v1/${stream}/tail?${new URLSearchParams(parameters)}`,
    token: async () => (await access()).token,
    signal: stopping.signal,
    open: openTail,
  })
  for await (const item of events) {
    if ('record' in item) await print(`${line(item.record)}\n`, stopping.signal)
    else if ('reconnected' in item) process.stderr.write('gatelog: reconnected\n')
    else process.stderr.write(`gatelog: ${item.disconnected}; retrying in ${item.retryInSeconds} s\n`)
  }
}
