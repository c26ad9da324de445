import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { resumeAt } from './resume.js'

const folder = mkdtempSync(join(tmpdir(), 'gatelog-resume-'))
const part = join(folder, 'x.part')
afterAll(() => rmSync(folder, { recursive: true }))

const ID = '019b76da-a800-7000-8000-0123456789ab'
const TIME = '2026-01-31T14:00:00.123456Z'
const place = { time: TIME, eventId: ID }
const ndjson = `{"event_id":"${ID}","time":"${TIME}","user_id":"é\\n"}\n`
const csv = `"${ID}","${TIME}","a\n""b"\n`
const ocsf = `{"time":1,"metadata":{"uid":"${ID}","original_time":"${TIME}"}}\n`

it.each([
  ['ndjson', ndjson + ndjson, '{"event_id":"01', 2],
  ['ndjson', ndjson, '', 1],
  ['ocsf', ocsf, '{', 1],
  ['csv', `"event_id","time","user_id"\n${csv}`, `"${ID}","${TIME}","a\n`, 1],
] as const)('%s: keeps complete records and continues after the last', async (format, whole, rest, records) => {
  writeFileSync(part, whole + rest)
  expect(await resumeAt(part, format)).toEqual({ ...place, records })
  expect(readFileSync(part, 'utf8')).toBe(whole)
})

it.each([
  ['ndjson', ''],
  ['ndjson', '{"event_id":"0'],
  ['ndjson', 'not of an export\n'],
  ['csv', '"event_id","time"\n'],
  ['csv', '"event_id","ti'],
  ['parquet', `PAR1${ndjson}`],
] as const)('%s: starts over when nothing can be kept (%j)', async (format, text) => {
  writeFileSync(part, text)
  expect(await resumeAt(part, format)).toBeUndefined()
})

it('starts over when there is no partial file', async () => {
  expect(await resumeAt(join(folder, 'none'), 'csv')).toBeUndefined()
})
