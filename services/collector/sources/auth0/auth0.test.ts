import { expect, test } from 'vitest'
import { openSources } from '../config.js'

const [source] = openSources({
  SOURCES: [{ name: 'auth0', kind: 'auth0', secrets: ['made-up-webhook-secret'], secret_files: [] }] as never,
})
const event = (id: string) => ({ log_id: id, date: '2026-11-28T12:00:00.000Z', type: 's', user_name: id })
const read = (body: string) => source?.read(Buffer.from(body))

test('a line that is no JSON is set aside, and its neighbors are read', () => {
  const body = `${JSON.stringify(event('ada'))}\n{"log_id": "cut o\n\n${JSON.stringify(event('bob'))}\n`
  expect(read(body)).toEqual([
    expect.objectContaining({ is: 'sign-in', record: expect.objectContaining({ upstream_user_id: 'ada' }) }),
    { is: 'faulty', faults: ['it must be a JSON object'], event: '{"log_id": "cut o' },
    expect.objectContaining({ is: 'sign-in', record: expect.objectContaining({ upstream_user_id: 'bob' }) }),
  ])
})

test.each(['null', '"text"', '7', '[null]'])('%s is one event that cannot be stored', (body) => {
  expect(read(body)).toMatchObject([{ is: 'faulty' }])
})

test.each(['', 'no JSON', 'no\nJSON\n'])('a body of which nothing is JSON (%j) is no webhook', (body) => {
  expect(() => read(body)).toThrow('it must be JSON, or lines of it')
})
