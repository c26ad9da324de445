-- Reading in order of arrival: from place to place in Kafka, up to the marks.

-- Which stream a mark belongs to. A topic's name may bear a prefix, which readers do not know; until a partition's next mark, the name
-- stands for the stream.
ALTER TABLE ingest_marks ADD COLUMN IF NOT EXISTS stream LowCardinality(String) DEFAULT topic AFTER topic;

-- Which stretches of 1,024 offsets of which partitions a granule holds. The bounds of `by_offset` are those of all partitions together, so
-- they say nothing where partitions have different numbers of records, and little where records come late.
ALTER TABLE auth_audits ADD INDEX IF NOT EXISTS by_place (kafka_partition, bitShiftRight(kafka_offset, 10)) TYPE set(0) GRANULARITY 1;
ALTER TABLE audits ADD INDEX IF NOT EXISTS by_place (kafka_partition, bitShiftRight(kafka_offset, 10)) TYPE set(0) GRANULARITY 1;

-- For what was stored before.
ALTER TABLE auth_audits MATERIALIZE INDEX by_place;
ALTER TABLE audits MATERIALIZE INDEX by_place;
