import type { ClickHouseClient } from '@clickhouse/client'
import type { QueryService } from '../query_service.js'

/** A kind of question that people ask all day. `next` is the one to ask now. */
export interface Kind {
  readonly name: string
  next(): Question
  /** Takes the body of each answer. */
  take?(body: string): void
}

export interface Question {
  readonly path: string
  readonly authorization: string
}

/** How many principals ask: each may run a few queries at once. */
const PRINCIPALS = 50
const ORGANIZATIONS = 200

/** The seven kinds. People and sign-ins are those of the table that was filled. */
export async function kindsOf(
  { authorization }: QueryService,
  client: ClickHouseClient,
  database: string,
): Promise<readonly Kind[]> {
  const everybody = await Promise.all(
    Array.from({ length: PRINCIPALS }, (_, index) => authorization(`person-${index}`, ['*'])),
  )
  const own = await Promise.all(
    Array.from({ length: ORGANIZATIONS }, (_, index) => authorization(`member-${index}`, [`org-${index}`])),
  )
  const samples = await client.query({
    query: `SELECT user_id, trace_id FROM ${database}.auth_audits WHERE cityHash64(trace_id) % 5003 = 0 LIMIT 1 BY trace_id LIMIT 2000`,
    format: 'JSONCompactEachRow',
  })
  const rows = await samples.json<[string, string]>()
  let asked = 0
  const operator = () => everybody[asked++ % PRINCIPALS] as string
  const list = (name: string, parameters: () => string): Kind => ({
    name,
    next: () => ({ path: `/v1/auth_audits?limit=100${parameters()}`, authorization: operator() }),
  })
  const sample = () => rows[Math.floor(Math.random() * rows.length)] as [string, string]
  let position = 'now'
  return [
    list('newest', () => ''),
    list('newest failures', () => '&outcome=failure'),
    list('a person', () => `&user_id=${sample()[0]}`),
    { name: 'a sign-in', next: () => ({ path: `/v1/sign_ins/${sample()[1]}`, authorization: operator() }) },
    {
      name: 'an organization',
      next: () => ({ path: '/v1/auth_audits?limit=100', authorization: own[asked++ % ORGANIZATIONS] as string }),
    },
    {
      name: 'counts',
      next: () => ({
        path: '/v1/auth_audits/counts?by=outcome&interval=1m&dt_from=now-1h',
        authorization: operator(),
      }),
    },
    {
      name: 'changes',
      next: () => ({ path: `/v1/auth_audits/changes?limit=100&after=${position}`, authorization: operator() }),
      take(body) {
        const { next } = JSON.parse(body)
        if (typeof next === 'string') position = encodeURIComponent(next)
      },
    },
  ]
}
