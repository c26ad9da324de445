import { Kafka, logLevel } from 'kafkajs'
import type { Probe } from '../process/readiness.js'

/**
 * Ready when the broker answers for consumer groups. A broker makes the topic for their offsets when it is first asked for a group,
 * and until then refuses them: whoever starts after this finds it made.
 */
export function coordinates(broker: string): Probe {
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
