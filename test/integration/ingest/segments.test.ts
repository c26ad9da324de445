import { once } from 'node:events'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import { expect, it } from 'vitest'
import { makeSegments, SEGMENT_BYTES, type Segments } from '../../../services/ingest/memory/segments.js'

const root = join(import.meta.dirname, '..', '..', '..')
const module = pathToFileURL(join(root, 'dist', 'services', 'ingest', 'memory', 'segments.js')).href

/** Writes a mark and reads it again: a shared segment would have another mark. */
function exercise(segments: Segments, mark: number): void {
  for (let turn = 0; turn < 50_000; turn++) {
    const taken = [segments.take(), segments.take(), segments.take()]
    for (const segment of taken) segment[0] = mark
    for (const segment of taken) if (segment[0] !== mark) throw new Error('Two threads have the same segment.')
    segments.give(taken)
  }
}

it('a segment belongs to one thread at a time, whichever threads take and return it', async () => {
  const segments = makeSegments(8 * SEGMENT_BYTES)
  const program = `
    const { parentPort, workerData: { module, shared } } = require('node:worker_threads')
    import(module).then(({ Segments }) => {
      parentPort.postMessage('ready')
      exercise(new Segments(shared), 2)
    })
    ${exercise}`
  const worker = new Worker(program, { eval: true, workerData: { module, shared: segments.shared } })
  const ended = once(worker, 'exit')
  await once(worker, 'message')
  exercise(segments, 1)
  expect(await ended).toEqual([0])
  expect(segments.free).toBe(8)
})
