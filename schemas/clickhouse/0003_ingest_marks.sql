-- How far each partition of each topic is visible without gaps. Ingest writes a mark after the last insert of an
-- offset range, and readers in order of arrival read no further. Marks only grow; the largest one counts.
CREATE TABLE IF NOT EXISTS ingest_marks
(
    topic_id UUID
        COMMENT 'The id of the Kafka topic.',
    topic LowCardinality(String)
        COMMENT 'The name of the Kafka topic.',
    -- A topic's name may have a prefix, which readers do not know.
    stream LowCardinality(String) DEFAULT topic
        COMMENT 'The stream, which is the name of the table that holds the records.',
    kafka_partition UInt32
        COMMENT 'The Kafka partition.',
    next_offset UInt64
        COMMENT 'The first offset that is not yet visible. Every record before it is stored or in the dead-letter topic.',
    marked_at DateTime64(3, 'UTC') DEFAULT now64(3)
        COMMENT 'When ingest wrote the mark.'
)
ENGINE = ReplacingMergeTree(next_offset)
ORDER BY (topic, topic_id, kafka_partition)
COMMENT 'How far ingest has stored each Kafka partition. Read with FINAL: older marks have rows too until a merge.';
