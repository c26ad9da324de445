import type { Kafka } from 'kafkajs'
import type { Sandbox } from '../cluster/sandbox.js'
import type { Findings } from './findings.js'

/** Checks that workers that stopped cleanly have committed everything up to the ends of the partitions. */
export async function checkCommits(
  kafka: Kafka,
  { groupId, topic }: Pick<Sandbox, 'groupId' | 'topic'>,
  ends: readonly number[],
  findings: Findings,
): Promise<void> {
  const admin = kafka.admin()
  await admin.connect()
  const [group] = await admin.fetchOffsets({ groupId, topics: [topic] })
  await admin.disconnect()
  for (const { partition, offset, metadata } of group?.partitions ?? []) {
    const end = ends[partition] ?? 0
    if (Number(offset) === end || (end === 0 && offset === '-1')) continue
    const what = `the workers have left and committed no further, of ${end} (${metadata})`
    findings.add('stuck', { partition, offset: Number(offset), what })
  }
}
