/** `npm start`: the whole of Gatelog on this machine, without containers. */

const OLDEST_NODE = 20

const major = Number(process.versions.node.split('.')[0])
if (major < OLDEST_NODE) {
  process.stderr.write(
    `Gatelog needs Node.js ${OLDEST_NODE} or newer, and this is ${process.versions.node}: install a newer one.\n`,
  )
  process.exitCode = 1
} else {
  // Imported here because an older Node.js can't parse the other files.
  const { main } = await import('./terminal/terminal.js')
  process.exitCode = await main(process.argv.slice(2))
}
