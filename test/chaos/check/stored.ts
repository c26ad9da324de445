import type { ClickHouseClient } from '@clickhouse/client'
import { type Contents, eventIdText } from '../workload/content.js'
import type { Findings } from './findings.js'
import { visitRows } from './rows.js'
import type { Truth } from './truth.js'

export interface StoredOptions {
  readonly clickhouse: ClickHouseClient
  readonly topicId: string
  readonly truth: Truth
  readonly contents: Contents
  readonly seed: number
  /** Kafka acknowledged every number below this. */
  readonly acknowledged: number
  readonly findings: Findings
}

/**
 * Compares what is stored with Kafka, row by row: each offset is stored once, with its event id, and nothing else is.
 * Returns the number of rows.
 */
export async function checkStored(options: StoredOptions): Promise<number> {
  const { clickhouse, topicId, truth, contents, acknowledged, findings } = options
  const eventId = (number: number) => eventIdText(options.seed, number)
  const seen = truth.ends.map((end) => new Uint8Array(end))
  let highest = acknowledged
  for (const [partition, end] of truth.ends.entries()) {
    for (let offset = 0; offset < end; offset++) highest = Math.max(highest, truth.at(partition, offset) ?? 0)
  }
  let rows = 0

  await visitRows(clickhouse, topicId, (partition, offset, number) => {
    rows++
    const sent = truth.at(partition, offset)
    const place = { partition, offset, eventId: eventId(number) }
    const standing = truth.standing(partition, offset)
    if (standing === 'aborted') findings.add('wrong', { ...place, what: 'of an aborted transaction, and stored' })
    else if (sent === undefined) findings.add('wrong', { ...place, what: 'a row of an offset without a record' })
    else if (sent !== number) findings.add('wrong', { ...place, what: `Kafka holds ${eventId(sent)} there` })
    const column = seen[partition]
    if (column === undefined || offset >= column.length) return
    if (column[offset] !== 0) findings.add('duplicated', { ...place, what: 'stored twice from the same offset' })
    column[offset] = 1
  })

  // Everything acknowledged must be in Kafka.
  const inKafka = new Uint8Array(highest + 1)
  for (const [partition, column] of seen.entries()) {
    for (let offset = 0; offset < column.length; offset++) {
      const number = truth.at(partition, offset)
      if (number === undefined || truth.standing(partition, offset) === 'unknown') continue
      inKafka[number] = 1
      const isRecord = !contents.isPoison(number)
      const place = { partition, offset, eventId: eventId(number) }
      if (!isRecord && column[offset] === 1) findings.add('wrong', { ...place, what: 'poison, and stored' })
      if (isRecord && column[offset] === 0) findings.add('lost', { ...place, what: 'not stored' })
    }
  }
  for (let number = 0; number < acknowledged; number++) {
    if (inKafka[number] === 0) {
      findings.add('lost', {
        partition: -1,
        eventId: eventId(number),
        what: 'acknowledged by Kafka, which has it no more',
      })
    }
  }
  return rows
}
