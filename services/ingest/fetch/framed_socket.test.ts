import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ResponseBuffers } from '../memory/response_buffers.js'
import { Frames, framedSockets } from './framed_socket.js'

const connectTo = framedSockets(new ResponseBuffers())

function framed(body: Uint8Array): Buffer {
  const size = Buffer.alloc(4)
  size.writeInt32BE(body.length)
  return Buffer.concat([size, body])
}

describe('frames', () => {
  it('are complete, whatever pieces they arrive in', () => {
    const bodies = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 })
    fc.assert(
      fc.property(bodies, fc.infiniteStream(fc.integer({ min: 1, max: 15 })), (given, sizes) => {
        const taken: Buffer[] = []
        const frames = new Frames(Buffer.alloc, (frame) => taken.push(frame))
        const bytes = Buffer.concat(given.map(framed))
        for (let at = 0; at < bytes.length; ) {
          const size = sizes.next().value
          // The caller may overwrite a piece after append.
          const piece = Buffer.from(bytes.subarray(at, at + size))
          frames.append(piece)
          piece.fill(0xff)
          at += size
        }
        expect(taken).toEqual(given.map(framed))
      }),
    )
  })

  it('of a size that Kafka does not send are rejected, with what to check', () => {
    const frames = new Frames(Buffer.alloc, () => undefined)
    expect(() => frames.append(Buffer.from('HTTP/1.1 400 Bad Request'))).toThrow(/KAFKA_BROKERS/)
    expect(() => new Frames(Buffer.alloc, () => undefined).append(Buffer.from([0xff, 0, 0, 0]))).toThrow(RangeError)
  })
})

describe('a framed socket', () => {
  it('delivers complete frames, and the end', async () => {
    const body = Buffer.alloc(700_000, 'x')
    const server = createServer((peer) => void peer.end(Buffer.concat([framed(body), framed(Buffer.from('y'))])))
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const { port } = server.address() as AddressInfo
    const socket = connectTo({ host: '127.0.0.1', port, ssl: undefined as never, onConnect: () => undefined })
    const taken: Buffer[] = []
    socket.on('data', (frame) => taken.push(frame))
    await once(socket, 'close')
    expect(taken.map(({ length }) => length)).toEqual([body.length + 4, 5])
    expect(taken[0]?.equals(framed(body))).toBe(true)
    server.close()
  })

  it('is closed with a reason if another server than Kafka answers', async () => {
    const server = createServer((peer) => void peer.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const { port } = server.address() as AddressInfo
    const socket = connectTo({ host: '127.0.0.1', port, ssl: undefined as never, onConnect: () => undefined })
    const [error] = await once(socket, 'error')
    expect(String(error)).toMatch(/does not speak Kafka/)
    server.close()
  })
})
