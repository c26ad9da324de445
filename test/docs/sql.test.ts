import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { type Column, columns } from '../../schemas/derive/columns.js'
import { views } from '../../schemas/derive/views/index.js'
import { streams } from '../../schemas/streams/index.js'
import { listItems } from './list_items.js'

const page = readFileSync(new URL('../../docs/sql.md', import.meta.url), 'utf8')

/** The columns that docs/sql.md lists under a heading of the third level. */
function listed(heading: string): readonly string[] {
  const text = page.split(`### ${heading}\n`)[1]?.split(/\n##/)[0] ?? ''
  return listItems(text).filter((item) => item.startsWith('`'))
}

const itemOf = ({ name, type, comment }: Column) => `\`${name}\` (\`${type}\`): ${comment}`

it.each(streams.map((stream) => [stream.name, stream] as const))(
  'docs/sql.md has every column of %s, and none extra',
  (name, stream) => {
    expect(listed(name)).toEqual(columns(stream).map(itemOf))
  },
)

it.each(views(streams).map((view) => [view.name, view] as const))(
  'docs/sql.md has every column of the view %s beyond those of its table, and none extra',
  (name, view) => {
    const table = streams.find((stream) => name === `${stream.name}_with_outcome`)
    const inherited = new Set(table === undefined ? [] : columns(table).map((column) => column.name))
    expect(listed(name)).toEqual(view.columns.filter((column) => !inherited.has(column.name)).map(itemOf))
  },
)
