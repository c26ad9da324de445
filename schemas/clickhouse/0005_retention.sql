-- How long records are kept, as operators set it (docs/retention.md). Rows are never changed: the newest counts, and
-- the others say who set what before.
CREATE TABLE IF NOT EXISTS retention_periods
(
    stream LowCardinality(String)
        COMMENT 'The stream.',
    organization String
        COMMENT 'The organization that the period is for; empty for the standard of the stream.',
    days UInt32
        COMMENT 'How long its records are kept, in days. 0: the standard counts again.',
    set_by String
        COMMENT 'Who set it.',
    changed_at DateTime64(6, 'UTC') DEFAULT now64(6)
        COMMENT 'When it was set.'
)
ENGINE = MergeTree
ORDER BY (stream, organization, changed_at)
COMMENT 'How long the records of a stream are kept, by organization.';

-- What stays whatever its age.
CREATE TABLE IF NOT EXISTS legal_holds
(
    hold_id UUID
        COMMENT 'The id of the hold.',
    organization String
        COMMENT 'The organization whose records stay; empty for all organizations.',
    person String
        COMMENT 'The id, name or email address of the person whose records stay, in lower case; empty for everybody.',
    reason String
        COMMENT 'Why it was set or released.',
    held Bool
        COMMENT 'Whether it was set; false if it was released.',
    set_by String
        COMMENT 'Who set or released it.',
    changed_at DateTime64(6, 'UTC') DEFAULT now64(6)
        COMMENT 'When it was set or released.'
)
ENGINE = MergeTree
ORDER BY (hold_id, changed_at)
COMMENT 'Legal holds: the newest row of a hold says whether it stands.';

-- What a run is about to drop, and what it has dropped. A run that ends in the middle leaves rows that are not
-- finished, and the next one finishes them.
CREATE TABLE IF NOT EXISTS retention_drops
(
    drop_id UUID
        COMMENT 'The id of the drop, and of its record in `audits`.',
    stream LowCardinality(String)
        COMMENT 'The stream whose rows are dropped.',
    day Date
        COMMENT 'The day of these rows.',
    organizations Array(String)
        COMMENT 'The organizations that these rows name, in the order in which the stream declares them.',
    rows UInt64
        COMMENT 'How many rows.',
    planned_at DateTime64(6, 'UTC')
        COMMENT 'When they were counted.',
    finished Bool
        COMMENT 'Whether they are dropped and that is recorded.',
    changed_at DateTime64(6, 'UTC') DEFAULT now64(6)
        COMMENT 'When this was written.'
)
ENGINE = MergeTree
ORDER BY (stream, day, drop_id, changed_at)
COMMENT 'What the retention drops: the newest row of a drop counts.';
