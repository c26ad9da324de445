import { Agent, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import type { Kind, Question } from './questions.js'

/** What became of one question. */
export interface Asked {
  readonly kind: string
  readonly status: number
  /** From when it was due until its whole answer had arrived. */
  readonly ms: number
}

export interface Answer {
  readonly status: number
  readonly body: string
}

/**
 * Asks the kinds in turn at a constant rate, whether or not earlier questions have been answered: people don't wait
 * for each other.
 */
export async function openLoop(
  url: string,
  kinds: readonly Kind[],
  { perSecond, seconds }: { readonly perSecond: number; readonly seconds: number },
): Promise<readonly Asked[]> {
  const began = performance.now()
  const asking: Promise<Asked>[] = []
  for (let index = 0; index < perSecond * seconds; index++) {
    const due = began + (index * 1_000) / perSecond
    await delay(Math.max(0, due - performance.now()))
    const kind = kinds[index % kinds.length] as Kind
    asking.push(
      ask(url, kind.next()).then(({ status, body }) => {
        if (status === 200) kind.take?.(body)
        return { kind: kind.name, status, ms: performance.now() - due }
      }),
    )
  }
  return Promise.all(asking)
}

const agent = new Agent({ keepAlive: true })

export async function ask(url: string, { path, authorization }: Question): Promise<Answer> {
  const asked = request(url + path, { agent, headers: { authorization } })
  const answered = new Promise<Answer>((resolve, reject) => {
    asked.once('error', reject)
    asked.once('response', (response) => {
      text(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject)
    })
  })
  asked.end()
  return answered
}
