import { ClickHouseError } from '@clickhouse/client'
import { describe, expect, it } from 'vitest'
import { FINAL_CLICKHOUSE_ERRORS, PASSING_CLICKHOUSE_ERRORS } from '../runtime/clickhouse_errors.js'
import { clickHouseFailure, isFenced, kafkaFailure } from './failures.js'

const clickHouseError = (code: string, type: string) =>
  new ClickHouseError({ code, type, message: 'secret row data' } as never)

describe('clickHouseFailure', () => {
  it.each([...PASSING_CLICKHOUSE_ERRORS])('retries %s (%s)', (code, name) => {
    expect(clickHouseFailure(clickHouseError(code, 'X'))).toEqual({ code: `CLICKHOUSE_${name}`, retriable: true })
  })

  it.each([...FINAL_CLICKHOUSE_ERRORS])('halts at %s (%s)', (code, name) => {
    expect(clickHouseFailure(clickHouseError(code, name))).toEqual({ code: `CLICKHOUSE_${name}`, retriable: false })
  })

  it.each([
    ['62', 'SYNTAX_ERROR'],
    ['99999', 'SOMETHING_NEW'],
  ])('halts at %s (%s), and says that it may pass', (code, name) => {
    const failure = { code: `CLICKHOUSE_${name}`, retriable: false, unknown: true }
    expect(clickHouseFailure(clickHouseError(code, name))).toEqual(failure)
  })

  it.each(['ECONNREFUSED', 'ECONNRESET', 'EPIPE'])('retries a broken connection (%s)', (code) => {
    const error = Object.assign(new Error('socket hang up'), { code })
    expect(clickHouseFailure(error)).toEqual({ code: 'CLICKHOUSE_UNREACHABLE', retriable: true })
  })
})

describe('Kafka’s errors', () => {
  it.each(['ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID', 'REBALANCE_IN_PROGRESS', 'FENCED_INSTANCE_ID'])(
    '%s means that the partition is lost',
    (type) => expect(isFenced({ type })).toBe(true),
  )

  it('others are retried', () => {
    expect(isFenced({ type: 'NOT_COORDINATOR_FOR_GROUP' })).toBe(false)
    expect(kafkaFailure({ type: 'NOT_COORDINATOR_FOR_GROUP' })).toEqual({
      code: 'KAFKA_NOT_COORDINATOR_FOR_GROUP',
      retriable: true,
    })
    expect(kafkaFailure(new Error('x'))).toEqual({ code: 'KAFKA_Error', retriable: true })
  })
})
