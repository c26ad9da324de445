import { expect, it } from 'vitest'
import { decodeCommitMetadata, encodeCommitMetadata } from './committed_offset.js'

it.each([{ topicId: 't' }, { topicId: 't', pending: 0 }, { topicId: 't', pending: 2 ** 53 - 1 }])(
  'reads %j as it was written',
  (metadata) => expect(decodeCommitMetadata(encodeCommitMetadata(metadata))).toEqual(metadata),
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
])('ignores %j, which ingest did not write', (metadata) => expect(decodeCommitMetadata(metadata)).toBeUndefined())
