import kafkajs from 'kafkajs'

/** The error of Kafka's that makes kafkajs rejoin its group. */
const REJOIN = 'REBALANCE_IN_PROGRESS'

/**
 * An error that makes kafkajs rejoin the group when a fetch ends with it. After the broker has said that the worker is
 * no member, and the join request has failed with its connection, kafkajs 2.2.4 goes on fetching without a membership.
 * It sends no heartbeats then, so nothing else would make it rejoin.
 */
export function rejoinNeeded(): Error {
  const cause = Object.assign(new Error('The worker is no member of its group'), { type: REJOIN })
  return new kafkajs.KafkaJSProtocolError(cause)
}
