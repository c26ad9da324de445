import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createEmitter, type OutgoingMessage } from '../../../services/emitter/index.js'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatelog-spool-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function kafka() {
  const arrived = new Set<string>()
  const state = { away: true }
  const createProducer = () => ({
    connect: async () => {},
    disconnect: async () => {},
    send: async ({ messages }: { messages: OutgoingMessage[] }) => {
      if (state.away) throw new Error('no broker')
      for (const { value } of messages) arrived.add(value.toString('hex', 10, 26))
    },
  })
  return { arrived, state, createProducer }
}

/** A full disk is a small file system in memory, which only root can mount. */
const canMount = (() => {
  const probe = mkdtempSync(join(tmpdir(), 'gatelog-mount-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', probe], { stdio: 'ignore' })
    execFileSync('umount', [probe])
    return true
  } catch {
    return false
  } finally {
    rmSync(probe, { recursive: true, force: true })
  }
})()

test.skipIf(!canMount)(
  'on a full disk, all that emit accepted arrives; the rest is refused, counted and logged',
  async () => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=300k', 'tmpfs', folder])
    try {
      const { arrived, state, createProducer } = kafka()
      const error = vi.fn()
      const emitter = createEmitter({
        createProducer,
        maxQueueBytes: 50_000,
        logger: { info: () => undefined, warn: () => undefined, error },
        spool: { dir: folder, sync: 'always', segmentBytes: 32_768 },
      })
      const emitted = Array.from({ length: 6_000 }, (_, index) => emitter.emit({ trace_id: `t-${index % 9}` }))
      const accepted = emitted.flatMap((each) => (each.accepted ? [each.eventId.replaceAll('-', '')] : []))
      expect(accepted.length).toBeGreaterThan(1_000)
      expect(emitter.stats()).toMatchObject({ dropped: { spool_failed: 6_000 - accepted.length } })
      expect(error).toHaveBeenCalledWith(
        expect.objectContaining({ error: 'ENOSPC' }),
        expect.stringMatching(/spool fails/),
      )
      state.away = false
      await emitter.flush()
      await emitter.close()
      expect(accepted.filter((id) => !arrived.has(id))).toEqual([])
    } finally {
      execFileSync('umount', [folder])
    }
  },
)
