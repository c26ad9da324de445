import { expect, it } from 'vitest'
import { audits, inMemoryEmitter } from '../../emitter/index.js'
import type { Principal } from '../../runtime/auth/bearer_tokens.js'
import { auditTrail } from './trail.js'

function exportedBy(principal: Partial<Principal>) {
  return {
    id: '019b76da-a800-7000-8000-0123456789ab',
    stream: 'auth_audits',
    format: 'csv',
    principal: { subject: 'ada', scopes: ['audits:export'], organizations: ['org-1'], ...principal },
    parameters: {},
    sourceIp: '192.0.2.1',
  }
}

it.each<[Partial<Principal>, string]>([
  [{ subject: 'a'.repeat(9_000) }, 'Of the token, sub must be at most 8192 bytes long.'],
  [{ tokenId: 'a'.repeat(9_000) }, 'Of the token, jti must be at most 8192 bytes long.'],
  [{ organizations: ['a'.repeat(9_000)] }, 'Of the token, organization must be at most 8192 bytes long.'],
])('a token that the trail cannot record is refused with the reason, not with a retry', async (principal, reason) => {
  const emitter = inMemoryEmitter(audits)
  const trail = auditTrail((record) => emitter.publish(record))
  await expect(trail.begun(exportedBy(principal))).rejects.toMatchObject({
    status: 403,
    code: 'EXPORT_NOT_RECORDABLE',
    message: expect.stringContaining(reason),
    headers: {},
  })
  expect(await trail.ended(exportedBy(principal), 'complete', { records: 0, bytes: 0 }, [])).toBe(false)
  await trail.begun(exportedBy({}))
})

it('a record that Kafka does not acknowledge in time asks for a retry', async () => {
  for (const publish of [() => new Promise(() => {}), () => Promise.reject(new Error('away'))]) {
    await expect(auditTrail(publish, 10).begun(exportedBy({}))).rejects.toMatchObject({
      status: 503,
      code: 'EXPORT_NOT_RECORDED',
      headers: { 'retry-after': '5' },
    })
  }
})
