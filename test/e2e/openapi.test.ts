import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { audits, authAudits, type Stream } from '../../schemas/streams/index.js'
import { gatelog, type RunningStack, startStack } from '../fixtures/stack/stack.js'
import { examine } from './schemathesis.js'

let stack: RunningStack
let token: string
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatelog-openapi-'))
  stack = await startStack()
  token = (await gatelog(stack, ['token'])).trim()
  for (const stream of [authAudits, audits]) {
    await gatelog(stack, ['emit', '--stream', stream.name, '-'], lines(stream))
  }
  await stored()
})

afterAll(async () => {
  await stack?.stop()
  await rm(folder, { recursive: true, force: true })
})

/** Records that match the document's examples, so that these have answers: stages of one sign-in, and actions of it. */
function lines({ fields }: Stream): string {
  const values = fields.flatMap(({ name, filter }) => (filter?.example === undefined ? [] : [[name, filter.example]]))
  const record = { ...Object.fromEntries(values), trace_id: '0af7651916cd43dd8448eb211c80319c', session: '1234' }
  return Array.from({ length: 50 }, () => `${JSON.stringify(record)}\n`).join('')
}

interface Answer {
  readonly next_cursor?: string
  readonly paths: Readonly<Record<string, { readonly get: { readonly responses: object } }>>
}

async function ask(path: string): Promise<Answer> {
  const response = await fetch(`${stack.file.query.url}${path}`, { headers: { authorization: `Bearer ${token}` } })
  return (await response.json()) as Answer
}

async function stored(): Promise<void> {
  for (const deadline = Date.now() + 30_000; Date.now() < deadline; ) {
    const found = await Promise.all(['auth_audits', 'audits'].map((name) => ask(`/v1/${name}?limit=50`)))
    if (found.every(({ next_cursor }) => next_cursor !== undefined)) return
  }
  throw new Error('The records were not stored in time.')
}

function examination(document: string, examples: number) {
  return examine({ document, api: stack.file.query.url, token, examples })
}

test('the service answers requests of all kinds as its document says, and never fails', async () => {
  const { passed, report } = await examination(`${stack.file.query.url}/openapi.json`, 10)
  expect(passed, report).toBe(true)
  // All except those that schemathesis.toml excludes, and the document itself.
  const paths = Object.keys((await ask('/openapi.json')).paths).filter((path) => !/\/tail$|^\/openapi/.test(path))
  expect(report).toContain(`Tested: ${paths.length}\n`)
  expect(Number(/(\d+) generated/.exec(report)?.[1])).toBeGreaterThan(300)
}, 480_000)

test('an answer that the document does not name would be found', async () => {
  const { paths, ...rest } = await ask('/openapi.json')
  const path = '/v1/sign_ins/{trace_id}'
  const get = paths[path]?.get
  const responses = Object.fromEntries(Object.entries(get?.responses ?? {}).filter(([status]) => status !== '404'))
  const document = join(folder, 'openapi.json')
  await writeFile(document, JSON.stringify({ ...rest, paths: { [path]: { get: { ...get, responses } } } }))
  const { passed, report } = await examination(document, 5)
  expect(passed).toBe(false)
  expect(report).toMatch(/Undocumented status code: 1/)
})
