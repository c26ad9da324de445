import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openWire, type Wire } from './wire.js'

/** A server that answers each chunk with it, and keeps what it received. */
let server: Server
let wire: Wire
let sent: string[]

beforeEach(async () => {
  sent = []
  server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.on('data', (data) => {
      sent.push(String(data))
      socket.write(`answer to ${data}`)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  wire = await openWire(() => port, 0)
})

afterEach(async () => {
  await wire.close()
  server.close()
})

async function open(): Promise<Socket> {
  const socket = connect(wire.port, '127.0.0.1')
  await once(socket, 'connect')
  return socket
}

/** The answer to a request, or how the connection ended. */
function ask(socket: Socket, request: string): Promise<string> {
  socket.write(request)
  return new Promise((resolve) => {
    socket.once('data', (data) => resolve(String(data)))
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'error'))
  })
}

it('passes on what it is given', async () => {
  expect(await ask(await open(), 'one')).toBe('answer to one')
})

it('breaks connections, and takes new ones after a cut', async () => {
  const socket = await open()
  await ask(socket, 'one')
  const broken = once(socket, 'error')
  wire.cut()
  expect((await broken)[0]).toMatchObject({ code: 'ECONNRESET' })
  expect(await ask(await open(), 'two')).toBe('answer to two')
})

it('refuses connections while it is severed', async () => {
  wire.sever()
  const socket = connect(wire.port, '127.0.0.1')
  expect((await once(socket, 'error'))[0]).toMatchObject({ code: 'ECONNRESET' })
  wire.restore()
  expect(await ask(await open(), 'one')).toBe('answer to one')
})

it('passes nothing on while it is half-open, and everything late', async () => {
  const socket = await open()
  await ask(socket, 'one')
  wire.halfOpen()
  const answer = ask(socket, 'two')
  expect(await Promise.race([answer, sleep(100, 'nothing')])).toBe('nothing')
  expect(sent).toEqual(['one'])
  wire.restore()
  expect(await answer).toBe('answer to two')
})

it('loses the answer to a request that was executed, once', async () => {
  const trap = wire.loseAnswerTo('two')
  const socket = await open()
  expect(await ask(socket, 'one')).toBe('answer to one')
  expect(await ask(socket, 'two')).toBe('ECONNRESET')
  await trap.lost
  expect(sent).toEqual(['one', 'two'])
  expect(await ask(await open(), 'two')).toBe('answer to two')
})

it('loses the answer to whichever request comes next, if it can’t read them', async () => {
  const { port } = server.address() as AddressInfo
  const encrypted = await openWire(() => port, 0, { encrypted: true })
  const socket = connect(encrypted.port, '127.0.0.1')
  const trap = encrypted.loseAnswerTo('two')
  expect(await ask(socket, 'ciphertext')).toBe('ECONNRESET')
  await trap.lost
  await encrypted.close()
})

it('delays what it passes on', async () => {
  const socket = await open()
  await ask(socket, 'one')
  wire.delay(60)
  const began = performance.now()
  await ask(socket, 'two')
  expect(performance.now() - began).toBeGreaterThanOrEqual(115)
})
