/** Where a broker of the local stack listens; the host is always this machine. */
export interface BrokerPorts {
  readonly port: number
  readonly controllerPort: number
}

/**
 * The configuration of one Kafka node that is broker and controller at once (KRaft). Its data lies in `data` of the folder it runs
 * in: Kafka would split a whole path at a comma. What is set beside the addresses fits one node on a developer's machine.
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
    // Topics are made by migrate, with the partitions that were asked for.
    'auto.create.topics.enable=false',
    'offsets.topic.num.partitions=4',
    'offsets.topic.replication.factor=1',
    'transaction.state.log.num.partitions=4',
    'transaction.state.log.replication.factor=1',
    'transaction.state.log.min.isr=1',
    // A group need not wait for more members, nor the log cleaner hold 128 MiB for a few small compacted topics.
    'group.initial.rebalance.delay.ms=0',
    'log.cleaner.dedupe.buffer.size=4194304',
    ...further,
    '',
  ].join('\n')
}
