import { scryptSync } from 'node:crypto'
import { z } from 'zod'
import { eventKindRules, outcomeRules } from '../../schemas/derive/outcomes/configured_rules.js'
import { authConfig, checkIssuerKey } from '../runtime/auth/config.js'
import { checkClickHouseTls, clickhouseConfig } from '../runtime/clickhouse.js'
import { integer, list } from '../runtime/env.js'
import { httpConfig, proxyConfig } from '../runtime/http.js'
import { checkProducing, producingConfig } from '../runtime/kafka/producing.js'
import { checkKafkaSecurity, kafkaSecurityConfig } from '../runtime/kafka/security.js'
import { kafkaConfig } from '../runtime/kafka.js'
import { telemetryConfig } from '../runtime/telemetry.js'

const COMPAT_IDS = ['text', 'number'] as const

/** Where callers reach the service, as links in answers begin. */
const publicUrl = z
  .string()
  .refine((text) => /^https?:\/\/[^?#\s<>"]+$/.test(text) && URL.canParse(text), {
    error: 'must be a URL such as https://audit.example.com, without query and fragment',
  })
  .transform((text) => text.replace(/\/+$/, ''))

/** Origins as browsers send them (RFC 6454): scheme, host and port only. */
const origins = list.refine((each) => each.every(isOrigin), {
  error: 'must be origins such as https://console.example.com, separated by commas',
})

function isOrigin(text: string): boolean {
  return /^https?:[^*]+$/.test(text) && URL.canParse(text) && new URL(text).origin === text
}

const POSITION_KEY_BYTES = 32

const positionKeyList = list.transform((texts, context): Buffer[] => {
  const keys = texts.map((text) => Buffer.from(text, 'base64'))
  if (keys.every(({ length }) => length === POSITION_KEY_BYTES)) return keys
  context.addIssue({ code: 'custom', message: 'must be base64 of 32 bytes, such as from `openssl rand -base64 32`' })
  return z.NEVER
})

