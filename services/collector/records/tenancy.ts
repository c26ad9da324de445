import { canonicalText } from '../../../schemas/streams/canonical_text.js'
import type { Stream } from '../../../schemas/streams/index.js'
import type { Fault } from '../../emitter/index.js'
import type { Writer } from './writer.js'

/** Why a writer may not write a record, by its organizations; empty if it may. */
export type CheckTenancy = (record: unknown, writer: Writer) => readonly Fault[]

/**
 * Each organization that a record names can read it. So a writer must have every one of them, and the record must name
 * one: nobody but an operator could read it otherwise.
 */
export function tenancyCheck({ organizations, fields }: Stream): CheckTenancy {
  const named = fields.filter(({ name }) => organizations.includes(name))
  return (record, { organizations: own }) => {
    // The emitter rejects what is no record.
    if (own === 'all' || typeof record !== 'object' || record === null || Array.isArray(record)) return []
    const values = named.flatMap((field) => {
      const value = (record as Readonly<Record<string, unknown>>)[field.name]
      const text = typeof value === 'string' ? canonicalText(field, value) : ''
      return text === '' ? [] : [{ field: field.name, text }]
    })
    if (values.length === 0) {
      return [{ field: '', message: `must name an organization of the caller in ${organizations.join(' or ')}` }]
    }
    return values
      .filter(({ text }) => !own.includes(text))
      .map(({ field }) => ({ field, message: 'must be an organization of the caller' }))
  }
}
