/** One event of a Server-Sent Events stream (HTML Living Standard, section 9.2). */
export interface ServerSent {
  /** What a reader gives back as `Last-Event-ID`. */
  readonly id?: string
  /** Absent for the events that carry what the stream is for. */
  readonly event?: string
  /** Any JSON: its text has no line breaks. */
  readonly data: unknown
}

export function serverSent({ id, event, data }: ServerSent): string {
  const lines = [
    ...(id === undefined ? [] : [`id: ${id}`]),
    ...(event === undefined ? [] : [`event: ${event}`]),
    `data: ${JSON.stringify(data)}`,
  ]
  return `${lines.join('\n')}\n\n`
}

/** A line for nobody: it shows both ends, and what lies between, that the connection is used. */
export const HEARTBEAT = ': nothing new\n\n'

/** After how many milliseconds a reader should connect again. */
export function reconnectionTime(milliseconds: number): string {
  return `retry: ${milliseconds}\n\n`
}
