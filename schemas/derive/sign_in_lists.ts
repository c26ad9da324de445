import { OUTCOMES } from '../streams/index.js'
import { groupParameters, withDefaultTimes } from './counts.js'
import { filterParameters, type Parameter } from './parameters.js'
import type { SignInStreams } from './sign_ins.js'

/** The default and the maximum number of sign-ins in a response. */
export const DEFAULT_SIGN_INS = 50
export const MAX_SIGN_INS = 500

/**
 * Lists and counts look at the records of a trace that are at most so long before or after the stage by which they
 * found it. No sign-in takes longer, but a trace may go on for as long as its session.
 */
export const SIGN_IN_SPAN_MS = 60 * 60 * 1_000

/** What a sign-in says about its user and its target: of each field the last value that a stage has. */
export const DESCRIBING = [
  'upstream_idp',
  'user_id',
  'upstream_user_id',
  'source_ip',
  'user_agent',
  'org_id',
  'org_name',
  'issuer',
  'client_id',
  'application_name',
  'login_org_id',
  'login_org_name',
] as const

/** The parameters of `GET /v1/sign_ins`. */
export function signInsParameters(streams: SignInStreams): readonly Parameter[] {
  return [
    {
      kind: 'most',
      name: 'limit',
      doc: `The maximum number of sign-ins in the response; at most ${MAX_SIGN_INS}.`,
      most: MAX_SIGN_INS,
      byDefault: DEFAULT_SIGN_INS,
    },
    ...signInFilters(streams),
    {
      kind: 'cursor',
      name: 'cursor',
      doc: 'The `next_cursor` of the previous response, unchanged.',
    },
  ]
}

/** The parameters that select sign-ins. */
export function signInFilters({ stages }: SignInStreams): readonly Parameter[] {
  const times = filterParameters(stages).filter(({ kind }) => ['from', 'until', 'timezone'].includes(kind))
  return [
    ...times,
    {
      kind: 'texts',
      name: 'user',
      doc: 'Sign-ins of this user: a step has it as its `user_id`, or as its `upstream_user_id`, whose case is ignored.',
      example: 'ada@example.com',
    },
    {
      kind: 'texts',
      name: 'provider',
      doc: 'Sign-ins with this identity provider: a step has it as its `upstream_idp`.',
      example: 'google',
    },
    {
      kind: 'outcome',
      name: 'outcome',
      doc: `Sign-ins with this outcome: ${OUTCOMES.map((outcome) => `\`${outcome}\``).join(', ')}.`,
      example: 'failure',
    },
  ]
}

/**
 * What sign-ins can be counted by: who (`user` is the name at the provider, else the id), with which `provider`, with
 * which outcome, the stage that failed, and what a sign-in says about its user and its target.
 */
export const SIGN_IN_DIMENSIONS: readonly string[] = ['user', 'provider', 'outcome', 'failed_stage', ...DESCRIBING]

/** The parameters of `GET /v1/sign_ins/counts`. */
export function signInCountsParameters(streams: SignInStreams): readonly Parameter[] {
  return [...groupParameters(SIGN_IN_DIMENSIONS, 'provider'), ...signInFilters(streams).map(withDefaultTimes)]
}
