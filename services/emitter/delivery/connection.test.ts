import { expect, it, vi } from 'vitest'
import { createEmitter } from '../index.js'
import type { ProducerPort } from '../ports.js'
import { ProducerConnection } from './connection.js'

/** Producers that count what they leave open. `connect` may open a connection and fail afterwards. */
function producers(connect: () => Promise<void>) {
  const state = { created: 0, open: 0 }
  const createProducer = (): ProducerPort => {
    state.created++
    return {
      connect: async () => {
        state.open++
        await connect()
      },
      disconnect: async () => {
        state.open--
      },
      send: async () => undefined,
    }
  }
  return { state, createProducer }
}

it('disconnects a producer whose connect fails halfway', async () => {
  let failures = 3
  const { state, createProducer } = producers(async () => {
    if (failures-- > 0) throw new Error('no producer id')
  })
  const connection = new ProducerConnection(createProducer)
  for (let count = 0; count < 3; count++) {
    await expect(connection.connect()).rejects.toThrow('no producer id')
    expect(state.open).toBe(0)
  }
  await connection.connect()
  expect(state).toEqual({ created: 4, open: 1 })
  await connection.close()
  expect(state.open).toBe(0)
})

it('disconnects a producer that is connecting when the emitter closes, before and after its connect', async () => {
  let connected = (): void => undefined
  const disconnects: string[] = []
  const send = vi.fn()
  const emitter = createEmitter({
    lingerMs: 0,
    closeTimeoutMs: 20,
    createProducer: () => ({
      connect: () =>
        new Promise<void>((resolve) => {
          connected = resolve
        }),
      disconnect: async () => {
        disconnects.push('disconnect')
      },
      send,
    }),
  })
  emitter.emit({ user_id: 'u' })
  await emitter.close()
  expect(disconnects).toHaveLength(1)
  connected()
  await vi.waitFor(() => expect(disconnects).toHaveLength(2))
  expect(send).not.toHaveBeenCalled()
})

it('creates no producer after close', async () => {
  const { state, createProducer } = producers(async () => undefined)
  const connection = new ProducerConnection(createProducer)
  await connection.close()
  await expect(connection.connect()).rejects.toMatchObject({ name: 'ConnectionClosedError' })
  expect(state.created).toBe(0)
})

it('does not wait forever for a producer that does not disconnect', async () => {
  const producer: ProducerPort = {
    connect: async () => {},
    disconnect: () => new Promise(() => undefined),
    send: async () => undefined,
  }
  const connection = new ProducerConnection(() => producer)
  await connection.connect()
  await connection.close()
})
