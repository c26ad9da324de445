-- Sign-ins. Sorted so that both one organization's newest page and everybody's can stop early; the key ends in (time, event_id), so a
-- record that its producer sent twice folds into one. Empty text means absent: no Nullable columns.
CREATE TABLE IF NOT EXISTS auth_audits
(
    event_id         UUID                     CODEC(ZSTD(1)),
    time             DateTime64(6, 'UTC')     CODEC(Delta, ZSTD(1)),
    user_id          String                   CODEC(ZSTD(1)),
    upstream_user_id String                   CODEC(ZSTD(1)),
    org_id           LowCardinality(String),
    org_name         LowCardinality(String),
    event            LowCardinality(String),
    source_ip        String                   CODEC(ZSTD(1)),
    token_id         String                   CODEC(ZSTD(1)),
    trace_id         String                   CODEC(ZSTD(1)),
    session          String                   CODEC(ZSTD(1)),
    issuer           LowCardinality(String),
    client_id        LowCardinality(String),
    application_name LowCardinality(String),
    login_org_id     LowCardinality(String),
    login_org_name   LowCardinality(String),
    upstream_idp     LowCardinality(String),
    stage            LowCardinality(String),
    user_agent       LowCardinality(String),
    ingested_at      DateTime64(3, 'UTC')     CODEC(Delta, ZSTD(1)),
    topic_id         UUID                     CODEC(ZSTD(1)),
    kafka_partition  UInt32                   CODEC(ZSTD(1)),
    kafka_offset     UInt64                   CODEC(Delta, ZSTD(1)),

    INDEX by_trace    trace_id         TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX by_session  session          TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX by_user     user_id          TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX by_upstream upstream_user_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX by_address  source_ip        TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX by_offset   kafka_offset     TYPE minmax             GRANULARITY 1
)
ENGINE = ReplacingMergeTree
PARTITION BY toDate(time)
ORDER BY (toStartOfHour(time), org_id, time, event_id)
TTL toDateTime(time) + INTERVAL 365 DAY
SETTINGS
    -- Off by default outside replicated tables; without it an insert token says nothing.
    non_replicated_deduplication_window = 10000,
    -- Retention drops whole days instead of rewriting parts.
    ttl_only_drop_parts = 1;
