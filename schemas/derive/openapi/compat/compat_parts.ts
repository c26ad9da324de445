import type { OpenAPIV3_1 } from 'openapi-types'
import { responses } from '../error_responses.js'

type Responses = OpenAPIV3_1.ResponsesObject

/** What every operation of a product's API requires; its programs bring the token in their own way, too. */
export function authenticatedBy(...schemes: readonly string[]): Pick<OpenAPIV3_1.OperationObject, 'tags' | 'security'> {
  return { tags: ['compatible'], security: ['token', ...schemes].map((scheme) => ({ [scheme]: [] })) }
}

/** How a product shows an error. */
export interface ErrorForm {
  readonly schema: string
  readonly example: object
}

/** Our errors by status, in the form of a product. The other members of the responses stay. */
export function errorsAs({ schema, example }: ErrorForm, names: readonly (keyof typeof STATUS)[]): Responses {
  return Object.fromEntries(
    names.map((name) => {
      const { description, headers } = responses[name] as OpenAPIV3_1.ResponseObject
      const content = { 'application/json': { schema: { $ref: `#/components/schemas/${schema}` }, example } }
      return [STATUS[name], { description, ...(headers === undefined ? {} : { headers }), content }]
    }),
  )
}

const STATUS = {
  InvalidParameter: '400',
  NotAuthenticated: '401',
  NotPermitted: '403',
  QueryTooLarge: '422',
  TooManyRequests: '429',
  Failed: '500',
  Unavailable: '503',
} as const

/** The errors of every operation, besides those that come before any route is known. */
export const COMMON = Object.keys(STATUS) as (keyof typeof STATUS)[]

/** A member that is a text, or null where the record has none. */
export function textOrNull(description: string): OpenAPIV3_1.SchemaObject {
  return { type: ['string', 'null'], description }
}

export function objectOf(
  description: string,
  properties: Readonly<Record<string, OpenAPIV3_1.SchemaObject>>,
): OpenAPIV3_1.SchemaObject {
  return { type: 'object', description, required: Object.keys(properties), properties: { ...properties } }
}

export function listOf(description: string, items: OpenAPIV3_1.SchemaObject | OpenAPIV3_1.ReferenceObject) {
  return { type: 'array' as const, description, items }
}
