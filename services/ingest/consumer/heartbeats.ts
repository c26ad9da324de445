/**
 * Waits for `work` and sends heartbeats meanwhile, so that long work does not cost the membership. Rejects when a
 * heartbeat fails because the group rebalances: kafkajs then rejoins. kafkajs skips a heartbeat that comes before its
 * interval has passed, so call this with a shorter interval than kafkajs's own.
 */
export async function withHeartbeats<T>(heartbeat: () => Promise<void>, everyMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const lost = new Promise<never>((_resolve, reject) => {
    timer = setInterval(() => void heartbeat().catch(reject), everyMs)
  })
  try {
    return await Promise.race([work, lost])
  } finally {
    clearInterval(timer)
  }
}
