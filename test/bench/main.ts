import { parseArgs } from 'node:util'
import { benchEmitter } from './emitter.js'
import { benchExport } from './export.js'
import { benchHot } from './hot/hot.js'
import { benchIngest } from './ingest.js'
import { benchLatency } from './latency.js'
import { benchMemory } from './memory.js'
import { benchPoison } from './poison.js'
import { benchReads } from './reads.js'

const USAGE = `npm run bench -- NAME [--records N] [--rounds N] [--seconds N] [--rows N] [--rate N] [--questions N] [--tls]
  ingest    Gatelog's ingest and ClickHouse's Kafka engine; with --tls also Gatelog's over TLS
  emitter   emit beside pino.info, the spool, throughput to Kafka and the delay of the event loop
  export    exports through the service, and the same query directly in ClickHouse
  latency   from the emission of a record until a query sees it, at 10,000 records per second
  memory    resident memory of a worker with a large backlog
  poison    a burst of records that can't be read
  reads     rows that each filter of a list reads in a large table, and the time; --rate spreads them by records a second
  hot       questions while records come in, over a table filled within the last hour
`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    records: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    rows: { type: 'string', default: '20000000' },
    tls: { type: 'boolean', default: false },
    seconds: { type: 'string', default: '60' },
    rate: { type: 'string' },
    questions: { type: 'string', default: '10' },
  },
})
const records = (otherwise: number) => Number(values.records ?? otherwise)

switch (positionals[0]) {
  case 'ingest':
    await benchIngest(records(3_000_000), Number(values.rounds), values.tls)
    break
  case 'emitter':
    await benchEmitter(records(500_000), Number(values.rounds))
    break
  case 'latency':
    await benchLatency(Number(values.seconds), 10_000)
    break
  case 'export':
    await benchExport(records(1_000_000), Number(values.rounds))
    break
  case 'memory':
    await benchMemory(records(10_000_000))
    break
  case 'poison':
    await benchPoison(records(200_000))
    break
  case 'reads':
    await benchReads(Number(values.rows), values.rate === undefined ? undefined : Number(values.rate))
    break
  case 'hot':
    await benchHot({
      rows: Number(values.rows),
      rate: Number(values.rate ?? 10_000),
      questions: Number(values.questions),
      seconds: Number(values.seconds),
    })
    break
  default:
    process.stderr.write(USAGE)
    process.exitCode = 1
}
