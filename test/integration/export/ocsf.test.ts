import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { authAudits } from '../../../schemas/streams/index.js'
import { buildExporter, type Exporter } from '../../fixtures/query/exporter.js'
import { buildReader, day, type Reader, type Shown, shown } from '../../fixtures/query/reader.js'

/** What the class requires, taken from the schema itself; the file says where from. */
const schema = JSON.parse(
  readFileSync(new URL('../../fixtures/query/ocsf_authentication.json', import.meta.url), 'utf8'),
) as {
  readonly enums: Readonly<Record<string, readonly number[]>>
  readonly objects: Readonly<Record<string, ObjectRules>>
}

interface ObjectRules {
  readonly required: readonly string[]
  readonly at_least_one: readonly string[]
  readonly attributes: Readonly<Record<string, string>>
}

type Json = Readonly<Record<string, unknown>>

let reader: Reader
let exporter: Exporter
let found: readonly Json[]

const fields = Object.fromEntries(authAudits.fields.map(({ name }) => [name, `the "${name}"\n/\\é`]))
const records: readonly Shown[] = [
  shown({ ...fields, source_ip: '2001:db8::1', result: 'Success', time: `${day(3)}T12:00:00.123456Z` }),
  shown({ event: 'Failure', source_ip: 'not an address', user_id: 'u', application_name: 'mail' }),
  shown({ event: 'DoMfa', source_ip: '192.0.2.3', client_id: 'c' }),
  shown({}),
  shown({ stage: 'Logout', event: 'Success', session: 's', issuer: 'https://i' }),
]

beforeAll(async () => {
  reader = await buildReader(inject('servers'))
  exporter = await buildExporter(reader)
  await reader.insert(records)
  const text = await exporter.text({ format: 'ocsf' })
  const lines = text.trimEnd().split('\n')
  const parsed = lines.map((line) => JSON.parse(line) as Json)
  found = records.map(({ event_id }) => parsed.find(({ metadata }) => (metadata as Json).uid === event_id) as Json)
})

afterAll(async () => {
  await exporter.app.close()
  await reader.close()
})

/** What a value lacks, or has that the schema does not know. */
function faults(value: Json, rules: ObjectRules, path: string): string[] {
  return [
    ...rules.required.filter((name) => !(name in value)).map((name) => `${path}.${name} is required`),
    ...(rules.at_least_one.length === 0 || rules.at_least_one.some((name) => name in value)
      ? []
      : [`${path} needs one of ${rules.at_least_one.join(', ')}`]),
    ...Object.entries(value).flatMap(([name, inner]) => {
      const type = rules.attributes[name]
      if (type === undefined) return [`${path}.${name} is unknown`]
      if (type === 'object') return []
      const object = schema.objects[type]
      if (object !== undefined) return faults(inner as Json, object, `${path}.${name}`)
      const fits = type === 'integer' ? Number.isInteger(inner) : typeof inner === 'string' && inner !== ''
      return fits ? [] : [`${path}.${name} is no ${type}`]
    }),
  ]
}

it('every record has the required attributes of the class Authentication, and only known ones', () => {
  for (const record of found) {
    expect(faults(record, schema.objects.authentication as ObjectRules, 'event')).toEqual([])
    for (const [name, values] of Object.entries(schema.enums)) {
      if (name in record) expect(values).toContain(record[name])
    }
    expect(record.type_uid).toBe(Number(record.class_uid) * 100 + Number(record.activity_id))
  }
})

it('the check finds faults', () => {
  const { user: _, ...without } = found[0] as Json
  const rules = schema.objects.authentication as ObjectRules
  expect(faults(without, rules, 'event')).toEqual(['event.user is required'])
  expect(faults({ ...found[0], service: {}, x: 1 }, rules, 'event')).toEqual([
    'event.service needs one of name, uid',
    'event.x is unknown',
  ])
})

it('maps a complete record', () => {
  const [record] = records
  const text = (name: string) => fields[name] as string
  expect(found[0]).toEqual({
    category_uid: 3,
    class_uid: 3002,
    severity_id: 1,
    activity_id: 1,
    type_uid: 300201,
    time: Date.parse(`${day(3)}T12:00:00.123Z`),
    status_id: 1,
    status: 'Success',
    status_code: 'Success',
    metadata: {
      version: '1.6.0',
      product: { name: 'Gatelog', vendor_name: 'Gatelog' },
      uid: record?.event_id,
      original_time: record?.time,
      logged_time: expect.any(Number),
      correlation_uid: text('trace_id'),
    },
    user: {
      name: text('upstream_user_id'),
      uid: text('user_id'),
      org: { uid: text('org_id'), name: text('org_name') },
    },
    service: { name: text('application_name'), uid: text('client_id') },
    session: { uid: text('session'), issuer: text('issuer'), credential_uid: text('token_id') },
    src_endpoint: { ip: '2001:db8::1' },
    http_request: { uid: text('request_id'), user_agent: text('user_agent') },
    unmapped: Object.fromEntries(
      ['event', 'event_name', 'stage', 'upstream_idp', 'login_org_id', 'login_org_name'].map((name) => [
        name,
        text(name),
      ]),
    ),
  })
})

it('maps the outcome, the activity, and an unknown user', () => {
  const status = found.map(({ status_id, status, activity_id }) => [status_id, status, activity_id])
  expect(status).toEqual([
    [1, 'Success', 1],
    [2, 'Failure', 1],
    [99, 'Challenge', 1],
    [0, 'Unknown', 1],
    [1, 'Success', 2],
  ])
  expect(found.map(({ user }) => user).slice(1, 4)).toEqual([
    { name: 'u', uid: 'u' },
    { name: 'Unknown' },
    { name: 'Unknown' },
  ])
  expect(found.map(({ service }) => service).slice(1)).toEqual([
    { name: 'mail' },
    { name: 'c', uid: 'c' },
    { name: 'Unknown' },
    { name: 'https://i' },
  ])
  expect(found.map(({ src_endpoint }) => src_endpoint).slice(1, 4)).toEqual([
    { name: 'not an address' },
    { ip: '192.0.2.3' },
    undefined,
  ])
  expect(found[3]).not.toHaveProperty('unmapped')
})
