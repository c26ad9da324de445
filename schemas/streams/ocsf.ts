/**
 * How a stream's records are told in the Open Cybersecurity Schema Framework: of which event class they are, and which of its attributes
 * the fields fill. What it has no attribute for goes under `unmapped`, by the field's own name.
 */
export interface OcsfMapping {
  /** The version of the schema that the mapping was made for, and that records name. */
  readonly version: string
  readonly categoryUid: number
  readonly classUid: number
  /** A record of which one of `fields` is one of `words`, in whichever case, tells of that activity; of several, the first. */
  readonly activities: readonly OcsfActivity[]
  /** The activity of all others. */
  readonly activityId: number
  readonly attributes: OcsfObject
  readonly unmapped: readonly string[]
}

export interface OcsfActivity {
  readonly id: number
  readonly fields: readonly string[]
  readonly words: readonly string[]
}

/** An object's attributes by name; one of which no field is present is left out. */
export interface OcsfObject {
  readonly [attribute: string]: OcsfValue | OcsfObject
}

/** What fills an attribute: the first of these fields that is present (and is an IP address, or is none), or else a fixed text. */
export interface OcsfValue {
  readonly of: readonly string[]
  readonly where?: 'address' | 'no address'
  readonly otherwise?: string
}

export function isOcsfValue(node: OcsfValue | OcsfObject): node is OcsfValue {
  return Array.isArray(node.of)
}
