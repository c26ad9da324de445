import {
  isOcsfValue,
  type OcsfMapping,
  type OcsfObject,
  type OcsfValue,
  type Stream,
} from '../../../schemas/streams/index.js'
import { outcomeExpression } from '../clickhouse/conditions/outcome_condition.js'

/*
 * A record as a line of OCSF. ClickHouse builds the JSON: each part is an expression that returns `,"name":value`, or
 * empty text when the record has no value. The names come from the stream's declaration.
 */

/** The line as the one column of a statement. @throws {RangeError} when the stream has no OCSF mapping */
export function ocsfLine(stream: Stream): { readonly sql: string; readonly params: Readonly<Record<string, unknown>> } {
  const { ocsf } = stream
  if (ocsf === undefined) throw new RangeError(`${stream.name} has no OCSF mapping.`)
  const outcome = outcomeExpression(stream)
  const activity = activityExpression(ocsf)
  const parts = [
    `'{"category_uid":${ocsf.categoryUid},"class_uid":${ocsf.classUid},"severity_id":1,"activity_id":'`,
    `toString(${activity} AS ocsf_activity)`,
    `',"type_uid":'`,
    `toString(${ocsf.classUid * 100} + ocsf_activity)`,
    `',"time":'`,
    'toString(toUnixTimestamp64Milli(time))',
    statusExpression(outcome.sql),
    metadataExpression(ocsf),
    ...partsOf({
      ...ocsf.attributes,
      unmapped: Object.fromEntries(ocsf.unmapped.map((name) => [name, { of: [name] }])),
    }),
    `'}'`,
  ]
  return { sql: `concat(${parts.join(', ')}) AS line`, params: outcome.params }
}

function activityExpression({ activities, activityId }: OcsfMapping): string {
  const branches = activities.flatMap(({ id, fields, words }) => {
    const list = words.map(quoted).join(', ')
    return [fields.map((field) => `lower(${field}) IN (${list})`).join(' OR '), String(id)]
  })
  return branches.length === 0 ? String(activityId) : `multiIf(${[...branches, activityId].join(', ')})`
}

/** `status_id` 99 is "Other". Then `status` has the name. */
function statusExpression(outcome: string): string {
  const cases = [
    `'success', 'failure', 'challenge'`,
    `['1,"status":"Success"', '2,"status":"Failure"', '99,"status":"Challenge"']`,
  ]
  return `concat(',"status_id":', transform(${outcome}, [${cases[0]}], ${cases[1]}, '0,"status":"Unknown"'))`
}

function metadataExpression({ version }: OcsfMapping): string {
  const fixed = `,"metadata":{"version":"${version}","product":{"name":"Gatelog","vendor_name":"Gatelog"},"uid":"`
  const times = [
    `'","original_time":"', formatDateTime(time, '%Y-%m-%dT%H:%i:%S.%fZ')`,
    `'","logged_time":', toString(toUnixTimestamp64Milli(ingested_at))`,
  ]
  const correlation = part('correlation_uid', textOf({ of: ['trace_id'] }))
  return `concat(${quoted(fixed)}, toString(event_id), ${times.join(', ')}, ${correlation}, '}')`
}

function partsOf(object: OcsfObject): readonly string[] {
  return Object.entries(object).map(([name, node]) => {
    if (isOcsfValue(node)) return part(name, textOf(node))
    const inner = `concat('', ${partsOf(node).join(', ')})`
    return `if(${inner} = '', '', concat(${quoted(`,"${name}":{`)}, substring(${inner}, 2), '}'))`
  })
}

function part(name: string, text: string): string {
  return `if(${text} = '', '', concat(${quoted(`,"${name}":`)}, toJSONString(${text})))`
}

function textOf({ of, where, otherwise = '' }: OcsfValue): string {
  const fields = of.map((field) => `toString(${field})`)
  const last = fields.at(-1) as string
  const found = otherwise === '' && fields.length === 1 ? last : firstOf(fields, otherwise)
  if (where === undefined) return found
  const address = `(isIPv4String(${found}) OR isIPv6String(${found}))`
  return where === 'address' ? `if(${address}, ${found}, '')` : `if(${address}, '', ${found})`
}

function firstOf(texts: readonly string[], otherwise: string): string {
  const branches = texts.flatMap((text) => [`${text} != ''`, text])
  return `multiIf(${[...branches, quoted(otherwise)].join(', ')})`
}

/** A text of the declaration as a literal. */
function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`
}
