import { connect, isIP, type OnReadOpts, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectSecurely } from 'node:tls'
import type { ISocketFactory } from 'kafkajs'
import type { ResponseBuffers } from '../memory/response_buffers.js'

/** What is read at once from a connection. */
const READ_BYTES = 256 * 1024
/** Before each of Kafka's responses: its size. */
const SIZE_BYTES = 4
/** More than Kafka sends to anybody who does not ask for it (`fetch.max.bytes` is 55 MiB where nobody says otherwise). */
const MAX_RESPONSE_BYTES = 512 * 1024 * 1024
const KEEP_ALIVE_DELAY_MS = 60_000

/**
 * Connections that hand over whole responses, each in one piece of memory. A plain socket gives kafkajs 64 KiB at a time in memory that is
 * made for each, which it then joins: a large fetch was held three times over, and its parts were most of the garbage of the process.
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

/** An address has no name to send to the broker (SNI). `onread` works with TLS too, but the types of Node.js lack it. */
function secureOptions(
  to: { readonly host: string; readonly port: number; readonly onread: OnReadOpts },
  ssl: ConnectionOptions,
): ConnectionOptions {
  return { ...to, ...(isIP(to.host) === 0 ? { servername: to.host } : {}), ...ssl }
}

/** Puts responses together from what a connection brings, in whatever pieces: a size in four bytes, big-endian, then so many bytes. */
export class Frames {
  #frame: Buffer | undefined
  #filled = 0
  readonly #size = Buffer.alloc(SIZE_BYTES)
  #sizeFilled = 0

  /** `allocate` gives the memory for a frame; `take` is told each frame, its size in front, as soon as it is whole. */
  constructor(
    readonly allocate: (bytes: number) => Buffer,
    readonly take: (frame: Buffer) => void,
  ) {}

  /** Copies what it needs of `piece`. @throws {RangeError} when what comes is no response of Kafka's */
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
