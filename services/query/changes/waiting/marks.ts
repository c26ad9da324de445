import type { Database, Query } from '../../clickhouse/database.js'
import { advance, BEGINNING, type Partition, type StreamPosition } from '../stream_position.js'

/** For each stream, the position before which all records are visible, as ingest has marked it. Marks only grow. */
export type Marks = ReadonlyMap<string, StreamPosition>

/** The largest mark of each partition of all streams. */
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
  const moves = new Map<string, (Partition & { readonly until: number })[]>()
  for (const [stream = '', topicId = '', partition, until] of await database.rows(marksQuery, signal)) {
    const move = { topicId, partition: Number(partition), until: Number(until) }
    const ofStream = moves.get(stream) ?? []
    ofStream.push(move)
    moves.set(stream, ofStream)
  }
  return new Map([...moves].map(([stream, ofStream]) => [stream, advance(BEGINNING, ofStream)]))
}
