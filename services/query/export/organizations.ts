import { text } from 'node:stream/consumers'
import type { Stream } from '../../../schemas/streams/index.js'
import type { Principal } from '../../runtime/auth/bearer_tokens.js'
import { tenancySettings } from '../clickhouse/conditions/tenancy.js'
import type { Query } from '../clickhouse/database.js'
import { pageRecords } from '../clickhouse/page_records.js'
import type { ExportDatabase } from './database.js'
import { ExportStream } from './export_stream.js'
import type { ExportRequest } from './request.js'
import { tallyOf } from './tally.js'

/**
 * The organizations that the records of an export name, in any of the fields by which a record belongs to one. Copies
 * of a record name the same ones, so it reads without `FINAL`.
 */
export function organizationsQuery(stream: Stream, { filters, page }: ExportRequest, principal: Principal): Query {
  const { sql, params } = pageRecords(stream, filters, principal, page, { final: false })
  return {
    query: [
      'SELECT DISTINCT organization',
      `FROM (SELECT arrayJoin([${stream.organizations.join(', ')}]) AS organization`,
      `${sql})`,
      "WHERE organization != ''",
      'ORDER BY organization',
      ...tenancySettings(stream, principal).map((setting) => `SETTINGS ${setting}`),
      'FORMAT JSONCompactEachRow',
    ].join('\n'),
    query_params: params,
  }
}

/** @throws {DatabaseError} */
export async function readOrganizations(
  database: ExportDatabase,
  query: Query,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const body = new ExportStream(await database.start(query, signal), tallyOf('ndjson'))
  const lines = (await text(body)).split('\n').filter((line) => line !== '')
  return lines.map((line) => (JSON.parse(line) as [string])[0])
}
