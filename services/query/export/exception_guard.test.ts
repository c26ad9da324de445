import { describe, expect, it } from 'vitest'
import { ExceptionGuard } from './exception_guard.js'

const TAG = 'abcdefghijklmnop'
const BROKEN = `\r\n__exception__\r\n${TAG}\r\nCode: 159. DB::Exception: secret (of somebody): (TIMEOUT_EXCEEDED) (version 26.7)\n90 ${TAG}\r\n__exception__\r\n`

/** What gets through of a text that comes in pieces, and how it ends. */
function through(text: string, size: number): { passed: string; error: unknown } {
  const guard = new ExceptionGuard(TAG)
  const bytes = Buffer.from(text)
  let passed = ''
  for (let at = 0; at < bytes.length; at += size) passed += guard.pass(bytes.subarray(at, at + size))
  try {
    return { passed: passed + guard.end(), error: undefined }
  } catch (error) {
    return { passed, error }
  }
}

describe.each([1, 2, 7, 30, 31, 1000])('in pieces of %i bytes', (size) => {
  it('passes a complete answer without a change', () => {
    for (const text of ['', 'a', 'line\r\n__exception__\r\nother tag\n', 'x'.repeat(500), '\r\n__exception__\r\n']) {
      expect(through(text, size)).toEqual({ passed: text, error: undefined })
    }
  })

  it('passes a canceled answer up to the error, and nothing of the error', () => {
    for (const text of ['', 'a\n', 'x'.repeat(300)]) {
      const { passed, error } = through(text + BROKEN, size)
      expect(passed).toBe(text)
      expect(error).toMatchObject({ code: 'QUERY_TOO_LARGE', reason: 'TIMEOUT_EXCEEDED' })
      expect(String(error)).not.toContain('secret')
    }
  })
})
