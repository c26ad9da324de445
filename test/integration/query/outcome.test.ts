import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { outcomeRules } from '../../../schemas/derive/outcomes/configured_rules.js'
import { outcomeOf, withOutcomeRules } from '../../../schemas/derive/outcomes/outcome.js'
import { authAudits, OUTCOMES, type OutcomeRule, type Stream } from '../../../schemas/streams/index.js'
import { outcomeExpression } from '../../../services/query/clickhouse/conditions/outcome_condition.js'
import { buildReader, type Reader, type Shown, shown } from '../../fixtures/query/reader.js'

let reader: Reader
beforeAll(async () => {
  reader = await buildReader(inject('servers'))
})
afterAll(() => reader.close())

/** The outcome that the database computes for every stored row, by id. */
async function byDatabase(stream: Stream): Promise<Readonly<Record<string, string>>> {
  const { sql, params } = outcomeExpression(stream)
  const result = await reader.client('query').query({
    query: `SELECT toString(event_id), ${sql} FROM auth_audits`,
    query_params: { ...params },
    format: 'JSONCompactEachRow',
  })
  return Object.fromEntries(await result.json<[string, string]>())
}

/** The outcome that the service computes for the same records. */
function byService(stream: Stream, records: readonly Shown[]): Readonly<Record<string, string>> {
  const outcome = outcomeOf(stream)
  return Object.fromEntries(records.map((record) => [record.event_id, outcome?.(record)]))
}

const FIELDS = ['stage', 'event', 'event_name', 'result', 'user_id'] as const

/**
 * Texts that look alike, have several cases, or mean something to a regular expression, to LIKE or to ClickHouse's
 * parameters.
 */
const odd = fc.constantFrom(
  ...[
    'a',
    'A',
    'ab',
    'aB',
    'a b',
    'a_b',
    'a-b',
    ' ',
    '',
    '\n',
    'a\nb',
    '\t',
    '\\',
    '\\N',
    '\\n',
    "'",
    '"',
    '%',
    '_',
    '.',
    '.*',
    '^a$',
  ],
  ...[
    '(?i)a',
    '(a|b)',
    '[ab]',
    'a{2}',
    'aa',
    '+',
    '?',
    '$',
    '|',
    '*',
    '{event:String}',
    'null',
    '0',
    '\u0000',
    '\u007f',
  ],
  ...[
    'ß',
    'SS',
    'ss',
    'é',
    'É',
    'e\u0301',
    'İ',
    'i',
    'ı',
    'I',
    '\u212a',
    'k',
    'K',
    'Σ',
    'σ',
    'ς',
    '漢字',
    '😀',
    '😀a',
    '\ufeff',
    '\u2028',
  ],
)
const chars = fc.oneof(
  odd,
  fc.string({ unit: 'binary', maxLength: 8 }).map((text) => text.toWellFormed()),
)
const text = fc.oneof(
  chars,
  fc.tuple(chars, chars).map((parts) => parts.join('')),
)
const word = fc
  .oneof(
    text,
    fc.tuple(text, text).map((parts) => parts.join('*')),
    text.map((end) => `*${end}`),
  )
  .map((found) => found.replace(/\p{Cc}/gu, ''))
  .filter((found) => found !== '')
const rule: fc.Arbitrary<OutcomeRule> = fc.record({
  outcome: fc.constantFrom(...OUTCOMES),
  when: fc.dictionary(fc.constantFrom(...FIELDS), fc.array(word, { minLength: 1, maxLength: 5 }), {
    minKeys: 1,
    maxKeys: 3,
  }),
})

/** Words of the declared rules in several cases, with different text for `*`. */
function spoken(): readonly string[] {
  const declared = authAudits.outcomes.flatMap(({ when }) => Object.values<readonly string[]>(when).flat())
  return [...new Set(declared)].flatMap((each) => {
    const full = each.replaceAll('*', 'Ünd so')
    return [full, full.toUpperCase(), full.toLowerCase(), each.replaceAll('*', ''), `${full} `, `x${full}`]
  })
}

/** Records with each of these words as event, and mixed with the others; and records with unusual texts. */
function records(): readonly Shown[] {
  const words = ['', ...spoken()]
  const stages = ['', 'Login', 'Send verify email', 'SEND RESET PASSWORD', 'MFA Challenge']
  const mixed = words.flatMap((event, index) =>
    stages.map((stage, at) => ({ stage, event, result: words[(index * 7 + at * 31) % words.length] ?? '' })),
  )
  const fields = fc.record(Object.fromEntries(FIELDS.map((name) => [name, text])))
  const strange = fc.sample(fields, { numRuns: 1_500, seed: 20_261_122 }) as Record<string, string>[]
  return [...words.map((result) => ({ result })), ...mixed, ...strange].map(recordOf)
}

/** A record with these fields; those without text are absent. */
function recordOf(fields: Readonly<Record<string, string>>): Shown {
  const present = Object.entries(fields).filter(([, value]) => value !== '')
  return shown({ event_id: randomUUID(), ...Object.fromEntries(present) })
}

