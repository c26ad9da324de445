import type { Kafka } from 'kafkajs'
import type { Sandbox } from '../cluster/sandbox.js'
import type { Findings } from './findings.js'
import type { Truth } from './truth.js'

/**
 * Checks that workers that stopped cleanly have committed every record. Markers of transactions may stand behind the
 * last one.
 */
export async function checkCommits(
  kafka: Kafka,
  { groupId, topic }: Pick<Sandbox, 'groupId' | 'topic'>,
  { wanted, ends }: Pick<Truth, 'wanted' | 'ends'>,
  findings: Findings,
): Promise<void> {
  const admin = kafka.admin()
  await admin.connect()
  const [group] = await admin.fetchOffsets({ groupId, topics: [topic] })
  await admin.disconnect()
  for (const { partition, offset, metadata } of group?.partitions ?? []) {
    const [least, most] = [wanted[partition] ?? 0, ends[partition] ?? 0]
    if ((Number(offset) >= least && Number(offset) <= most) || (least === 0 && offset === '-1')) continue
    const what = `the workers have left and committed up to here, and not to ${least} (${metadata})`
    findings.add('stuck', { partition, offset: Number(offset), what })
  }
}
