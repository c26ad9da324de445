import { expect, it, vi } from 'vitest'
import { authAudits } from '../../../../schemas/streams/index.js'
import { recordColumns } from '../../clickhouse/columns.js'
import { DatabaseError } from '../../clickhouse/errors.js'
import { type Row, recordsOf } from '../../clickhouse/rows.js'
import { createPositionTokens } from '../position_token.js'
import { BEGINNING, type StreamPosition } from '../stream_position.js'
import { HEARTBEAT } from './server_sent_events.js'
import { type TailParts, tailText } from './tail.js'

const TOPIC = '0190f3c8-7b1e-7c3a-9d2e-112233445566'
const TOKENS = createPositionTokens([Buffer.alloc(32)])
const ASKED = {
  stream: authAudits,
  filters: { limit: 500, fields: [] },
  principal: { subject: 's', scopes: [], organizations: 'all' as const },
}

function at(offset: number): StreamPosition {
  return new Map([[TOPIC, [offset]]])
}

function row(offset: number, text = ''): Row {
  const values: Readonly<Record<string, string>> = {
    event_id: `id-${offset}`,
    time: '2026-01-31 00:00:00.000000',
    user_agent: text,
  }
  return [...recordColumns(authAudits).map((column) => values[column] ?? ''), TOPIC, '0', String(offset), '0']
}

/** A tail over a database that gives these answers, one after the other, and marks that are as far. */
function tail(answers: readonly (readonly Row[] | Error)[], parts: Partial<TailParts> = {}) {
  const left = new AbortController()
  const reports = { ending: vi.fn(), failed: vi.fn(), sent: vi.fn() }
  const release = vi.fn()
  let asked = 0
  const marks = at(answers.length * 10)
  const text = tailText(ASKED, BEGINNING, {
    openDatabase: () => ({
      database: {
        rows: async ({ query }) => {
          if (query.startsWith('SELECT DISTINCT')) return []
          const answer = answers[asked++] ?? []
          if (answer instanceof Error) throw answer
          return answer
        },
      },
      release,
    }),
    tokens: TOKENS,
    marksPoller: {
      closed: false,
      close: () => undefined,
      marks: async () => marks,
      waitPast: async (_stream, position, { timeoutMs, signal }) => {
        if ((position.get(TOPIC)?.[0] ?? 0) < (marks.get(TOPIC)?.[0] ?? 0)) return marks
        await new Promise((resolve) => {
          const timer = setTimeout(resolve, Math.min(timeoutMs, 1_000))
          signal.addEventListener('abort', () => resolve(clearTimeout(timer)), { once: true })
        })
        return undefined
      },
    },
    records: recordsOf(authAudits),
    heartbeatMs: 20,
    expiresAt: Number.POSITIVE_INFINITY,
    signal: left.signal,
    ...reports,
    ...parts,
  })
  return { text, left, ...reports }
}

/** The next pieces of a text. */
async function take(text: AsyncGenerator<string>, count: number): Promise<string[]> {
  const pieces: string[] = []
  while (pieces.length < count) {
    const { value, done } = await text.next()
    if (done) break
    pieces.push(value)
  }
  return pieces
}

const tokenOf = (event: string): StreamPosition => TOKENS.decode('auth_audits', /^id: (.*)$/m.exec(event)?.[1] ?? '')

it('starts with its position, has a token for each record, and stays open', async () => {
  const { text, sent } = tail([[row(0), row(4)]])
  const [opening = '', records = '', position = '', heartbeat] = await take(text, 4)
  expect(opening).toBe(`retry: 2000\n\nid: ${TOKENS.encode('auth_audits', BEGINNING)}\nevent: position\ndata: {}\n\n`)
  const events = records.trim().split('\n\n')
  expect(events.map(tokenOf)).toEqual([at(1), at(5)])
  expect(events[1]).toMatch(/\ndata: \{"event_id":"id-4",/)
  expect(sent).toHaveBeenCalledWith(2)
  // What lay behind the last record did not fit: a token passes it.
  expect(tokenOf(position)).toEqual(at(10))
  expect(heartbeat).toBe(HEARTBEAT)
  await text.return(undefined)
})

it('sends large records in several chunks', async () => {
  const { text } = tail([[row(0, 'x'.repeat(30_000)), row(1), row(2)]])
  const [, large = '', rest = ''] = await take(text, 3)
  expect(tokenOf(large)).toEqual(at(1))
  expect(rest.match(/^data: /gm)).toHaveLength(2)
  await text.return(undefined)
})

it('retries while the database is not available', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout'] })
  const { text, failed } = tail([new DatabaseError('STORE_UNAVAILABLE', 'ECONNREFUSED'), [row(0)]], {
    heartbeatMs: 1_000_000,
  })
  const pieces = take(text, 2)
  await vi.advanceTimersByTimeAsync(1_500)
  vi.useRealTimers()
  expect((await pieces)[1]).toContain('"event_id":"id-0"')
  expect(failed).toHaveBeenCalledTimes(1)
  await text.return(undefined)
})

it.each([
  ['too_large', new DatabaseError('QUERY_TOO_LARGE', 'TOO_MANY_BYTES'), 'narrower filter'],
  ['failed', new DatabaseError('QUERY_FAILED', 'SYNTAX_ERROR'), 'ask the operator'],
])('ends with %s when a retry would not help', async (reason, error, advice) => {
  const { text, ending } = tail([error])
  const [, end = '', ...rest] = await take(text, 5)
  expect(end).toMatch(new RegExp(`^event: end\\ndata: \\{"reason":"${reason}","detail":".*${advice}`))
  expect(rest).toEqual([])
  expect(ending).toHaveBeenCalledWith(reason)
})

it('ends without an event when the caller has left', async () => {
  const { text, left } = tail([])
  await take(text, 1)
  left.abort()
  expect(await take(text, 1)).toEqual([])
  const { text: cut } = tail([new DatabaseError('QUERY_CANCELLED', 'the caller left')])
  expect(await take(cut, 5)).toHaveLength(1)
})

it('fails with an error that is not of the database', async () => {
  const { text } = tail([new Error('a mistake')])
  await expect(take(text, 5)).rejects.toThrow('a mistake')
})
