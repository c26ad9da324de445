-- Small granules, and a filter for each column that is asked by: a record that is looked for costs the 512 around it, not 8,192. The size of
-- granules is given when a table is made, so both tables are made anew of what they hold (docs/decisions/0011-small-granules.md).
--
-- While a table is copied, ingest waits: without room for a part, ClickHouse refuses an insert as it does when merges do not keep up. The
-- table that takes its place has the usual room.

ALTER TABLE auth_audits MODIFY SETTING max_parts_in_total = 0;
CREATE OR REPLACE TABLE auth_audits
(
    event_id         UUID                     CODEC(ZSTD(1)),
    time             DateTime64(6, 'UTC')     CODEC(Delta, ZSTD(1)),
    user_id          String                   CODEC(ZSTD(1)),
    upstream_user_id String                   CODEC(ZSTD(1)),
    org_id           LowCardinality(String)   CODEC(ZSTD(2)),
    org_name         LowCardinality(String)   CODEC(ZSTD(2)),
    event            LowCardinality(String)   CODEC(ZSTD(2)),
    source_ip        String                   CODEC(ZSTD(2)),
    token_id         String                   CODEC(ZSTD(1)),
    trace_id         String                   CODEC(ZSTD(1)),
    session          String                   CODEC(ZSTD(1)),
    issuer           LowCardinality(String)   CODEC(ZSTD(2)),
    client_id        LowCardinality(String)   CODEC(ZSTD(2)),
    application_name LowCardinality(String)   CODEC(ZSTD(2)),
    login_org_id     LowCardinality(String)   CODEC(ZSTD(2)),
    login_org_name   LowCardinality(String)   CODEC(ZSTD(2)),
    upstream_idp     LowCardinality(String)   CODEC(ZSTD(2)),
    stage            LowCardinality(String)   CODEC(ZSTD(2)),
    user_agent       LowCardinality(String)   CODEC(ZSTD(2)),
    event_name       LowCardinality(String)   CODEC(ZSTD(2)),
    result           LowCardinality(String)   CODEC(ZSTD(2)),
    request_id       String                   CODEC(ZSTD(1)),
    ingested_at      DateTime64(3, 'UTC')     CODEC(Delta, ZSTD(1)),
    topic_id         UUID                     CODEC(ZSTD(1)),
    kafka_partition  UInt32                   CODEC(ZSTD(1)),
    kafka_offset     UInt64                   CODEC(Delta, ZSTD(1)),

    -- For each column a filter of 8,192 records, which tells of most that they need not be looked at closer, and one of 512.
    INDEX wide_event_id         event_id         TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_event_id           event_id         TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_trace_id         trace_id         TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_trace_id           trace_id         TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_session          session          TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_session            session          TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_request_id       request_id       TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_request_id         request_id       TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_token_id         token_id         TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_token_id           token_id         TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_user_id          user_id          TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_user_id            user_id          TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_upstream_user_id upstream_user_id TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_upstream_user_id   upstream_user_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_source_ip        source_ip        TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_source_ip          source_ip        TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_org_id           org_id           TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_org_id             org_id           TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_org_name         org_name         TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_org_name           org_name         TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_login_org_id     login_org_id     TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_login_org_id       login_org_id     TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_login_org_name   login_org_name   TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_login_org_name     login_org_name   TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_issuer           issuer           TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_issuer             issuer           TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_client_id        client_id        TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_client_id          client_id        TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_application_name application_name TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_application_name   application_name TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_upstream_idp     upstream_idp     TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_upstream_idp       upstream_idp     TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_stage            stage            TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_stage              stage            TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_event            event            TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_event              event            TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_event_name       event_name       TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_event_name         event_name       TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_result           result           TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_result             result           TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_user_agent       user_agent       TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_user_agent         user_agent       TYPE bloom_filter(0.01) GRANULARITY 1,
    -- Who may read a record: one of two columns names it, and a filter for each cannot tell what is in neither.
    INDEX wide_organizations [org_id, login_org_id]  TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_organizations   [org_id, login_org_id]  TYPE bloom_filter(0.01) GRANULARITY 1,
    -- When an id was made, if it is a UUIDv7: it is then looked for among the records of about that time.
    INDEX made UUIDv7ToDateTime(event_id, 'UTC') TYPE minmax GRANULARITY 16,
    INDEX by_offset             kafka_offset     TYPE minmax GRANULARITY 16,
    INDEX by_place (kafka_partition, bitShiftRight(kafka_offset, 10)) TYPE set(0) GRANULARITY 16,

    -- The few distinct texts of a day, for what no filter of a granule can tell: text within a text, and outcomes.
    PROJECTION user_agents (SELECT user_agent GROUP BY user_agent),
    PROJECTION outcomes (SELECT stage, event, result GROUP BY stage, event, result)
)
ENGINE = ReplacingMergeTree
PARTITION BY toDate(time)
ORDER BY (toStartOfHour(time), org_id, time, event_id)
TTL toDateTime(time) + INTERVAL 365 DAY
SETTINGS
    index_granularity = 512,
    -- A filter is decompressed for itself, not with the 64 KiB around it.
    min_compress_block_size = 16384,
    -- All columns of a granule lie side by side in one file, a text's length with the text: to look into a file for each of them
    -- costs more than the granule.
    min_bytes_for_wide_part = 1000000000000,
    string_serialization_version = 'single_stream',
    -- Neighboring columns of one codec are compressed as one. ZSTD(2) is for the short ones, so that they are apart from the long ones.
    compress_per_column_in_compact_parts = 0,
    -- A part of a few records is of few files: its filters lie in one, and projections are for merges to make.
    packed_skip_index_max_bytes = 65536,
    materialize_projections_on_insert = 0,
    materialize_projections_on_merge = 1,
    deduplicate_merge_projection_mode = 'rebuild',
    non_replicated_deduplication_window = 10000,
    ttl_only_drop_parts = 1
