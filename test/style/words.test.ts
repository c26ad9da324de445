import { expect, it } from 'vitest'
import { words } from './words.js'

it.each([
  'Mend the cause.',
  'the caller is told why',
  'whoever asks',
  'joins anew',
  'it bears the same id',
  'equals it, in either case',
  'three parts, of which each has a name',
  'which is not to be seen',
  'What we are after is 4 times.',
])('finds the hard word in: %s', (sentence) => {
  expect(words('docs/a.md', `Plain.\n${sentence}`)).toMatchObject([{ path: 'docs/a.md', line: 2 }])
  expect(words('services/a.ts', `// ${sentence}`)).toHaveLength(1)
})

it.each([
  'Authorization: Bearer <JWT>',
  'recommend, amendment, mending_table, foretelling',
  'in either order',
  'tell two records apart',
  "import { telling } from './telling.js'",
])('takes no offense at: %s', (line) => {
  expect(words('services/a.ts', line)).toEqual([])
})

it('checks no data', () => {
  expect(words('captured/a.json', '"tell"')).toEqual([])
})
