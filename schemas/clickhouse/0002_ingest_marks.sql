-- How far each partition of each topic has become visible, whole: ingest writes a mark after the last insert of a range, and readers in
-- order of arrival read no further. `next_offset` is the first offset not yet covered. Marks only grow; the largest one stands.
CREATE TABLE IF NOT EXISTS ingest_marks
(
    topic_id        UUID,
    topic           LowCardinality(String),
    kafka_partition UInt32,
    next_offset     UInt64,
    marked_at       DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree(next_offset)
ORDER BY (topic, topic_id, kafka_partition);
