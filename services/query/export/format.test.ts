import { expect, it } from 'vitest'
import { exportParameters } from '../../../schemas/derive/parameters.js'
import { audits, authAudits } from '../../../schemas/streams/index.js'
import { GivenParameters } from '../parameters/given_parameters.js'
import { formatFrom } from './format.js'

function format(
  accept: string | undefined,
  query: Record<string, string> = {},
  stream: typeof authAudits | typeof audits = authAudits,
) {
  const given = new GivenParameters(stream, exportParameters(stream), query)
  const found = formatFrom(given, stream, accept)
  given.check()
  return found
}

it.each([
  [undefined, 'ndjson'],
  ['*/*', 'ndjson'],
  ['text/csv', 'csv'],
  ['text/*;q=0.5, application/vnd.apache.parquet', 'parquet'],
  ['application/*', 'ndjson'],
  ['application/x-ndjson;q=0, */*;q=0.1', 'csv'],
  ['Text/CSV; header=present, */*;q=0.1', 'csv'],
])('Accept: %s asks for %s', (accept, expected) => {
  expect(format(accept)).toBe(expected)
})

it('the parameter overrides the header', () => {
  expect(format('text/csv', { format: 'OCSF' })).toBe('ocsf')
  expect(() => format('text/csv', { format: 'ocsf' }, audits)).toThrow(/format: must be one of ndjson, csv, parquet\./)
})

it('an unknown media type is not acceptable', () => {
  for (const accept of ['image/png', 'text/csv;q=0', '*/*;q=0', 'text/html, application/json']) {
    expect(() => format(accept)).toThrow(expect.objectContaining({ status: 406, code: 'NOT_ACCEPTABLE' }))
  }
})
