import { OUTCOMES, type Stream } from '../../streams/index.js'
import { MAX_AFTERWARDS, MAX_STAGES, type SignInStreams, signInStreams } from '../sign_ins.js'
import { FAILURES, response } from './error_responses.js'

/** A part of an OpenAPI 3.1 document. */
type Part = Readonly<Record<string, unknown>>

const TRACE = '0af7651916cd43dd8448eb211c80319c'

/** The path at which one sign-in is read; none where no stream tells of them. */
export function signInPaths(streams: readonly Stream[], example: (stream: Stream) => Part): Part {
  const found = signInStreams(streams)
  return found === undefined ? {} : { '/v1/sign_ins/{trace_id}': { get: signInOperation(found, example) } }
}

function signInOperation({ stages, sessions }: SignInStreams, exampleOf: (stream: Stream) => Part): Part {
  const stage = { ...exampleOf(stages), trace_id: TRACE, session: '1234' }
  const { event_id, time, event } = exampleOf(stages)
  return {
    operationId: 'read_sign_in',
    summary: 'One sign-in, stage by stage',
    description:
      'Every stage of a trace in order with the time between them, what became of the sign-in as a whole and where it failed, and what its ' +
      'session did afterwards: of all that, what the caller may read.\n\nThe sign-in’s outcome: `success`, where a stage that succeeded ' +
      'names a token: it ends there, and what follows in the trace does not make it fail. Else `failure`, where a stage failed and no ' +
      'later record of the same stage succeeded; the first such is `failed_at`. Else what the last stage that tells its outcome tells; ' +
      '`unknown` where none does.',
    tags: ['streams'],
    security: [{ token: [] }],
    parameters: [
      {
        name: 'trace_id',
        in: 'path',
        required: true,
        description: 'The trace of the sign-in.',
        example: TRACE,
        schema: { type: 'string', minLength: 1 },
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
      ...FAILURES,
      '404': response('SignInNotFound'),
    },
  }
}

const ANOTHER = '019b76da-b993-7000-8000-0123456789ab'

/** The schema of the answer, by its name. */
export function signInSchemas(streams: readonly Stream[]): Part {
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
        session: { type: 'string', description: 'The session that it began, where a stage names one.' },
        outcome: { enum: [...OUTCOMES], description: 'What became of it as a whole.' },
        started_at: { ...time, description: 'When its first stage was.' },
        ended_at: { ...time, description: 'When its first token was given; without one, when its last stage was.' },
        duration_ms: { type: 'number', minimum: 0, description: 'Milliseconds from its first stage to its end.' },
        failed_at: {
          type: 'object',
          description: 'Where it failed: the first stage that failed and was not passed later.',
          required: ['event_id', 'time'],
          properties: {
            event_id: { type: 'string', format: 'uuid', description: 'The record of that stage.' },
            time: { ...time, description: 'When that was.' },
            stage: { type: 'string', description: 'The stage.' },
            event: { type: 'string', description: 'What happened there.' },
          },
        },
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
                description: 'Milliseconds since the stage before; not in the first.',
              },
            },
          },
        },
        read_on: {
          ...link,
          description: `Where there are more stages than ${MAX_STAGES}: the list of those that follow.`,
        },
        afterwards: {
          type: 'object',
          description: 'What the session did after the sign-in’s end, by stream; empty where no stage names a session.',
          properties: Object.fromEntries(found.sessions.map((stream) => [stream.name, afterwards(stream)])),
        },
      },
    },
  }
}

function afterwards({ name, record }: Stream): Part {
  return {
    type: 'object',
    description: `The session’s records of ${name}, the oldest first.`,
    required: ['records'],
    properties: {
      records: { type: 'array', maxItems: MAX_AFTERWARDS, items: { $ref: `#/components/schemas/${record}` } },
      read_on: { ...link, description: `Where there are more than ${MAX_AFTERWARDS}: the list of those that follow.` },
    },
  }
}

const time = { type: 'string', format: 'date-time' }

const link = { type: 'string', format: 'uri-reference', examples: ['/v1/auth_audits?session_id=1234&cursor=…'] }
