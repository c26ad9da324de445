import { dealer } from '../random.js'
import { bringTo, missed, placeOf } from './at_point.js'
import { type Fault, type FaultKind, type Outcome, type World, workerOf } from './fault.js'
import { INSERT, loseAnswer } from './lost_answer.js'
import { storedByAnother } from './moved.js'

/** Few enough for other workers to make before the session of a dead worker ends. */
const SMALL_WINDOW = 64
/**
 * More inserts than happen while ClickHouse waits for the rest of one (`cluster.ts`): a suspended worker may have sent
 * a part of one.
 */
const PATIENT_WINDOW = 512

/** A partition stops in the middle of a range until the deduplication window has moved past it. */
export const stall: FaultKind = {
  share: 2,
  draw(random, workers) {
    const suspended = (['transcode:after', 'insert:before'] as const).map(suspendedWriter)
    const deal = dealer([crashedWriter, ...suspended, unansweredWriter], random)
    return () => deal()(random.between(0, workers - 1))
  },
}

/** The insert succeeded and its worker is dead. The successor must find that out. */
export function crashedWriter(worker: number): Fault {
  return whileWindowIs(SMALL_WINDOW, 'its insert made, it is killed', worker, async (world) => {
    const victim = workerOf(world, worker)
    const reached = await bringTo(victim, { point: 'insert:after', action: 'kill' })
    const passed = await world.window.passed()
    await victim.kill()
    await victim.start()
    if (reached === undefined) return missed('killed where it was')
    return judged(placeOf(reached), passed)
  })
}

/**
 * A worker is suspended before its insert, and resumes after another worker has made the insert and ClickHouse has
 * forgotten the token. Suspended before it confirmed that it owns the partition, it must ask again. Suspended after
 * that, when the store has the insert, the store must not send it.
 */
export function suspendedWriter(point: 'transcode:after' | 'insert:before'): (worker: number) => Fault {
  return (worker) =>
    whileWindowIs(PATIENT_WINDOW, `suspended at ${point}`, worker, async (world) => {
      const victim = workerOf(world, worker)
      const reached = await bringTo(victim, { point, action: 'freeze' })
      const moved = reached !== undefined && (await storedByAnother(world, reached))
      const passed = await world.window.passed()
      victim.thaw()
      if (reached === undefined) return missed('nothing was done')
      return judged(placeOf(reached), moved && passed)
    })
}

/** The insert succeeded, its answer is lost, and the worker cannot reach ClickHouse until the token is forgotten. */
export function unansweredWriter(worker: number): Fault {
  return whileWindowIs(SMALL_WINDOW, 'its insert made without an answer, it is cut off', worker, async (world) => {
    const { clickhouse } = workerOf(world, worker).wires
    const { struck } = await loseAnswer(INSERT, worker).inflict(world)
    clickhouse.sever()
    const passed = await world.window.passed()
    clickhouse.restore()
    return judged(struck ? 'made' : 'none was asked for', struck && passed)
  })
}

function whileWindowIs(inserts: number, what: string, worker: number, act: (world: World) => Promise<Outcome>): Fault {
  return {
    kind: 'stall',
    what: `worker ${worker}: ${what}; the deduplication window moves past it`,
    async inflict(world) {
      await world.window.shrink(inserts)
      try {
        return await act(world)
      } finally {
        await world.window.restore()
      }
    },
  }
}

function judged(place: string, passed: boolean): Outcome {
  return { struck: passed, note: passed ? place : `${place}; the window did not move past it` }
}
