import { z } from 'zod'
import { isText, OUTCOMES, type OutcomeRule, type Stream, streams } from '../../streams/index.js'
import { nearest } from '../suggestion.js'

const MAX_RULES = 100
const MAX_PATTERNS = 200
const MAX_PATTERN_LENGTH = 200
/** A query sends all patterns to ClickHouse as parameters, each of at most 128 KiB. */
const MAX_BYTES = 12 * 1024

const EXAMPLE = '{"auth_audits": [{"outcome": "failure", "when": {"event": ["Out of hours"]}}]}'

const pattern = z
  .string()
  .min(1, 'must not be empty')
  .max(MAX_PATTERN_LENGTH, `must be at most ${MAX_PATTERN_LENGTH} characters long`)
  .refine((text) => text.isWellFormed() && !/\p{Cc}/u.test(text), 'must be text without control characters')

const patterns = z
  .array(pattern, 'must be a list of patterns')
  .min(1, 'must have a pattern')
  .max(MAX_PATTERNS, `must have at most ${MAX_PATTERNS} patterns`)

function rule({ name: stream, fields }: Stream) {
  const names = fields.filter(isText).map(({ name }) => name)
  const advice = (given: string): string => {
    const meant = nearest(given, names)
    return `${given} is not a field of ${stream}${meant === undefined ? '' : ` (did you mean ${meant}?)`}`
  }
  const when = z
    .strictObject(Object.fromEntries(names.map((name) => [name, patterns.optional()])), {
      error: (issue) =>
        issue.code === 'unrecognized_keys'
          ? issue.keys.map(advice).join('; ')
          : 'must name fields, each with a list of patterns',
    })
    .refine((conditions) => Object.keys(conditions).length > 0, {
      error: 'must name a field',
      // An unknown name is reported already.
      when: ({ issues }) => issues.length === 0,
    })
  return z.strictObject({ outcome: z.enum(OUTCOMES, `must be one of ${OUTCOMES.join(', ')}`), when })
}

const rules = z.strictObject(
  Object.fromEntries(
    streams
      .filter(({ outcomes }) => outcomes !== undefined)
      .map((stream) => [
        stream.name,
        z
          .array(rule(stream), 'must be a list of rules')
          .max(MAX_RULES, `must have at most ${MAX_RULES} rules`)
          .optional(),
      ]),
  ),
  {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `has rules for ${issue.keys.join(', ')}: no stream of that name has outcomes`
        : 'must be an object of lists of rules, by the names of streams',
  },
)

/** The operator's rules by stream, as JSON; they come before the declared rules. All faults are reported at once. */
export const outcomeRules = z.string().transform((text, context): Readonly<Record<string, readonly OutcomeRule[]>> => {
  if (Buffer.byteLength(text) > MAX_BYTES) {
    context.addIssue({ code: 'custom', message: `must be at most ${MAX_BYTES} bytes long` })
    return z.NEVER
  }
  const given = json(text)
  if (given === undefined) {
    context.addIssue({ code: 'custom', message: `must be JSON, such as ${EXAMPLE}` })
    return z.NEVER
  }
  const parsed = rules.safeParse(given)
  if (parsed.success) return parsed.data as Readonly<Record<string, readonly OutcomeRule[]>>
  for (const { path, message } of parsed.error.issues) context.addIssue({ code: 'custom', path: [...path], message })
  return z.NEVER
})

function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
