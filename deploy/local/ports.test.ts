import { createServer, type Server } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { checkPorts, portsFrom } from './ports.js'

const BASE = 17_400
let server: Server | undefined
afterEach(() => server?.close())

function listen(port: number): Promise<Server> {
  return new Promise((resolve) => {
    const listening = createServer().listen(port, '127.0.0.1', () => resolve(listening))
  })
}

test('every port has a fixed offset from the base', () => {
  expect(portsFrom(7400)).toEqual({
    query: 7400,
    collector: 7401,
    ingest: 7402,
    retention: 7403,
    clickhouseHttp: 7410,
    clickhouseNative: 7411,
    kafka: 7420,
    kafkaController: 7421,
  })
})

test('accepts free ports', async () => {
  await expect(checkPorts(BASE)).resolves.toBeUndefined()
})

test('names a port in use, its purpose and what to do', async () => {
  server = await listen(BASE + 20)
  await expect(checkPorts(BASE)).rejects.toMatchObject({
    code: 'PORT_IN_USE',
    message: `Port ${BASE + 20} (for kafka) is in use: stop the program that listens there, or choose other ports, for example with \`npm start -- --port-base ${BASE + 100}\`.`,
  })
})

test('waits for a port that becomes free', async () => {
  const ending = await listen(BASE)
  const checked = checkPorts(BASE, 5_000)
  await sleep(150)
  ending.close()
  await expect(checked).resolves.toBeUndefined()
})
