import type { OpenAPIV3_1 } from 'openapi-types'
import { OUTCOMES, type Stream } from '../../streams/index.js'
import { MAX_AFTERWARDS, MAX_STAGES, type SignInStreams, signInStreams } from '../sign_ins.js'
import { ERRORS, response } from './error_responses.js'
import { authenticated, dateTime, type Paths, type RecordExample } from './operation_parts.js'

export const TRACE = '0af7651916cd43dd8448eb211c80319c'

/** The path of one sign-in, if a stream has sign-ins. */
export function signInPaths(streams: readonly Stream[], example: (stream: Stream) => RecordExample): Paths {
  const found = signInStreams(streams)
  return found === undefined ? {} : { '/v1/sign_ins/{trace_id}': { get: signInOperation(found, example) } }
}

function signInOperation(
  { stages, sessions }: SignInStreams,
  exampleOf: (stream: Stream) => RecordExample,
): OpenAPIV3_1.OperationObject {
  const stage = { ...exampleOf(stages), trace_id: TRACE, session: '1234' }
  const { event_id, time, event } = exampleOf(stages)
  return {
    operationId: 'read_sign_in',
    summary: 'Get a sign-in, stage by stage',
    description:
      'The stages of a trace in order with the time between them, the outcome of the sign-in, where it failed, and what its session did ' +
      'afterwards; only the records that the caller may read.\n\nThe outcome of the sign-in:\n\n1. `success` if a stage succeeded and names ' +
      'a token. The sign-in ends there; later stages of the trace do not change its outcome.\n2. `failure` if a stage failed and no later ' +
      'record of the same stage succeeded. The first such record is `failed_at`.\n3. The outcome of the last stage whose outcome is not ' +
      '`unknown`.\n4. `unknown`.',
    ...authenticated,
    parameters: [
      {
        name: 'trace_id',
        in: 'path',
        required: true,
        description: 'The trace of the sign-in.',
        // An example of the parameter itself would be filled in, and no sign-in has it.
        schema: { type: 'string', minLength: 1, ...{ examples: [TRACE] } },
      },
    ],
    responses: {
      '200': {
        description: 'The sign-in.',
        content: {
          'application/json': {
            schema: { $ref: '#/components/schemas/SignIn' },
            example: {
              trace_id: TRACE,
              session: '1234',
              outcome: 'failure',
              started_at: time,
              ended_at: '2026-01-31T14:00:04.623456Z',
              duration_ms: 4500,
              failed_at: { event_id: ANOTHER, time: '2026-01-31T14:00:04.623456Z', stage: 'Consent', event: 'Denied' },
              stages: [
                { ...stage, event_id, event },
                {
                  ...{ ...stage, event_id: ANOTHER, time: '2026-01-31T14:00:04.623456Z' },
                  ...{
                    stage: 'Consent',
                    event: 'Denied',
                    result: 'Denied',
                    outcome: 'failure',
                    ms_since_previous: 4500,
                  },
                },
              ],
              afterwards: Object.fromEntries(sessions.map(({ name }) => [name, { records: [] }])),
            },
          },
        },
      },
      ...ERRORS,
      '404': response('SignInNotFound'),
    },
  }
}

const ANOTHER = '019b76da-b993-7000-8000-0123456789ab'

/** The schema of the response, by its name. */
export function signInSchemas(streams: readonly Stream[]): Record<string, OpenAPIV3_1.SchemaObject> {
  const found = signInStreams(streams)
  if (found === undefined) return {}
  const stage = { $ref: `#/components/schemas/${found.stages.record}` }
  return {
    SignIn: {
      type: 'object',
      description: 'One sign-in: the records of one trace.',
      required: ['trace_id', 'outcome', 'started_at', 'ended_at', 'duration_ms', 'stages', 'afterwards'],
      properties: {
        trace_id: { type: 'string', description: 'The trace.' },
        session: { type: 'string', description: 'The session that it started, if a stage names one.' },
        ...summary,
        stages: {
          type: 'array',
          description: 'Its stages in order.',
          minItems: 1,
          maxItems: MAX_STAGES,
          items: {
            allOf: [stage],
            properties: {
              ms_since_previous: {
                type: 'number',
                minimum: 0,
                description: 'Milliseconds since the previous stage; absent in the first.',
              },
            },
          },
        },
        read_on: {
          ...link,
          description: `The list of the remaining stages, if there are more than ${MAX_STAGES}.`,
        },
        afterwards: {
          type: 'object',
          description:
            'What the session did after the end of the sign-in, by stream. Empty if no stage names a session.',
          properties: Object.fromEntries(found.sessions.map((stream) => [stream.name, afterwards(stream)])),
        },
      },
    },
  }
}

/** What every answer says about a sign-in. */
export const summary: Readonly<Record<string, OpenAPIV3_1.SchemaObject>> = {
  outcome: { enum: [...OUTCOMES], description: 'The outcome of the sign-in.' },
  started_at: { ...dateTime, description: 'The time of its first stage.' },
  ended_at: { ...dateTime, description: 'The time of its first token, or of its last stage if it has no token.' },
  duration_ms: { type: 'number', minimum: 0, description: 'Milliseconds from its first stage to its end.' },
  failed_at: {
    type: 'object',
    description: 'Where it failed: the first record that failed and whose stage did not succeed later.',
    required: ['event_id', 'time'],
    properties: {
      event_id: { type: 'string', format: 'uuid', description: 'The id of that record.' },
      time: { ...dateTime, description: 'The time of that record.' },
      stage: { type: 'string', description: 'The stage.' },
      event: { type: 'string', description: 'What happened there.' },
    },
  },
}

function afterwards({ name, record }: Stream): OpenAPIV3_1.SchemaObject {
  return {
    type: 'object',
    description: `The session’s records of ${name}, the oldest first.`,
    required: ['records'],
    properties: {
      records: { type: 'array', maxItems: MAX_AFTERWARDS, items: { $ref: `#/components/schemas/${record}` } },
      read_on: { ...link, description: `The list of the remaining records, if there are more than ${MAX_AFTERWARDS}.` },
    },
  }
}

const link: OpenAPIV3_1.SchemaObject = {
  type: 'string',
  format: 'uri-reference',
  examples: ['/v1/auth_audits?session_id=1234&cursor=…'],
}
