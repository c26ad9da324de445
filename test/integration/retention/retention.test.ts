import { randomUUID } from 'node:crypto'
import type { ClickHouseClient } from '@clickhouse/client'
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest'
import { authAudits, events, type Stream } from '../../../schemas/streams/index.js'
import type { Audit } from '../../../services/emitter/index.js'
import { createEvents } from '../../../services/retention/events.js'
import { daysBeyond, planDay } from '../../../services/retention/plan/plan_day.js'
import { policyOf, run } from '../../../services/retention/run.js'
import { readHolds, releaseHold, setHold } from '../../../services/retention/settings/holds.js'
import { setPeriod } from '../../../services/retention/settings/periods.js'
import { silentTelemetry } from '../../../services/runtime/telemetry.js'
import { createSandbox, type Sandbox } from '../../fixtures/stack/sandbox.js'

const NOW = Date.UTC(2026, 10, 29, 12)
const TODAY = '2026-11-29'
const DAY_MS = 86_400_000

let sandbox: Sandbox
let client: ClickHouseClient
beforeAll(async () => {
  sandbox = await createSandbox(inject('servers'))
  client = sandbox.client('retention')
})
afterAll(() => sandbox.close())

beforeEach(async () => {
  for (const table of ['auth_audits', 'events', 'retention_periods', 'legal_holds', 'retention_drops']) {
    await sandbox.clickhouse.command({ query: `TRUNCATE TABLE ${table}` })
  }
})

interface Row {
  readonly age: number
  readonly org_id?: string
  readonly login_org_id?: string
  readonly user_id?: string
  readonly upstream_user_id?: string
}

/** Stores rows of `auth_audits`, each with an id of its own. */
async function store(rows: readonly Row[]): Promise<void> {
  await sandbox.client('ingest').insert({
    table: 'auth_audits',
    values: rows.map(({ age, ...row }, index) => ({
      ...row,
      event_id: randomUUID(),
      trace_id: JSON.stringify({ age, ...row }),
      stage: 'Login',
      time: new Date(NOW - age * DAY_MS - index).toISOString().replace('T', ' ').replace('Z', ''),
      topic_id: randomUUID(),
      kafka_offset: index,
    })),
    format: 'JSONEachRow',
    clickhouse_settings: { max_partitions_per_insert_block: '0' },
  })
}

/** The rows that are left, in the form in which they were stored. */
async function left(): Promise<readonly Row[]> {
  const result = await sandbox.clickhouse.query({
    query: 'SELECT trace_id FROM auth_audits ORDER BY time DESC, kafka_offset',
    format: 'JSONEachRow',
  })
  return (await result.json<{ trace_id: string }>()).map(({ trace_id }) => JSON.parse(trace_id))
}

function setDays(organization: string, days: number, stream = 'auth_audits'): Promise<void> {
  return setPeriod(client, { stream, organization, days, setBy: 'tester' })
}

/** What a dry run shows of a stream: rows by day and organizations. */
async function dryRun(stream: Stream = authAudits): Promise<ReadonlyMap<string, number>> {
  const policy = await policyOf(stream, client)
  const rows = new Map<string, number>()
  for (const day of await daysBeyond(client, stream, policy, TODAY)) {
    const plan = await planDay(client, stream, policy, day, TODAY)
    for (const { organizations, rows: count } of plan?.groups ?? []) rows.set([day, ...organizations].join(), count)
  }
  return rows
}

/** Runs once. Returns the records of the audit trail. */
async function runOnce(options: { client?: ClickHouseClient; publish?: (record: Audit) => Promise<unknown> } = {}) {
  const recorded: Audit[] = []
  await run({
    client,
    streams: [authAudits, events],
    events: createEvents(silentTelemetry(), []),
    publish: async (record) => recorded.push(record),
    now: () => NOW,
    signal: new AbortController().signal,
    ...options,
  })
  return recorded
}

