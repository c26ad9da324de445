import { Kafka, logLevel } from 'kafkajs'
import type { Probe } from '../process/readiness.js'

/**
 * Ready when the broker serves consumer groups. A broker creates the topic for their offsets when a client first asks
 * for a group, and rejects requests until the topic exists.
 */
export function servesConsumerGroups(broker: string): Probe {
  const kafka = new Kafka({
    brokers: [broker],
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 50, maxRetryTime: 100, retries: 10 },
  })
  return async () => {
    const admin = kafka.admin()
    try {
      await admin.connect()
      await admin.describeGroups(['gatelog'])
      return true
    } catch {
      return undefined
    } finally {
      await admin.disconnect()
    }
  }
}
