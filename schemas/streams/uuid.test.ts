import { expect, it } from 'vitest'
import { isUuid, uuidBytes, uuidText } from './uuid.js'

const ID = '019b76da-a800-7000-8000-0123456789ab'

it('accepts the text of a UUID, in upper or lower case', () => {
  expect([ID, ID.toUpperCase(), '00000000-0000-0000-0000-000000000000'].map(isUuid)).toEqual([true, true, true])
})

it.each(['', 'x', ID.replaceAll('-', ''), `${ID}0`, ` ${ID}`, `${ID}\n`, `{${ID}}`, ID.replace('d', 'g')])(
  '%j is no UUID',
  (text) => {
    expect(isUuid(text)).toBe(false)
  },
)

it('turns text to bytes and bytes to text', () => {
  expect(uuidBytes(ID)).toEqual(Buffer.from('019b76daa800700080000123456789ab', 'hex'))
  expect(uuidText(uuidBytes(ID.toUpperCase()))).toBe(ID)
})
