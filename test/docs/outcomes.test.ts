import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { outcomeRules } from '../../schemas/derive/outcomes/configured_rules.js'
import { OUTCOMES, type OutcomeRule, streams } from '../../schemas/streams/index.js'
import { listItems, section } from './list_items.js'

const page = readFileSync(new URL('../../docs/outcomes.md', import.meta.url), 'utf8')

/** The rows of a section's table, below its head. */
function rows(title: string): readonly string[] {
  return section(page, title)
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .slice(2)
}

function item({ outcome, when }: OutcomeRule): string {
  const code = (patterns: readonly string[]) => patterns.map((pattern) => `\`${pattern}\``).join(', ')
  const conditions = Object.entries(when).map(([field, patterns]) => `\`${field}\`: ${code(patterns)}`)
  return `\`${outcome}\`: ${conditions.join('; and ')}`
}

it('docs/outcomes.md has every outcome, and none extra', () => {
  const named = rows('What the outcomes mean').map((line) => /^\| `(\w+)` \|/.exec(line)?.[1])
  expect(named).toEqual([...OUTCOMES])
})

it.each(streams.filter(({ outcomes }) => outcomes !== undefined).map((stream) => [stream.name, stream] as const))(
  'docs/outcomes.md has the rules of %s, in their order',
  (name, { outcomes = [] }) => {
    expect(listItems(section(page, `The rules of ${name}`))).toEqual(outcomes.map(item))
  },
)

it('its example of rules is one that the service takes', () => {
  const [, example = ''] = /```json\n([\s\S]*?)```/.exec(section(page, 'Rules of your own')) ?? []
  expect(Object.keys(outcomeRules.parse(example))).toEqual(['auth_audits'])
})
