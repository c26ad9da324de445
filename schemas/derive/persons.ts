import type { Stream } from '../streams/index.js'
import { pathIndex } from './filter_indexes.js'

/** SQL of the texts that identify the persons of a record, in lower case. */
export function personExpressions({ persons = [] }: Stream): readonly string[] {
  return persons.map((person) => {
    const text = typeof person === 'string' ? person : pathIndex(person.field, person.path).values[0]
    return `lowerUTF8(${text})`
  })
}
