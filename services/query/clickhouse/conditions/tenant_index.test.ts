import { expect, it } from 'vitest'
import { audits } from '../../../../schemas/streams/index.js'
import { tenantIndexHint } from './tenant_index.js'

const ACTION = { name: 'action', values: ['action'] } as const
const OWN = { array: '{organizations:Array(String)}', count: 4 }

it('names the pairs of each value and each organization, as the index has them', () => {
  expect(tenantIndexHint(audits, OWN, { index: ACTION, array: '[{action:String}]', count: 1 })).toBe(
    'indexHint(hasAny([bitXor(sipHash64(action), halfMD5(org_id)), bitXor(sipHash64(action), halfMD5(target_resource_org_id))], ' +
      'arrayFlatten(arrayMap(o -> arrayMap(v -> bitXor(sipHash64(v), halfMD5(o)), [{action:String}]), {organizations:Array(String)}))))',
  )
})

it('is left out where so many pairs would match every granule', () => {
  const values = (count: number) => ({ index: ACTION, array: '{action:Array(String)}', count })
  expect(tenantIndexHint(audits, OWN, values(50))).toBeDefined()
  expect(tenantIndexHint(audits, OWN, values(51))).toBeUndefined()
})
