import { expect, test } from 'vitest'
import { ClosedError, inMemoryEmitter } from '../emitter/index.js'
import type { Line } from './lines.js'
import { publishLines } from './publish_lines.js'

async function* linesOf(...texts: readonly string[]): AsyncGenerator<Line> {
  for (const [index, text] of texts.entries()) yield { number: index + 1, text }
}

test('good lines are published, and bad ones named with the reason', async () => {
  const emitter = inMemoryEmitter()
  const refused: string[] = []
  const outcome = await publishLines(
    linesOf('{"user_id":"ada"}', '', 'nonsense', '[]', '{"shoe_size":"43","event_id":"x"}', '{"user_id":"bob"}'),
    {
      publish: (record) => emitter.publish(record),
      refuse: (line, reason) => refused.push(`${line}: ${reason}`),
      windowBytes: 1_000,
    },
  )
  expect(outcome).toEqual({ accepted: 2, refused: 3 })
  expect(emitter.records.map(({ fields }) => fields.user_id)).toEqual(['ada', 'bob'])
  expect(refused.toSorted()).toEqual([
    '3: is not a JSON object',
    '4: is not a JSON object',
    '5: event_id must be a UUID other than the nil UUID; shoe_size is not a field of auth_audits',
  ])
})

test('no more is read than may be under way', async () => {
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
    publish: () =>
      new Promise<void>((resolve) => {
        waiting.push(resolve)
        most = Math.max(most, waiting.length)
        setTimeout(() => waiting.shift()?.(), 1)
      }),
    refuse: () => undefined,
    windowBytes: 17 * 5,
  })
  expect(await publishing).toEqual({ accepted: 100, refused: 0 })
  expect(most).toBe(5)
})

test('when Kafka fails, the line is named and no more are tried', async () => {
  const refused: string[] = []
  let tried = 0
  const outcome = await publishLines(linesOf('{}', '{}', '{}', '{}'), {
    publish: async () => {
      tried += 1
      if (tried === 2) throw new ClosedError()
    },
    refuse: (line, reason) => refused.push(`${line}: ${reason}`),
    windowBytes: 2,
  })
  expect(refused).toEqual(['2: was not acknowledged by Kafka'])
  expect(outcome.accepted).toBeLessThan(4)
  expect(outcome.abandonedAfter).toBe(tried)
})
