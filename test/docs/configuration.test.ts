import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import type { z } from 'zod'
import { collectorConfig } from '../../services/collector/config.js'
import { ingestConfig } from '../../services/ingest/config.js'
import { migrateConfig } from '../../services/migrate/config.js'
import { queryConfig } from '../../services/query/config.js'
import { retentionConfig } from '../../services/retention/config.js'
import { listItems, section } from './list_items.js'

const page = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8')

/** The items for a service's variables, as docs/configuration.md must list them. */
function expected(schema: z.ZodObject): readonly string[] {
  return Object.entries(schema.shape).map(([name, field]) => {
    const { type, defaultValue } = (field as z.ZodType).def as { type: string; defaultValue?: unknown }
    const value = defaultValue === '' ? 'empty' : `\`${String(defaultValue)}\``
    const need = type === 'default' ? `default ${value}` : type === 'optional' ? 'optional' : 'required'
    return `\`${name}\` (${need}): ${(field as z.ZodType).description}`
  })
}

it.each([
  ['migrate', migrateConfig],
  ['ingest', ingestConfig],
  ['collector', collectorConfig],
  ['query', queryConfig],
  ['retention', retentionConfig],
] as const)('docs/configuration.md has every variable of %s, and none extra', (service, schema) => {
  const found = listItems(section(page, service)).filter((item) => /^`[A-Z]/.test(item))
  expect(found).toEqual(expected(schema))
})
