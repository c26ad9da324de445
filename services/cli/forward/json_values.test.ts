import { expect, test } from 'vitest'
import type { Line } from '../lines.js'
import { readObjects } from './json_values.js'

async function* inChunks(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text)
  for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size)
}

async function all(input: AsyncIterable<Uint8Array>, maxBytes: number): Promise<readonly Line[]> {
  const lines: Line[] = []
  for await (const line of readObjects(input, maxBytes)) lines.push(line)
  return lines
}

/** What is read, however the input is cut into chunks. */
async function read(text: string, maxBytes = 1_000) {
  const results = await Promise.all([1, 3, 7, 100_000].map((size) => all(inChunks(text, size), maxBytes)))
  for (const result of results) expect(result).toEqual(results[0])
  return (results[0] ?? []).map((line) =>
    'text' in line ? [line.number, JSON.parse(line.text)] : [line.number, line.fault],
  )
}

const [a, b, c] = [{ id: 'a', list: [1, { deep: ']}' }] }, { id: 'ž "\\' }, { id: 'c' }]

test.each([
  ['lines', [a, b, c].map((each) => JSON.stringify(each)).join('\n'), [1, 2, 3]],
  ['a list', JSON.stringify([a, b, c]), [1, 1, 1]],
  ['lists on lines', `${JSON.stringify([a, b])}\r\n\n${JSON.stringify([c])}\n`, [1, 1, 3]],
  ['a list over many lines', JSON.stringify([a, b, c], null, 2), [2, 11, 14]],
  ['objects over many lines', [a, b, c].map((each) => JSON.stringify(each, null, 2)).join('\n'), [1, 10, 13]],
])('reads %s', async (_form, text, lines) => {
  expect(await read(text)).toEqual([a, b, c].map((each, index) => [lines[index], each]))
})

test('reads on after what is cut off, too long, or no object', async () => {
  const text = [
    '{"id": "cut off',
    JSON.stringify(a),
    '{"id": {"cut": "off"}',
    JSON.stringify(c),
    'no JSON {"id": "of no record"}',
    JSON.stringify({ id: 'x'.repeat(2_000) }),
    '7',
    JSON.stringify(c),
    '{"id":',
  ].join('\n')
  expect(await read(text)).toEqual([
    [1, 'a text ends within the line'],
    [2, a],
    [3, 'it ends before its last bracket'],
    [4, c],
    [5, 'is not a JSON object'],
    [6, 'the object is longer than 1000 bytes'],
    [7, 'is not a JSON object'],
    [8, c],
    [9, 'it ends before its last bracket'],
  ])
})

test('names what is not UTF-8', async () => {
  const input = (async function* () {
    yield Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])
  })()
  expect(await all(input, 100)).toEqual([{ number: 1, fault: 'the object is not UTF-8' }])
})
