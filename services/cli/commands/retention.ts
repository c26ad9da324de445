import { userInfo } from 'node:os'
import type { ClickHouseClient } from '@clickhouse/client'
import { Command, InvalidArgumentError, Option } from 'commander'
import { RETENTION_DAYS, streams } from '../../../schemas/streams/index.js'
import { daysBeyond, planDay } from '../../retention/plan/plan_day.js'
import { policyOf } from '../../retention/run.js'
import { readHolds, releaseHold, setHold } from '../../retention/settings/holds.js'
import { MAX_PERIOD_DAYS, readPeriods, setPeriod } from '../../retention/settings/periods.js'
import type { ClickHouseConfig } from '../../runtime/clickhouse.js'
import { connectClickHouse } from '../../runtime/clickhouse.js'
import { CliError } from '../errors.js'
import { print } from '../print/output.js'
import { type Cells, tableLines } from '../print/table.js'
import { readStack, stackOption } from '../stack_file.js'
import { streamOption } from '../stream_option.js'

/** How to reach the database: as the environment says, else as the stack file says. */
export type DatabaseFromEnvironment = () => ClickHouseConfig | undefined

interface Common {
  readonly stack: string
  /** Set before each action. */
  readonly database: DatabaseFromEnvironment
}

/** `fromEnvironment` says how the database is reached where there is no stack file. */
export function retentionCommand(fromEnvironment: DatabaseFromEnvironment): Command {
  const command = new Command('retention').description('Shows and sets how long records are kept, and what is held.')
  command.hook('preAction', (_command, action) => void action.setOptionValue('database', fromEnvironment))

  sub(command, 'list', 'Lists the periods and the legal holds that are set.').action((options: Common) =>
    withDatabase(options, async (client) => {
      await printTable(
        ['stream', 'organization', 'days', 'set at', 'set by'],
        [
          ...streams.map(({ name }): Cells => [name, '(standard)', RETENTION_DAYS, '', '']),
          ...(await readPeriods(client)).map(
            ({ stream, organization, days, set_at, set_by }): Cells => [
              ...[stream, organization === '' ? '(standard)' : organization],
              ...[Number(days), set_at.slice(0, 19), set_by],
            ],
          ),
        ],
      )
      const holds = await readHolds(client)
      if (holds.length === 0) return print('\nNo legal hold.\n')
      await print('\n')
      await printTable(
        ['hold', 'organization', 'person', 'reason', 'set at', 'set by'],
        holds.map(
          ({ hold_id, organization, person, reason, set_at, set_by }): Cells => [
            ...[hold_id, organization || '(all)', person || '(everybody)'],
            ...[reason, set_at.slice(0, 19), set_by],
          ],
        ),
      )
    }),
  )

  sub(command, 'set', 'Sets how long the records of a stream are kept.')
    .addOption(streamOption().makeOptionMandatory())
    .option('--organization <id>', 'of this organization alone (default: of all that have no period of their own)')
    .addOption(new Option('--days <number>', 'how long').argParser(days).conflicts('standard'))
    .option('--standard', 'as long as all others: removes the period')
    .action((options: Common & SetOptions) =>
      withDatabase(options, async (client) => {
        const { stream, organization = '', days, standard } = options
        if (days === undefined && standard !== true) {
          throw new CliError('PERIOD_MISSING', 'Say how long: --days 400, or --standard.')
        }
        await setPeriod(client, { stream, organization, days, setBy: userInfo().username })
        await print('The next run goes by it. `gatelog retention dry-run` shows what goes then.\n')
      }),
    )

  sub(command, 'dry-run', 'Shows the days and the number of rows that a run would drop now.')
    .option('--json', 'print one JSON object per line')
    .action((options: Common & { json?: boolean }) =>
      withDatabase(options, (client) => dryRun(client, options.json === true)),
    )

  sub(command, 'hold', 'Sets a legal hold: what it covers stays, however old it is.')
    .option('--organization <id>', 'the records of this organization')
    .option('--person <id>', 'the records of this person: an id, a name or an email address')
    .requiredOption('--reason <text>', 'why')
    .action((options: Common & HoldOptions) =>
      withDatabase(options, async (client) => {
        const { organization = '', person = '', reason } = options
        if (organization === '' && person === '') {
          throw new CliError('HOLD_EMPTY', 'Say what to hold: --organization, --person, or both.')
        }
        const id = await setHold(client, { organization, person, reason, set_by: userInfo().username })
        await print(`${id}\n`)
      }),
    )

  sub(command, 'release <hold>', 'Releases a legal hold.')
    .requiredOption('--reason <text>', 'why')
    .action((id: string, options: Common & { reason: string }) =>
      withDatabase(options, async (client) => {
        const hold = (await readHolds(client)).find(({ hold_id }) => hold_id === id)
        if (hold === undefined) throw new CliError('HOLD_UNKNOWN', `No legal hold that stands has the id ${id}.`)
        await releaseHold(client, hold, { reason: options.reason, setBy: userInfo().username })
      }),
    )
  return command
}

