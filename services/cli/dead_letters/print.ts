import type { Letter } from './letter.js'

/** One letter on one line, for people. */
export function letterLine({ key, reason, time, bytes, resolution }: Letter): string {
  const size = bytes === undefined ? 'no value' : `${bytes} bytes`
  return [time.toISOString(), key, reason, size, ...(resolution === undefined ? [] : [resolution])].join('  ')
}

/** One letter as JSON on one line, for programs. */
export function letterJson(letter: Letter): string {
  return JSON.stringify({ ...letter, bytes: letter.bytes ?? null })
}

/** All fields of a letter, and its record's bytes, for people. */
export function letterPage(letter: Letter, value: Buffer | null | undefined): string {
  const { key, reason, detail, time, resolution, bytes, sha256 } = letter
  const lines = [
    key,
    `  reason     ${reason}: ${detail}`,
    `  from       ${originOf(letter)}`,
    `  time       ${time.toISOString()}`,
    ...(resolution === undefined ? [] : [`  resolution ${resolution}`]),
    value === null || value === undefined ? '  value      none' : `  value      ${bytes} bytes`,
    ...(sha256 === undefined ? [] : [`  sha256     ${sha256}`, `  kept       the first ${value?.length} bytes`]),
  ]
  return `${[...lines, ...hexDump(value ?? Buffer.alloc(0))].join('\n')}\n`
}

function originOf({ source, topic, partition, offset, lastOffset }: Letter): string {
  if (source !== undefined) return `the webhooks of the source ${source}`
  const offsets = lastOffset === undefined ? `offset ${offset}` : `offsets ${offset} to ${lastOffset}`
  return `topic ${topic}, partition ${partition}, ${offsets}`
}

const WIDTH = 16

/** Bytes in hexadecimal, with printable ASCII beside them. */
function hexDump(bytes: Buffer): string[] {
  return Array.from({ length: Math.ceil(bytes.length / WIDTH) }, (_, line) => {
    const part = bytes.subarray(line * WIDTH, (line + 1) * WIDTH)
    const hex = [...part].map((byte) => byte.toString(16).padStart(2, '0')).join(' ')
    const text = part.toString('latin1').replace(/[^ -~]/g, '.')
    return `  ${(line * WIDTH).toString(16).padStart(6, '0')}  ${hex.padEnd(WIDTH * 3)} ${text}`
  })
}
