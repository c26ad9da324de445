import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { expect, it } from 'vitest'
import { multipartBody } from './multipart.js'

it('escapes text, and quotes it within arrays', async () => {
  const body = await multipartBody({ a: "it's\t1\\2\r\n", b: ["it's", 'x'], c: 7, d: [1n, 2n] })
  const form = await new Response(await text(body?.values ?? Readable.from([])), {
    headers: body?.http_headers ?? {},
  }).formData()
  expect(Object.fromEntries(form)).toEqual({
    param_a: "it\\'s\\t1\\\\2\\r\\n",
    param_b: "['it\\'s','x']",
    param_c: '7',
    param_d: '[1,2]',
  })
})

it('is nothing without parameters, and rejects what it cannot format', async () => {
  expect(await multipartBody({})).toBeUndefined()
  await expect(multipartBody({ a: {} })).rejects.toThrow(TypeError)
})
