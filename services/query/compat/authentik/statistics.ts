import type { FastifyReply, FastifyRequest } from 'fastify'
import {
  authentikTopParameters,
  authentikVolumeParameters,
  DEFAULT_HISTORY_DAYS,
  DEFAULT_TOP,
  MAX_HISTORY_DAYS,
  MAX_TOP,
} from '../../../../schemas/derive/openapi/compat/authentik.js'
import { type EventKind, readJsonText } from '../../../../schemas/streams/index.js'
import { rfc3339FromMicros } from '../../../../schemas/streams/rfc3339.js'
import { mapDatabaseErrors } from '../../clickhouse/errors.js'
import { DAY } from '../../clickhouse/hour.js'
import { mostUsedQuery } from '../../counts/most_used.js'
import { countsQuery } from '../../counts/query.js'
import type { RequestQuery } from '../../parameters/given_parameters.js'
import { UTC } from '../../parameters/time_zone.js'
import type { CompatParts } from '../frame.js'
import { actionOfKind, shownAction } from './actions.js'
import { type EventStreams, eventsRequest } from './request.js'

/** authentik counts in steps of six hours. */
const STEP = { name: '6h', seconds: 6 * 3_600, zone: UTC }

/** How many events of each action there were in each step: of both streams, each occurrence once. */
export async function readVolume(
  streams: EventStreams,
  request: FastifyRequest,
  reply: FastifyReply,
  parts: CompatParts,
): Promise<readonly object[]> {
  const now = parts.now()
  const asked = eventsRequest(streams, authentikVolumeParameters, request.query as RequestQuery, now)
  const days = asked.number('history_days', MAX_HISTORY_DAYS, DEFAULT_HISTORY_DAYS)
  asked.check()
  const database = parts.answerMemory.forRequest(request.database, request, reply)
  const counts = new Map<string, number>()
  for (const { stream, filters, yieldsTo } of asked.sources) {
    const isEvents = stream === streams.events
    const counted = {
      by: [isEvents ? 'action' : 'kind'],
      interval: STEP,
      filters: {
        ...filters,
        ...(yieldsTo === undefined ? {} : { absentFrom: yieldsTo }),
        from: now - BigInt(days) * DAY,
        until: now,
        limit: 0,
      },
    }
    const rows = await mapDatabaseErrors(
      database.rows(countsQuery(stream, counted, request.principal), request.signal),
      (error) => parts.events.databaseFailed(error, stream.name),
    )
    for (const [count, begins, value = ''] of rows) {
      const action = isEvents ? shownAction(value) : actionOfKind(value as EventKind)
      const key = JSON.stringify([Number(begins), action])
      counts.set(key, (counts.get(key) ?? 0) + Number(count))
    }
  }
  return [...counts]
    .map(([key, count]) => ({ key: JSON.parse(key) as [number, string], count }))
    .toSorted((a, b) => a.key[0] - b.key[0] || (a.key[1] < b.key[1] ? -1 : 1))
    .map(({ key: [begins, action], count }) => ({
      action,
      time: rfc3339FromMicros(BigInt(begins) * 1_000_000n),
      count,
    }))
}

/** The applications that most events let in. Sign-ins that are no event name no application as authentik does. */
export async function readTop(
  streams: EventStreams,
  request: FastifyRequest,
  reply: FastifyReply,
  parts: CompatParts,
): Promise<readonly object[]> {
  const asked = eventsRequest(streams, authentikTopParameters, request.query as RequestQuery, parts.now())
  const top = asked.number('top_n', MAX_TOP, DEFAULT_TOP)
  asked.check()
  const [source] = asked.sources
  if (source === undefined) return []
  const database = parts.answerMemory.forRequest(request.database, request, reply)
  const most = { field: 'context', path: 'authorized_application', user: { field: 'user', path: 'pk' }, top } as const
  const rows = await mapDatabaseErrors(
    database.rows(mostUsedQuery(source.stream, source.filters, most, request.principal), request.signal),
    (error) => parts.events.databaseFailed(error, source.stream.name),
  )
  return rows.map(([application = '', events, users]) => ({
    application: readJsonText(application) ?? {},
    counted_events: Number(events),
    unique_users: Number(users),
  }))
}
