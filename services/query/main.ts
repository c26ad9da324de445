import prometheus from 'prom-client'
import { withEventKindRules } from '../../schemas/derive/outcomes/event_kind.js'
import { withOutcomeRules } from '../../schemas/derive/outcomes/outcome.js'
import { streams } from '../../schemas/streams/index.js'
import { audits, confluentFraming, createEmitter, kafkaProducer, prometheusMetrics } from '../emitter/index.js'
import { authenticateTokens } from '../runtime/auth/config.js'
import { configuredRate, type LimitRate, limitRateOf } from '../runtime/auth/rate_limit.js'
import { connectClickHouse } from '../runtime/clickhouse.js'
import { readConfig } from '../runtime/env.js'
import { framingRegistry } from '../runtime/kafka/producing.js'
import { connectKafka } from '../runtime/kafka.js'
import { runService, type Stop } from '../runtime/shutdown.js'
import { createTelemetry, type Telemetry } from '../runtime/telemetry.js'
import { createQueryApp } from './app.js'
import { createPositionTokens } from './changes/position_token.js'
import { clickhouseDatabase } from './clickhouse/database.js'
import { guardDatabase, Liveness, PING_TIMEOUT_MS } from './clickhouse/liveness.js'
import { type ExportConfig, exportConfig, positionKeys, type QueryConfig, queryConfig } from './config.js'
import { clickhouseExportDatabase, guardExportDatabase } from './export/database.js'
import type { ExportParts } from './export/routes.js'
import { auditTrail } from './export/trail.js'
import { answerLimits } from './limits/answer_memory.js'
import type { QueryLimits } from './limits/query_limits.js'

/** Longer than the database's own limit for a query, so that its error arrives first. */
const REQUEST_TIMEOUT_MS = 70_000
const MAX_EXPORT_CONNECTIONS = 32
/** Queries of readers that follow a stream. */
const MAX_FEED_QUERIES = 8
/** How long an export may send nothing: as long as the database lets the whole export run. */
const EXPORT_SILENCE_MS = 3_610_000

async function start(config: QueryConfig, telemetry: Telemetry): Promise<readonly Stop[]> {
  const { queryLimits, maxConnections } = queryLimitsOf(config)
  const clickhouse = connectClickHouse(config, 'gatelog-query', {
    requestTimeoutMs: REQUEST_TIMEOUT_MS,
    maxConnections,
  })
  // A client of its own: calls that hang may hold all connections of the other one.
  const pinging = connectClickHouse(config, 'gatelog-query-ping', {
    requestTimeoutMs: PING_TIMEOUT_MS,
    maxConnections: 1,
  })
  const liveness = new Liveness({ ping: async () => (await pinging.ping()).success })
  const authenticate = await authenticateTokens(config, telemetry, 'query')
  const exporting = exportConfig(config)
  const exports = exporting && (await openExports(config, telemetry, exporting, liveness))
  const app = createQueryApp({
    telemetry,
    trustProxy: config.TRUST_PROXY,
    streams: withEventKindRules(withOutcomeRules(streams, config.OUTCOME_RULES ?? {}), config.EVENT_KIND_RULES ?? {}),
    authenticate,
    limitRate: rateLimitOf(config),
    database: guardDatabase(clickhouseDatabase(clickhouse), liveness),
    exports: exports?.parts,
    allowedOrigins: config.QUERY_CORS_ORIGINS ?? [],
    tokens: createPositionTokens(positionKeys(config)),
    answerLimits: answerLimits(config.QUERY_MAX_BYTES_IN_FLIGHT),
    compat: { publicUrl: config.QUERY_PUBLIC_URL, canvas: { numericIds: config.CANVAS_IDS === 'number' } },
    queryLimits,
    waitingLimits: {
      total: config.QUERY_MAX_WAITING,
      perTenant: config.QUERY_MAX_WAITING_OF_TENANT,
      perPrincipal: config.QUERY_MAX_WAITING_OF_ONE,
    },
  })
  const url = await app.listen({ host: config.HOST, port: config.PORT })
  telemetry.log.info({ url }, 'listening')
  return [
    { name: 'http', stop: () => app.close() },
    ...(exports?.stops ?? []),
    { name: 'clickhouse', stop: () => clickhouse.close() },
    { name: 'clickhouse pings', stop: () => pinging.close() },
  ]
}

