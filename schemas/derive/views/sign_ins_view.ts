import type { Stream } from '../../streams/index.js'
import { type Column, columns } from '../columns.js'
import { DESCRIBING } from '../sign_in_lists.js'
import { MAX_STAGES } from '../sign_ins.js'
import { FAILED_STAGE, lastPresent, SIGN_IN_OUTCOME, STARTED_AT, verdictsSql } from '../sign_ins_sql.js'
import type { View } from './view.js'

const ALL = {
  names: ['event', 'session', ...DESCRIBING],
  outcome: 'outcome',
  from: (stages: Stream) => `FROM ${stages.name}_with_outcome WHERE trace_id != ''`,
}

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
      `${SIGN_IN_OUTCOME} AS outcome`,
      `${STARTED_AT} AS started_at`,
      "tupleElement(end_stage, 'time') AS ended_at",
      '(toUnixTimestamp64Micro(ended_at) - toUnixTimestamp64Micro(started_at)) / 1000 AS duration_ms',
      'length(stages_in_order) AS stages',
      "if(failure = 0, NULL, tupleElement(steps[failure], 'time')) AS failed_at",
      "if(failure = 0, NULL, tupleElement(steps[failure], 'event_id')) AS failed_event_id",
      `${FAILED_STAGE} AS failed_stage`,
      "if(failure = 0, '', tupleElement(steps[failure], 'event')) AS failed_event",
      ...DESCRIBING.map((name) => `${lastPresent(name)} AS ${name}`),
    ].join(', ')} FROM (${verdictsSql(stages, ALL)})`,
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
