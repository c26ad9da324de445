import { describe, expect, it, vi } from 'vitest'
import { MessageTooLargeError } from '../../runtime/kafka/batch_sender.js'
import type { PartitionEvents } from '../events.js'
import { insertLate } from '../failures.js'
import { makeSegments } from '../memory/segments.js'
import { StoreError } from '../store/store.js'
import { type ProtocolContext, storeRange } from './protocol.js'
import { RangeBuffer } from './range/range_buffer.js'
import { FencedError, HaltedError } from './retry.js'
import { SentLetters } from './sent_letters.js'

function range() {
  const builder = new RangeBuffer(10, makeSegments(0))
  const bytes = Buffer.from('v')
  for (const offset of [10, 11, 12]) {
    const value = { keyStart: 0, keyLength: -1, valueStart: 0, valueLength: 1 }
    builder.append({ bytes, start: 0, end: 1, offset, timestamp: 1_000 + offset, ...value })
  }
  return builder.build()
}

const DEAD_LETTER = { offset: 11, timestamp: 1_011, reason: 'truncated', detail: '', value: new Uint8Array([1]) }
const OTHER = { ...DEAD_LETTER, offset: 12 }
const lost = Object.assign(new Error('old generation'), { type: 'ILLEGAL_GENERATION' })

interface Script {
  commit?: unknown[]
  insert?: unknown[]
  /** Whether ClickHouse keeps the block of each insert; by default, whether the insert succeeds. */
  kept?: boolean[]
  letters?: unknown[]
  mark?: unknown[]
  held?: () => boolean
}

/** A context that records the order of the steps; each step's results can be scripted. */
function scripted(script: Script = {}) {
  const steps: string[] = []
  const answer = (script: unknown[] | undefined) => {
    const next = script?.shift()
    if (next !== undefined && next !== null) throw next
  }
  const events = new Proxy({} as PartitionEvents, {
    get: (target, name) => {
      const known = target as unknown as Record<string | symbol, unknown>
      known[name] ??= vi.fn()
      return known[name]
    },
  })
  let clock = 0
  const stored = new Set<number>()
  const sendBys: number[] = []
  const context: ProtocolContext = {
    stream: 'auth_audits',
    origin: { topic: 'auth_audits', topicId: 'T', partition: 3 },
    events,
    held: script.held ?? (() => true),
    signal: AbortSignal.abort(),
    maxCommitAgeMs: 1_000,
    now: () => clock,
    isStored: async (topicId, offset) => {
      steps.push(`look for ${topicId} ${offset}`)
      return stored.has(offset)
    },
    commit: async (offset, metadata) => {
      steps.push(`commit ${offset} ${metadata}`)
      answer(script.commit)
    },
    store: {
      close: async () => {},
      hold: () => ({
        transcode: async () => {
          steps.push('transcode')
          const days = [
            { day: '2026-01-01', firstOffset: 10, rows: 1, bytes: 9 },
            { day: '2026-01-02', firstOffset: 12, rows: 1, bytes: 9 },
          ]
          return { days, poison: [DEAD_LETTER], secrets: { jwt: 2 } }
        },
        insert: async (day, token, sendBy) => {
          steps.push(`insert ${day} ${token}`)
          sendBys.push(sendBy)
          if (script.kept?.shift() ?? !script.insert?.[0]) stored.add(day === '2026-01-01' ? 10 : 12)
          answer(script.insert)
        },
        discard: () => void steps.push('discard'),
      }),
    },
    deadLetters: {
      sendFrom: async (_origin, letters) => {
        steps.push(`dead letters ${letters.length}`)
        answer(script.letters)
        return letters.length
      },
    },
    sentLetters: new SentLetters(),
    marks: {
      write: async ({ next }) => {
        steps.push(`mark ${next}`)
        answer(script.mark)
      },
    },
  }
  return { steps, sendBys, context, events, pass: (milliseconds: number) => (clock += milliseconds) }
}

const COMMIT = 'commit 10 {"v":1,"topic_id":"T","pending":12}'
const INSERT_1 = 'insert 2026-01-01 T-3-10-12-2026-01-01'
const LOOK_1 = 'look for T 10'
const LOOK_2 = 'look for T 12'
const INSERT_2 = 'insert 2026-01-02 T-3-10-12-2026-01-02'

