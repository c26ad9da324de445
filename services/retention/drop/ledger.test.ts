import { expect, it } from 'vitest'
import { authAudits } from '../../../schemas/streams/index.js'
import { type Drop, dropsOf } from './ledger.js'

const DAY = { stream: authAudits, day: '2025-01-01' }
const at = '2026-11-29T12:00:00.000Z'
const earlier: Drop = {
  ...{ drop_id: 'a', stream: 'auth_audits', day: '2025-01-01', organizations: ['x', ''], rows: 5 },
  planned_at: '2026-11-28T12:00:00.000000Z',
}

it('each group of a plan is a drop of its own', () => {
  const [drop, ...rest] = dropsOf({ ...DAY, groups: [{ organizations: ['x', 'y'], rows: 3 }] }, [], at)
  expect(drop).toMatchObject({
    stream: 'auth_audits',
    day: '2025-01-01',
    organizations: ['x', 'y'],
    rows: 3,
    planned_at: at,
  })
  expect(rest).toEqual([])
})

it('a drop that was left unfinished keeps its id, its time, and the number of all of its rows', () => {
  const resumed = (rows: number) => dropsOf({ ...DAY, groups: [{ organizations: ['x', ''], rows }] }, [earlier], at)
  expect(resumed(2)).toEqual([earlier])
  expect(resumed(7)).toEqual([{ ...earlier, rows: 7 }])
  expect(dropsOf({ ...DAY, groups: [] }, [earlier], at)).toEqual([earlier])
})
