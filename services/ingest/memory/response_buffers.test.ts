import { expect, it } from 'vitest'
import { ResponseBuffers } from './response_buffers.js'

const LARGE = 100_000

it('reuses the memory of a response after its last release', () => {
  const responses = new ResponseBuffers()
  const response = responses.take(LARGE)
  expect(response).toHaveLength(LARGE)
  const [first, second] = [response.subarray(0, 10), response.subarray(10, 20)]
  responses.hold(first)
  responses.hold(second)
  response.fill(1)
  responses.release(first)
  expect(first).toEqual(Buffer.alloc(10, 1))
  expect(responses.take(LARGE).buffer).not.toBe(response.buffer)
  responses.release(second)
  // The same memory in a new buffer: old references can't see the next response.
  const next = responses.take(LARGE)
  expect(next[0]).toBe(1)
  next.fill(2)
  expect(second).toHaveLength(0)
  expect(response.buffer.byteLength).toBe(0)
})

it('leaves memory alone that is not a large response of its own', () => {
  const responses = new ResponseBuffers()
  const small = responses.take(10)
  const foreign = Buffer.alloc(LARGE)
  for (const bytes of [small, foreign]) {
    responses.hold(bytes)
    responses.release(bytes)
  }
  expect(small).toHaveLength(10)
  expect(foreign).toHaveLength(LARGE)
})