interface Exports {
  readonly parts: ExportParts
  readonly stops: readonly Stop[]
}

async function openExports(
  config: QueryConfig,
  telemetry: Telemetry,
  { user, password, brokers }: ExportConfig,
  liveness: Liveness,
): Promise<Exports> {
  const clickhouse = connectClickHouse(
    { ...config, CLICKHOUSE_USER: user, CLICKHOUSE_PASSWORD: password },
    'gatelog-query-export',
    { requestTimeoutMs: EXPORT_SILENCE_MS, maxConnections: MAX_EXPORT_CONNECTIONS },
  )
  const kafka = connectKafka({ ...config, KAFKA_BROKERS: [...brokers] }, 'gatelog-query', telemetry.log)
  const registry = framingRegistry(config)
  const emitter = createEmitter({
    stream: audits,
    createProducer: kafkaProducer(kafka, { compression: config.KAFKA_COMPRESSION }),
    framing: registry && (await confluentFraming({ ...registry, stream: audits })),
    topicPrefix: config.KAFKA_TOPIC_PREFIX,
    logger: telemetry.log,
    metrics: prometheusMetrics(prometheus, telemetry.metrics),
  })
  return {
    parts: {
      database: guardExportDatabase(clickhouseExportDatabase(clickhouse), liveness),
      trail: auditTrail((record) => emitter.publish(record)),
      limits: { perPrincipal: config.QUERY_EXPORTS_PER_PRINCIPAL, perTenant: config.QUERY_EXPORTS_PER_TENANT },
    },
    stops: [
      { name: 'emitter', stop: () => emitter.close() },
      { name: 'clickhouse exports', stop: () => clickhouse.close() },
    ],
  }
}

function rateLimitOf(config: QueryConfig): LimitRate {
  return limitRateOf(
    configuredRate(config.QUERY_RATE_PER_SECOND, config.QUERY_RATE_BURST),
    configuredRate(config.QUERY_RATE_PER_SECOND_OF_TENANT, config.QUERY_RATE_BURST_OF_TENANT),
  )
}

/** Queries that are not bounded by callers: of the marks, and of readiness. */
const MAX_OWN_QUERIES = 2

/** The limits, and how many connections their queries use together. */
function queryLimitsOf(config: QueryConfig): { readonly queryLimits: QueryLimits; readonly maxConnections: number } {
  const own = { perPrincipal: config.QUERY_MAX_QUERIES_OF_ONE, perTenant: config.QUERY_MAX_QUERIES_OF_TENANT }
  const queryLimits = {
    request: { ...within(own, config.QUERY_MAX_QUERIES - 1), total: config.QUERY_MAX_QUERIES },
    counts: { ...within(own, config.QUERY_MAX_COUNTS - 1), total: config.QUERY_MAX_COUNTS },
    feed: { ...own, total: MAX_FEED_QUERIES },
  }
  const totals = Object.values(queryLimits).map(({ total }) => total)
  return { queryLimits, maxConnections: totals.reduce((sum, total) => sum + total, MAX_OWN_QUERIES) }
}

/** The limits of one caller, so that it leaves something to the others. */
function within(own: { readonly perPrincipal: number; readonly perTenant: number }, most: number): typeof own {
  const bounded = (limit: number) => Math.max(1, Math.min(limit, most))
  return { perPrincipal: bounded(own.perPrincipal), perTenant: bounded(own.perTenant) }
}

try {
  const config = readConfig(queryConfig, process.env)
  const telemetry = createTelemetry('query', config.LOG_LEVEL)
  await runService(telemetry.log, () => start(config, telemetry))
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`)
  process.exitCode = 1
}
