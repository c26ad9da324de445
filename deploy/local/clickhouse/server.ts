import { execFileSync } from 'node:child_process'
import { closeSync, constants, openSync, rmSync } from 'node:fs'
import { DataType, load, open } from 'ffi-rs'

/**
 * The ClickHouse server, in a process of its own: `libchdb` run as `clickhouse-local` with its ports opened. It serves for as long
 * as its last query reads from a FIFO, which ends when this program, asked to stop, closes the FIFO's other end.
 *
 * Usage: node server.js LIBRARY HTTP_PORT NATIVE_PORT, in the server's own folder, which holds config.xml
 */
const [library, httpPort, nativePort] = process.argv.slice(2)
if (library === undefined || httpPort === undefined || nativePort === undefined) {
  throw new Error('server: usage: server.js LIBRARY HTTP_PORT NATIVE_PORT')
}

const FIFO = 'running'
rmSync(FIFO, { force: true })
execFileSync('mkfifo', ['-m', '600', FIFO])
// Opened for both, because opening one end alone waits for the other.
const held = openSync(FIFO, 'r+')

let stopping = false
function stop(): void {
  if (stopping) return
  stopping = true
  closeSync(held)
  // A server that had not yet come to read would now wait for a writer: it finds one, which closes at once.
  setInterval(() => {
    try {
      closeSync(openSync(FIFO, constants.O_WRONLY | constants.O_NONBLOCK))
    } catch {
      // Nobody reads: it has ended already, or is still to come.
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
// Not asked to: it could not start, or failed. Its log, on standard error, says why.
process.exit(stopping ? 0 : 1)
