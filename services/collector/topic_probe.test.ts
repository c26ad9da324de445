import { expect, test, vi } from 'vitest'
import { TopicProbe } from './topic_probe.js'

const admin = () => ({
  connect: vi.fn(async () => {}),
  fetchTopicMetadata: vi.fn(async (_: { topics: string[] }): Promise<unknown> => ({})),
  disconnect: vi.fn(async () => {}),
})

test('returns undefined when Kafka has the topic, and connects once', async () => {
  const kafka = admin()
  const probe = new TopicProbe(kafka, ['dev.auth_audits', 'dev.audits'])
  expect(await probe.missing()).toBeUndefined()
  expect(await probe.missing()).toBeUndefined()
  expect(kafka.connect).toHaveBeenCalledTimes(1)
  expect(kafka.fetchTopicMetadata).toHaveBeenCalledWith({ topics: ['dev.auth_audits'] })
  expect(kafka.fetchTopicMetadata).toHaveBeenCalledWith({ topics: ['dev.audits'] })
})

test('without the topic, says which command makes it', async () => {
  const kafka = admin()
  kafka.fetchTopicMetadata.mockRejectedValue(Object.assign(new Error(), { type: 'UNKNOWN_TOPIC_OR_PARTITION' }))
  expect(await new TopicProbe(kafka, ['auth_audits']).missing()).toBe('the topic auth_audits: run migrate')
})

test('names each topic that is missing', async () => {
  const kafka = admin()
  kafka.fetchTopicMetadata.mockImplementation(async ({ topics: [topic] }) => {
    if (topic !== 'auth_audits') throw Object.assign(new Error(), { type: 'UNKNOWN_TOPIC_OR_PARTITION' })
    return {}
  })
  const probe = new TopicProbe(kafka, ['audits', 'auth_audits', 'auth_audits.dead-letters'])
  expect(await probe.missing()).toBe('the topics audits, auth_audits.dead-letters: run migrate')
})

test('reports Kafka as missing while it does not answer', async () => {
  const kafka = admin()
  kafka.connect.mockRejectedValueOnce(new Error('ECONNREFUSED'))
  const probe = new TopicProbe(kafka, ['auth_audits'])
  expect(await probe.missing()).toBe('Kafka')
  expect(await probe.missing()).toBeUndefined()
})

test('returns in time when Kafka is silent, with one request for concurrent calls', async () => {
  const kafka = admin()
  kafka.fetchTopicMetadata.mockReturnValue(new Promise(() => {}))
  const probe = new TopicProbe(kafka, ['auth_audits'], 10)
  expect(await Promise.all([probe.missing(), probe.missing()])).toEqual(Array(2).fill('Kafka, which does not answer'))
  expect(kafka.fetchTopicMetadata).toHaveBeenCalledTimes(1)
})

test('close disconnects if there is a connection', async () => {
  const kafka = admin()
  const probe = new TopicProbe(kafka, ['auth_audits'])
  await probe.close()
  expect(kafka.disconnect).not.toHaveBeenCalled()
  await probe.missing()
  await probe.close()
  expect(kafka.disconnect).toHaveBeenCalledTimes(1)
})
