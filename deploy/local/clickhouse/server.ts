import { execFileSync } from 'node:child_process'
import { closeSync, constants, openSync, rmSync } from 'node:fs'
import { DataType, load, open } from 'ffi-rs'

/**
 * The ClickHouse server in a process of its own: `libchdb` runs as `clickhouse-local` with open ports. It serves as
 * long as its last query reads from a FIFO. To stop it, this program closes the other end of the FIFO.
 *
 * Usage: node server.js LIBRARY HTTP_PORT NATIVE_PORT, in the server's own folder, which has config.xml
 */
const [library, httpPort, nativePort] = process.argv.slice(2)
if (library === undefined || httpPort === undefined || nativePort === undefined) {
  throw new Error('server: usage: server.js LIBRARY HTTP_PORT NATIVE_PORT')
}

const FIFO = 'running'
rmSync(FIFO, { force: true })
execFileSync('mkfifo', ['-m', '600', FIFO])
// Opened for reading and writing: opening one end only blocks until the other is open.
const fifo = openSync(FIFO, 'r+')

let stopping = false
function stop(): void {
  if (stopping) return
  stopping = true
  closeSync(fifo)
  // A server that does not read yet would wait for a writer: give it one that closes at once.
  setInterval(() => {
    try {
      closeSync(openSync(FIFO, constants.O_WRONLY | constants.O_NONBLOCK))
    } catch {
      // There is no reader: the server has ended, or has not reached its last query.
    }
  }, 50)
}
process.on('SIGTERM', stop)
process.on('SIGINT', stop)

const args = [
  'clickhouse-local',
  '--config-file=config.xml',
  '--listen_host=127.0.0.1',
  `--http_port=${httpPort}`,
  `--tcp_port=${nativePort}`,
  '--path=data',
  '--log-level=warning',
  '--query',
  `SYSTEM START LISTEN HTTP; SYSTEM START LISTEN TCP; SELECT * FROM file('${FIFO}', LineAsString)`,
]
open({ library: 'chdb', path: library })
await load({
  library: 'chdb',
  funcName: 'query_stable_v2',
  retType: DataType.External,
  paramsType: [DataType.I32, DataType.StringArray],
  paramsValue: [args.length, args],
  runInNewThread: true,
})
rmSync(FIFO, { force: true })
// Without a request to stop, the server failed. Its log on standard error says why.
process.exit(stopping ? 0 : 1)
