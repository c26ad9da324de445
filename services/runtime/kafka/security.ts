import { isIP } from 'node:net'
import type { ConnectionOptions as TlsOptions } from 'node:tls'
import { z } from 'zod'
import { httpUrl, pem } from '../env.js'
import { accessTokens } from './access_tokens.js'

/** Kafka's names for the ways to connect (`security.protocol`). */
const PROTOCOLS = ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'] as const
/** Kafka's names for the ways to log in (`sasl.mechanism`). */
const MECHANISMS = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER'] as const

/**
 * How connections to Kafka are encrypted and authenticated. All of it may come from files: `KAFKA_SASL_PASSWORD_FILE`
 * and so on.
 */
export const kafkaSecurityConfig = {
  KAFKA_SECURITY_PROTOCOL: z
    .enum(PROTOCOLS, { error: `must be one of ${PROTOCOLS.join(', ')}` })
    .default('PLAINTEXT')
    .describe('How to connect: `PLAINTEXT`, `SSL`, `SASL_PLAINTEXT` or `SASL_SSL`'),
  KAFKA_SSL_CA: pem.optional().describe('The CA certificates to trust, as PEM, in place of those that Node.js trusts'),
  KAFKA_SSL_CERTIFICATE: pem.optional().describe('The client certificate for mTLS, as PEM'),
  KAFKA_SSL_KEY: pem.optional().describe('Its private key, as PEM'),
  KAFKA_SSL_KEY_PASSPHRASE: z.string().optional().describe('The passphrase of that key, if it has one'),
  KAFKA_SASL_MECHANISM: z
    .enum(MECHANISMS, { error: `must be one of ${MECHANISMS.join(', ')}` })
    .optional()
    .describe('How to log in: `PLAIN`, `SCRAM-SHA-256`, `SCRAM-SHA-512` or `OAUTHBEARER`'),
  KAFKA_SASL_USERNAME: z.string().optional().describe('The user name for `PLAIN` and `SCRAM`'),
  KAFKA_SASL_PASSWORD: z.string().optional().describe('Its password'),
  KAFKA_SASL_OAUTH_TOKEN_URL: httpUrl.optional().describe('The token endpoint for `OAUTHBEARER` (client credentials)'),
  KAFKA_SASL_OAUTH_CLIENT_ID: z.string().optional().describe('The client id for the token endpoint'),
  KAFKA_SASL_OAUTH_CLIENT_SECRET: z.string().optional().describe('Its secret'),
  KAFKA_SASL_OAUTH_SCOPE: z.string().optional().describe('The scope to ask the token endpoint for'),
}

const schema = z.object(kafkaSecurityConfig)
type SecurityConfig = z.output<typeof schema>
/** Settings that may be left out, as callers that have no configuration of their own do. */
export type KafkaSecurityConfig = Partial<SecurityConfig>
type Name = keyof SecurityConfig

const SSL: readonly Name[] = ['KAFKA_SSL_CA', 'KAFKA_SSL_CERTIFICATE', 'KAFKA_SSL_KEY', 'KAFKA_SSL_KEY_PASSPHRASE']
const PASSWORD: readonly Name[] = ['KAFKA_SASL_USERNAME', 'KAFKA_SASL_PASSWORD']
const OAUTH: readonly Name[] = [
  'KAFKA_SASL_OAUTH_TOKEN_URL',
  'KAFKA_SASL_OAUTH_CLIENT_ID',
  'KAFKA_SASL_OAUTH_CLIENT_SECRET',
]
const LOGIN: readonly Name[] = ['KAFKA_SASL_MECHANISM', ...PASSWORD, ...OAUTH, 'KAFKA_SASL_OAUTH_SCOPE']

/**
 * Settings that do not fit each other, as pairs of a variable and what is wrong with it. A setting that has no effect
 * is at fault too: a password without `SASL_SSL` suggests that the connection is authenticated.
 */
