/** A line of the input: its text, or why it can't be read. */
export type Line = { readonly number: number } & ({ readonly text: string } | { readonly fault: string })

const NEWLINE = 0x0a

/**
 * The lines of a stream of bytes. Holds one line at a time. A line that is longer than `maxBytes`, or not UTF-8, yields
 * a fault.
 */
export async function* readLines(input: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Line> {
  let number = 0
  let pieces: Uint8Array[] = []
  let length = 0

  const finish = (): Line => {
    number += 1
    const line =
      length > maxBytes ? { number, fault: `the line is longer than ${maxBytes} bytes` } : decoded(number, pieces)
    pieces = []
    length = 0
    return line
  }

  for await (const chunk of input) {
    let from = 0
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, from)) {
      add(chunk.subarray(from, end))
      yield finish()
      from = end + 1
    }
    add(chunk.subarray(from))
  }
  if (length > 0) yield finish()

  function add(piece: Uint8Array): void {
    length += piece.length
    // A line that is too long is not needed: free its memory.
    if (length > maxBytes) pieces = []
    else pieces.push(piece)
  }
}

function decoded(number: number, pieces: readonly Uint8Array[]): Line {
  try {
    return { number, text: new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(pieces)) }
  } catch {
    return { number, fault: 'the line is not UTF-8' }
  }
}
