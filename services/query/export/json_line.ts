import { type Field, isText, type Stream } from '../../../schemas/streams/index.js'

/*
 * A record with JSON fields as a line of JSON. ClickHouse's JSON formats would write such a field as a quoted text, and
 * its type `JSON` drops what is null or empty. So each line is put together here, with the field's text as it is.
 */

/** The line as the one column of a statement. */
export function jsonLine({ fields }: Stream): string {
  const parts = [
    `'{"event_id":"'`,
    'toString(event_id)',
    `'","time":"'`,
    `formatDateTime(time, '%Y-%m-%dT%H:%i:%S.%fZ')`,
    `'"'`,
    ...fields.flatMap((field) => [`',"${field.name}":'`, valueSql(field)]),
    `'}'`,
  ]
  return `concat(${parts.join(', ')}) AS line`
}

/** Whether a stream's lines are put together like this. */
export function hasJson({ fields }: Stream): boolean {
  return fields.some(({ json }) => json !== undefined)
}

function valueSql(field: Field): string {
  const text = `toString(${field.name})`
  if (isText(field)) return `toJSONString(${text})`
  // A line break within JSON is a blank: those of its texts are escaped.
  return `if(${text} = '', '${field.json === undefined ? '[]' : '{}'}', replaceRegexpAll(${text}, '[\\r\\n]', ' '))`
}
