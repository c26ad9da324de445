import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'

/** `npm run spool` kills 200 times. */
const ROUNDS = Number(process.env.SPOOL_ROUNDS ?? 40)
const SEED = Number(process.env.SPOOL_SEED ?? 1)
const PROGRAM = join(import.meta.dirname, '../../fixtures/emitter/spooling_process.mjs')

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatelog-spool-'))
  mkdirSync(join(folder, 'spool'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const kafkaFile = () => join(folder, 'kafka')
const acceptedFile = () => join(folder, 'accepted')

function start(mode: 'emit' | 'drain', round: number, sync: string, dir = join(folder, 'spool')) {
  const options = [dir, kafkaFile(), acceptedFile(), SEED * 1_000 + round, round * 1_000_000, mode, sync]
  return spawn(process.execPath, [PROGRAM, ...options.map(String)], { stdio: ['ignore', 'ignore', 'inherit'] })
}

interface Line {
  readonly key: string
  readonly id: string
}

function linesOf(path: string): readonly Line[] {
  if (!existsSync(path)) return []
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => /^t-\d [0-9a-f]{32}$/.test(line))
    .map((line) => ({ key: line.slice(0, 3), id: line.slice(4) }))
}

/** Kills a process that emits, once it has accepted something and after some time more. */
async function killed(round: number, sync: string, dir?: string): Promise<void> {
  const child = start('emit', round, sync, dir)
  const exited = once(child, 'exit')
  const before = existsSync(acceptedFile()) ? statSync(acceptedFile()).size : 0
  while (!existsSync(acceptedFile()) || statSync(acceptedFile()).size === before) {
    expect(child.exitCode).toBeNull()
    await delay(5)
  }
  await delay((round * 37 * SEED) % 120)
  child.kill('SIGKILL')
  await exited
}

async function drained(sync: string, dir?: string): Promise<void> {
  const [code] = await once(start('drain', ROUNDS, sync, dir), 'exit')
  expect(code).toBe(0)
}

/** The ids of each key in the order in which they first arrived. */
function firstArrivals(lines: readonly Line[]): Map<string, string[]> {
  const arrivals = new Map<string, Set<string>>()
  for (const { key, id } of lines) arrivals.set(key, (arrivals.get(key) ?? new Set()).add(id))
  return new Map([...arrivals].map(([key, ids]) => [key, [...ids]]))
}

function checkArrived(): void {
  const accepted = linesOf(acceptedFile())
  const arrived = firstArrivals(linesOf(kafkaFile()))
  const ids = new Set([...arrived.values()].flat())
  expect(accepted.length).toBeGreaterThan(ROUNDS)
  expect(accepted.filter(({ id }) => !ids.has(id))).toEqual([])
  // Ids are emitted in ascending order. What was accepted just before the kill may be missing in `accepted`.
  for (const [key, list] of arrived) expect(list, key).toEqual(list.toSorted())
  const keys = new Map(accepted.map(({ key, id }) => [id, key]))
  for (const { key, id } of linesOf(kafkaFile())) expect(keys.get(id) ?? key).toBe(key)
}

test(
  `killed ${ROUNDS} times (sync always): all that emit accepted arrives, in order within its key, under its id`,
  async () => {
    for (let round = 0; round < ROUNDS; round++) await killed(round, 'always')
    await drained('always')
    checkArrived()
  },
  15 * 60_000,
)

test('killed 5 times (sync never): the system has what was written, so only the last turn can be lost', async () => {
  for (let round = 0; round < 5; round++) await killed(round, 'never')
  await drained('never')
  const arrived = firstArrivals(linesOf(kafkaFile()))
  for (const [key, list] of arrived) expect(list, key).toEqual(list.toSorted())
})
