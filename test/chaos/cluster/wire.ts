import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/**
 * A TCP proxy between one worker and one server. Each setting applies to open connections and to those that open while
 * it lasts.
 */
export interface Wire {
  readonly port: number
  /** Breaks all connections, like a network reset. */
  cut(): void
  /** Breaks all connections and refuses new ones, until `restore`. */
  sever(): void
  /** Delays each chunk by this many milliseconds. */
  delay(milliseconds: number): void
  /** Keeps connections open and passes nothing on, like a silent peer. */
  halfOpen(): void
  /**
   * Passes the next request that contains `text`, and breaks its connection when the answer comes: the request succeeds
   * and its sender does not learn it. Resolves when that has happened; `giveUp` stops waiting.
   */
  loseAnswerTo(text: string): { readonly lost: Promise<void>; readonly giveUp: () => void }
  /** Passes everything on again, first what was held back. */
  restore(): void
  close(): Promise<void>
}

interface Pipe {
  readonly client: Socket
  readonly server: Socket
  /** Set when the request whose answer is to be lost has passed. */
  doomed: boolean
}

const HOST = '127.0.0.1'

/**
 * Opens a wire to a port of this machine; `target` returns it for each connection. With a `port` of 0 the system
 * chooses. An encrypted wire can't read requests: it loses the answer to whichever comes next.
 */
export async function openWire(
  target: () => number,
  port: number,
  { encrypted = false }: { readonly encrypted?: boolean } = {},
): Promise<Wire> {
  const pipes = new Set<Pipe>()
  let severed = false
  let silent = false
  let delayMs = 0
  let trap: { readonly text: Buffer; readonly sprung: () => void } | undefined

  const listener: Server = createServer((client) => {
    if (severed) {
      client.resetAndDestroy()
      return
    }
    const server = connect(target(), HOST)
    const pipe: Pipe = { client, server, doomed: false }
    pipes.add(pipe)
    const end = () => {
      pipes.delete(pipe)
      client.destroy()
      server.destroy()
    }
    for (const socket of [client, server]) {
      socket.setNoDelay(true)
      socket.on('error', end)
      socket.on('close', end)
    }
    client.on('data', (data) => {
      if (trap !== undefined && (encrypted || data.includes(trap.text))) pipe.doomed = true
      pass(client, server, data)
    })
    server.on('data', (data) => {
      if (!pipe.doomed) return pass(server, client, data)
      trap?.sprung()
      trap = undefined
      client.resetAndDestroy()
      end()
    })
    if (silent) hush(pipe)
  })

  function pass(from: Socket, to: Socket, data: Buffer): void {
    const write = () => {
      if (!to.writable || to.write(data)) return
      from.pause()
      to.once('drain', () => {
        if (!silent) from.resume()
      })
    }
    // Timers of equal length fire in the order in which they were set.
    if (delayMs > 0) setTimeout(write, delayMs)
    else write()
  }

  function hush({ client, server }: Pipe): void {
    client.pause()
    server.pause()
  }

  function cut(): void {
    for (const { client, server } of pipes) {
      client.resetAndDestroy()
      server.resetAndDestroy()
    }
  }

  await new Promise<void>((resolve, reject) => {
    listener.once('error', reject)
    listener.listen(port, HOST, resolve)
  })
  return {
    port: (listener.address() as AddressInfo).port,
    cut,
    sever() {
      severed = true
      cut()
    },
    delay(milliseconds) {
      delayMs = milliseconds
    },
    halfOpen() {
      silent = true
      for (const pipe of pipes) hush(pipe)
    },
    loseAnswerTo(text) {
      const lost = new Promise<void>((resolve) => {
        trap = { text: Buffer.from(text), sprung: resolve }
      })
      return {
        lost,
        giveUp: () => {
          trap = undefined
        },
      }
    },
    restore() {
      severed = false
      silent = false
      delayMs = 0
      for (const { client, server } of pipes) {
        client.resume()
        server.resume()
      }
    },
    async close() {
      cut()
      await new Promise((resolve) => listener.close(resolve))
    },
  }
}