export function kafkaSecurityFaults(config: KafkaSecurityConfig): readonly (readonly [Name, string])[] {
  const protocol = config.KAFKA_SECURITY_PROTOCOL ?? 'PLAINTEXT'
  const mechanism = config.KAFKA_SASL_MECHANISM
  const login = mechanism === 'OAUTHBEARER' ? OAUTH : mechanism === undefined ? [] : PASSWORD
  const required: readonly Name[] = protocol.startsWith('SASL') ? ['KAFKA_SASL_MECHANISM', ...login] : []
  const unused = [
    ...(protocol.endsWith('SSL') ? [] : SSL),
    ...(protocol.startsWith('SASL') ? otherLogins(mechanism) : LOGIN),
  ]
  const certificate = config.KAFKA_SSL_CERTIFICATE !== undefined
  const key = config.KAFKA_SSL_KEY !== undefined
  return [
    ...required
      .filter((name) => config[name] === undefined)
      .map((name) => [name, needed(protocol, mechanism)] as const),
    ...unused
      .filter((name) => config[name] !== undefined)
      .map((name) => [name, noEffect(protocol, mechanism)] as const),
    ...(certificate && !key ? [['KAFKA_SSL_KEY', 'is required with KAFKA_SSL_CERTIFICATE'] as const] : []),
    ...(key && !certificate ? [['KAFKA_SSL_CERTIFICATE', 'is required with KAFKA_SSL_KEY'] as const] : []),
  ]
}

function otherLogins(mechanism: SecurityConfig['KAFKA_SASL_MECHANISM']): readonly Name[] {
  if (mechanism === undefined) return []
  return mechanism === 'OAUTHBEARER' ? PASSWORD : [...OAUTH, 'KAFKA_SASL_OAUTH_SCOPE']
}

function needed(protocol: string, mechanism: string | undefined): string {
  return `is required with KAFKA_SECURITY_PROTOCOL=${protocol}${mechanism === undefined ? '' : ` and KAFKA_SASL_MECHANISM=${mechanism}`}`
}

function noEffect(protocol: string, mechanism: string | undefined): string {
  const login = protocol.startsWith('SASL') && mechanism !== undefined ? ` and KAFKA_SASL_MECHANISM=${mechanism}` : ''
  return `has no effect with KAFKA_SECURITY_PROTOCOL=${protocol}${login}: change that, or leave this out`
}

/** For a configuration's schema: `z.object({...}).superRefine(checkKafkaSecurity)`. */
export function checkKafkaSecurity(config: KafkaSecurityConfig, context: z.RefinementCtx): void {
  for (const [name, message] of kafkaSecurityFaults(config)) {
    context.addIssue({ code: 'custom', path: [name], message })
  }
}

/** How to log in, for any client: the token is asked for at each connection, since it expires. */
export type KafkaLogin =
  | {
      readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'
      readonly username: string
      readonly password: string
    }
  | { readonly mechanism: 'OAUTHBEARER'; readonly token: () => Promise<string> }

export interface KafkaSecurity {
  /** Undefined: connections are not encrypted. */
  readonly tls: TlsOptions | undefined
  /** Undefined: clients do not log in. */
  readonly login: KafkaLogin | undefined
}

/** What a checked configuration means. */
export function kafkaSecurity(config: KafkaSecurityConfig): KafkaSecurity {
  const protocol = config.KAFKA_SECURITY_PROTOCOL ?? 'PLAINTEXT'
  return {
    tls: protocol.endsWith('SSL') ? tlsOptions(config) : undefined,
    login: protocol.startsWith('SASL') ? login(config) : undefined,
  }
}

function tlsOptions(config: KafkaSecurityConfig): TlsOptions {
  const {
    KAFKA_SSL_CA: ca,
    KAFKA_SSL_CERTIFICATE: cert,
    KAFKA_SSL_KEY: key,
    KAFKA_SSL_KEY_PASSPHRASE: passphrase,
  } = config
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(passphrase === undefined ? {} : { passphrase }),
  }
}

function login(config: KafkaSecurityConfig): KafkaLogin {
  const mechanism = config.KAFKA_SASL_MECHANISM ?? 'PLAIN'
  if (mechanism === 'OAUTHBEARER') {
    const token = accessTokens({
      url: config.KAFKA_SASL_OAUTH_TOKEN_URL ?? '',
      clientId: config.KAFKA_SASL_OAUTH_CLIENT_ID ?? '',
      clientSecret: config.KAFKA_SASL_OAUTH_CLIENT_SECRET ?? '',
      scope: config.KAFKA_SASL_OAUTH_SCOPE,
    })
    return { mechanism, token }
  }
  return { mechanism, username: config.KAFKA_SASL_USERNAME ?? '', password: config.KAFKA_SASL_PASSWORD ?? '' }
}

/** Whether a broker's certificate is asked for by its name (SNI): not for an address, which has none. */
export function isNamed(broker: string): boolean {
  return isIP(broker.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1')) === 0
}
