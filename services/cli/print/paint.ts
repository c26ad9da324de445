const CODES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 } as const

export type Paint = keyof typeof CODES

/** Colors by outcome. A success has none: most records are one. */
const OUTCOMES: Readonly<Record<string, Paint>> = { failure: 'red', challenge: 'yellow' }

export function paintOf(outcome: unknown): Paint | undefined {
  return OUTCOMES[String(outcome)]
}

/** The text in a color, if it has one and the output shows colors. */
export function painted(text: string, paint: Paint | undefined, colored: boolean): string {
  return colored && paint !== undefined && text !== '' ? `\u001b[${CODES[paint]}m${text}\u001b[0m` : text
}
