import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { batchReasons } from '../../services/ingest/fetch/batch_fault.js'
import { reasons } from '../../services/ingest/transcode/index.js'
import { FINAL_CLICKHOUSE_ERRORS, PASSING_CLICKHOUSE_ERRORS } from '../../services/runtime/clickhouse_errors.js'
import { listItems, section } from './list_items.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const page = readFileSync(join(root, 'docs', 'errors.md'), 'utf8')

/** Every place in the services' sources that names an error's code. */
const PATTERNS = [
  /\bcode(?:: | = )'([A-Z][A-Z_]+)'/g,
  /new Problem\(\s*\d+,\s*'([A-Z][A-Z_]+)'/g,
  /'((?:MIGRATION|QUERY(?!_WAS)|STORE|REGISTRY)_[A-Z_]+)'/g,
  /(?:\?\?|:) '([A-Z]+_[A-Z_]+)'/g,
]

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && !name.includes('node_modules'))
    .filter((name) => !name.endsWith('.d.ts'))
    .map((name) => readFileSync(join(root, folder, name), 'utf8'))
}

function codes(): Set<string> {
  const listed = [...PASSING_CLICKHOUSE_ERRORS.values(), ...FINAL_CLICKHOUSE_ERRORS.values()]
  const found = new Set(listed.map((name) => `CLICKHOUSE_${name}`))
  for (const text of sources('services')) {
    for (const pattern of PATTERNS) for (const [, code] of text.matchAll(pattern)) found.add(code as string)
  }
  return found
}

function documented(heading: string): readonly string[] {
  return listItems(section(page, heading)).flatMap((item) => /^`([A-Za-z0-9_]+)`/.exec(item)?.[1] ?? [])
}

describe('docs/errors.md', () => {
  it('has every error code of the services, and none extra', () => {
    expect([...documented('Codes')].sort()).toEqual([...codes()].sort())
  })

  it('has every reason of a dead letter, and none extra', () => {
    expect([...documented('Dead letters')].sort()).toEqual(Object.keys({ ...reasons, ...batchReasons }).sort())
  })

  it('says of each code whether to try again, as the code does', () => {
    for (const text of sources('services')) {
      const classes = text.split(/^export class /m).slice(1)
      for (const body of classes) {
        const [, code] = /\bcode = '([A-Z_]+)'/.exec(body) ?? []
        const [, retriable] = /\bretriable = (true|false)/.exec(body) ?? []
        if (code === undefined) continue
        expect(retriable, `${code} says whether to try again`).toBeDefined()
        const [found] = listItems(page).filter((item) => item.startsWith(`\`${code}\` (`))
        const retry = retriable === 'true' ? 'retry' : 'no retry'
        expect(found).toMatch(new RegExp(`^\`\\w+\` \\((?:\\w{3}, )?${retry}\\): `))
      }
    }
  })
})