const rowsOf = (records: readonly Audit[]) =>
  new Map(
    records.map(({ target_id, audit_attributes = [] }) => {
      const named = new Map(audit_attributes.map((each) => [each.attribute_id, each.attribute_name]))
      const organizations = authAudits.organizations.map((field) => named.get(field) ?? '')
      return [[target_id, ...organizations].join(), Number(named.get('rows'))] as const
    }),
  )

describe('a run', () => {
  it('drops what is older than the standard period, and nothing younger', async () => {
    await store([{ age: 0 }, { age: 364 }, { age: 365 }, { age: 366 }, { age: 400 }])
    const planned = await dryRun()
    const recorded = await runOnce()
    expect(await left()).toEqual([{ age: 0 }, { age: 364 }, { age: 365 }])
    expect(rowsOf(recorded)).toEqual(planned)
    expect(recorded[0]).toMatchObject({ action: 'RETENTION', target_resource_type: 'auth_audits' })
    expect(await runOnce()).toEqual([])
  })

  it('goes by the longest period of the organizations that a record names', async () => {
    await setDays('long', 1_000)
    await setDays('short', 30)
    const rows: readonly Row[] = [
      ...[29, 30, 31, 365, 366, 1_000, 1_001].flatMap((age) => [
        { age, org_id: 'long' },
        { age, org_id: 'short' },
        { age, org_id: 'other' },
        { age, org_id: 'short', login_org_id: 'long' },
        { age, org_id: 'short', login_org_id: 'other' },
        { age, org_id: 'short', login_org_id: 'short' },
        { age, login_org_id: 'short' },
        { age },
      ]),
    ]
    await store(rows)
    const planned = await dryRun()
    const recorded = await runOnce()
    const periods = new Map([
      ['long', 1_000],
      ['short', 30],
    ])
    const kept = rows.filter(({ age, org_id = '', login_org_id = '' }) => {
      const named = [org_id, login_org_id].filter((each) => each !== '')
      return age <= Math.max(...(named.length === 0 ? [365] : named.map((each) => periods.get(each) ?? 365)))
    })
    expect((await left()).toSorted(byText)).toEqual([...kept].sort(byText))
    expect(rowsOf(recorded)).toEqual(planned)
    expect([...planned.values()].reduce((sum, count) => sum + count)).toBe(rows.length - kept.length)
    // Each organization sees what of its own went, and a third one sees nothing.
    expect(recorded.filter(({ org_id }) => org_id === 'long')).toHaveLength(1)
  })

  it('drops nothing that a hold covers, and drops it when the hold is released', async () => {
    const rows: readonly Row[] = [
      { age: 400, org_id: 'held', user_id: 'u1' },
      { age: 400, login_org_id: 'held' },
      { age: 400, org_id: 'a', user_id: 'u7' },
      { age: 400, org_id: 'a', upstream_user_id: 'Ada@Example.com' },
      { age: 400, org_id: 'b', user_id: 'u9' },
      { age: 400, org_id: 'c', user_id: 'u9' },
      { age: 400, org_id: "'; DROP TABLE auth_audits --", user_id: 'u2' },
    ]
    await store(rows)
    const hold = (organization: string, person: string) =>
      setHold(client, { organization, person, reason: 'case 7', set_by: 'tester' })
    await hold('held', '')
    await hold('', 'u7')
    const ada = await hold('', 'ada@example.COM')
    await hold('b', 'u9')
    const planned = await dryRun()
    expect(rowsOf(await runOnce())).toEqual(planned)
    expect(await left()).toEqual(rows.slice(0, 5))
    const [held] = (await readHolds(client)).filter(({ hold_id }) => hold_id === ada)
    await releaseHold(client, held as never, { reason: 'closed', setBy: 'tester' })
    expect(await readHolds(client)).toHaveLength(3)
    await runOnce()
    expect(await left()).toEqual(rows.filter((_, index) => index < 5 && index !== 3))
  })

  it('holds the events of a person by the values within them', async () => {
    const values = ['7', 'x'].map((pk, index) => ({
      event_id: randomUUID(),
      time: '2024-01-01 00:00:00',
      user: JSON.stringify({ pk: index === 0 ? Number(pk) : pk, username: 'Bob' }),
      topic_id: randomUUID(),
    }))
    await sandbox.client('ingest').insert({ table: 'events', values, format: 'JSONEachRow' })
    await setHold(client, { organization: '', person: '7', reason: 'case 8', set_by: 'tester' })
    expect((await runOnce()).map(({ target_resource_type }) => target_resource_type)).toEqual(['events'])
    expect(await sandbox.scalar('SELECT user FROM events')).toBe('{"pk":7,"username":"Bob"}')
  })

  it('leaves projections and indexes that agree with the rows', async () => {
    await setDays('kept', 3_000)
    await store(
      Array.from({ length: 3_000 }, (_, n) => ({ age: 400, org_id: n % 3 ? 'kept' : 'gone', user_id: `u${n}` })),
    )
    await sandbox.clickhouse.command({ query: 'OPTIMIZE TABLE auth_audits FINAL' })
    await runOnce()
    const slots = `SELECT sum(c) FROM (SELECT toStartOfInterval(time, toIntervalSecond(5)) AS t, stage, event, result, count() AS c
      FROM auth_audits GROUP BY t, stage, event, result)`
    const forced = `${slots} SETTINGS force_optimize_projection_name = 'slots', optimize_use_projections = 1`
    expect([await sandbox.scalar(forced), await sandbox.scalar('SELECT count() FROM auth_audits')]).toEqual([
      '2000',
      '2000',
    ])
    const found = (user: string) =>
      sandbox.scalar(
        `SELECT count() FROM auth_audits WHERE user_id = '${user}' SETTINGS force_data_skipping_indices = 'by_user_id'`,
      )
    expect([await found('u1'), await found('u3')]).toEqual(['1', '0'])
  })

  it('that fails at any step is taken up again, and each drop is recorded once', async () => {
    await setDays('kept', 3_000)
    const rows: readonly Row[] = [401, 402, 403].flatMap((age) => [
      { age, org_id: 'gone' },
      { age, org_id: 'kept' },
      { age, org_id: 'gone', login_org_id: 'other' },
    ])
    await store(rows)
    await store([{ age: 404, org_id: 'gone' }])
    const planned = await dryRun()
    const recorded: Audit[] = []
    // Each run fails one step later than the one before it.
    for (let steps = 1; ; steps++) {
      let failed = false
      let left = steps
      const step = async <T>(work: () => Promise<T>): Promise<T> => {
        left -= 1
        if (left > 0) return work()
        failed = true
        // A step may have worked although its answer is lost.
        if (steps % 2 === 0) await work()
        throw new Error('the connection broke')
      }
      const breaking = new Proxy(client, {
        get(target, name) {
          const method = Reflect.get(target, name).bind(target)
          return name === 'command' || name === 'insert' ? (given: unknown) => step(() => method(given)) : method
        },
      })
      const publish = (record: Audit) => step(async () => recorded.push(record))
      await runOnce({ client: breaking, publish }).catch((error: Error) => {
        expect(error.message).toBe('the connection broke')
      })
      if (!failed) break
    }
    expect(await left()).toEqual(rows.filter(({ org_id }) => org_id === 'kept').toSorted((a, b) => a.age - b.age))
    const byId = new Map(recorded.map((record) => [record.event_id, record]))
    expect(rowsOf([...byId.values()])).toEqual(planned)
    expect(byId.size).toBe(planned.size)
    for (const record of recorded) expect(byId.get(record.event_id)?.time).toEqual(record.time)
  })

  it('does not begin while another one is at work', async () => {
    await store([{ age: 400 }])
    let go = (): void => undefined
    let first: Promise<unknown> = Promise.resolve()
    await new Promise<void>((begun) => {
      first = runOnce({
        publish: () => {
          begun()
          return new Promise<void>((resolve) => (go = resolve))
        },
      })
    })
    await expect(runOnce()).rejects.toMatchObject({ code: 'RETENTION_RUNNING', retriable: true })
    go()
    await first
  })
})

const byText = (a: Row, b: Row) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)
