import fc from 'fast-check'
import { expect, test } from 'vitest'
import { plantedKinds } from '../../test/fixtures/redaction/secrets.js'
import { ClosedError, inMemoryEmitter, RecordRejectedError } from '../emitter/index.js'
import type { Line } from './lines.js'
import { publishLines, readJsonRecord } from './publish_lines.js'

async function* linesOf(...texts: readonly string[]): AsyncGenerator<Line> {
  for (const [index, text] of texts.entries()) yield { number: index + 1, text }
}

test('valid lines are published, and invalid ones are reported with the reason', async () => {
  const emitter = inMemoryEmitter()
  const rejected: string[] = []
  const outcome = await publishLines(
    linesOf('{"user_id":"ada"}', '', 'nonsense', '[]', '{"shoe_size":"43","event_id":"x"}', '{"user_id":"bob"}'),
    {
      read: readJsonRecord,
      publish: (record) => emitter.publish(record),
      onRejected: (line, reason) => rejected.push(`${line}: ${reason}`),
      maxBytesInFlight: 1_000,
    },
  )
  expect(outcome).toEqual({ accepted: 2, rejected: 3, ignored: 0 })
  expect(emitter.records.map(({ fields }) => fields.user_id)).toEqual(['ada', 'bob'])
  expect(rejected.toSorted()).toEqual([
    '3: is not a JSON object',
    '4: is not a JSON object',
    '5: event_id must be a UUID other than the nil UUID; shoe_size is not a field of auth_audits',
  ])
})

test('a line that Kafka refuses for good is rejected, and the others are published', async () => {
  const rejected: string[] = []
  const outcome = await publishLines(linesOf('{"user_id":"ada"}', '{"user_id":"bob"}'), {
    read: readJsonRecord,
    publish: async (record) => {
      if ('user_id' in record && record.user_id === 'ada') throw new RecordRejectedError('MESSAGE_TOO_LARGE')
    },
    onRejected: (line, reason) => rejected.push(`${line}: ${reason}`),
    maxBytesInFlight: 1_000,
  })
  expect(outcome).toEqual({ accepted: 1, rejected: 1, ignored: 0 })
  expect(rejected).toEqual(['1: Kafka refuses it (MESSAGE_TOO_LARGE)'])
})

test('reading stops while too many bytes are in flight', async () => {
  let read = 0
  async function* endless(): AsyncGenerator<Line> {
    for (;;) {
      read += 1
      if (read > 100) return
      yield { number: read, text: '{"user_id":"ada"}' }
    }
  }
  const waiting: (() => void)[] = []
  let most = 0
  const publishing = publishLines(endless(), {
    read: readJsonRecord,
    publish: () =>
      new Promise<void>((resolve) => {
        waiting.push(resolve)
        most = Math.max(most, waiting.length)
        setTimeout(() => waiting.shift()?.(), 1)
      }),
    onRejected: () => undefined,
    maxBytesInFlight: 17 * 5,
  })
  expect(await publishing).toEqual({ accepted: 100, rejected: 0, ignored: 0 })
  expect(most).toBe(5)
})

test('when Kafka fails, the line is reported and no more are sent', async () => {
  const rejected: string[] = []
  let tried = 0
  const outcome = await publishLines(linesOf('{}', '{}', '{}', '{}'), {
    read: readJsonRecord,
    publish: async () => {
      tried += 1
      if (tried === 2) throw new ClosedError()
    },
    onRejected: (line, reason) => rejected.push(`${line}: ${reason}`),
    maxBytesInFlight: 2,
  })
  expect(rejected).toEqual(['2: Kafka did not acknowledge the record'])
  expect(outcome.accepted).toBeLessThan(4)
  expect(outcome.stoppedAfter).toBe(tried)
})

test('no planted secret is in a record or in the reason for a line that was rejected', async () => {
  const planted = fc.sample(fc.oneof(...plantedKinds), { numRuns: 10_000, seed: 11 })
  const emitter = inMemoryEmitter()
  const said = new Map<number, string>()
  const lines = planted.flatMap(({ text }) => [
    JSON.stringify({ user_agent: text, issuer: text }),
    JSON.stringify({ [text]: text }),
    text,
  ])
  await publishLines(linesOf(...lines), {
    read: readJsonRecord,
    publish: (record) => emitter.publish(record),
    onRejected: (line, reason) => void said.set(line, reason),
    maxBytesInFlight: Number.MAX_SAFE_INTEGER,
  })
  expect(emitter.records.length).toBeGreaterThanOrEqual(planted.length)
  const leaked = planted.filter(({ secret }, index) => {
    const reasons = [1, 2, 3].map((line) => said.get(index * 3 + line))
    return [JSON.stringify(emitter.records[index]), ...reasons].some((text) => text?.includes(secret))
  })
  expect(leaked.map(({ kind, text }) => `${kind}: ${text}`)).toEqual([])
}, 60_000)
