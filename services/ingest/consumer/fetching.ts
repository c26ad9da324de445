import type { Consumer } from 'kafkajs'
import type { Fetching } from '../partition/partition_context.js'
import { FencedError } from '../partition/retry.js'

/** Controls what kafkajs fetches of one partition, for as long as `isHeld` says that it belongs to this worker. */
export function fetchingOf(
  consumer: Pick<Consumer, 'pause' | 'resume' | 'seek'>,
  options: { readonly topic: string; readonly partition: number; readonly isHeld: () => boolean },
): Fetching {
  const { topic, partition, isHeld } = options
  const topicPartitions = [{ topic, partitions: [partition] }]

  /** kafkajs throws while the consumer is not running: the partition is lost then. */
  function control(change: () => void): void {
    if (!isHeld()) throw new FencedError('The partition was reassigned.')
    try {
      change()
    } catch (error) {
      throw new FencedError('The consumer is not running.', { cause: error })
    }
  }

  return {
    pause: () => control(() => consumer.pause(topicPartitions)),
    from: (offset) =>
      control(() => {
        consumer.seek({ topic, partition, offset: String(offset) })
        consumer.resume(topicPartitions)
      }),
  }
}
