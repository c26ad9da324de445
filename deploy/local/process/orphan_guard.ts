/**
 * Loaded into every child before its own program (`node --import`). When the parent has died, the child sends itself
 * the SIGTERM that the parent can no longer send. The program itself needs no code for this.
 *
 * `?after=MS` in this module's URL delays it: a server stops after the services that need it.
 */
const delayMs = Number(new URL(import.meta.url).searchParams.get('after') ?? 0)

process.once('disconnect', () => setTimeout(() => process.kill(process.pid, 'SIGTERM'), delayMs))

// The channel does not keep the process alive: a program that has finished its work exits.
process.channel?.unref()
