import type { ReaderConfig } from '../../collector/sources/config.js'
import type { Reading } from '../../collector/sources/source.js'

/** How the events of an input become records. */
export interface FormatConfig extends ReaderConfig {
  /** The offset of times that have none, such as `+02:00`. */
  readonly utcOffset: string
}

/** A form that an input can have. */
export interface Format {
  /** The name of the source unless the user gives one: `event_id`s depend on it. */
  readonly source: string
  /** Whether the input is JSON objects, wherever they begin and end, and not lines of a log. */
  readonly isJson: boolean
  /**
   * Returns the function that reads an object or a line.
   *
   * @throws {ShapeError} or `SyntaxError`, the function, when that is none of this form
   */
  open(config: FormatConfig): (text: string) => readonly Reading[]
}
