import { setTimeout as sleep } from 'node:timers/promises'
import type { Child } from '../../../deploy/local/process/child.js'

/** A server that can be killed and restarted with what is on disk. */
export interface Server {
  kill(): Promise<void>
  restart(): Promise<void>
  stop(): Promise<void>
}

const TRIES = 3

/** Starts a server. Each restart calls `start` again. */
export async function keepServer(start: () => Promise<Child>): Promise<Server> {
  let child = await start()
  return {
    async kill() {
      await child.kill()
    },
    async restart() {
      for (let attempt = 1; ; attempt++) {
        try {
          child = await start()
          return
        } catch (error) {
          if (attempt === TRIES) throw error
          await sleep(1_000)
        }
      }
    },
    async stop() {
      await child.stop()
    },
  }
}
