import { expect, test } from 'vitest'
import { readConfig } from '../runtime/env.js'
import { collectorConfig } from './config.js'

const least = { PORT: '7401', KAFKA_BROKERS: 'localhost:9092', KEYCLOAK_WEBHOOK_SECRET: 'made-up-webhook-secret' }

test('the variables that are required', () => {
  expect(readConfig(collectorConfig, least)).toMatchObject({ PORT: 7401, KAFKA_TOPIC_PREFIX: '', LOG_LEVEL: 'info' })
})

test('a secret is required, has a minimum length, and is not in the error', () => {
  const { KEYCLOAK_WEBHOOK_SECRET: _, ...none } = least
  expect(() => readConfig(collectorConfig, none)).toThrow('KEYCLOAK_WEBHOOK_SECRET: is required')
  const short = () => readConfig(collectorConfig, { ...least, KEYCLOAK_WEBHOOK_SECRET: 'hunter2' })
  expect(short).toThrow('KEYCLOAK_WEBHOOK_SECRET: must be at least 16 characters long')
  expect(short).not.toThrow('hunter2')
})
