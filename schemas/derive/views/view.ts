import type { Column } from '../columns.js'

/**
 * A view for analysts. `migrate` replaces all views at each run, so they follow the declarations and the configured
 * rules.
 */
export interface View {
  readonly name: string
  /** The view's meaning, in plain text. */
  readonly comment: string
  readonly columns: readonly Column[]
  /** The query that returns the columns. */
  readonly query: string
}

/** The statement that creates a view or replaces it in one step. */
export function createStatement({ name, comment, columns, query }: View): string {
  const lines = columns.map((column) => `  ${column.name} ${column.type} COMMENT ${quoted(column.comment)}`)
  return `CREATE OR REPLACE VIEW ${name}\n(\n${lines.join(',\n')}\n)\nAS ${query}\nCOMMENT ${quoted(comment)}`
}

/** A text as a SQL literal. */
export function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`
}