export const queryConfig = z
  .object({
    ...telemetryConfig,
    ...httpConfig,
    ...proxyConfig,
    ...clickhouseConfig,
    CLICKHOUSE_EXPORT_USER: z
      .string()
      .optional()
      .describe(
        'The database user that exports read with; without it, its password and `KAFKA_BROKERS` there are no exports',
      ),
    CLICKHOUSE_EXPORT_PASSWORD: z.string().optional().describe('Its password'),
    KAFKA_BROKERS: kafkaConfig.KAFKA_BROKERS.optional().describe(
      'Brokers of the Kafka that records exports, as `host:port`, separated by commas',
    ),
    KAFKA_TOPIC_PREFIX: kafkaConfig.KAFKA_TOPIC_PREFIX,
    ...kafkaSecurityConfig,
    ...producingConfig,
    ...authConfig,
    QUERY_RATE_PER_SECOND: integer(0, 1_000_000)
      .default(50)
      .describe('Requests a second that a principal (the claim `sub`) may make on average; 0 for no limit'),
    QUERY_RATE_BURST: integer(1, 1_000_000).default(200).describe('Requests that a principal may make at once'),
    QUERY_RATE_PER_SECOND_OF_TENANT: integer(0, 1_000_000)
      .default(200)
      .describe('Requests a second that all principals of a tenant may make on average; 0 for no limit'),
    QUERY_RATE_BURST_OF_TENANT: integer(1, 1_000_000)
      .default(800)
      .describe('Requests that all principals of a tenant may make at once'),
    QUERY_MAX_QUERIES_OF_ONE: integer(1, 1_000)
      .default(4)
      .describe('Database queries of one principal that run at once; others wait'),
    QUERY_MAX_QUERIES_OF_TENANT: integer(1, 1_000)
      .default(8)
      .describe('Database queries of one tenant that run at once; others wait'),
    QUERY_MAX_QUERIES: integer(1, 1_000)
      .default(12)
      .describe('Database queries of lists and sign-ins that run at once; others wait half a second, or are refused'),
    QUERY_MAX_COUNTS: integer(1, 1_000)
      .default(4)
      .describe('Database queries of counts that run at once; others wait half a second, or are refused'),
    QUERY_EXPORTS_PER_PRINCIPAL: integer(1, 1_000).default(2).describe('Exports that a principal may run at once'),
    QUERY_EXPORTS_PER_TENANT: integer(1, 1_000).default(8).describe('Exports that a tenant may run at once'),
    QUERY_CORS_ORIGINS: origins
      .optional()
      .describe('Origins whose pages may read the answers, separated by commas; none by default'),
    OUTCOME_RULES: outcomeRules
      .optional()
      .describe('Rules for outcomes as JSON, tried before the built-in rules; see outcomes.md'),
    EVENT_KIND_RULES: eventKindRules
      .optional()
      .describe(
        'Rules for what a record is in other products’ logs (log-in, log-out) as JSON, tried before the built-in rules; see compat/README.md',
      ),
    QUERY_PUBLIC_URL: publicUrl
      .optional()
      .describe(
        'The URL at which callers reach the service, with the path that a proxy takes off; for links in the APIs of other products. By default as the request has it',
      ),
    CANVAS_IDS: z
      .enum(COMPAT_IDS, `must be one of ${COMPAT_IDS.join(', ')}`)
      .default('text')
      .describe('How Canvas’s API shows ids that are whole numbers below 2^53: as `text`, or as `number`'),
    QUERY_MAX_WAITING: integer(1, 100_000)
      .default(200)
      .describe('Most callers that may wait for records at once: open tails, and polls that wait'),
    QUERY_MAX_BYTES_IN_FLIGHT: integer(8 * 1024 * 1024, 16 * 1024 * 1024 * 1024)
      .default(44 * 1024 * 1024)
      .describe('Most bytes of answers that are held at once; 55 % of them for one principal, 75 % for one tenant'),
    QUERY_POSITION_KEYS: positionKeyList
      .optional()
      .describe(
        'Keys that encrypt position tokens, as base64 of 32 bytes, separated by commas: the first one encrypts, all of them decrypt',
      ),
    QUERY_MAX_WAITING_OF_TENANT: integer(1, 100_000).default(100).describe('Most of them that one tenant may have'),
    QUERY_MAX_WAITING_OF_ONE: integer(1, 100_000).default(10).describe('Most of them that one principal may have'),
  })
  .superRefine(checkKafkaSecurity, { when: () => true })
  .superRefine(checkProducing, { when: () => true })
  .superRefine(checkClickHouseTls, { when: () => true })
  // Also checked when another variable is invalid, so that all faults are reported at once.
  .superRefine(checkIssuerKey, { when: () => true })
  .refine(
    ({ CLICKHOUSE_EXPORT_USER, CLICKHOUSE_EXPORT_PASSWORD, KAFKA_BROKERS }) =>
      new Set([CLICKHOUSE_EXPORT_USER, CLICKHOUSE_EXPORT_PASSWORD, KAFKA_BROKERS].map((each) => each === undefined))
        .size === 1,
    {
      path: ['CLICKHOUSE_EXPORT_USER'],
      message: 'set it, CLICKHOUSE_EXPORT_PASSWORD and KAFKA_BROKERS, or none of the three: exports need all',
      when: () => true,
    },
  )

/** What exports need. */
export interface ExportConfig {
  readonly user: string
  readonly password: string
  readonly brokers: readonly string[]
}

/** The configuration of exports; undefined if it is not set. */
export function exportConfig(config: QueryConfig): ExportConfig | undefined {
  const { CLICKHOUSE_EXPORT_USER: user, CLICKHOUSE_EXPORT_PASSWORD: password, KAFKA_BROKERS: brokers } = config
  if (user === undefined || password === undefined || brokers === undefined) return undefined
  return { user, password, brokers }
}

/**
 * The keys of position tokens. By default there is one, which all processes derive from the database's password: tokens
 * of one process must be valid for the others, and after a restart.
 */
export function positionKeys(config: QueryConfig): readonly [Buffer, ...Buffer[]] {
  const [first, ...others] = config.QUERY_POSITION_KEYS ?? []
  if (first !== undefined) return [first, ...others]
  return [scryptSync(config.CLICKHOUSE_PASSWORD, 'gatelog position tokens', POSITION_KEY_BYTES)]
}

export type QueryConfig = z.output<typeof queryConfig>
