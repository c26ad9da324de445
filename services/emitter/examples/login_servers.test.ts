import type { RequestListener } from 'node:http'
import { describe, expect, it } from 'vitest'
import { listening } from '../../../test/fixtures/emitter/listening.js'
import { inMemoryEmitter } from '../index.js'
import { expressServer } from './express.js'
import { fastifyServer } from './fastify.js'
import { passportServer } from './passport.js'
import type { SignIn } from './stages.js'

const ada = { id: 'u-1', orgId: 'org-1' }
const users = {
  verify: async (name: string, password: string) => (`${name} ${password}` === 'ada right' ? ada : undefined),
}

async function fastifyListener(signIn: SignIn): Promise<RequestListener> {
  const app = fastifyServer(signIn)
  await app.ready()
  return app.routing
}

describe.each<[string, (signIn: SignIn) => RequestListener | Promise<RequestListener>]>([
  ['Fastify', fastifyListener],
  ['Express', expressServer],
  ['Passport', passportServer],
])('a sign-in through %s', (_name, serverOf) => {
  async function login(...bodies: readonly object[]) {
    const audit = inMemoryEmitter()
    await using server = await listening(await serverOf({ audit, users }))
    const answers = await Promise.all(
      bodies.map((body) =>
        fetch(`${server.url}/login`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'user-agent': 'Firefox' },
          body: JSON.stringify(body),
        }),
      ),
    )
    const sessions = await Promise.all(
      answers.map(async (answer) => ((await answer.json()) as { session?: string }).session),
    )
    return {
      statuses: answers.map(({ status }) => status),
      sessions,
      records: audit.records.map(({ fields }) => fields),
    }
  }

  it('leaves its stages, with one trace, the session once it is known, and the device', async () => {
    const { statuses, sessions, records } = await login({ name: 'ada', password: 'right' })
    expect(statuses).toEqual([200])
    const common = { user_id: 'u-1', org_id: 'org-1', source_ip: '127.0.0.1', user_agent: 'Firefox' }
    const trace_id = records[0]?.trace_id
    expect(trace_id).toMatch(/^[0-9a-f-]{36}$/)
    expect(records).toEqual([
      expect.objectContaining({ ...common, stage: 'Login', event: 'Success', upstream_user_id: 'ada', trace_id }),
      { ...common, stage: 'Session', event: 'Success', trace_id, session: sessions[0] },
    ])
    expect(records[0]?.session).toBeUndefined()
  })

  it('with a wrong password leaves a failure without the user', async () => {
    const { statuses, records } = await login({ name: 'ada', password: 'wrong' })
    expect(statuses).toEqual([401])
    expect(records).toEqual([expect.objectContaining({ stage: 'Login', event: 'Failure', upstream_user_id: 'ada' })])
    expect(records[0]).not.toHaveProperty('user_id')
  })

  it('without a name is a failure, and not an error', async () => {
    const { statuses, records } = await login({ password: ['right'] })
    expect(statuses).toEqual([401])
    expect(records).toEqual([expect.objectContaining({ stage: 'Login', event: 'Failure' })])
  })

  it('does not mix with another at the same time', async () => {
    const right = { name: 'ada', password: 'right' }
    const { sessions, records } = await login(...Array.from({ length: 20 }, () => right))
    const stages = (trace: unknown) => records.filter(({ trace_id }) => trace_id === trace).map(({ stage }) => stage)
    const traces = new Set(records.map(({ trace_id }) => trace_id))
    expect([...traces].map(stages)).toEqual(Array(20).fill(['Login', 'Session']))
    expect(new Set(records.flatMap(({ session }) => session ?? []))).toEqual(new Set(sessions))
  })
})
