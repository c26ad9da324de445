import type { OpenAPIV3_1 } from 'openapi-types'
import type { Parameter } from '../parameters.js'

/** Paths whose only method is GET. `OpenAPIV3_1.PathsObject` does not fit: it also demands the types of OpenAPI 3.0. */
export type Paths = Record<string, { get: OpenAPIV3_1.OperationObject }>

/** What the operations of a stream have in common. */
export interface OperationParts {
  readonly parameter: (parameter: Parameter) => OpenAPIV3_1.ParameterObject
  /** The error responses, by status. */
  readonly errors: OpenAPIV3_1.ResponsesObject
  /** A record of the stream. */
  readonly example: RecordExample
}

/** A record as an example shows it. */
export type RecordExample = Readonly<Record<string, string>>

/** What every operation on the audit trail requires. */
export const authenticated = { tags: ['streams'], security: [{ token: [] }] }

export const dateTime = { type: 'string', format: 'date-time' } as const
