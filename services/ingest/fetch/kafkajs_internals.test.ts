import { createRequire } from 'node:module'
import { expect, it } from 'vitest'
import { ResponseBuffers } from '../memory/response_buffers.js'
import { expectedInternals, readWholeBatches } from './kafkajs_internals.js'

const require = createRequire(import.meta.url)
const { prototype } = require('kafkajs/src/network/connection')
const LARGE = 100_000

it('the installed kafkajs has the functions that are replaced', () => {
  expect(() => expectedInternals(require)).not.toThrow()
})

it.each([
  [
    'a changed function',
    (path: string) => (path.endsWith('connection') ? { prototype: { processData() {} } } : require(path)),
    /Connection\.processData/,
  ],
  [
    'a changed decoder',
    (path: string) => (path.endsWith('response') ? { decode: async () => ({}) } : require(path)),
    /decode of .*fetch\/v11/,
  ],
  ['a missing module', () => undefined, /differs from kafkajs 2\.2\.4/],
])('%s throws an error that says what to compare', (_name, load, message) => {
  expect(() => expectedInternals(load)).toThrow(message)
  expect(() => expectedInternals(load)).toThrow(/kafkajs_internals\.ts/)
})

it('kafkajs takes a complete response without a copy', () => {
  readWholeBatches(new ResponseBuffers())
  // A second connection of the same process does not wrap the functions again.
  readWholeBatches(new ResponseBuffers())
  const payloads: Buffer[] = []
  const requestQueue = { fulfillRequest: ({ payload }: { payload: Buffer }) => payloads.push(payload) }
  const connection = Object.assign(Object.create(prototype), {
    chunks: [],
    bytesBuffered: 0,
    bytesNeeded: 4,
    requestQueue,
  })
  const responses = [1, 2].map((fill) => {
    const response = Buffer.alloc(LARGE, fill)
    response.writeInt32BE(LARGE - 4)
    connection.processData(response)
    return response
  })
  expect(payloads.map(({ buffer }) => buffer)).toEqual(responses.map(({ buffer }) => buffer))
  expect(payloads.map(([byte]) => byte)).toEqual([1, 2])
})