describe('storeRange', () => {
  it('runs the steps in order', async () => {
    const { steps, context, events } = scripted()
    await storeRange(range(), context, false)
    expect(steps).toEqual([COMMIT, 'transcode', 'dead letters 1', INSERT_1, INSERT_2, 'discard', 'mark 13'])
    expect(events.secretsFound).toHaveBeenCalledExactlyOnceWith({ jwt: 2 })
  })

  it('stores nothing when the broker rejects the pending commit', async () => {
    const { steps, context } = scripted({ commit: [lost] })
    await expect(storeRange(range(), context, false)).rejects.toBeInstanceOf(FencedError)
    expect(steps).toEqual([COMMIT, 'discard'])
  })

  it('stores nothing when the worker knows that it has lost the partition', async () => {
    const { steps, context } = scripted({ held: () => false })
    await expect(storeRange(range(), context, false)).rejects.toBeInstanceOf(FencedError)
    expect(steps).toEqual(['discard'])
  })

  it('retries what may recover, under the same token', async () => {
    const away = new StoreError({ code: 'CLICKHOUSE_UNREACHABLE', retriable: true })
    const kafkaAway = new Error('no broker')
    const clickHouseAway = new Error('refused')
    const { steps, context, events } = scripted({
      commit: [kafkaAway],
      letters: [kafkaAway],
      insert: [away, away],
      mark: [clickHouseAway],
    })
    await storeRange(range(), context, false)
    expect(steps).toEqual([
      COMMIT,
      COMMIT,
      'transcode',
      'dead letters 1',
      'dead letters 1',
      INSERT_1,
      LOOK_1,
      INSERT_1,
      LOOK_1,
      INSERT_1,
      LOOK_1,
      INSERT_2,
      'discard',
      'mark 13',
      'mark 13',
    ])
    expect(events.failed).toHaveBeenCalledWith('insert', 'CLICKHOUSE_UNREACHABLE', 2)
    expect(events.recovered).toHaveBeenCalledWith('insert', 3)
  })

  it('does not repeat an insert that succeeded without a response: its token may be forgotten', async () => {
    const unanswered = new StoreError({ code: 'CLICKHOUSE_UNREACHABLE', retriable: true })
    const { steps, context } = scripted({ insert: [unanswered], kept: [true] })
    await storeRange(range(), context, false)
    expect(steps).toEqual([COMMIT, 'transcode', 'dead letters 1', INSERT_1, LOOK_1, INSERT_2, 'discard', 'mark 13'])
  })

  it('looks for the blocks of a range that was begun before, before each insert and after it', async () => {
    const { steps, context } = scripted()
    await storeRange(range(), context, true)
    const inserts = [LOOK_1, INSERT_1, LOOK_1, LOOK_2, INSERT_2, LOOK_2]
    expect(steps).toEqual([COMMIT, 'transcode', 'dead letters 1', ...inserts, 'discard', 'mark 13'])
  })

  it('sends a block under the next token when ClickHouse recorded the token without keeping the block', async () => {
    const unanswered = new StoreError({ code: 'CLICKHOUSE_UNREACHABLE', retriable: true })
    const { steps, context, events } = scripted({ insert: [unanswered], kept: [false, false, false, true] })
    await storeRange(range(), context, false)
    const inserts = [
      INSERT_1,
      LOOK_1,
      INSERT_1,
      LOOK_1,
      LOOK_1,
      `${INSERT_1}-1`,
      LOOK_1,
      LOOK_1,
      `${INSERT_1}-2`,
      LOOK_1,
    ]
    expect(steps).toEqual([COMMIT, 'transcode', 'dead letters 1', ...inserts, INSERT_2, 'discard', 'mark 13'])
    expect(events.failed).toHaveBeenCalledWith('insert', 'INGEST_BLOCK_MISSING', 2)
  })

  it('retries when the query for a block fails', async () => {
    const { steps, context } = scripted()
    const isStored = vi.fn(context.isStored).mockRejectedValueOnce(new Error('refused'))
    await storeRange(range(), { ...context, isStored }, true)
    const inserts = [LOOK_1, INSERT_1, LOOK_1, LOOK_2, INSERT_2, LOOK_2]
    expect(steps).toEqual([COMMIT, 'transcode', 'dead letters 1', ...inserts, 'discard', 'mark 13'])
  })

  it('halts at what cannot recover, and goes no further', async () => {
    const { steps, context } = scripted({
      insert: [new StoreError({ code: 'CLICKHOUSE_TYPE_MISMATCH', retriable: false })],
    })
    await expect(storeRange(range(), context, false)).rejects.toEqual(new HaltedError('CLICKHOUSE_TYPE_MISMATCH'))
    expect(steps).toEqual([COMMIT, 'transcode', 'dead letters 1', INSERT_1, 'discard'])
  })

  it('sends the dead letters of a range once, however often it is stored again', async () => {
    const { steps, context, events } = scripted({
      insert: [new StoreError({ code: 'CLICKHOUSE_TYPE_MISMATCH', retriable: false })],
    })
    await expect(storeRange(range(), context, false)).rejects.toBeInstanceOf(HaltedError)
    expect(events.deadLettered).toHaveBeenCalledExactlyOnceWith([DEAD_LETTER])
    steps.length = 0
    await storeRange(range(), context, true)
    expect(steps.slice(0, 3)).toEqual([COMMIT, 'transcode', LOOK_1])
    expect(events.deadLettered).toHaveBeenLastCalledWith([])
    // Another topic of that name has other records at these offsets.
    await storeRange(range(), { ...context, origin: { ...context.origin, topicId: 'U' } }, true)
    expect(events.deadLettered).toHaveBeenLastCalledWith([DEAD_LETTER])
  })

  it('counts and notes the dead letters that Kafka has taken when a later one can’t be sent', async () => {
    const { context, events } = scripted()
    const tooLarge = new MessageTooLargeError('auth_audits.dead-letters')
    const two = {
      ...context.store.hold({} as never),
      transcode: async () => ({ days: [], poison: [DEAD_LETTER, OTHER], secrets: {} }),
    }
    const sendFrom = vi
      .fn(async () => 1)
      .mockResolvedValueOnce(1)
      .mockRejectedValueOnce(tooLarge)
    const failing = { ...context, store: { ...context.store, hold: () => two }, deadLetters: { sendFrom } }
    await expect(storeRange(range(), failing, false)).rejects.toBeInstanceOf(HaltedError)
    expect(events.deadLettered).toHaveBeenLastCalledWith([DEAD_LETTER])
    await storeRange(range(), failing, true)
    expect(events.deadLettered).toHaveBeenLastCalledWith([OTHER])
    expect(sendFrom).toHaveBeenLastCalledWith(context.origin, [DEAD_LETTER, OTHER], 1)
  })

  it('commits again before an insert that comes late', async () => {
    const { steps, context, pass } = scripted()
    const { transcode } = context.store.hold({} as never)
    const slow: ProtocolContext = {
      ...context,
      store: {
        ...context.store,
        hold: (held) => ({
          ...context.store.hold(held),
          transcode: async () => {
            pass(1_001)
            return transcode()
          },
        }),
      },
    }
    await storeRange(range(), slow, false)
    expect(steps).toEqual([COMMIT, 'transcode', 'dead letters 1', COMMIT, INSERT_1, INSERT_2, 'discard', 'mark 13'])
  })

  it('limits the time to send an insert by the age of the commit, and commits again when that was too long', async () => {
    const late = new StoreError(insertLate)
    const { steps, sendBys, context, events, pass } = scripted({ insert: [late] })
    const failed = vi.mocked(events.failed).mockImplementation(() => pass(1_001))
    await storeRange(range(), context, false)
    const inserts = [INSERT_1, LOOK_1, COMMIT, INSERT_1, LOOK_1, INSERT_2]
    expect(steps).toEqual([COMMIT, 'transcode', 'dead letters 1', ...inserts, 'discard', 'mark 13'])
    expect(sendBys).toEqual([1_000, 2_001, 2_001])
    expect(failed).toHaveBeenCalledWith('insert', 'INGEST_INSERT_LATE', 1)
  })

  it('inserts nothing late when the epoch has closed meanwhile', async () => {
    const { steps, context, pass } = scripted({ commit: [null, lost] })
    const late: ProtocolContext = {
      ...context,
      deadLetters: {
        sendFrom: async (_origin, letters) => {
          pass(1_001)
          return letters.length
        },
      },
    }
    await expect(storeRange(range(), late, false)).rejects.toBeInstanceOf(FencedError)
    expect(steps).toEqual([COMMIT, 'transcode', COMMIT, 'discard'])
  })
})
