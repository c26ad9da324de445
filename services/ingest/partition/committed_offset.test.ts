import { expect, it } from 'vitest'
import { decodePosition, encodePosition } from './committed_offset.js'

it.each([{ topicId: 't' }, { topicId: 't', pending: 0 }, { topicId: 't', pending: 2 ** 53 - 1 }])(
  'reads %j as it was written',
  (position) => expect(decodePosition(encodePosition(position))).toEqual(position),
)

it.each([
  null,
  undefined,
  '',
  'x',
  '{}',
  '{"v":2,"topic_id":"t"}',
  '{"v":1}',
  '{"v":1,"topic_id":"t","pending":1.5}',
  '[1]',
])('takes %j for no position of ours', (metadata) => expect(decodePosition(metadata)).toBeUndefined())
