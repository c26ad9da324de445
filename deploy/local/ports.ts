import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { StackError } from './errors.js'

/** Each part's step from the base, the same for every stack. */
const STEPS = {
  query: 0,
  collector: 1,
  ingest: 2,
  clickhouseHttp: 10,
  clickhouseNative: 11,
  kafka: 20,
  kafkaController: 21,
} as const

export type Ports = Readonly<Record<keyof typeof STEPS, number>>

export const LOWEST_BASE = 1024
export const HIGHEST_BASE = 65_535 - STEPS.kafkaController

/** The ports of a stack. */
export function portsFrom(base: number): Ports {
  return Object.fromEntries(Object.entries(STEPS).map(([part, step]) => [part, base + step])) as Ports
}

/**
 * Checks that nothing uses a stack's ports. With `patienceMs`, waits that long for a stack that is still ending.
 *
 * @throws {StackError} `PORT_IN_USE`, naming the port and what it is for
 */
export async function checkPorts(base: number, patienceMs = 0): Promise<void> {
  const deadline = Date.now() + patienceMs
  for (const [part, port] of Object.entries(portsFrom(base))) {
    while (await inUse(port)) {
      if (Date.now() >= deadline) {
        throw new StackError(
          'PORT_IN_USE',
          `Port ${port} (for ${part}) is in use: stop what listens there, or choose other ports, as with \`npm start -- --port-base ${otherBase(base)}\`.`,
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
