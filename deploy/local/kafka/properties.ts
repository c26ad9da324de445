/** The ports of a broker of the local stack. It listens on this machine only. */
export interface BrokerPorts {
  readonly port: number
  readonly controllerPort: number
}

/**
 * The configuration of one Kafka node that is both broker and controller (KRaft), for a developer's machine. `log.dirs`
 * is a relative path because Kafka splits a path at its commas.
 */
export function serverProperties({ port, controllerPort }: BrokerPorts, further: readonly string[] = []): string {
  return [
    'process.roles=broker,controller',
    'node.id=1',
    `controller.quorum.voters=1@127.0.0.1:${controllerPort}`,
    `listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    `advertised.listeners=PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names=CONTROLLER',
    'inter.broker.listener.name=PLAINTEXT',
    'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'log.dirs=data',
    // `migrate` creates the topics, with the configured number of partitions.
    'auto.create.topics.enable=false',
    'offsets.topic.num.partitions=4',
    'offsets.topic.replication.factor=1',
    'transaction.state.log.num.partitions=4',
    'transaction.state.log.replication.factor=1',
    'transaction.state.log.min.isr=1',
    // A group doesn't wait for more members, and the log cleaner doesn't need 128 MiB for a few small topics.
    'group.initial.rebalance.delay.ms=0',
    'log.cleaner.dedupe.buffer.size=4194304',
    ...further,
    '',
  ].join('\n')
}
