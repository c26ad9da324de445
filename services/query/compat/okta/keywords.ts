import type { Criterion } from '../../parameters/criteria.js'
import { ParameterError } from '../../parameters/given_parameters.js'

/** Okta's own bounds. */
const MAX_KEYWORDS = 10
const MAX_LENGTH = 40

/** The fields whose text is in an event as Okta shows it. */
const FIELDS = [
  ...['user_id', 'upstream_user_id', 'source_ip', 'user_agent', 'client_id', 'application_name'],
  ...['session', 'trace_id', 'event_name', 'stage', 'event', 'org_name', 'upstream_idp'],
]

/**
 * That an event has each of the keywords in one of its texts, in any case.
 *
 * @throws {ParameterError} for too many, or too long ones
 */
export function keywordsCriterion(text: string): Criterion {
  const keywords = text.split(/\s+/).filter((keyword) => keyword !== '')
  if (keywords.length > MAX_KEYWORDS) throw new ParameterError(`may have at most ${MAX_KEYWORDS} keywords.`)
  if (keywords.some((keyword) => [...keyword].length > MAX_LENGTH)) {
    throw new ParameterError(`may have keywords of at most ${MAX_LENGTH} characters.`)
  }
  return {
    all: keywords.map((value) => ({ any: FIELDS.map((field) => ({ field, test: 'contains' as const, value })) })),
  }
}
