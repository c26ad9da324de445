import { expect, it } from 'vitest'
import { columns } from './columns.js'

const long = (start: string, length: number) => `${start}${'word '.repeat(40)}`.slice(0, length - 1).concat('x')

it.each([
  ['a.ts', '// '],
  ['a.ts', ' * '],
  ['a.ts', '/** '],
  ['a.ts', 'const a = 1 // '],
  ['a.sql', '-- '],
  ['a.sql', 'SELECT 1 -- '],
  ['a.yml', '# '],
  ['a.sh', '# '],
])('a comment of %s that starts with %j has at most 120 columns', (path, start) => {
  expect(columns(path, `${long(start, 120)}\n${long(start, 121)}`)).toEqual([
    { path, line: 2, message: '121 columns, at most 120' },
  ])
})

it.each(['text ', '| cell ', '```'])('a line of Markdown that starts with %j has at most 140 columns', (start) => {
  const path = 'docs/a.md'
  expect(columns(path, `${long(start, 140)}\n${long(start, 141)}`)).toEqual([
    { path, line: 2, message: '141 columns, at most 140' },
  ])
})

it('counts characters, not UTF-16 units or bytes', () => {
  expect(columns('a.ts', `// ${'🏛 '.repeat(58)}x`)).toEqual([])
})

it('leaves code to Biome', () => {
  expect(columns('a.ts', long("const a = 'text", 200))).toEqual([])
})

it('passes a line of one word, which cannot be wrapped', () => {
  const url = 'https://example.com/'.padEnd(200, 'a')
  expect(columns('a.md', `${url}\n- ${url}`)).toEqual([])
  expect(columns('a.ts', `// ${url}\n * ${url}\n/** ${url} */`)).toEqual([])
  expect(columns('a.md', `see ${url}`)).toHaveLength(1)
})
