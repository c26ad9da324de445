import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { ExportFormat } from '../../../schemas/derive/export_formats.js'
import { download } from './download.js'

let folder: string
let server: Server | undefined
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatelog-download-'))
})
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
  rmSync(folder, { recursive: true })
})

/** Downloads from a server with this listener. */
async function from(
  listener: RequestListener,
  given: { format?: ExportFormat; append?: boolean; signal?: AbortSignal } = {},
) {
  const started = createServer(listener)
  server = started
  await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve))
  const { format = 'ndjson', append = false, signal = new AbortController().signal } = given
  const url = new URL(`http://127.0.0.1:${(started.address() as AddressInfo).port}/`)
  const progress = { add: () => undefined, end: () => undefined }
  await download({ url, token: 't', format, part: part(), append, progress, signal })
}

function part(): string {
  return join(folder, 'x.part')
}

it('writes the body to the file', async () => {
  await from((_request, response) => response.end('a\nb\n'))
  expect(readFileSync(part(), 'utf8')).toBe('a\nb\n')
})

it('appends to a file without repeating the CSV header', async () => {
  writeFileSync(part(), '"n"\n"1"\n')
  const inPieces: RequestListener = (_request, response) => {
    response.write('"n')
    setTimeout(() => response.write('"\n"2"\n'), 30)
    setTimeout(() => response.end('"3"\n'), 60)
  }
  await from(inPieces, { format: 'csv', append: true })
  expect(readFileSync(part(), 'utf8')).toBe('"n"\n"1"\n"2"\n"3"\n')
})

it('reports a broken connection and keeps what arrived', async () => {
  const breaking: RequestListener = (_request, response) => {
    response.write('a\n')
    setTimeout(() => response.destroy(), 50)
  }
  await expect(from(breaking)).rejects.toMatchObject({
    code: 'EXPORT_BROKEN',
    message: expect.stringMatching(/to continue/),
  })
  expect(readFileSync(part(), 'utf8')).toBe('a\n')
  await expect(from(breaking, { format: 'parquet' })).rejects.toThrow(/start over/)
})

it('passes on the service’s message', async () => {
  const refusing: RequestListener = (_request, response) => {
    response.statusCode = 403
    response.end(JSON.stringify({ detail: 'The token needs a scope.', error_code: 'INSUFFICIENT_SCOPE' }))
  }
  await expect(from(refusing)).rejects.toMatchObject({
    code: 'EXPORT_REFUSED',
    message: 'The token needs a scope. (INSUFFICIENT_SCOPE)',
  })
  await expect(from((_request, response) => response.writeHead(502).end('<html>'))).rejects.toThrow(/answered 502/)
})

it('stops when it is aborted', async () => {
  const interrupting = new AbortController()
  const slow: RequestListener = (_request, response) => {
    response.write('a\n')
    const written = setInterval(() => {
      if (!existsSync(part()) || readFileSync(part(), 'utf8') !== 'a\n') return
      clearInterval(written)
      interrupting.abort()
    }, 10)
  }
  await expect(from(slow, { signal: interrupting.signal })).rejects.toMatchObject({ name: 'AbortError' })
  expect(readFileSync(part(), 'utf8')).toBe('a\n')
})

it('reports a service that does not answer', async () => {
  const away = { url: new URL('http://127.0.0.1:1/'), token: 't', part: part(), append: false, format: 'csv' as const }
  const progress = { add: () => undefined, end: () => undefined }
  const { signal } = new AbortController()
  await expect(download({ ...away, progress, signal })).rejects.toMatchObject({ code: 'SERVICE_AWAY' })
})
