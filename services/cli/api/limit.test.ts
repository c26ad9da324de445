import { describe, expect, it } from 'vitest'
import { withoutLimit } from './limit.js'

describe('withoutLimit', () => {
  it('takes a filter `limit` as --limit, and sends it once', () => {
    const filters = [
      ['outcome', 'failure'],
      ['limit', '5'],
    ] as const
    expect(withoutLimit(filters, 20)).toEqual({ limit: 5, parameters: [['outcome', 'failure']] })
  })

  it('leaves other filters, and the option, as they are', () => {
    expect(withoutLimit([['stage', 'Login']], 20)).toEqual({ limit: 20, parameters: [['stage', 'Login']] })
  })

  it.each(['', '0', '-1', '1.5', 'ten', '1e3'])('says that the limit %j is no whole number', (text) => {
    expect(() => withoutLimit([['limit', text]], 20)).toThrow('limit must be a whole number from 1 on.')
  })
})
