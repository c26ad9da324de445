import type { Stream } from '../../streams/index.js'
import { type Column, columns } from '../columns.js'
import { signInStepSql } from '../sign_in_steps.js'
import { MAX_STAGES, VERDICT_RULES, type VerdictRule } from '../sign_ins.js'
import { quoted, type View } from './view.js'

/** What a sign-in says about its user and its target: of each field the last value that a stage has. */
const DESCRIBING = [
  'upstream_idp',
  'user_id',
  'upstream_user_id',
  'source_ip',
  'user_agent',
  'org_id',
  'org_name',
  'issuer',
  'client_id',
  'application_name',
  'login_org_id',
  'login_org_name',
] as const

const DATE_TIME = "DateTime64(6, 'UTC')"

/**
 * The view of sign-ins: a row for each trace, with the verdict of `GET /v1/sign_ins/{trace_id}`. Like the API it looks
 * at the first `MAX_STAGES` records of a trace.
 */
export function signInsView(stages: Stream): View {
  return {
    name: 'sign_ins',
    comment: 'Sign-ins, one row a trace, with the outcome that GET /v1/sign_ins/{trace_id} returns.',
    columns: signInColumns(stages),
    query: `SELECT ${[
      'trace_id',
      "if(tupleElement(end_stage, 'session') != '', tupleElement(end_stage, 'session'), " +
        `${lastPresent('session')}) AS session`,
      "if(decisive = 0, 'unknown', tupleElement(steps[decisive], 'outcome')) AS outcome",
      "tupleElement(stages_in_order[1], 'time') AS started_at",
      "tupleElement(end_stage, 'time') AS ended_at",
      '(toUnixTimestamp64Micro(ended_at) - toUnixTimestamp64Micro(started_at)) / 1000 AS duration_ms',
      'length(stages_in_order) AS stages',
      "if(failure = 0, NULL, tupleElement(steps[failure], 'time')) AS failed_at",
      "if(failure = 0, NULL, tupleElement(steps[failure], 'event_id')) AS failed_event_id",
      "if(failure = 0, '', tupleElement(steps[failure], 'stage')) AS failed_stage",
      "if(failure = 0, '', tupleElement(steps[failure], 'event')) AS failed_event",
      ...DESCRIBING.map((name) => `${lastPresent(name)} AS ${name}`),
    ].join(', ')} FROM (${verdicts(stages)})`,
  }
}

function signInColumns(stages: Stream): readonly Column[] {
  const docs = new Map(columns(stages).map((column) => [column.name, column]))
  return [
    { name: 'trace_id', type: 'String', comment: 'The trace of the sign-in.' },
    { name: 'session', type: 'String', comment: 'The session that the sign-in started, if a stage names one.' },
    {
      name: 'outcome',
      type: 'LowCardinality(String)',
      comment: 'The outcome of the sign-in: success, failure, challenge or unknown.',
    },
    { name: 'started_at', type: DATE_TIME, comment: 'The time of its first stage.' },
    {
      name: 'ended_at',
      type: DATE_TIME,
      comment: 'The time of its first token, or of its last stage if it has no token.',
    },
    { name: 'duration_ms', type: 'Float64', comment: 'Milliseconds from started_at to ended_at.' },
    { name: 'stages', type: 'UInt32', comment: `The number of its records, at most ${MAX_STAGES}.` },
    { name: 'failed_at', type: `Nullable(${DATE_TIME})`, comment: 'If it failed: the time of the failed stage.' },
    { name: 'failed_event_id', type: 'Nullable(UUID)', comment: 'If it failed: the event_id of the failed stage.' },
    { name: 'failed_stage', type: 'LowCardinality(String)', comment: 'If it failed: the failed stage.' },
    { name: 'failed_event', type: 'LowCardinality(String)', comment: 'If it failed: what happened at that stage.' },
    ...DESCRIBING.map((name) => {
      const { type = 'String', comment = '' } = docs.get(name) ?? {}
      return { name, type, comment: `${comment} The last value that a stage has.` }
    }),
  ]
}

/** The records that decide each trace's verdict. */
function verdicts(stages: Stream): string {
  const names = VERDICT_RULES.map((_, index) => `rule_${index + 1}`)
  const ofRole = (role: VerdictRule['role']) =>
    `multiIf(${VERDICT_RULES.map((rule, index) => `${names[index]} > 0, ${rule.role === role ? names[index] : 0}`).join(', ')}, 0)`
  return `SELECT trace_id, stages_in_order, arrayFilter(s -> s.is_step, stages_in_order) AS steps, ${[
    ...VERDICT_RULES.map((rule, index) => `${indexOf(rule)} AS ${names[index]}`),
    `multiIf(${names.map((name) => `${name} > 0, ${name}`).join(', ')}, 0) AS decisive`,
    `${ofRole('failure')} AS failure`,
    `${ofRole('end')} AS end`,
    'if(end = 0, stages_in_order[length(stages_in_order)], steps[end]) AS end_stage',
  ].join(', ')} FROM (${traces(stages)})`
}

/** Each trace's records, in the order of the API. */
function traces(stages: Stream): string {
  const types = new Map(columns(stages).map(({ name, type }) => [name, type]))
  const names = ['time', 'event_id', 'outcome', 'stage', 'event', 'token_id', 'session', ...DESCRIBING]
  const tuple = names.map((name) => `${name} ${types.get(name)?.replace(/^LowCardinality\((.*)\)$/, '$1') ?? 'String'}`)
  const values = [...names, signInStepSql(quoted)].join(', ')
  const records = `groupArray(CAST((${values}), ${quoted(`Tuple(${[...tuple, 'is_step UInt8'].join(', ')})`)}))`
  const first = `arraySlice(arraySort(s -> (s.time, s.event_id), ${records}), 1, ${MAX_STAGES})`
  return (
    `SELECT trace_id, arraySort(s -> (s.time, toString(s.event_id)), ${first}) AS stages_in_order ` +
    `FROM ${stages.name}_with_outcome WHERE trace_id != '' GROUP BY trace_id`
  )
}

/** The index of the step that a rule finds, from 1; 0 if it finds none. */
function indexOf({ find, outcomes, present, notSucceededLater: same }: VerdictRule): string {
  const conditions = [
    `s.outcome IN (${outcomes.map(quoted).join(', ')})`,
    ...(present === undefined ? [] : [`s.${present} != ''`]),
    ...(same === undefined
      ? []
      : [
          `NOT arrayExists(later -> later.${same} = s.${same} AND later.outcome = 'success', arraySlice(steps, i + 1))`,
        ]),
  ]
  const lookUp = find === 'first' ? 'arrayFirstIndex' : 'arrayLastIndex'
  return `${lookUp}((s, i) -> ${conditions.join(' AND ')}, steps, arrayEnumerate(steps))`
}

function lastPresent(name: string): string {
  return `tupleElement(arrayLast(s -> s.${name} != '', stages_in_order), '${name}')`
}
