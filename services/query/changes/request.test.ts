import { describe, expect, it } from 'vitest'
import { authAudits } from '../../../schemas/streams/index.js'
import { Problem } from '../../runtime/problem.js'
import type { RequestQuery } from '../parameters/given_parameters.js'
import { createPositionTokens } from './position_token.js'
import { readChangesRequest, readTailRequest, startPosition } from './request.js'
import { BEGINNING } from './stream_position.js'

const TOPIC = '0190f3c8-7b1e-7c3a-9d2e-112233445566'
const POSITION = new Map([[TOPIC, [7]]])
const tokens = createPositionTokens([Buffer.alloc(32)])
const TOKEN = tokens.encode('auth_audits', POSITION)

function changes(query: RequestQuery) {
  return readChangesRequest(authAudits, query, { now: 0n, tokens })
}

function faultOf(read: () => unknown): string {
  try {
    read()
  } catch (error) {
    if (error instanceof Problem && error.status === 400 && error.code === 'INVALID_PARAMETER') return error.message
    throw error
  }
  throw new Error('The request was not refused.')
}

describe('changes', () => {
  it('start at the beginning and do not wait by default', () => {
    expect(changes({ after: '', wait: 'None' })).toMatchObject({
      after: 'beginning',
      waitMs: 0,
      filters: { limit: 500 },
    })
  })

  it.each([
    ['0s', 0],
    ['500ms', 500],
    ['30s', 30_000],
    ['1m', 60_000],
  ])('wait for %s', (wait, waitMs) => {
    expect(changes({ wait }).waitMs).toBe(waitMs)
  })

  it.each(['30', '61s', '2m', '-1s', '1.5s', 's', '1h', '9999999s'])('do not wait for %s', (wait) => {
    expect(faultOf(() => changes({ wait }))).toBe('wait: must be a time such as 30s or 500ms, of at most 60s.')
  })

  it('start after a token, now, or at the beginning', () => {
    expect(changes({ after: TOKEN }).after).toEqual(POSITION)
    expect(changes({ after: 'now' }).after).toBe('now')
  })

  it('have the filters of a list, but not its pagination', () => {
    expect(changes({ event: ['a', 'b'], limit: '7' }).filters).toMatchObject({
      limit: 7,
      fields: [{ values: ['a', 'b'] }],
    })
    expect(faultOf(() => changes({ cursor: 'x' }))).toContain('cursor: is not a parameter of auth_audits.')
  })
})

describe('a tail', () => {
  const tail = (query: RequestQuery, lastEventId?: string) =>
    readTailRequest(authAudits, query, lastEventId, { now: 0n, tokens })

  it('starts now, where `after` says, or at the last event id', () => {
    expect(tail({}, '').after).toBe('now')
    expect(tail({ after: 'beginning' }).after).toBe('beginning')
    expect(tail({ after: 'beginning' }, TOKEN).after).toEqual(POSITION)
  })

  it('names every invalid parameter, and the header', () => {
    expect(faultOf(() => tail({ limit: '1', wait: '1s' }))).toMatch(
      /limit: is not a parameter.*wait: is not a parameter/,
    )
    expect(faultOf(() => tail({}, 'x'))).toMatch(/^Last-Event-ID: the token is incomplete/)
  })
})

it('starts at the beginning, at the marks, or at a token of this installation', () => {
  expect(startPosition('beginning', POSITION)).toBe(BEGINNING)
  expect(startPosition('now', POSITION)).toBe(POSITION)
  expect(startPosition(new Map([[TOPIC, [3]]]), POSITION)).toEqual(new Map([[TOPIC, [3]]]))
  expect(faultOf(() => startPosition(POSITION, BEGINNING))).toContain(
    'from another installation. Start with after=beginning or after=now.',
  )
})

it('rejects a token with partitions that the stream does not have', () => {
  const marks = new Map([[TOPIC, [7, 7]]])
  for (const offsets of [[1, 2, 3], Array(11_000).fill(0)]) {
    expect(faultOf(() => startPosition(new Map([[TOPIC, offsets]]), marks))).toMatch(
      /^after: the token names a topic or partition/,
    )
  }
  expect(startPosition(new Map([[TOPIC, [1]]]), marks)).toEqual(new Map([[TOPIC, [1]]]))
})
