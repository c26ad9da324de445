import { plain } from './plain.js'

/** A row of a table: numbers align to the right. */
export type Cells = readonly (string | number)[]

/** Lines of a table with aligned columns, the names of the columns first. */
export function tableLines(columns: readonly string[], rows: readonly Cells[]): readonly string[] {
  const texts = rows.map((row) =>
    row.map((cell) => (typeof cell === 'number' ? cell.toLocaleString('en') : plain(cell))),
  )
  const widths = columns.map((name, index) => Math.max(name.length, ...texts.map((row) => row[index]?.length ?? 0)))
  const isNumber = columns.map((_, index) => rows.length > 0 && rows.every((row) => typeof row[index] === 'number'))
  return [columns, ...texts].map((row) =>
    row
      .map((text, index) => (isNumber[index] ? text.padStart(widths[index] ?? 0) : text.padEnd(widths[index] ?? 0)))
      .join('  ')
      .trimEnd(),
  )
}
