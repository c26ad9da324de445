import type { Stream } from '../../streams/index.js'
import { columns } from '../columns.js'
import { outcomeSql } from '../outcomes/outcome.js'
import { quoted, type View } from './view.js'

/** The view of a stream that has outcomes: each record once (`FINAL`), with its outcome. */
export function outcomeView(stream: Stream): View {
  const of = columns(stream)
  return {
    name: `${stream.name}_with_outcome`,
    comment: `The records of ${stream.name}, each once, with the outcome that the API returns.`,
    columns: [
      ...of,
      {
        name: 'outcome',
        type: 'LowCardinality(String)',
        comment: 'The outcome of the stage: success, failure, challenge or unknown. docs/outcomes.md has the rules.',
      },
    ],
    query: `SELECT ${of.map(({ name }) => name).join(', ')}, ${outcomeSql(stream, quoted)} AS outcome FROM ${stream.name} FINAL`,
  }
}