interface SetOptions {
  readonly stream: string
  readonly organization?: string
  readonly days?: number
  readonly standard?: boolean
}

interface HoldOptions {
  readonly organization?: string
  readonly person?: string
  readonly reason: string
}

function sub(parent: Command, usage: string, description: string): Command {
  return parent.command(usage).description(description).addOption(stackOption())
}

async function dryRun(client: ClickHouseClient, json: boolean): Promise<void> {
  const today = new Date().toISOString().slice(0, 10)
  const rows: Cells[] = []
  for (const stream of streams) {
    const policy = await policyOf(stream, client)
    for (const day of await daysBeyond(client, stream, policy, today)) {
      const plan = await planDay(client, stream, policy, day, today)
      for (const { organizations, rows: count } of plan?.groups ?? []) {
        if (json) await print(`${JSON.stringify({ stream: stream.name, day, organizations, rows: count })}\n`)
        rows.push([stream.name, day, organizations.filter((each) => each !== '').join(', ') || '(none)', count])
      }
    }
  }
  if (json) return
  await printTable(['stream', 'day', 'organizations', 'rows'], rows)
  await print(`\n${rows.reduce((sum, [, , , count]) => sum + Number(count), 0).toLocaleString('en')} rows\n`)
}

async function withDatabase(
  { stack, database }: Common,
  work: (client: ClickHouseClient) => Promise<void>,
): Promise<void> {
  const client = connectClickHouse(database() ?? (await databaseOfStack(stack)), 'gatelog-cli', {
    requestTimeoutMs: 600_000,
  })
  try {
    await work(client)
  } finally {
    await client.close()
  }
}

async function databaseOfStack(file: string): Promise<ClickHouseConfig> {
  const { clickhouse } = await readStack(file)
  const user = clickhouse.users.retention
  if (user === undefined) {
    throw new CliError('STACK_FILE_INVALID', `${file} is of an earlier version: start the stack again.`)
  }
  return {
    CLICKHOUSE_URL: clickhouse.url,
    CLICKHOUSE_DATABASE: clickhouse.database,
    CLICKHOUSE_USER: user.name,
    CLICKHOUSE_PASSWORD: user.password,
  }
}

async function printTable(columns: readonly string[], rows: readonly Cells[]): Promise<void> {
  await print(`${tableLines(columns, rows).join('\n')}\n`)
}

/** @throws {InvalidArgumentError} for text that is no period */
function days(text: string): number {
  const number = /^\d{1,5}$/.test(text) ? Number(text) : 0
  if (number >= 1 && number <= MAX_PERIOD_DAYS) return number
  throw new InvalidArgumentError(`It must be a whole number of days from 1 to ${MAX_PERIOD_DAYS}.`)
}
