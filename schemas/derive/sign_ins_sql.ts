import type { Stream } from '../streams/index.js'
import { columns } from './columns.js'
import { signInStepSql } from './sign_in_steps.js'
import { MAX_STAGES, VERDICT_RULES, type VerdictRule } from './sign_ins.js'
import { quoted } from './views/view.js'

/** Which records of a stream to take verdicts of. */
export interface VerdictSource {
  /** The columns that are wanted of each record, beyond those that decide. */
  readonly names: readonly string[]
  /** SQL of a record's outcome. */
  readonly outcome: string
  /** The clauses `FROM` and `WHERE` that select records of traces. */
  readonly from: (stages: Stream) => string
  /** After a pause of more than so many microseconds, the records of a trace are another sign-in. */
  readonly pause?: number
}

/**
 * SQL of each trace's records in order (`stages_in_order`), those that are steps of the sign-in (`steps`), and which of
 * these decide: the index of `decisive` and `failure`, 0 if none does, and `end_stage`.
 */
export function verdictsSql(stages: Stream, source: VerdictSource): string {
  const names = VERDICT_RULES.map((_, index) => `rule_${index + 1}`)
  const ofRole = (role: VerdictRule['role']) =>
    `multiIf(${VERDICT_RULES.map((rule, index) => `${names[index]} > 0, ${rule.role === role ? names[index] : 0}`).join(', ')}, 0)`
  return `SELECT trace_id, stages_in_order, arrayFilter(s -> s.is_step, stages_in_order) AS steps, ${[
    ...VERDICT_RULES.map((rule, index) => `${indexOf(rule)} AS ${names[index]}`),
    `multiIf(${names.map((name) => `${name} > 0, ${name}`).join(', ')}, 0) AS decisive`,
    `${ofRole('failure')} AS failure`,
    `${ofRole('end')} AS end`,
    'if(end = 0, stages_in_order[length(stages_in_order)], steps[end]) AS end_stage',
  ].join(', ')} FROM (${traces(stages, source)})`
}

/** Each trace's records, in the order of the API. */
function traces(stages: Stream, { names: wanted, outcome, from, pause }: VerdictSource): string {
  const types = new Map(columns(stages).map(({ name, type }) => [name, type]))
  const names = ['time', 'event_id', 'outcome', 'stage', 'token_id', ...wanted]
  const tuple = names.map((name) => `${name} ${types.get(name)?.replace(/^LowCardinality\((.*)\)$/, '$1') ?? 'String'}`)
  const values = [...names.map((name) => (name === 'outcome' ? outcome : name)), signInStepSql(quoted)].join(', ')
  const records = `groupArray(CAST((${values}), ${quoted(`Tuple(${[...tuple, 'is_step UInt8'].join(', ')})`)}))`
  const first = `arraySlice(arraySort(s -> (s.time, s.event_id), ${records}), 1, ${MAX_STAGES})`
  const inOrder = `arraySort(s -> (s.time, toString(s.event_id)), ${first})`
  const source = `${from(stages)} GROUP BY trace_id`
  if (pause === undefined) return `SELECT trace_id, ${inOrder} AS stages_in_order ${source}`
  const pauses = 'arrayDifference(arrayMap(s -> toUnixTimestamp64Micro(s.time), in_order))'
  return (
    `SELECT trace_id, arrayJoin(arraySplit((s, apart) -> apart > ${pause}, in_order, ${pauses})) AS stages_in_order ` +
    `FROM (SELECT trace_id, ${inOrder} AS in_order ${source})`
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

/** SQL of the last value that a stage has. */
export function lastPresent(name: string): string {
  return `tupleElement(arrayLast(s -> s.${name} != '', stages_in_order), '${name}')`
}

/** SQL of what a sign-in is, within `verdictsSql`. */
export const SIGN_IN_OUTCOME = "if(decisive = 0, 'unknown', tupleElement(steps[decisive], 'outcome'))"
export const STARTED_AT = "tupleElement(stages_in_order[1], 'time')"
export const FAILED_STAGE = "if(failure = 0, '', tupleElement(steps[failure], 'stage'))"
