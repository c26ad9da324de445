import type { ClickHouseClient } from '@clickhouse/client'

/** How far a partition is stored, whole. */
export interface Mark {
  readonly stream: string
  readonly topic: string
  readonly topicId: string
  readonly partition: number
  /** First offset not covered. */
  readonly next: number
}

/** Writes marks. Resolves when the mark, or a later one of the same partition, stands in ClickHouse. */
export interface Marks {
  write(mark: Mark): Promise<void>
}

/**
 * Marks in `ingest_marks`. While one insert is under way, the next ones gather and go together: partitions that keep pace with each
 * other cost one small insert, not one each.
 */
export function clickHouseMarks(client: ClickHouseClient): Marks {
  let gathering: Promise<void> | undefined
  let gathered: Mark[] = []
  let underway: Promise<void> = Promise.resolve()

  async function insert(): Promise<void> {
    const marks = gathered
    gathered = []
    gathering = undefined
    await client.insert({
      table: 'ingest_marks',
      format: 'JSONEachRow',
      values: marks.map(({ stream, topic, topicId, partition, next }) => ({
        stream,
        topic,
        topic_id: topicId,
        kafka_partition: partition,
        next_offset: next,
      })),
      clickhouse_settings: { async_insert: 0 },
    })
  }

  return {
    write(mark) {
      gathered.push(mark)
      if (gathering === undefined) {
        gathering = underway.then(insert)
        underway = gathering.catch(() => undefined)
      }
      return gathering
    },
  }
}
