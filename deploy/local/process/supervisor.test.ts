import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Child, Exit } from './child.js'
import { type RunOptions, Supervisor } from './supervisor.js'

const KILLED: Exit = { code: null, signal: 'SIGKILL' }
const { signal } = new AbortController()
let printed: string[]
let supervisor: Supervisor

beforeEach(() => {
  printed = []
  supervisor = new Supervisor((line) => printed.push(line), 1)
})
afterEach(() => supervisor.stop())

/** A process that ends when it is stopped, and adds its name to `ended` then. */
function fakeChild(name: string, ended: string[] = [], exit: Exit = { code: 0, signal: null }) {
  let end: (exit: Exit) => void = () => undefined
  const exited = new Promise<Exit>((resolve) => {
    end = resolve
  })
  const stop = () => {
    ended.push(name)
    end(exit)
    return exited
  }
  const child: Child = { name, pid: 1, logFile: '/nowhere.log', exited, stop, kill: stop }
  return { child, die: (how: Exit) => end(how) }
}

/** A program that can be started again and again; `children` are its processes so far. */
function program(name: string) {
  const children: ReturnType<typeof fakeChild>[] = []
  const starts: RunOptions[] = []
  const start = async (options: RunOptions): Promise<Child> => {
    const started = fakeChild(name)
    starts.push(options)
    children.push(started)
    return started.child
  }
  return { start, starts, children, die: () => children.at(-1)?.die(KILLED) }
}

test('processes stop before the ones they need, in whatever order they started', async () => {
  const ended: string[] = []
  for (const name of ['ClickHouse', 'Kafka', 'query', 'ingest', 'retention', 'collector', 'demo']) {
    await supervisor.run(signal, async () => fakeChild(name, ended).child)
  }
  expect(await supervisor.stop()).toEqual([])
  expect(ended).toEqual(['demo', 'query', 'collector', 'retention', 'ingest', 'ClickHouse', 'Kafka'])
  expect(printed).toContain('\nStopping')
})

test('a process that exits is restarted with one line, and continues its log', async () => {
  const { start, starts, children, die } = program('ingest')
  await supervisor.run(signal, start)
  die()
  await vi.waitFor(() => expect(children).toHaveLength(2))
  expect(starts.map(({ appendLog }) => appendLog)).toEqual([false, true])
  expect(printed.map((line) => line.replace(/\d\.\d/, 'N'))).toEqual([
    '  ingest      ready in N s',
    '  ! ingest exited unexpectedly (SIGKILL) (see /nowhere.log). Restarting it.',
    '  ingest      ready in N s',
  ])
})

test('a restart that fails is tried again', async () => {
  let attempts = 0
  const { start, die, children } = program('ClickHouse')
  await supervisor.run(signal, async (options) => {
    if (++attempts === 2) throw new Error('ClickHouse was not ready in 60 s.')
    return start(options)
  })
  die()
  await vi.waitFor(() => expect(children).toHaveLength(2))
  expect(printed).toContain('  ! ClickHouse was not ready in 60 s. Restarting it.')
})

test('a first start that fails is the caller’s to handle', async () => {
  await expect(supervisor.run(signal, () => Promise.reject(new Error('no Java')))).rejects.toThrow('no Java')
  expect(printed).toEqual([])
})

test('five exits in a minute end the stack', async () => {
  const { start, children, die } = program('ingest')
  await supervisor.run(signal, start)
  for (let exits = 1; exits <= 4; exits++) {
    die()
    await vi.waitFor(() => expect(children).toHaveLength(exits + 1))
  }
  die()
  expect(await supervisor.failure).toBe(
    'ingest exited unexpectedly (SIGKILL) (see /nowhere.log). It exited 5 times in a minute.',
  )
  expect(children).toHaveLength(5)
})

test('exits that are more than a minute apart do not', async () => {
  const { start, children, die } = program('ingest')
  const now = vi.spyOn(Date, 'now')
  try {
    await supervisor.run(signal, start)
    for (let exits = 1; exits <= 10; exits++) {
      now.mockReturnValue(exits * 20_000)
      die()
      await vi.waitFor(() => expect(children).toHaveLength(exits + 1))
    }
  } finally {
    now.mockRestore()
  }
})

test('the pause before a restart doubles', async () => {
  const slow = new Supervisor(() => undefined, 40)
  const { start, children, die } = program('ingest')
  await slow.run(signal, start)
  const since = Date.now()
  for (let exits = 1; exits <= 3; exits++) {
    die()
    await vi.waitFor(() => expect(children).toHaveLength(exits + 1))
  }
  expect(Date.now() - since).toBeGreaterThanOrEqual(40 + 80 + 160 - 3)
  await slow.stop()
})

test('a stop cancels a restart under way and waits for it', async () => {
  const { start, die } = program('ingest')
  let cancelled = false
  await supervisor.run(signal, async (options) => {
    if (!options.appendLog) return start(options)
    await new Promise((resolve) => options.signal.addEventListener('abort', resolve))
    cancelled = true
    throw options.signal.reason
  })
  die()
  await vi.waitFor(() => expect(printed).toHaveLength(2))
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(await supervisor.stop()).toEqual([])
  expect(cancelled).toBe(true)
})

test('a process that does not stop cleanly is reported', async () => {
  await supervisor.run(signal, async () => fakeChild('ingest', [], KILLED).child)
  expect(await supervisor.stop()).toEqual(['ingest did not stop cleanly (SIGKILL) (see /nowhere.log).'])
})

test('nothing is printed when nothing runs', async () => {
  await supervisor.stop()
  expect(printed).toEqual([])
})
