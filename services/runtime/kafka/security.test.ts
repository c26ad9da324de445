import { describe, expect, it } from 'vitest'
import { isNamed, kafkaSecurity, kafkaSecurityFaults } from './security.js'

const login = { KAFKA_SASL_USERNAME: 'u', KAFKA_SASL_PASSWORD: 'p' }

describe('kafkaSecurityFaults', () => {
  it.each([
    ['nothing', {}],
    ['TLS alone', { KAFKA_SECURITY_PROTOCOL: 'SSL', KAFKA_SSL_CA: 'pem' }],
    ['mTLS', { KAFKA_SECURITY_PROTOCOL: 'SSL', KAFKA_SSL_CERTIFICATE: 'pem', KAFKA_SSL_KEY: 'pem' }],
    ['a login over TLS', { KAFKA_SECURITY_PROTOCOL: 'SASL_SSL', KAFKA_SASL_MECHANISM: 'SCRAM-SHA-512', ...login }],
  ] as const)('finds none in %s', (_name, config) => {
    expect(kafkaSecurityFaults(config)).toEqual([])
  })

  it.each([
    ['a password without a login protocol', { KAFKA_SASL_PASSWORD: 'p' }, ['KAFKA_SASL_PASSWORD']],
    [
      'a CA without TLS',
      { KAFKA_SECURITY_PROTOCOL: 'SASL_PLAINTEXT', KAFKA_SASL_MECHANISM: 'PLAIN', ...login, KAFKA_SSL_CA: 'pem' },
      ['KAFKA_SSL_CA'],
    ],
    ['a login without a mechanism', { KAFKA_SECURITY_PROTOCOL: 'SASL_SSL' }, ['KAFKA_SASL_MECHANISM']],
    [
      'PLAIN without a password',
      { KAFKA_SECURITY_PROTOCOL: 'SASL_SSL', KAFKA_SASL_MECHANISM: 'PLAIN', KAFKA_SASL_USERNAME: 'u' },
      ['KAFKA_SASL_PASSWORD'],
    ],
    [
      'OAUTHBEARER without an endpoint',
      {
        KAFKA_SECURITY_PROTOCOL: 'SASL_SSL',
        KAFKA_SASL_MECHANISM: 'OAUTHBEARER',
        KAFKA_SASL_OAUTH_CLIENT_ID: 'c',
        KAFKA_SASL_OAUTH_CLIENT_SECRET: 's',
      },
      ['KAFKA_SASL_OAUTH_TOKEN_URL'],
    ],
    [
      'OAUTHBEARER with a password',
      {
        KAFKA_SECURITY_PROTOCOL: 'SASL_SSL',
        KAFKA_SASL_MECHANISM: 'OAUTHBEARER',
        KAFKA_SASL_OAUTH_TOKEN_URL: 'u',
        KAFKA_SASL_OAUTH_CLIENT_ID: 'c',
        KAFKA_SASL_OAUTH_CLIENT_SECRET: 's',
        KAFKA_SASL_PASSWORD: 'p',
      },
      ['KAFKA_SASL_PASSWORD'],
    ],
    [
      'a certificate without its key',
      { KAFKA_SECURITY_PROTOCOL: 'SSL', KAFKA_SSL_CERTIFICATE: 'pem' },
      ['KAFKA_SSL_KEY'],
    ],
    [
      'a key without its certificate',
      { KAFKA_SECURITY_PROTOCOL: 'SSL', KAFKA_SSL_KEY: 'pem' },
      ['KAFKA_SSL_CERTIFICATE'],
    ],
  ] as const)('names %s', (_name, config, names) => {
    expect(kafkaSecurityFaults(config).map(([name]) => name)).toEqual(names)
  })
})

describe('kafkaSecurity', () => {
  it('is plain and without a login where nothing is set', () => {
    expect(kafkaSecurity({})).toEqual({ tls: undefined, login: undefined })
  })

  it('trusts the CAs of Node.js where none is given', () => {
    expect(kafkaSecurity({ KAFKA_SECURITY_PROTOCOL: 'SSL' }).tls).toEqual({})
  })
})

it.each([
  ['kafka.example:9093', true],
  ['192.0.2.1:9093', false],
  ['[2001:db8::1]:9093', false],
] as const)('%s has a name to send: %s', (broker, named) => {
  expect(isNamed(broker)).toBe(named)
})
