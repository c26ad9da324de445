import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ParameterError } from '../../parameters/given_parameters.js'
import { type FilterExpression, readFilterExpression } from './filter_expression.js'

const eq = (path: string, value: string) => ({ path, operator: 'eq', value })

describe('an expression', () => {
  it.each<[string, object]>([
    ['eventType eq "user.session.start"', eq('eventType', 'user.session.start')],
    ['  eventType   EQ\t"a"  ', eq('eventType', 'a')],
    ['actor.id sw "0"', { path: 'actor.id', operator: 'sw', value: '0' }],
    ['a eq "1" or b eq "2" and c eq "3"', { or: [eq('a', '1'), { and: [eq('b', '2'), eq('c', '3')] }] }],
    ['(a eq "1" OR b eq "2") AND c eq "3"', { and: [{ or: [eq('a', '1'), eq('b', '2')] }, eq('c', '3')] }],
    ['((a eq "1"))', eq('a', '1')],
    ['a eq "say \\"or\\" \\\\ \\u00fc)("', eq('a', 'say "or" \\ ü)(')],
    ['a eq ""', eq('a', '')],
    ['a eq "\\ud800"', eq('a', '\ufffd')],
  ])('%s', (text, expression) => {
    expect(readFilterExpression(text)).toEqual(expression)
  })

  it.each([
    ['', /at its end/],
    ['eventType', /at its end/],
    ['eventType eq', /at its end/],
    ['eventType eq user', /at "user"/],
    ['eventType eq "a', /at "\\"a"/],
    ['eventType ne "a"', /at "ne".* with eq or sw/],
    ['not (a eq "1")', /at "\("/],
    ['a pr', /at "pr"/],
    ['a eq "1" b eq "2"', /at "b"/],
    ['a eq "1" and', /at its end/],
    ['(a eq "1"', /at its end/],
    ['a eq "1")', /at "\)"/],
    ['a eq "\\x"', /at/],
    ['a eq "line\nbreak"', /at/],
    ['"a" eq "1"', /at "\\"a\\""/],
    [`${'('.repeat(30)}a eq "1"${')'.repeat(30)}`, /at most 20 \(/],
    [Array.from({ length: 31 }, () => 'a eq "1"').join(' or '), /at most 30 comparisons/],
    [`a eq "${'x'.repeat(5_000)}"`, /at most 4096 characters/],
  ])('%s is rejected with advice', (text, message) => {
    expect(() => readFilterExpression(text)).toThrow(ParameterError)
    expect(() => readFilterExpression(text)).toThrow(message)
  })

  it('of any shape is read as it was written', () => {
    const comparison = fc.record({
      path: fc.constantFrom('actor.id', 'eventType', 'or.and'),
      operator: fc.constantFrom('eq' as const, 'sw' as const),
      value: fc.string({ unit: 'binary', maxLength: 10 }).map((text) => text.toWellFormed()),
    })
    const { expression } = fc.letrec<{ expression: FilterExpression }>((tie) => ({
      expression: fc.oneof(
        { maxDepth: 3 },
        comparison,
        fc.record({ and: fc.array(tie('expression'), { minLength: 2, maxLength: 2 }) }),
        fc.record({ or: fc.array(tie('expression'), { minLength: 2, maxLength: 2 }) }),
      ),
    }))
    fc.assert(
      fc.property(expression, (of) => {
        expect(readFilterExpression(textOf(of))).toEqual(of)
      }),
      { numRuns: 40 },
    )
  }, 60_000)

  it('never takes long, whatever the text is', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('(', ')', '"', '\\', ' ', 'a', 'eq', 'and'), maxLength: 4_000 }),
        (text) => {
          try {
            readFilterExpression(text)
          } catch (error) {
            expect(error).toBeInstanceOf(ParameterError)
          }
        },
      ),
      { numRuns: 50 },
    )
  })
})

function textOf(expression: FilterExpression): string {
  if ('and' in expression) return expression.and.map((part) => `(${textOf(part)})`).join(' and ')
  if ('or' in expression) return expression.or.map((part) => `(${textOf(part)})`).join(' or ')
  return `${expression.path} ${expression.operator} ${JSON.stringify(expression.value)}`
}
