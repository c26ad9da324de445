import { expect, test } from 'vitest'
import type { Child, Exit } from './child.js'
import { Supervisor } from './supervisor.js'

/** A process that ends when it is stopped, and adds its name to `ended` then. */
function fakeChild(name: string, ended: string[], exit: Exit = { code: 0, signal: null }) {
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

test('processes stop before the ones they need, in whatever order they started', async () => {
  const ended: string[] = []
  const supervisor = new Supervisor()
  for (const name of ['ClickHouse', 'Kafka', 'query', 'ingest', 'collector', 'demo'])
    supervisor.add(fakeChild(name, ended).child)
  const printed: string[] = []
  expect(await supervisor.stop((line) => printed.push(line))).toEqual([])
  expect(ended).toEqual(['demo', 'query', 'collector', 'ingest', 'ClickHouse', 'Kafka'])
  expect(printed[0]).toBe('\nStopping')
})

test('a process that exits unexpectedly is reported and not stopped again', async () => {
  const ended: string[] = []
  const supervisor = new Supervisor()
  const ingest = fakeChild('ingest', ended)
  supervisor.add(ingest.child)
  supervisor.add(fakeChild('Kafka', ended).child)
  ingest.die({ code: 1, signal: null })
  expect(await supervisor.failure).toBe('ingest exited unexpectedly (exit code 1) (see /nowhere.log).')
  await supervisor.stop(() => undefined)
  expect(ended).toEqual(['Kafka'])
})

test('a process that does not stop cleanly is reported', async () => {
  const supervisor = new Supervisor()
  supervisor.add(fakeChild('ingest', [], { code: null, signal: 'SIGKILL' }).child)
  expect(await supervisor.stop(() => undefined)).toEqual(['ingest did not stop cleanly (SIGKILL) (see /nowhere.log).'])
})

test('nothing is printed when nothing runs', async () => {
  const printed: string[] = []
  await new Supervisor().stop((line) => printed.push(line))
  expect(printed).toEqual([])
})
