import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { runService } from './shutdown.js'
import { silentTelemetry } from './telemetry.js'

const { log } = silentTelemetry()
let exited: Promise<number>

beforeEach(() => {
  exited = new Promise((resolve) => {
    vi.spyOn(process, 'exit').mockImplementation((code) => {
      resolve(Number(code ?? process.exitCode ?? 0))
      return undefined as never
    })
  })
})
afterEach(() => {
  vi.restoreAllMocks()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.removeAllListeners(signal)
  for (const event of ['uncaughtException', 'unhandledRejection', 'beforeExit']) {
    for (const listener of process.listeners(event as NodeJS.Signals)) {
      if (['onError', 'onNormalExit', 'afterFirstError'].includes(listener.name)) process.off(event, listener)
    }
  }
})

it('stops the parts in order and exits 0', async () => {
  const stopped: string[] = []
  await runService(log, async () => [
    { name: 'http', stop: () => stopped.push('http') },
    { name: 'emitter', stop: async () => stopped.push('emitter') },
  ])
  process.emit('SIGTERM')
  expect(await exited).toBe(0)
  expect(stopped).toEqual(['http', 'emitter'])
})

it('stops the other parts when one fails, and exits 1', async () => {
  const stopped: string[] = []
  await runService(log, async () => [
    { name: 'http', stop: () => Promise.reject(new Error('in use')) },
    { name: 'emitter', stop: () => stopped.push('emitter') },
  ])
  process.emit('SIGINT')
  expect(await exited).toBe(1)
  expect(stopped).toEqual(['emitter'])
})

it('exits 1 when the start fails', async () => {
  await runService(log, () => Promise.reject(new Error('no Kafka')))
  expect(await exited).toBe(1)
})

it('stops what a start under way has started', async () => {
  const stopped: string[] = []
  let finishStart = () => {}
  const running = runService(log, async () => {
    await new Promise<void>((resolve) => {
      finishStart = resolve
    })
    return [{ name: 'http', stop: () => stopped.push('http') }]
  })
  process.emit('SIGTERM')
  finishStart()
  await running
  expect(await exited).toBe(0)
  expect(stopped).toEqual(['http'])
})

it('ends a stop that takes longer than the grace period', async () => {
  await runService(log, async () => [{ name: 'http', stop: () => new Promise(() => undefined) }], 20)
  process.emit('SIGTERM')
  expect(await exited).toBe(1)
})
