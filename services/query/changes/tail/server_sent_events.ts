/** One event of a Server-Sent Events stream (HTML Living Standard, section 9.2). */
export interface ServerSent {
  /** What a reader sends as `Last-Event-ID` when it reconnects. */
  readonly id?: string
  /** Absent for records. */
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

/** A comment, which readers ignore. It keeps proxies from closing an idle connection. */
export const HEARTBEAT = ': nothing new\n\n'

/** How long a reader should wait before it reconnects, in milliseconds. */
export function reconnectionTime(milliseconds: number): string {
  return `retry: ${milliseconds}\n\n`
}
