import { expect, test } from 'vitest'
import { eventIdOf } from './event_id.js'

const time = new Date('2026-11-21T23:14:33.566Z')

test('is a UUIDv8 that begins with the time', () => {
  const id = eventIdOf('keycloak', 'one', time)
  expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  expect(Number.parseInt(id.replace('-', '').slice(0, 12), 16)).toBe(time.getTime())
})

test('does not change, because stored records have it', () => {
  expect(eventIdOf('keycloak', '0f699a44-1a9b-4fd2-965b-f83ecd7642ef', time)).toBe(
    '01a20063-d9de-898a-9ab3-fb88377ecb18',
  )
})

test('is the same for the same name and time, and differs otherwise', () => {
  const ids = [
    eventIdOf('keycloak', 'one', time),
    eventIdOf('keycloak', 'two', time),
    eventIdOf('okta', 'one', time),
    eventIdOf('keycloak', 'one', new Date(time.getTime() + 1)),
    // The parts of a name cannot run into each other.
    eventIdOf('keycloako', 'ne', time),
  ]
  expect(new Set(ids).size).toBe(ids.length)
  expect(eventIdOf('keycloak', 'one', new Date(time))).toBe(ids[0])
})
