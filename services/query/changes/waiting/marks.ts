import type { Database, Query } from '../../clickhouse/database.js'
import { advanced, BEGINNING, type Position } from '../position.js'

/** For each stream, up to where it is visible, whole: what ingest has marked. Marks only grow. */
export type Marks = ReadonlyMap<string, Position>

/** The largest mark of each partition, of all streams: a few rows for each. */
export const marksQuery: Query = {
  query: [
    'SELECT stream, toString(topic_id), toString(kafka_partition), toString(max(next_offset))',
    'FROM ingest_marks',
    'GROUP BY stream, topic_id, kafka_partition',
    'ORDER BY stream, topic_id, kafka_partition',
  ].join('\n'),
  query_params: {},
}

/** @throws {DatabaseError} */
export async function readMarks(database: Database, signal: AbortSignal): Promise<Marks> {
  const marks = new Map<string, Position>()
  for (const [stream = '', topicId = '', partition, until] of await database.rows(marksQuery, signal)) {
    const move = { topicId, partition: Number(partition), until: Number(until) }
    marks.set(stream, advanced(marks.get(stream) ?? BEGINNING, [move]))
  }
  return marks
}
