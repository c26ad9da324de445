import { expect, test } from 'vitest'
import { Parts } from './parts.js'
import type { Child, Exit } from './process/child.js'

/** A part that ends when it is told to, noting that in `ended`. */
function part(name: string, ended: string[], exit: Exit = { code: 0, signal: null }) {
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

test('parts stop before what they need, whatever order they came up in', async () => {
  const ended: string[] = []
  const parts = new Parts()
  for (const name of ['ClickHouse', 'Kafka', 'query', 'ingest', 'collector', 'demo']) parts.add(part(name, ended).child)
  const said: string[] = []
  expect(await parts.stop((line) => said.push(line))).toEqual([])
  expect(ended).toEqual(['demo', 'query', 'collector', 'ingest', 'ClickHouse', 'Kafka'])
  expect(said[0]).toBe('\nStopping')
})

test('a part that ends by itself is told of, and not stopped again', async () => {
  const ended: string[] = []
  const parts = new Parts()
  const ingest = part('ingest', ended)
  parts.add(ingest.child)
  parts.add(part('Kafka', ended).child)
  ingest.die({ code: 1, signal: null })
  expect(await parts.failure).toBe('ingest ended by itself (exit code 1) (see /nowhere.log).')
  await parts.stop(() => undefined)
  expect(ended).toEqual(['Kafka'])
})

test('a part that does not stop cleanly is told of', async () => {
  const parts = new Parts()
  parts.add(part('ingest', [], { code: null, signal: 'SIGKILL' }).child)
  expect(await parts.stop(() => undefined)).toEqual(['ingest did not stop cleanly (SIGKILL) (see /nowhere.log).'])
})

test('nothing is said where nothing runs', async () => {
  const said: string[] = []
  await new Parts().stop((line) => said.push(line))
  expect(said).toEqual([])
})
