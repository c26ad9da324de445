import type { Stream } from '../streams/index.js'
import { filterParameters, MAX_LIMIT, type Parameter } from './parameters.js'

/** How long a caller may have its poll wait for a record, in seconds. */
export const MAX_WAIT_SECONDS = 60

/** Where an order of arrival begins, in words; any other value of `after` is a token. */
export const WORDS_FOR_AFTER = ['beginning', 'now'] as const

/** The parameters of `GET /v1/<stream>/changes`. */
export function changesParameters(stream: Stream): readonly Parameter[] {
  return [
    {
      kind: 'limit',
      name: 'limit',
      doc: `How many records to answer with; at most ${MAX_LIMIT}. An answer may hold fewer, also where more follow.`,
    },
    after('`beginning`, which is the default'),
    {
      kind: 'wait',
      name: 'wait',
      doc:
        'How long to wait for a record where there is none yet, such as `30s`, `500ms` or `1m`; at most ' +
        `${MAX_WAIT_SECONDS}s. Without it, an empty answer comes at once.`,
      example: '30s',
    },
    ...filterParameters(stream),
  ]
}

/** The parameters of `GET /v1/<stream>/tail`. */
export function tailParameters(stream: Stream): readonly Parameter[] {
  return [after('`now`, which is the default'), ...filterParameters(stream)]
}

function after(otherwise: string): Parameter {
  return {
    kind: 'after',
    name: 'after',
    doc: `Where to read on: a token as it was given, \`beginning\` or \`now\`; without it ${otherwise}.`,
  }
}
