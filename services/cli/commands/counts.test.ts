import { expect, it } from 'vitest'
import { footerOf } from './counts.js'

it('says that counts are shown only in part if there is a limit', () => {
  const answer = { counts: [{ count: 1_200 }, { count: 34 }], dt_from: 'A', dt_to: 'B' }
  expect(footerOf(answer, 'records')).toBe('1,234 records from A to B')
  expect(footerOf({ ...answer, limit: 2 }, 'sign-ins')).toBe('1,234 sign-ins shown from A to B')
})
