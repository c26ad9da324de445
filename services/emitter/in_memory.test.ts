import { expect, it } from 'vitest'
import { authAudits, inMemoryEmitter } from './index.js'

it('keeps the valid records, as they would be stored', async () => {
  const emitter = inMemoryEmitter(authAudits, { now: () => Date.parse('2026-02-01T00:00:00Z') })
  emitter.emit({ user_id: 'u', stage: '', time: '2026-01-31T12:00:00Z' })
  emitter.emit({ user_id: 3 } as never)
  const { eventId } = await emitter.publish({ user_id: 'v' })
  await emitter.close()
  expect(emitter.records).toHaveLength(2)
  expect(emitter.records[0]).toMatchObject({
    fields: { user_id: 'u' },
    time: Date.parse('2026-01-31T12:00:00Z') * 1000,
  })
  expect(emitter.records[1]).toMatchObject({ event_id: eventId, fields: { user_id: 'v' } })
})
