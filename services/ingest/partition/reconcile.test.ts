import { describe, expect, it } from 'vitest'
import { encodeCommitMetadata } from './committed_offset.js'
import { type Ledger, reconcile } from './reconcile.js'

const TOPIC = '11111111-1111-4111-8111-111111111111'
const OTHER = '22222222-2222-4222-8222-222222222222'

/** A ledger that knows a mark and some stored offsets of one incarnation. */
function ledger(mark: number | undefined, offsets: readonly number[] = []): Ledger {
  return {
    mark: async (topicId) => (topicId === TOPIC ? mark : undefined),
    stored: async (topicId, _partition, from, to) =>
      topicId === TOPIC ? offsets.filter((offset) => offset >= from && offset <= to) : [],
  }
}

describe('reconcile', () => {
  it.each([
    ['nothing known: from the beginning', undefined, null, ledger(undefined), { from: undefined }],
    ['a finished commit', 10, encodeCommitMetadata({ topicId: TOPIC }), ledger(4, [11]), { from: 10 }],
    [
      'a pending range of which nothing is stored',
      10,
      encodeCommitMetadata({ topicId: TOPIC, pending: 19 }),
      ledger(10),
      { from: 10, pending: 19 },
    ],
    [
      'a pending range of which some is stored',
      10,
      encodeCommitMetadata({ topicId: TOPIC, pending: 19 }),
      ledger(10, [9, 10, 19, 20]),
      { from: 10, pending: 19, stored: new Set([10, 19]) },
    ],
    ['an expired commit', undefined, null, ledger(20, [19, 20, 22]), { from: 20, stored: new Set([20, 22]) }],
    [
      'an expired commit before the first mark',
      undefined,
      null,
      ledger(undefined, [0, 3]),
      { stored: new Set([0, 3]) },
    ],
    ['an operator’s offset before the mark', 5, '', ledger(20), { from: 20 }],
    ['an operator’s offset beyond the mark', 25, '', ledger(20), { from: 25 }],
    [
      'a commit of an earlier incarnation',
      10,
      encodeCommitMetadata({ topicId: OTHER }),
      ledger(undefined),
      { from: undefined },
    ],
  ])('%s', async (_name, offset, metadata, known, expected) => {
    const start = await reconcile(TOPIC, 0, { offset, metadata }, known)
    expect(start).toEqual({ from: undefined, stored: new Set(), ...expected })
  })
})
