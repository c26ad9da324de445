import type { OpenAPIV3_1 } from 'openapi-types'
import { OUTCOMES, type Stream } from '../../streams/index.js'
import { MAX_GROUPS } from '../counts.js'
import {
  DESCRIBING,
  MAX_SIGN_INS,
  SIGN_IN_DIMENSIONS,
  signInCountsParameters,
  signInsParameters,
} from '../sign_in_lists.js'
import { type SignInStreams, signInStreams } from '../sign_ins.js'
import { countsSchema } from './counts_operation.js'
import { ERRORS } from './error_responses.js'
import { authenticated, type OperationParts, type Paths } from './operation_parts.js'
import { summary, TRACE } from './sign_in_operation.js'

/** The paths that list and count sign-ins, if a stream has them. */
export function signInListPaths(all: readonly Stream[], parameter: OperationParts['parameter']): Paths {
  const streams = signInStreams(all)
  if (streams === undefined) return {}
  return {
    '/v1/sign_ins': { get: listOperation(streams, parameter) },
    '/v1/sign_ins/counts': { get: countsOperation(streams, parameter) },
  }
}

function listOperation(streams: SignInStreams, parameter: OperationParts['parameter']): OpenAPIV3_1.OperationObject {
  return {
    operationId: 'list_sign_ins',
    summary: 'List sign-ins',
    description:
      'Sign-ins, one per trace, the newest first, each with its outcome and where it failed: from the records that the caller may read. A ' +
      'sign-in has the place and the time of its newest stage that matches. A trace without a step of a sign-in, such as a log-out alone, is ' +
      'none. There may be more as long as the response has `next_cursor`, also where it has fewer than `limit`.',
    ...authenticated,
    parameters: signInsParameters(streams).map(parameter),
    responses: {
      '200': {
        description: 'The sign-ins, newest first.',
        content: {
          'application/json': {
            schema: { $ref: '#/components/schemas/SignInList' },
            example: {
              limit: 1,
              sign_ins: [
                {
                  trace_id: TRACE,
                  outcome: 'success',
                  started_at: '2026-01-31T14:00:00.123456Z',
                  ended_at: '2026-01-31T14:00:04.623456Z',
                  duration_ms: 4500,
                  stages: 4,
                  upstream_idp: 'google',
                  upstream_user_id: 'ada@example.com',
                },
              ],
              next_cursor: 'AAAGQB3wdKcAAZt2',
            },
          },
        },
      },
      ...ERRORS,
    },
  }
}

function countsOperation(streams: SignInStreams, parameter: OperationParts['parameter']): OpenAPIV3_1.OperationObject {
  return {
    operationId: 'count_sign_ins',
    summary: 'Count sign-ins',
    description:
      'Counts sign-ins, not their stages: for each combination of values in `by` and for each `interval`, in which the sign-in began. ' +
      `The response holds all groups or none: for more than ${MAX_GROUPS} it is 400 (\`TOO_MANY_GROUPS\`) and says how to ask for fewer.`,
    ...authenticated,
    parameters: signInCountsParameters(streams).map(parameter),
    responses: {
      '200': {
        description: 'The counts, in order of time, then the largest first.',
        content: {
          'application/json': {
            schema: { $ref: '#/components/schemas/SignInCounts' },
            example: {
              by: ['provider'],
              interval: '1d',
              timezone: 'UTC',
              dt_from: '2026-01-30T00:00:00.000000Z',
              dt_to: '2026-01-31T14:00:00.000000Z',
              counts: [{ time: '2026-01-31T00:00:00.000000Z', provider: 'google', count: 42 }],
            },
          },
        },
      },
      ...ERRORS,
    },
  }
}

/** The schemas of the responses, by their names. */
export function signInListSchemas(streams: readonly Stream[]): Record<string, OpenAPIV3_1.SchemaObject> {
  const stages = signInStreams(streams)?.stages
  if (stages === undefined) return {}
  const docs = new Map<string, string>(stages.fields.map(({ name, doc }) => [name, doc]))
  const text = (description: string): OpenAPIV3_1.SchemaObject => ({ type: 'string', description })
  const describing = Object.fromEntries(
    DESCRIBING.map((name) => [name, text(`${docs.get(name) ?? ''} The last value that a stage has.`)]),
  )
  const dimensions: Record<string, OpenAPIV3_1.SchemaObject> = {
    user: text('The user: the name at the provider, or else the id.'),
    provider: text('The identity provider.'),
    outcome: { enum: [...OUTCOMES], description: 'The outcome of the sign-ins.' },
    failed_stage: text('The stage at which they failed.'),
    ...describing,
  }
  return {
    SignInList: {
      type: 'object',
      description: 'A page of sign-ins.',
      required: ['limit', 'sign_ins'],
      properties: {
        limit: { type: 'integer', description: 'The maximum number of sign-ins in the response.' },
        sign_ins: {
          type: 'array',
          description: 'The sign-ins, newest first.',
          maxItems: MAX_SIGN_INS,
          items: {
            type: 'object',
            description: 'One sign-in. Absent values are omitted.',
            required: ['trace_id', 'outcome', 'started_at', 'ended_at', 'duration_ms', 'stages'],
            properties: {
              trace_id: text('The trace.'),
              session: text('The session that it started, if a stage names one.'),
              ...summary,
              stages: { type: 'integer', minimum: 1, description: 'How many records it has.' },
              ...describing,
            },
          },
        },
        next_cursor: text('Send it as `cursor` to get the next page. Absent when there are no more. Opaque.'),
      },
    },
    SignInCounts: countsSchema(
      'sign-ins',
      Object.fromEntries(SIGN_IN_DIMENSIONS.map((name) => [name, dimensions[name] ?? text('')])),
    ),
  }
}
