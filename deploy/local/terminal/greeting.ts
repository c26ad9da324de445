import { execFile } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { program } from '../data/files.js'
import type { StackFile } from '../data/stack_file.js'

const LIMIT = 3
const FIRST_LINES = 14
/** A record as young as this is from this start. */
const RECENT_MS = 5_000

export interface Greeting {
  readonly stack: StackFile
  readonly stackFile: string
  /** Whether somebody signs in, so that there is something to show. */
  readonly demo: boolean
  readonly signal: AbortSignal
}

/** What a person is told when a stack is up: where it is, a first question to paste, and how its answer begins. */
export async function greet({ stack, stackFile, demo, signal }: Greeting): Promise<readonly string[]> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    program('services', 'cli', 'main.js'),
    ...['token', '--ttl', '12h', '--stack', stackFile],
  ])
  const token = stdout.trim()
  const url = `${stack.query.url}/v1/auth_audits?limit=${LIMIT}`
  const answer = await firstAnswer(url, token, { patienceMs: demo ? 15_000 : 0, signal })
  return [
    '',
    `  query       ${stack.query.url}   (its API: ${stack.query.url}/docs)`,
    `  collector   ${stack.collector.url}`,
    `  Kafka       ${stack.kafka.brokers.join(', ')}`,
    `  ClickHouse  ${stack.clickhouse.url}`,
    `  stack file  ${stackFile}   (addresses and secrets, for programs)`,
    '',
    'The newest sign-ins (the token is good for 12 hours; `npx gatelog token` makes others):',
    '',
    `curl -H 'Authorization: Bearer ${token}' '${url}'`,
    '',
    ...beginning(answer).map((line) => `  ${line}`),
  ]
}

interface Answer {
  readonly auth_audits?: readonly { readonly time: string }[]
}

/** Asks until the newest record is one from just now, or the patience is at its end. */
async function firstAnswer(
  url: string,
  token: string,
  { patienceMs, signal }: { readonly patienceMs: number; readonly signal: AbortSignal },
): Promise<Answer> {
  const began = Date.now()
  for (;;) {
    const response = await fetch(url, { headers: { authorization: `Bearer ${token}`, connection: 'close' }, signal })
    const answer = (await response.json()) as Answer
    const newest = answer.auth_audits?.[0]
    if (newest !== undefined && Date.parse(newest.time) > began - RECENT_MS) return answer
    if (Date.now() > began + patienceMs) return answer
    await sleep(100, undefined, { signal })
  }
}

function beginning(answer: Answer): readonly string[] {
  const lines = JSON.stringify(answer, undefined, 2).split('\n')
  return lines.length <= FIRST_LINES ? lines : [...lines.slice(0, FIRST_LINES), '…']
}
