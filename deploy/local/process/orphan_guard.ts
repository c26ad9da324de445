/**
 * Loaded into every child before its own program (`node --import`): when the parent is gone, however it went, the child gets the
 * SIGTERM that the parent can no longer send. The program itself need not know that it has a parent.
 *
 * `?after=MS` behind this module's address has it wait: a server that others need stays until they have finished.
 */
const delayMs = Number(new URL(import.meta.url).searchParams.get('after') ?? 0)

process.once('disconnect', () => setTimeout(() => process.kill(process.pid, 'SIGTERM'), delayMs))

// The channel alone is no reason to stay: a program that has finished its work ends.
process.channel?.unref()
