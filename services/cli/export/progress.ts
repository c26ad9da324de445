/** The progress of an export, as the user sees it. */
export interface Progress {
  add(bytes: number, lines: number): void
  /** Ends the line. */
  end(): void
}

const EVERY_MS = 200

/**
 * One line that is updated in place, or written at the end if the output is not a terminal. `records` are in the file
 * already.
 */
export function progressOn(
  terminal: { readonly isTTY?: boolean; write(text: string): unknown },
  {
    records = 0,
    counts,
    now = Date.now,
  }: { readonly records?: number; readonly counts: boolean; readonly now?: () => number },
): Progress {
  const began = now()
  let lines = 0
  let bytes = 0
  let shown = Number.NEGATIVE_INFINITY
  const summary = () => `${counts ? `${(records + lines).toLocaleString('en')} records, ` : ''}${size(bytes)}`
  const show = () => {
    shown = now()
    const seconds = Math.max(0.001, (shown - began) / 1_000)
    terminal.write(`\r\x1b[K${summary()}, ${size(bytes / seconds)}/s`)
  }
  return {
    add(more, moreLines) {
      bytes += more
      lines += moreLines
      if (terminal.isTTY === true && now() - shown >= EVERY_MS) show()
    },
    end() {
      if (terminal.isTTY === true) show()
      else terminal.write(summary())
      terminal.write('\n')
    },
  }
}

/** Bytes as people read them. */
export function size(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  const power = Math.min(units.length - 1, bytes < 1 ? 0 : Math.floor(Math.log10(bytes) / 3))
  return `${(bytes / 1_000 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`
}