AS SELECT * FROM auth_audits
SETTINGS max_partitions_per_insert_block = 0;

ALTER TABLE audits MODIFY SETTING max_parts_in_total = 0;
CREATE OR REPLACE TABLE audits
(
    event_id               UUID                     CODEC(ZSTD(1)),
    time                   DateTime64(6, 'UTC')     CODEC(Delta, ZSTD(1)),
    user_id                String                   CODEC(ZSTD(1)),
    user_email             String                   CODEC(ZSTD(1)),
    target_resource_type   LowCardinality(String)   CODEC(ZSTD(2)),
    target_resource_org_id LowCardinality(String)   CODEC(ZSTD(2)),
    target_resource_name   String                   CODEC(ZSTD(1)),
    api_name               LowCardinality(String)   CODEC(ZSTD(2)),
    org_id                 LowCardinality(String)   CODEC(ZSTD(2)),
    action                 LowCardinality(String)   CODEC(ZSTD(2)),
    source_ip              String                   CODEC(ZSTD(2)),
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

    -- For each column a filter of 8,192 records, which tells of most that they need not be looked at closer, and one of 512.
    INDEX wide_event_id               event_id               TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_event_id                 event_id               TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_session                session                TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_session                  session                TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_trace_id               trace_id               TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_trace_id                 trace_id               TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_token_id               token_id               TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_token_id                 token_id               TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_user_id                user_id                TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_user_id                  user_id                TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_target_id              target_id              TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_target_id                target_id              TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_org_id                 org_id                 TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_org_id                   org_id                 TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_target_resource_org_id target_resource_org_id TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_target_resource_org_id   target_resource_org_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_target_resource_type   target_resource_type   TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_target_resource_type     target_resource_type   TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_api_name               api_name               TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_api_name                 api_name               TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_action                 action                 TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_action                   action                 TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_organizations [org_id, target_resource_org_id] TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_organizations   [org_id, target_resource_org_id] TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX made UUIDv7ToDateTime(event_id, 'UTC') TYPE minmax GRANULARITY 16,
    INDEX by_offset                   kafka_offset           TYPE minmax GRANULARITY 16,
    INDEX by_place (kafka_partition, bitShiftRight(kafka_offset, 10)) TYPE set(0) GRANULARITY 16
)
ENGINE = ReplacingMergeTree
PARTITION BY toDate(time)
ORDER BY (toStartOfHour(time), org_id, time, event_id)
TTL toDateTime(time) + INTERVAL 365 DAY
SETTINGS
    index_granularity = 512,
    -- A filter is decompressed for itself, not with the 64 KiB around it.
    min_compress_block_size = 16384,
    -- All columns of a granule lie side by side in one file, a text's length with the text: to look into a file for each of them
    -- costs more than the granule.
    min_bytes_for_wide_part = 1000000000000,
    string_serialization_version = 'single_stream',
    -- Neighboring columns of one codec are compressed as one. ZSTD(2) is for the short ones, so that they are apart from the long ones.
    compress_per_column_in_compact_parts = 0,
    -- A part of a few records is of few files.
    packed_skip_index_max_bytes = 65536,
    non_replicated_deduplication_window = 10000,
    ttl_only_drop_parts = 1
AS SELECT * FROM audits
SETTINGS max_partitions_per_insert_block = 0;
