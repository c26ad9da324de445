import { z } from 'zod'
import {
  EVENT_KINDS,
  type EventKindRule,
  isText,
  OUTCOMES,
  type OutcomeRule,
  type Stream,
  streams,
} from '../../streams/index.js'
import { nearest } from '../suggestion.js'

const MAX_RULES = 100
const MAX_PATTERNS = 200
const MAX_PATTERN_LENGTH = 200
/** A query sends all patterns to ClickHouse as parameters, each of at most 128 KiB. */
const MAX_BYTES = 12 * 1024

const pattern = z
  .string()
  .min(1, 'must not be empty')
  .max(MAX_PATTERN_LENGTH, `must be at most ${MAX_PATTERN_LENGTH} characters long`)
  .refine((text) => text.isWellFormed() && !/\p{Cc}/u.test(text), 'must be text without control characters')

const patterns = z
  .array(pattern, 'must be a list of patterns')
  .min(1, 'must have a pattern')
  .max(MAX_PATTERNS, `must have at most ${MAX_PATTERNS} patterns`)

/** What a rule of a stream says about fields: patterns, by the fields' names. */
function whenOf({ name: stream, fields }: Stream) {
  const names = fields.filter(isText).map(({ name }) => name)
  const advice = (given: string): string => {
    const meant = nearest(given, names)
    return `${given} is not a field of ${stream}${meant === undefined ? '' : ` (did you mean ${meant}?)`}`
  }
  return z
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
}

const outcome = z.enum(OUTCOMES, `must be one of ${OUTCOMES.join(', ')}`)
const kind = z.enum(EVENT_KINDS, `must be one of ${EVENT_KINDS.join(', ')}`)

/** The operator's rules by stream, as JSON; they come before the declared rules. All faults are reported at once. */
export const outcomeRules = rulesByStream<OutcomeRule>({
  have: 'outcomes',
  streams: streams.filter(({ outcomes }) => outcomes !== undefined),
  rule: (stream) => z.strictObject({ outcome, when: whenOf(stream) }),
  example: '{"auth_audits": [{"outcome": "failure", "when": {"event": ["Out of hours"]}}]}',
})

/** The same for what records mean in a log of log-ins and log-outs. */
export const eventKindRules = rulesByStream<EventKindRule>({
  have: 'kinds of events',
  streams: streams.filter(({ eventKinds }) => eventKinds !== undefined),
  rule: (stream) =>
    z
      .strictObject({
        kind,
        when: whenOf(stream).optional(),
        outcomes: z.array(outcome, 'must be a list of outcomes').min(1, 'must have an outcome').optional(),
      })
      .refine(({ when, outcomes }) => when !== undefined || outcomes !== undefined, {
        error: 'must have when, or outcomes',
      }),
  example: '{"auth_audits": [{"kind": "login", "when": {"stage": ["Token"]}, "outcomes": ["success"]}]}',
})

interface RulesOfStreams {
  /** What the streams have by these rules. */
  readonly have: string
  readonly streams: readonly Stream[]
  readonly rule: (stream: Stream) => z.ZodType
  readonly example: string
}

function rulesByStream<R>({ have, streams, rule, example }: RulesOfStreams) {
  const rules = z.strictObject(
    Object.fromEntries(
      streams.map((stream) => [
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
          ? `has rules for ${issue.keys.join(', ')}: no stream of that name has ${have}`
          : 'must be an object of lists of rules, by the names of streams',
    },
  )
  return z.string().transform((text, context): Readonly<Record<string, readonly R[]>> => {
    if (Buffer.byteLength(text) > MAX_BYTES) {
      context.addIssue({ code: 'custom', message: `must be at most ${MAX_BYTES} bytes long` })
      return z.NEVER
    }
    const given = json(text)
    if (given === undefined) {
      context.addIssue({ code: 'custom', message: `must be JSON, such as ${example}` })
      return z.NEVER
    }
    const parsed = rules.safeParse(given)
    if (parsed.success) return parsed.data as Readonly<Record<string, readonly R[]>>
    for (const { path, message } of parsed.error.issues) context.addIssue({ code: 'custom', path: [...path], message })
    return z.NEVER
  })
}

function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
