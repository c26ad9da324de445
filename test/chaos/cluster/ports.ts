import { createServer } from 'node:net'

/** Below the ports for outgoing connections: one of those could take the port of a server during its restart. */
const LOWEST = 12_000
const HIGHEST = 31_000

/** Free ports of this machine, for servers that are restarted on them. */
export async function restartablePorts(count: number): Promise<readonly number[]> {
  const found: number[] = []
  let candidate = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST - 1_000))
  while (found.length < count) {
    if (candidate > HIGHEST) throw new Error(`There are no ${count} free ports between ${LOWEST} and ${HIGHEST}.`)
    if (await isFree(candidate)) found.push(candidate)
    candidate++
  }
  return found
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
