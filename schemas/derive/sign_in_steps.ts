import { LOG_OUT } from '../streams/auth_audits_event_kinds.js'
import { lowerAscii, patternsExpression } from './outcomes/text_pattern.js'

/*
 * A trace can hold records that are no steps of a sign-in: a log-out, a refreshed token. The collector's sources and
 * programs that emit by themselves name them in the stage, in the event's name, or in the event.
 */

const REFRESH = ['refresh', 'refreshed', 'refresh *', '*refresh token*', '*token refresh*', '*refreshed token*']
/** What programs do with a token that they have. */
const USE = ['introspect*', '*token introspection', 'user info*', 'userinfo*', 'revoke *', '*token*revoke*']
/** Auth0's codes of these. */
const CODES = ['slo', 'flo', 'serft', 'sertft', 'srrt', 'fertft', 'ferrt']

/** A record with one of these is no step of a sign-in. The patterns are those of `OutcomeRule`. */
const NO_STEPS: Readonly<Record<string, readonly string[]>> = {
  stage: [...LOG_OUT, ...REFRESH, ...USE],
  event_name: [...LOG_OUT, ...REFRESH, ...USE],
  event: [...LOG_OUT, ...REFRESH, ...CODES],
}

const EXPRESSIONS = Object.entries(NO_STEPS).map(([field, patterns]) => {
  const expression = patternsExpression(patterns)
  return { field, expression, compiled: new RegExp(expression, 's') }
})

/** Whether a record is a step of a sign-in. */
export function isSignInStep(record: Readonly<Record<string, unknown>>): boolean {
  return !EXPRESSIONS.some(({ field, compiled }) => {
    const text = record[field]
    return typeof text === 'string' && compiled.test(lowerAscii(text))
  })
}

/** The same as a SQL expression. `quoted` returns the SQL of a text. */
export function signInStepSql(quoted: (text: string) => string): string {
  const matches = EXPRESSIONS.map(({ field, expression }) => `match(lower(${field}), ${quoted(`(?s)${expression}`)})`)
  return `NOT (${matches.join(' OR ')})`
}
