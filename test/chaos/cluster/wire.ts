import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/**
 * The wire between one worker and one server, which can be ill-treated. Each setting holds for connections that are open and for those
 * that are opened while it is in force.
 */
export interface Wire {
  readonly port: number
  /** Breaks all connections, as a reset network does. */
  cut(): void
  /** Refuses new connections from now on, and breaks those that are open; `mend` ends it. */
  sever(): void
  /** Holds each piece of data back for so long, in milliseconds. */
  delay(milliseconds: number): void
  /** Passes nothing on while the connections stay open, as when the other end has gone silent. */
  halfOpen(): void
  /**
   * Lets the next request that holds `text` through, and breaks its connection when its answer comes: the request was carried out and
   * nobody is told. Resolves when that has happened; `giveUp` ends the waiting.
   */
  loseAnswerTo(text: string): { readonly lost: Promise<void>; readonly giveUp: () => void }
  /** Passes everything on again, what was held back first. */
  mend(): void
  close(): Promise<void>
}

interface Pipe {
  readonly client: Socket
  readonly server: Socket
  /** Set once the request whose answer is to be lost has passed. */
  doomed: boolean
}

const HOST = '127.0.0.1'

/** Opens a wire to the port of this machine that `target` names at the time of each connection. A `port` of 0 lets the system choose. */
export async function openWire(target: () => number, port: number): Promise<Wire> {
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
      if (trap !== undefined && data.includes(trap.text)) pipe.doomed = true
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
    // Timers of equal length run in the order in which they were set.
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
    mend() {
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
