import { setTimeout as sleep } from 'node:timers/promises'
import type { Claim, Fault, Outcome, World } from './faults/fault.js'
import type { Planned } from './plan.js'

/** A fault that happened. */
export interface Done extends Planned {
  readonly outcome: Outcome
}

/** Injects faults in order. They overlap unless they claim the same. */
export async function inflictAll(
  plan: readonly Planned[],
  world: World,
  events: { begun(planned: Planned): void; done(done: Done): void },
): Promise<void> {
  const running = new Map<Promise<void>, Fault>()
  for (const planned of plan) {
    await sleep(planned.afterMs)
    for (;;) {
      const inTheWay = [...running].filter(([, fault]) => meet(fault, planned.fault)).map(([promise]) => promise)
      if (inTheWay.length === 0) break
      await Promise.race(inTheWay)
    }
    events.begun(planned)
    const promise: Promise<void> = planned.fault.inflict(world).then((outcome) => {
      running.delete(promise)
      events.done({ ...planned, outcome })
    })
    // The caller that waits for all of them sees the error. Until then it must not end the process.
    promise.catch(() => undefined)
    running.set(promise, planned.fault)
  }
  await Promise.all(running.keys())
}

function meet(one: Fault, other: Fault): boolean {
  if (one.claims === undefined || other.claims === undefined) return true
  const claimed = new Set<Claim>(one.claims)
  return other.claims.some((claim) => claimed.has(claim))
}
