/**
 * Skip indexes are not used for `OR`: ClickHouse would evaluate each index of each alternative for every granule.
 * Without it, it evaluates the indexes of the conditions that must all hold, the wide ones first.
 */
export const NO_DISJUNCTION_INDEXES = 'use_skip_indexes_for_disjunctions = 0'

/**
 * Settings for every query with `FINAL`. A record and its copies are the same in every column but those about Kafka, so
 * they share a partition and match the same conditions: partitions are merged apart from each other, and an index may
 * skip a granule that holds a copy.
 */
export const FINAL_SETTINGS = [
  'do_not_merge_across_partitions_select_final = 1',
  'use_skip_indexes_if_final_exact_mode = 0',
  NO_DISJUNCTION_INDEXES,
].join(', ')
