import type { ClickHouseClient } from '@clickhouse/client'
import { scalar } from '../../fixtures/records/scalar.js'
import type { Contents } from '../workload/content.js'
import type { Findings } from './findings.js'
import type { Truth } from './truth.js'

/** The first offset of each partition that no mark covers. */
export async function readMarks(client: ClickHouseClient, topicId: string): Promise<ReadonlyMap<number, number>> {
  const result = await client.query({
    query: `SELECT kafka_partition AS partition, max(next_offset) AS next FROM ingest_marks
      WHERE topic_id = {topicId:UUID} GROUP BY kafka_partition`,
    query_params: { topicId },
    format: 'JSONEachRow',
  })
  const rows = await result.json<{ partition: number; next: string }>()
  return new Map(rows.map(({ partition, next }) => [partition, Number(next)]))
}

/** The rows below a mark at a moment when a reader could have read up to it. */
interface Sight {
  readonly partition: number
  readonly mark: number
  readonly seen: number
}

/** Checks marks during faults: everything below a mark is visible. */
export interface MarkWatch {
  /** Resolves with how many offsets the marks cover, over all partitions. */
  look(): Promise<number>
  /** Compares what was visible with what Kafka has, and continues from there. */
  check(): void
}

export function createMarkWatch(options: {
  readonly clickhouse: ClickHouseClient
  readonly topicId: string
  readonly truth: Truth
  readonly contents: Contents
  readonly findings: Findings
}): MarkWatch {
  const { clickhouse, topicId, truth, contents, findings } = options
  let sights: Sight[] = []
  /** Everything before was compared row by row. */
  let checked: readonly number[] = []

  async function visible(partition: number, mark: number): Promise<number> {
    const query = `SELECT uniqExact(kafka_offset) FROM auth_audits WHERE topic_id = {topicId:UUID} AND kafka_partition = {partition:UInt32}
      AND kafka_offset >= {from:UInt64} AND kafka_offset < {mark:UInt64}`
    return Number(await scalar(clickhouse, query, { topicId, partition, from: checked[partition] ?? 0, mark }))
  }

  function checkPartition(partition: number): void {
    let records = 0
    let offset = checked[partition] ?? 0
    const own = sights.filter((sight) => sight.partition === partition)
    for (const { mark, seen } of own.sort((one, other) => one.mark - other.mark)) {
      for (; offset < mark; offset++) {
        const number = truth.at(partition, offset)
        if (number === undefined || contents.isPoison(number)) continue
        if (truth.standing(partition, offset) === 'record') records++
      }
      if (seen >= records) continue
      const what = `a mark stood here while ${records - seen} records below it were not visible`
      findings.add('lost', { partition, offset: mark, what })
    }
  }

  return {
    async look() {
      const marks = await readMarks(clickhouse, topicId)
      for (const [partition, mark] of marks) sights.push({ partition, mark, seen: await visible(partition, mark) })
      return [...marks.values()].reduce((sum, mark) => sum + mark, 0)
    },
    check() {
      for (const partition of truth.ends.keys()) checkPartition(partition)
      sights = []
      checked = truth.ends
    },
  }
}