it('the service and the database compute the same outcome, with the declared rules and with any others', async () => {
  const stored = records()
  await reader.insert(stored)
  const declared = byService(authAudits, stored)
  expect(await byDatabase(authAudits)).toEqual(declared)
  expect(new Set(Object.values(declared))).toEqual(new Set(OUTCOMES))

  const decided = new Set<string>()
  const sets = fc.sample(fc.array(rule, { minLength: 1, maxLength: 6 }), { numRuns: 60, seed: 20_261_123 })
  for (const rules of sets) {
    // Only rules that an operator may configure.
    const configured = outcomeRules.parse(JSON.stringify({ auth_audits: rules })).auth_audits ?? []
    const stream: Stream = { ...authAudits, outcomes: configured }
    const expected = byService(stream, stored)
    expect(await byDatabase(stream), JSON.stringify(rules)).toEqual(expected)
    for (const outcome of Object.values(expected)) decided.add(outcome)
  }
  expect(decided).toEqual(new Set(OUTCOMES))
})

it('is a filter for one or several outcomes, combines with others, and is in each record', async () => {
  const events = ['Success', 'Failure', 'login_failed', 'Challenge', 'SUCCESS', 'of its own', undefined]
  const sent = events.map((event, index) =>
    shown({ trace_id: 'filter', user_id: String(index % 2), ...(event === undefined ? {} : { event }) }),
  )
  await reader.insert(sent)
  const found = async (asked: Readonly<Record<string, string | string[]>>) =>
    (await reader.list({ trace_id: 'filter', ...asked })).map(({ event, outcome }) => [event, outcome]).sort()
  const failures = [
    ['Failure', 'failure'],
    ['login_failed', 'failure'],
  ]
  expect(await found({ outcome: 'failure' })).toEqual(failures)
  expect(await found({ outcome: ['FAILURE', 'challenge'] })).toEqual([['Challenge', 'challenge'], ...failures])
  expect(await found({ outcome: 'unknown' })).toEqual([
    [undefined, 'unknown'],
    ['of its own', 'unknown'],
  ])
  expect(await found({ outcome: 'success', user_id: '0' })).toEqual([
    ['SUCCESS', 'success'],
    ['Success', 'success'],
  ])
  expect(await found({ outcome: [...OUTCOMES] })).toHaveLength(sent.length)
  expect((await reader.ask({ outcome: 'fail' })).json().detail).toBe(
    'outcome: must be one of success, failure, challenge, unknown.',
  )
})

it('is found by combinations of values if there are few, whatever their texts are', async () => {
  const own = await buildReader(inject('servers'))
  const odds = fc.sample(fc.record({ stage: odd, event: odd, result: odd }), { numRuns: 60, seed: 20_261_124 })
  const words = ['Success', 'InProgress', 'Denied'].map((event) => ({ stage: 'Login', event, result: '' }))
  const stored = [...odds, ...words].map(recordOf)
  await own.insert(stored)
  const expected = Object.entries(byService(authAudits, stored))
  for (const outcome of OUTCOMES) {
    const found = await own.list({ outcome })
    const ids = expected.filter(([, decided]) => decided === outcome).map(([id]) => id)
    expect(found.map(({ event_id }) => event_id).sort(), outcome).toEqual(ids.sort())
    expect(ids).not.toEqual([])
  }
  await own.close()
})

const texts = (count: number, text: string) => Array.from({ length: count }, (_, index) => `*${text}${index}`)

it.each<[string, readonly OutcomeRule[]]>([
  ['words', [{ outcome: 'failure', when: { event: texts(21, '漢'.repeat(190)) } }]],
  ['parentheses', [{ outcome: 'failure', when: { event: texts(62, '('.repeat(190)) } }]],
  ['backslashes', [{ outcome: 'failure', when: { event: texts(31, '\\'.repeat(190)) } }]],
  ['rules', [...'0123456789'.repeat(10)].map((_, index) => ({ outcome: 'failure', when: whenAll(index) }))],
])('the largest allowed number of %s works as a filter', async (_, rules) => {
  const text = JSON.stringify({ auth_audits: rules })
  expect(Buffer.byteLength(text)).toBeGreaterThan(10_000)
  const [stream = authAudits] = withOutcomeRules([authAudits], outcomeRules.parse(text))
  const last = Object.entries(rules.at(-1)?.when ?? {})
  const record = shown(
    Object.fromEntries(last.map(([field, words]) => [field, String(words.at(-1)).replace('*', 'x')])),
  )
  await reader.insert([record])
  const id = String(record.event_id)
  expect([(await byDatabase(stream))[id], byService(stream, [record])[id]]).toEqual(['failure', 'failure'])
})

function whenAll(number: number) {
  return Object.fromEntries(authAudits.fields.slice(0, 3).map(({ name }) => [name, [`word ${number}`]]))
}
