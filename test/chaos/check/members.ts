import { setTimeout as sleep } from 'node:timers/promises'
import type { Kafka } from 'kafkajs'
import type { Findings } from './findings.js'

const BACK_WITHIN_MS = 60_000
const POLL_MS = 500

/**
 * Checks that all workers are in their group again. If one is missing, others store its records and no other check
 * notices; it may fetch as if it were a member. For one session the group may have more members: those that were
 * killed.
 */
export async function checkMembers(kafka: Kafka, groupId: string, workers: number, findings: Findings): Promise<void> {
  const admin = kafka.admin()
  await admin.connect()
  const deadline = Date.now() + BACK_WITHIN_MS
  for (;;) {
    const { groups } = await admin.describeGroups([groupId])
    const members = groups[0]?.state === 'Stable' ? groups[0].members.length : 0
    if (members >= workers) break
    if (Date.now() > deadline) {
      findings.add('stuck', { partition: -1, what: `of ${workers} workers ${members} are in their group` })
      break
    }
    await sleep(POLL_MS)
  }
  await admin.disconnect()
}
