import { expect, test } from 'vitest'
import { type Line, readLines } from './lines.js'

async function linesOf(chunks: readonly (string | Uint8Array)[], maxBytes = 100): Promise<readonly Line[]> {
  async function* input() {
    for (const chunk of chunks) yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk
  }
  const lines: Line[] = []
  for await (const line of readLines(input(), maxBytes)) lines.push(line)
  return lines
}

test('lines do not depend on where chunks end', async () => {
  expect(await linesOf(['one\ntw', 'o\n', '\nfour'])).toEqual([
    { number: 1, text: 'one' },
    { number: 2, text: 'two' },
    { number: 3, text: '' },
    { number: 4, text: 'four' },
  ])
})

test('a character that is split between chunks is decoded', async () => {
  const [first, second] = [Buffer.from('ö\n').subarray(0, 1), Buffer.from('ö\n').subarray(1)]
  expect(await linesOf([first, second])).toEqual([{ number: 1, text: 'ö' }])
})

test('an empty input has no lines, and a final newline starts none', async () => {
  expect(await linesOf([])).toEqual([])
  expect(await linesOf(['one\n'])).toEqual([{ number: 1, text: 'one' }])
})

test('a line that is too long is a fault, and the next one is read', async () => {
  expect(await linesOf(['x'.repeat(60), 'x'.repeat(60), '\nnext'])).toEqual([
    { number: 1, fault: 'the line is longer than 100 bytes' },
    { number: 2, text: 'next' },
  ])
})

test('a line that is not UTF-8 is a fault', async () => {
  expect(await linesOf([Uint8Array.of(0xff, 0x0a)])).toEqual([{ number: 1, fault: 'the line is not UTF-8' }])
})
