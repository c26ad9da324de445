import type { ClickHouseClient } from '@clickhouse/client'

/** How far a partition is stored without gaps. */
export interface Mark {
  readonly stream: string
  readonly topic: string
  readonly topicId: string
  readonly partition: number
  /** First offset not covered. */
  readonly next: number
}

/** Writes marks. Resolves when ClickHouse has the mark, or a later one of the same partition. */
export interface Marks {
  write(mark: Mark): Promise<void>
}

/**
 * Marks in `ingest_marks`. Marks that arrive while an insert is in flight go together in the next one: one small insert
 * for many partitions.
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
