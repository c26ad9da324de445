import { connect, isIP, type OnReadOpts, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectSecurely } from 'node:tls'
import type { ISocketFactory } from 'kafkajs'
import type { ResponseBuffers } from '../memory/response_buffers.js'

/** Bytes read from a connection at once. */
const READ_BYTES = 256 * 1024
/** The size that precedes each response. */
const SIZE_BYTES = 4
/** More than Kafka sends by default (`fetch.max.bytes` is 55 MiB). */
const MAX_RESPONSE_BYTES = 512 * 1024 * 1024
const KEEP_ALIVE_DELAY_MS = 60_000

/**
 * Connections that deliver complete responses, each in one piece of memory. A plain socket delivers 64 KiB pieces in
 * new memory, which kafkajs then joins: a large fetch took three times its size, and the pieces were most of the
 * garbage of the process.
 */
export function framedSockets(responses: ResponseBuffers): ISocketFactory {
  return (to) => framedSocket(to, responses)
}

function framedSocket(
  { host, port, ssl, onConnect }: Parameters<ISocketFactory>[0],
  responses: ResponseBuffers,
): Socket {
  const frames = new Frames(
    (bytes) => responses.take(bytes),
    (frame) => socket.emit('data', frame),
  )
  const onread: OnReadOpts = {
    buffer: Buffer.allocUnsafeSlow(READ_BYTES),
    callback: (length, buffer) => {
      try {
        frames.append(Buffer.from(buffer.buffer, buffer.byteOffset, length))
      } catch (error) {
        socket.destroy(error as Error)
      }
      return true
    },
  }
  const socket = ssl
    ? connectSecurely(secureOptions({ host, port, onread }, ssl), onConnect)
    : connect({ host, port, onread }, onConnect)
  return socket.setKeepAlive(true, KEEP_ALIVE_DELAY_MS)
}

/**
 * An address has no name to send to the broker (SNI). `onread` works with TLS too, but the types of Node.js lack it.
 */
function secureOptions(
  to: { readonly host: string; readonly port: number; readonly onread: OnReadOpts },
  ssl: ConnectionOptions,
): ConnectionOptions {
  return { ...to, ...(isIP(to.host) === 0 ? { servername: to.host } : {}), ...ssl }
}

/**
 * Puts responses together from the pieces that a connection delivers. A response is a size of four bytes, big-endian,
 * and as many bytes.
 */
export class Frames {
  #frame: Buffer | undefined
  #filled = 0
  readonly #size = Buffer.alloc(SIZE_BYTES)
  #sizeFilled = 0

  /** `allocate` returns the memory for a frame; `take` gets each complete frame, including its size. */
  constructor(
    readonly allocate: (bytes: number) => Buffer,
    readonly take: (frame: Buffer) => void,
  ) {}

  /** Copies from `piece`. @throws {RangeError} when the bytes are not a response of Kafka's */
  append(piece: Buffer): void {
    let at = 0
    while (at < piece.length) {
      if (this.#frame === undefined) {
        const copied = piece.copy(this.#size, this.#sizeFilled, at)
        at += copied
        this.#sizeFilled += copied
        if (this.#sizeFilled === SIZE_BYTES) this.#begin()
      } else {
        const copied = piece.copy(this.#frame, this.#filled, at)
        at += copied
        this.#filled += copied
      }
      this.#endIfFull()
    }
  }

  #begin(): void {
    const size = this.#size.readInt32BE()
    if (size < 0 || size > MAX_RESPONSE_BYTES) {
      throw new RangeError(
        'The broker does not speak Kafka’s protocol: KAFKA_BROKERS must name a listener of KAFKA_SECURITY_PROTOCOL.',
      )
    }
    this.#sizeFilled = 0
    this.#frame = this.allocate(SIZE_BYTES + size)
    this.#size.copy(this.#frame)
    this.#filled = SIZE_BYTES
  }

  #endIfFull(): void {
    const frame = this.#frame
    if (frame === undefined || this.#filled < frame.length) return
    this.#frame = undefined
    this.take(frame)
  }
}
