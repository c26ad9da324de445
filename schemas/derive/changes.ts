import type { Stream } from '../streams/index.js'
import { filterParameters, MAX_LIMIT, type Parameter } from './parameters.js'

/** The maximum time that a poll waits for a record, in seconds. */
export const MAX_WAIT_SECONDS = 60

/** The words that `after` accepts. Any other value is a token. */
export const WORDS_FOR_AFTER = ['beginning', 'now'] as const

/** The parameters of `GET /v1/<stream>/changes`. */
export function changesParameters(stream: Stream): readonly Parameter[] {
  return [
    {
      kind: 'limit',
      name: 'limit',
      doc: `The maximum number of records in the response; at most ${MAX_LIMIT}. It may hold fewer even if more follow.`,
    },
    after('beginning'),
    {
      kind: 'wait',
      name: 'wait',
      doc:
        'How long to wait for a record if there is none yet, such as `30s`, `500ms` or `1m`; at most ' +
        `${MAX_WAIT_SECONDS}s. Without it, an empty response comes at once.`,
      example: '30s',
    },
    ...filterParameters(stream),
  ]
}

/** The parameters of `GET /v1/<stream>/tail`. */
export function tailParameters(stream: Stream): readonly Parameter[] {
  return [after('now'), ...filterParameters(stream)]
}

function after(defaultWord: (typeof WORDS_FOR_AFTER)[number]): Parameter {
  return {
    kind: 'after',
    name: 'after',
    doc: `Where to start: a token from an earlier response, \`beginning\` or \`now\`. The default is \`${defaultWord}\`.`,
  }
}
