import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import type { z } from 'zod'
import { collectorConfig } from '../../services/collector/config.js'
import { ingestConfig } from '../../services/ingest/config.js'
import { migrateConfig } from '../../services/migrate/config.js'
import { queryConfig } from '../../services/query/config.js'

const page = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8')

/** The table of a service's variables, as docs/configuration.md must have it. */
function table(schema: z.ZodObject): string {
  const rows = Object.entries(schema.shape).map(([name, field]) => {
    const { type, defaultValue } = (field as z.ZodType).def as { type: string; defaultValue?: unknown }
    const otherwise = type === 'default' ? `\`${String(defaultValue)}\`` : type === 'optional' ? '' : 'required'
    return `| \`${name}\` | ${(field as z.ZodType).description} | ${otherwise.replace('``', 'empty')} |`
  })
  return ['| Variable | Meaning | Default |', '| --- | --- | --- |', ...rows].join('\n')
}

it.each([
  ['migrate', migrateConfig],
  ['ingest', ingestConfig],
  ['collector', collectorConfig],
  ['query', queryConfig],
] as const)('docs/configuration.md has every variable of %s, and none extra', (service, schema) => {
  const section = page.split(`## ${service}\n`)[1]?.split('\n## ')[0] ?? ''
  const found = section.split('\n').filter((line) => line.startsWith('|'))
  expect(found.join('\n')).toBe(table(schema))
})
