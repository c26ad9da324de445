import { type Fault, type FaultKind, STRUCK } from './fault.js'

/** More invalid records in a row than fit one request to Kafka, and more than a small range holds. */
export const poisonBurst: FaultKind = {
  share: 1,
  draw: (random) => () => {
    const records = random.between(10_000, 25_000)
    return sendPoison(records, random.between(0, 999))
  },
}

/** `place` decides which partition gets them. */
export function sendPoison(records: number, place: number): Fault {
  return {
    kind: 'poison-burst',
    what: `send ${records} invalid records in a row`,
    claims: ['broker'],
    async inflict({ burst }) {
      await burst(records, place)
      return STRUCK
    },
  }
}
