import { expect, it } from 'vitest'
import { filtersAfterBy, footerOf } from './counts.js'

it('takes what has a `=` after --by for a filter', () => {
  expect(filtersAfterBy(['stage=Login'], { by: ['user_id', 'outcome=failure', 'org_id', 'limit=20'] })).toEqual([
    ['stage=Login', 'outcome=failure', 'limit=20'],
    { by: ['user_id', 'org_id'] },
  ])
})

it('says that counts are shown only in part if there is a limit', () => {
  const answer = { counts: [{ count: 1_200 }, { count: 34 }], dt_from: 'A', dt_to: 'B' }
  expect(footerOf(answer)).toBe('1,234 records from A to B')
  expect(footerOf({ ...answer, limit: 2 })).toBe('1,234 records shown from A to B')
})
