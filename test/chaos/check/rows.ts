import type { ClickHouseClient } from '@clickhouse/client'

/** The part of a stored row that identifies it. */
export type VisitRow = (partition: number, offset: number, number: number) => void

/** Four bytes of partition, eight of offset, sixteen of event id. */
const ROW_BYTES = 28
/** RowBinary writes a UUID as two 64-bit integers, least significant byte first. */
const NUMBER_AT = 20

/**
 * Visits every row of a topic, without FINAL. The number comes from the event id; `values.ts` compares the bytes before
 * it.
 */
export async function visitRows(client: ClickHouseClient, topicId: string, visit: VisitRow): Promise<void> {
  const { stream } = await client.exec({
    query: `SELECT kafka_partition, kafka_offset, event_id FROM auth_audits
      WHERE topic_id = {topicId:UUID} FORMAT RowBinary`,
    query_params: { topicId },
  })
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of stream) {
    const data = rest.length === 0 ? (chunk as Buffer) : Buffer.concat([rest, chunk as Buffer])
    let at = 0
    for (; at + ROW_BYTES <= data.length; at += ROW_BYTES) {
      visit(data.readUInt32LE(at), data.readUIntLE(at + 4, 6), data.readUIntLE(at + NUMBER_AT, 6))
    }
    rest = data.subarray(at)
  }
  if (rest.length > 0) throw new Error('The answer of ClickHouse ends in the middle of a row.')
}
