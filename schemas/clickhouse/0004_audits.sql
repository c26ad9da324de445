-- Actions: who did what to which resource. Sorted, parted and folded as sign-ins are. `audit_attributes` is a list, as JSON text; empty text
-- means absent, as everywhere.
CREATE TABLE IF NOT EXISTS audits
(
    event_id               UUID                     CODEC(ZSTD(1)),
    time                   DateTime64(6, 'UTC')     CODEC(Delta, ZSTD(1)),
    user_id                String                   CODEC(ZSTD(1)),
    user_email             String                   CODEC(ZSTD(1)),
    target_resource_type   LowCardinality(String),
    target_resource_org_id LowCardinality(String),
    target_resource_name   String                   CODEC(ZSTD(1)),
    api_name               LowCardinality(String),
    org_id                 LowCardinality(String),
    action                 LowCardinality(String),
    source_ip              String                   CODEC(ZSTD(1)),
    target_id              String                   CODEC(ZSTD(1)),
    token_id               String                   CODEC(ZSTD(1)),
    trace_id               String                   CODEC(ZSTD(1)),
    session                String                   CODEC(ZSTD(1)),
    secondary_id           String                   CODEC(ZSTD(1)),
    tertiary_id            String                   CODEC(ZSTD(1)),
    parent_id              String                   CODEC(ZSTD(1)),
    grandparent_id         String                   CODEC(ZSTD(1)),
    audit_attributes       String                   CODEC(ZSTD(1)),
    description            String                   CODEC(ZSTD(1)),
    ingested_at            DateTime64(3, 'UTC')     CODEC(Delta, ZSTD(1)),
    topic_id               UUID                     CODEC(ZSTD(1)),
    kafka_partition        UInt32                   CODEC(ZSTD(1)),
    kafka_offset           UInt64                   CODEC(Delta, ZSTD(1)),

    INDEX by_user    user_id      TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX by_target  target_id    TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX by_token   token_id     TYPE bloom_filter(0.01) GRANULARITY 1,
    -- What a session did after its sign-in.
    INDEX by_session session      TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX by_offset  kafka_offset TYPE minmax             GRANULARITY 1
)
ENGINE = ReplacingMergeTree
PARTITION BY toDate(time)
ORDER BY (toStartOfHour(time), org_id, time, event_id)
TTL toDateTime(time) + INTERVAL 365 DAY
SETTINGS
    non_replicated_deduplication_window = 10000,
    ttl_only_drop_parts = 1;
