-- Actions: who did what to which resource. Sort order, partitions and settings are those of auth_audits.
-- `audit_attributes` is a list, as JSON text.
CREATE TABLE IF NOT EXISTS audits
(
    event_id UUID
        COMMENT 'The id of the record (UUIDv7). A record that its producer sends twice has the same id.'
        CODEC(ZSTD(1)),
    time DateTime64(6, 'UTC')
        COMMENT 'When the record was generated, in UTC.'
        CODEC(Delta, ZSTD(1)),
    user_id String
        COMMENT 'The id of the user who performs the action.'
        CODEC(ZSTD(1)),
    user_email String
        COMMENT 'The email address of the user who performs the action.'
        CODEC(ZSTD(1)),
    target_resource_type LowCardinality(String)
        COMMENT 'The type of the resource that the action affects. `target_id` identifies the resource within its type.'
        CODEC(ZSTD(2)),
    target_resource_org_id LowCardinality(String)
        COMMENT 'The id of the organization that the resource belongs to.'
        CODEC(ZSTD(2)),
    target_resource_name String
        COMMENT 'The human-readable name of the resource.'
        CODEC(ZSTD(1)),
    api_name LowCardinality(String)
        COMMENT 'The name of the API that generated the record. One API usually has many types of resources.'
        CODEC(ZSTD(2)),
    org_id LowCardinality(String)
        COMMENT 'The id of the organization of the user who performs the action.'
        CODEC(ZSTD(2)),
    action LowCardinality(String)
        COMMENT 'What is done to the resource, such as `CREATE`, `UPDATE` or `DELETE`.'
        CODEC(ZSTD(2)),
    source_ip String
        COMMENT 'The IP address that the action comes from.'
        CODEC(ZSTD(2)),
    target_id String
        COMMENT 'The id of the resource that the action affects.'
        CODEC(ZSTD(1)),
    token_id String
        COMMENT 'The id of the bearer token that authenticates the action.'
        CODEC(ZSTD(1)),
    trace_id String
        COMMENT 'The correlation id of the requests that belong to this action.'
        CODEC(ZSTD(1)),
    session String
        COMMENT 'The session of the action, which began with a sign-in. A session usually spans several tokens.'
        CODEC(ZSTD(1)),
    secondary_id String
        COMMENT 'The second part of the resource’s id, if its key has several parts.'
        CODEC(ZSTD(1)),
    tertiary_id String
        COMMENT 'The third part of the resource’s id, if its key has several parts.'
        CODEC(ZSTD(1)),
    parent_id String
        COMMENT 'The id of the parent of the resource.'
        CODEC(ZSTD(1)),
    grandparent_id String
        COMMENT 'The id of the parent of the parent.'
        CODEC(ZSTD(1)),
    audit_attributes String
        COMMENT 'More about the action. If a role is granted to a user, for example: the application, the user and the role. JSON text: a list of objects with attribute_id, attribute_type, attribute_org_id, attribute_name.'
        CODEC(ZSTD(1)),
    description String
        COMMENT 'A human-readable summary of the action.'
        CODEC(ZSTD(1)),
    ingested_at DateTime64(3, 'UTC')
        COMMENT 'When ingest stored the record.'
        CODEC(Delta, ZSTD(1)),
    topic_id UUID
        COMMENT 'The id of the Kafka topic that the record came from. A topic that is created again has another id.'
        CODEC(ZSTD(1)),
    kafka_partition UInt32
        COMMENT 'The Kafka partition that the record came from.'
        CODEC(ZSTD(1)),
    kafka_offset UInt64
        COMMENT 'The offset of the record in its Kafka partition.'
        CODEC(Delta, ZSTD(1)),

    -- Each column has a Bloom filter for 8,192 records, which skips most of the table, and one for 512 records.
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
    -- The same for requests of one organization. The filters hold pairs of a value and an organization that may read
    -- the record, so a granule is skipped or read by what the organization's own records hold, and not by those of
    -- others (docs/decisions/0015-work-depends-on-own-records.md).
    INDEX wide_tenant_event_id
        [bitXor(sipHash64(event_id), halfMD5(org_id)), bitXor(sipHash64(event_id), halfMD5(target_resource_org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_tenant_event_id
        [bitXor(sipHash64(event_id), halfMD5(org_id)), bitXor(sipHash64(event_id), halfMD5(target_resource_org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_tenant_session
        [bitXor(sipHash64(session), halfMD5(org_id)), bitXor(sipHash64(session), halfMD5(target_resource_org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_tenant_session
        [bitXor(sipHash64(session), halfMD5(org_id)), bitXor(sipHash64(session), halfMD5(target_resource_org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_tenant_token_id
        [bitXor(sipHash64(token_id), halfMD5(org_id)), bitXor(sipHash64(token_id), halfMD5(target_resource_org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_tenant_token_id
        [bitXor(sipHash64(token_id), halfMD5(org_id)), bitXor(sipHash64(token_id), halfMD5(target_resource_org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_tenant_user_id
        [bitXor(sipHash64(user_id), halfMD5(org_id)), bitXor(sipHash64(user_id), halfMD5(target_resource_org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_tenant_user_id
        [bitXor(sipHash64(user_id), halfMD5(org_id)), bitXor(sipHash64(user_id), halfMD5(target_resource_org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_tenant_target_id
        [bitXor(sipHash64(target_id), halfMD5(org_id)), bitXor(sipHash64(target_id), halfMD5(target_resource_org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_tenant_target_id
        [bitXor(sipHash64(target_id), halfMD5(org_id)), bitXor(sipHash64(target_id), halfMD5(target_resource_org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_tenant_org_id
        [bitXor(sipHash64(org_id), halfMD5(org_id)), bitXor(sipHash64(org_id), halfMD5(target_resource_org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_tenant_org_id
        [bitXor(sipHash64(org_id), halfMD5(org_id)), bitXor(sipHash64(org_id), halfMD5(target_resource_org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_tenant_target_resource_type
        [bitXor(sipHash64(target_resource_type), halfMD5(org_id)), bitXor(sipHash64(target_resource_type), halfMD5(target_resource_org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_tenant_target_resource_type
        [bitXor(sipHash64(target_resource_type), halfMD5(org_id)), bitXor(sipHash64(target_resource_type), halfMD5(target_resource_org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_tenant_api_name
        [bitXor(sipHash64(api_name), halfMD5(org_id)), bitXor(sipHash64(api_name), halfMD5(target_resource_org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_tenant_api_name
        [bitXor(sipHash64(api_name), halfMD5(org_id)), bitXor(sipHash64(api_name), halfMD5(target_resource_org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_tenant_action
        [bitXor(sipHash64(action), halfMD5(org_id)), bitXor(sipHash64(action), halfMD5(target_resource_org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_tenant_action
        [bitXor(sipHash64(action), halfMD5(org_id)), bitXor(sipHash64(action), halfMD5(target_resource_org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_organizations [org_id, target_resource_org_id] TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_organizations   [org_id, target_resource_org_id] TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX made UUIDv7ToDateTime(event_id, 'UTC') TYPE minmax GRANULARITY 16,
    INDEX by_offset                   kafka_offset           TYPE minmax GRANULARITY 16,
    INDEX by_place (kafka_partition, bitShiftRight(kafka_offset, 10)) TYPE set(0) GRANULARITY 16
)
ENGINE = ReplacingMergeTree
PARTITION BY toDate(time)
ORDER BY (toStartOfMinute(time), org_id, time, event_id)
SETTINGS
    index_granularity = 512,
    -- Small blocks: reading one filter does not decompress the 64 KiB around it.
    min_compress_block_size = 16384,
    -- Compact parts: one file holds all columns of a granule, and the lengths of texts beside the texts. Opening a file
    -- a column costs more
    -- than reading the granule.
    min_bytes_for_wide_part = 1000000000000,
    string_serialization_version = 'single_stream',
    -- Neighboring columns of one codec share a compressed block. Short columns have ZSTD(2), which keeps them apart
    -- from long ones.
    compress_per_column_in_compact_parts = 0,
    -- Small parts have few files.
    packed_skip_index_max_bytes = 65536,
    -- ClickHouse remembers the insert tokens of the last 10,000 blocks. Plain tables remember none by default.
    non_replicated_deduplication_window = 10000
COMMENT 'Actions, one row each. Empty text means absent. Read with FINAL: a record sent twice has two rows until a merge.';
