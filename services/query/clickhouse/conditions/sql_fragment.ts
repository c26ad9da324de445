/** A part of a statement, and the parameters that it names. No text of a request is ever part of the SQL. */
export interface SqlFragment {
  readonly sql: string
  readonly params: Readonly<Record<string, unknown>>
}

/**
 * The parameters of several fragments. Fragments of one statement name different parameters, or the same with one
 * value.
 */
export function paramsOf(fragments: readonly SqlFragment[]): Readonly<Record<string, unknown>> {
  return Object.assign({}, ...fragments.map(({ params }) => params))
}
