/**
 * How a stream maps to the Open Cybersecurity Schema Framework: the event class, and which attributes the fields fill.
 * A field without an attribute goes under `unmapped`, by its own name.
 */
export interface OcsfMapping {
  /** The OCSF version of the mapping; exported records name it. */
  readonly version: string
  readonly categoryUid: number
  readonly classUid: number
  /** A record has this activity if one of `fields` equals one of `words`; case is ignored. The first match wins. */
  readonly activities: readonly OcsfActivity[]
  /** The activity of all other records. */
  readonly activityId: number
  readonly attributes: OcsfObject
  readonly unmapped: readonly string[]
}

export interface OcsfActivity {
  readonly id: number
  readonly fields: readonly string[]
  readonly words: readonly string[]
}

/** An object's attributes by name. An attribute whose fields are all absent is omitted. */
export interface OcsfObject {
  readonly [attribute: string]: OcsfValue | OcsfObject
}

/** Fills an attribute: the first present field (that is an IP address, or is not one), else a fixed text. */
export interface OcsfValue {
  readonly of: readonly string[]
  readonly where?: 'address' | 'no address'
  readonly otherwise?: string
}

export function isOcsfValue(node: OcsfValue | OcsfObject): node is OcsfValue {
  return Array.isArray(node.of)
}
