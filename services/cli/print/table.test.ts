import { expect, it } from 'vitest'
import { tableLines } from './table.js'

it('aligns text to the left and numbers to the right', () => {
  expect(
    tableLines(
      ['outcome', 'stage', 'count'],
      [
        ['failure', 'Password', 1_204],
        ['success', '-', 7],
      ],
    ),
  ).toEqual(['outcome  stage     count', 'failure  Password  1,204', 'success  -             7'])
})

it('escapes control characters that a person chose', () => {
  expect(tableLines(['user'], [['ada\u001b[2J']])).toEqual(['user', 'ada\\u001b[2J'])
})

it('has the names of the columns alone if there are no rows', () => {
  expect(tableLines(['user', 'count'], [])).toEqual(['user  count'])
})
