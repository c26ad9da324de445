import { ShapeError } from '../source.js'

const NAME = '[^\\s"\'=,]+'

/**
 * The fields of a message such as `type="LOGIN", realmId="…", username="ada"`. Keycloak puts a backslash before a quote
 * within a value, but not before a backslash. So a value ends at the quote behind which the message ends, or the next
 * field begins: no user can write `, name="`, because that quote would have a backslash.
 *
 * Before version 22 values have no quotes. There a user can write what looks like a field: a name that comes twice is
 * left out.
 *
 * @throws {ShapeError} when the message has another form
 */
export function logFields(message: string): Readonly<Record<string, string>> {
  const [, quote = ''] = /^[A-Za-z]+=(["']?)/.exec(message) ?? []
  return quote === '' ? unquoted(message) : quoted(message, quote)
}

function quoted(message: string, quote: string): Readonly<Record<string, string>> {
  const fields = pairs(message, new RegExp(`(${NAME})=${quote}(.*?)${quote}(?:, (?=${NAME}=${quote})|$)`, 'y'))
  return Object.fromEntries(fields.map(([name, value]) => [name, value.replaceAll(`\\${quote}`, quote)]))
}

function unquoted(message: string): Readonly<Record<string, string>> {
  const fields = pairs(message, new RegExp(`(${NAME})=('.*?'|.*?)(?:, (?=${NAME}=)|$)`, 'y'))
  const names = fields.map(([name]) => name)
  const once = fields.filter(([name], index) => index === 0 || names.indexOf(name) === names.lastIndexOf(name))
  return Object.fromEntries(once.map(([name, value]) => [name, value.replace(/^'(.*)'$/, '$1')]))
}

/** Every pair of the message, each where the one before it ends. */
function pairs(message: string, pair: RegExp): readonly (readonly [string, string])[] {
  const found: (readonly [string, string])[] = []
  while (pair.lastIndex < message.length) {
    const [, name, value] = pair.exec(message) ?? []
    if (name === undefined || value === undefined) throw new ShapeError(['the message is no list of fields'])
    found.push([name, value])
  }
  return found
}
