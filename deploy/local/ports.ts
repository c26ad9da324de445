import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { StackError } from './errors.js'

/** The offset of each port from the base. */
const OFFSETS = {
  query: 0,
  collector: 1,
  ingest: 2,
  retention: 3,
  clickhouseHttp: 10,
  clickhouseNative: 11,
  kafka: 20,
  kafkaController: 21,
} as const

export type Ports = Readonly<Record<keyof typeof OFFSETS, number>>

export const LOWEST_BASE = 1024
export const HIGHEST_BASE = 65_535 - OFFSETS.kafkaController

/** The ports of a stack. */
export function portsFrom(base: number): Ports {
  return Object.fromEntries(Object.entries(OFFSETS).map(([name, offset]) => [name, base + offset])) as Ports
}

/**
 * Checks that a stack's ports are free. Waits up to `timeoutMs` for them, in case another stack is still stopping.
 *
 * @throws {StackError} `PORT_IN_USE`, naming the port and what it is for
 */
export async function checkPorts(base: number, timeoutMs = 0): Promise<void> {
  const deadline = Date.now() + timeoutMs
  for (const [name, port] of Object.entries(portsFrom(base))) {
    while (await inUse(port)) {
      if (Date.now() >= deadline) {
        throw new StackError(
          'PORT_IN_USE',
          `Port ${port} (for ${name}) is in use: stop the program that listens there, or choose other ports, for example with \`npm start -- --port-base ${otherBase(base)}\`.`,
        )
      }
      await sleep(100)
    }
  }
}

function otherBase(base: number): number {
  return base + 100 <= HIGHEST_BASE ? base + 100 : base - 100
}

async function inUse(port: number): Promise<boolean> {
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', () => resolve(true))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(false)))
  })
}
