import { ClickHouseError } from '@clickhouse/client'
import { describe, expect, it } from 'vitest'
import { clickHouseFailure, isFenced, kafkaFailure, RETRIABLE_CLICKHOUSE_CODES } from './failures.js'

const clickHouseError = (code: string, type: string) =>
  new ClickHouseError({ code, type, message: 'secret row data' } as never)

describe('clickHouseFailure', () => {
  it.each([...RETRIABLE_CLICKHOUSE_CODES])('tries %s (%s) again', (code, name) => {
    expect(clickHouseFailure(clickHouseError(code, 'X'))).toEqual({ code: `CLICKHOUSE_${name}`, retriable: true })
  })

  it.each([
    ['16', 'NO_SUCH_COLUMN_IN_TABLE'],
    ['53', 'TYPE_MISMATCH'],
    ['62', 'SYNTAX_ERROR'],
    ['117', 'INCORRECT_DATA'],
    ['497', 'ACCESS_DENIED'],
  ])('halts at %s (%s)', (code, name) => {
    expect(clickHouseFailure(clickHouseError(code, name))).toEqual({ code: `CLICKHOUSE_${name}`, retriable: false })
  })

  it.each(['ECONNREFUSED', 'ECONNRESET', 'EPIPE'])('tries again when the way is cut (%s)', (code) => {
    const error = Object.assign(new Error('socket hang up'), { code })
    expect(clickHouseFailure(error)).toEqual({ code: 'CLICKHOUSE_UNREACHABLE', retriable: true })
  })
})

describe('Kafka’s errors', () => {
  it.each(['ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID', 'REBALANCE_IN_PROGRESS', 'FENCED_INSTANCE_ID'])(
    '%s says that the partition is lost',
    (type) => expect(isFenced({ type })).toBe(true),
  )

  it('others are tried again', () => {
    expect(isFenced({ type: 'NOT_COORDINATOR_FOR_GROUP' })).toBe(false)
    expect(kafkaFailure({ type: 'NOT_COORDINATOR_FOR_GROUP' })).toEqual({
      code: 'KAFKA_NOT_COORDINATOR_FOR_GROUP',
      retriable: true,
    })
    expect(kafkaFailure(new Error('x'))).toEqual({ code: 'KAFKA_Error', retriable: true })
  })
})
