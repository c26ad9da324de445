import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { filterParameters } from '../../schemas/derive/parameters.js'
import { type Stream, streams } from '../../schemas/streams/index.js'

const page = readFileSync(new URL('../../docs/query.md', import.meta.url), 'utf8')

const MATCHES = {
  equals: 'equals it',
  caseless: 'equals it, ignoring case',
  contains: 'contains it, ignoring case',
  address: 'is it or in it',
} as const

/** The table of a stream's filters, as docs/query.md must have it. */
function table(stream: Stream): string {
  const rows = filterParameters(stream).flatMap((parameter) => {
    if (parameter.kind !== 'field' || parameter.excludes === true) return []
    const { name, field, path = [], match, doc } = parameter
    return [`| \`${name}\` | \`${[field, ...path].join('.')}\` ${MATCHES[match]} | ${doc} |`]
  })
  return ['| Parameter | Matches records whose | Meaning |', '| --- | --- | --- |', ...rows].join('\n')
}

it.each(streams.map((stream) => [stream.name, stream] as const))(
  'docs/query.md has every filter of %s',
  (name, stream) => {
    const section = page.split(`### ${name}\n`)[1]?.split('\n##')[0] ?? ''
    const found = section.split('\n').filter((line) => line.startsWith('|'))
    expect(found.join('\n')).toBe(table(stream))
  },
)
