import { execFile } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { program } from '../data/files.js'
import type { StackFile } from '../data/stack_file.js'

const LIMIT = 3
const FIRST_LINES = 14
/** A record that is newer than this is from this start, in milliseconds. */
const RECENT_MS = 5_000

export interface Greeting {
  readonly stack: StackFile
  readonly stackFile: string
  /** Whether the demo runs, so that there are records to show. */
  readonly demo: boolean
  readonly signal: AbortSignal
}

/**
 * Returns the lines to print when a stack is up: its addresses, a first query to paste, and the start of its response.
 */
export async function greet({ stack, stackFile, demo, signal }: Greeting): Promise<readonly string[]> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    program('services', 'cli', 'main.js'),
    ...['token', '--ttl', '12h', '--stack', stackFile],
  ])
  const token = stdout.trim()
  const url = `${stack.query.url}/v1/auth_audits?limit=${LIMIT}`
  const answer = await firstAnswer(url, token, { timeoutMs: demo ? 15_000 : 0, signal })
  return [
    '',
    `  query       ${stack.query.url}   (its API: ${stack.query.url}/docs)`,
    `  collector   ${stack.collector.url}`,
    `  Kafka       ${stack.kafka.brokers.join(', ')}`,
    `  ClickHouse  ${stack.clickhouse.url}`,
    `  stack file  ${stackFile}   (addresses and secrets, for programs)`,
    '',
    'The newest sign-ins (the token is valid for 12 hours; `npx gatelog token` makes others):',
    '',
    `curl -H 'Authorization: Bearer ${token}' '${url}'`,
    '',
    ...firstLines(answer).map((line) => `  ${line}`),
    '',
    'Write a record (the key is in the stack file, as collector.api_key):',
    '',
    `curl -H 'Authorization: Bearer ${stack.collector.api_key}' -H 'Content-Type: application/json' \\`,
    `  -d '{"stage":"Login","event":"Success","user_id":"1234","org_id":"org-1"}' '${stack.collector.url}/v1/auth_audits'`,
  ]
}

interface Answer {
  readonly auth_audits?: readonly { readonly time: string }[]
}

/** Queries until the newest record is recent, or the time is over. */
async function firstAnswer(
  url: string,
  token: string,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<Answer> {
  const began = Date.now()
  for (;;) {
    const response = await fetch(url, { headers: { authorization: `Bearer ${token}`, connection: 'close' }, signal })
    const answer = (await response.json()) as Answer
    const newest = answer.auth_audits?.[0]
    if (newest !== undefined && Date.parse(newest.time) > began - RECENT_MS) return answer
    if (Date.now() > began + timeoutMs) return answer
    await sleep(100, undefined, { signal })
  }
}

function firstLines(answer: Answer): readonly string[] {
  const lines = JSON.stringify(answer, undefined, 2).split('\n')
  return lines.length <= FIRST_LINES ? lines : [...lines.slice(0, FIRST_LINES), '…']
}
