-- Events of applications. Sort order, partitions and settings are those of auth_audits. `user`, `context` and `brand`
-- are JSON text (docs/decisions/0019-json-is-text.md).
CREATE TABLE IF NOT EXISTS events
(
    event_id UUID
        COMMENT 'The id of the record (UUIDv7). A record that its producer sends twice has the same id.'
        CODEC(ZSTD(1)),
    time DateTime64(6, 'UTC')
        COMMENT 'When the record was generated, in UTC.'
        CODEC(Delta, ZSTD(1)),
    org_id LowCardinality(String)
        COMMENT 'The id of the organization that the event belongs to. Of authentik’s events: the id of the brand.'
        CODEC(ZSTD(2)),
    action LowCardinality(String)
        COMMENT 'What happened, such as `login` or `model_updated`.'
        CODEC(ZSTD(2)),
    app LowCardinality(String)
        COMMENT 'The part of the application that wrote the event.'
        CODEC(ZSTD(2)),
    user String
        COMMENT 'Who did it: `pk`, `username` and `email`; `on_behalf_of` is the user whom an administrator acts as. JSON text: an object.'
        CODEC(ZSTD(1)),
    context String
        COMMENT 'More about the event, of any shape. Secrets are replaced at any depth. JSON text: an object.'
        CODEC(ZSTD(1)),
    client_ip String
        COMMENT 'The IP address that the request came from.'
        CODEC(ZSTD(2)),
    expires String
        COMMENT 'When the application that wrote the event drops its own copy. It does not say how long Gatelog keeps this one.'
        CODEC(ZSTD(1)),
    brand LowCardinality(String)
        COMMENT 'The brand of authentik that the request came to: `pk`, `name`, `app` and `model_name`. JSON text: an object.'
        CODEC(ZSTD(2)),
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

    -- Each filter has a Bloom filter for 8,192 records, which skips most of the table, and one for 512 records.
    INDEX wide_event_id
        event_id
        TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_event_id
        event_id
        TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_org_id
        org_id
        TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_org_id
        org_id
        TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_action
        action
        TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_action
        action
        TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_app
        app
        TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_app
        app
        TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_user_pk
        JSONExtract(user, 'pk', 'String')
        TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_user_pk
        JSONExtract(user, 'pk', 'String')
        TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_user_username
        JSONExtract(user, 'username', 'String')
        TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_user_username
        JSONExtract(user, 'username', 'String')
        TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_user_email
        JSONExtract(user, 'email', 'String')
        TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_user_email
        JSONExtract(user, 'email', 'String')
        TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_context_authorized_application_pk
        JSONExtract(context, 'authorized_application', 'pk', 'String')
        TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_context_authorized_application_pk
        JSONExtract(context, 'authorized_application', 'pk', 'String')
        TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_context_device_pk
        JSONExtract(context, 'device', 'pk', 'String')
        TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_context_device_pk
        JSONExtract(context, 'device', 'pk', 'String')
        TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_context_model_app
        JSONExtract(context, 'model', 'app', 'String')
        TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_context_model_app
        JSONExtract(context, 'model', 'app', 'String')
        TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_context_model_model_name
        JSONExtract(context, 'model', 'model_name', 'String')
        TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_context_model_model_name
        JSONExtract(context, 'model', 'model_name', 'String')
        TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_context_model_pk
        JSONExtract(context, 'model', 'pk', 'String')
        TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_context_model_pk
        JSONExtract(context, 'model', 'pk', 'String')
        TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_client_ip
        client_ip
        TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_client_ip
        client_ip
        TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_range_client_ip
        [cutIPv6(toIPv6OrDefault(client_ip), 10, 1), cutIPv6(toIPv6OrDefault(client_ip), 12, 2)]
        TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_range_client_ip
        [cutIPv6(toIPv6OrDefault(client_ip), 10, 1), cutIPv6(toIPv6OrDefault(client_ip), 12, 2)]
        TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_brand_name
        JSONExtract(brand, 'name', 'String')
        TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_brand_name
        JSONExtract(brand, 'name', 'String')
        TYPE bloom_filter(0.01) GRANULARITY 1,
    -- The same for requests of one organization: pairs of a value and the organization that may read the record
    -- (docs/decisions/0015-work-depends-on-own-records.md).
    INDEX wide_tenant_event_id
        [bitXor(sipHash64(event_id), halfMD5(org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_tenant_event_id
        [bitXor(sipHash64(event_id), halfMD5(org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_tenant_org_id
        [bitXor(sipHash64(org_id), halfMD5(org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_tenant_org_id
        [bitXor(sipHash64(org_id), halfMD5(org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_tenant_action
        [bitXor(sipHash64(action), halfMD5(org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_tenant_action
        [bitXor(sipHash64(action), halfMD5(org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_tenant_app
        [bitXor(sipHash64(app), halfMD5(org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_tenant_app
        [bitXor(sipHash64(app), halfMD5(org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_tenant_user_pk
        [bitXor(sipHash64(JSONExtract(user, 'pk', 'String')), halfMD5(org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_tenant_user_pk
        [bitXor(sipHash64(JSONExtract(user, 'pk', 'String')), halfMD5(org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_tenant_user_username
        [bitXor(sipHash64(JSONExtract(user, 'username', 'String')), halfMD5(org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_tenant_user_username
        [bitXor(sipHash64(JSONExtract(user, 'username', 'String')), halfMD5(org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_tenant_user_email
        [bitXor(sipHash64(JSONExtract(user, 'email', 'String')), halfMD5(org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_tenant_user_email
        [bitXor(sipHash64(JSONExtract(user, 'email', 'String')), halfMD5(org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_tenant_context_authorized_application_pk
        [bitXor(sipHash64(JSONExtract(context, 'authorized_application', 'pk', 'String')), halfMD5(org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_tenant_context_authorized_application_pk
        [bitXor(sipHash64(JSONExtract(context, 'authorized_application', 'pk', 'String')), halfMD5(org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_tenant_context_device_pk
        [bitXor(sipHash64(JSONExtract(context, 'device', 'pk', 'String')), halfMD5(org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_tenant_context_device_pk
        [bitXor(sipHash64(JSONExtract(context, 'device', 'pk', 'String')), halfMD5(org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_tenant_context_model_app
        [bitXor(sipHash64(JSONExtract(context, 'model', 'app', 'String')), halfMD5(org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_tenant_context_model_app
        [bitXor(sipHash64(JSONExtract(context, 'model', 'app', 'String')), halfMD5(org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_tenant_context_model_model_name
        [bitXor(sipHash64(JSONExtract(context, 'model', 'model_name', 'String')), halfMD5(org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_tenant_context_model_model_name
        [bitXor(sipHash64(JSONExtract(context, 'model', 'model_name', 'String')), halfMD5(org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_tenant_context_model_pk
        [bitXor(sipHash64(JSONExtract(context, 'model', 'pk', 'String')), halfMD5(org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_tenant_context_model_pk
        [bitXor(sipHash64(JSONExtract(context, 'model', 'pk', 'String')), halfMD5(org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_tenant_client_ip
        [bitXor(sipHash64(client_ip), halfMD5(org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_tenant_client_ip
        [bitXor(sipHash64(client_ip), halfMD5(org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_tenant_range_client_ip
        [bitXor(sipHash64(cutIPv6(toIPv6OrDefault(client_ip), 10, 1)), halfMD5(org_id)), bitXor(sipHash64(cutIPv6(toIPv6OrDefault(client_ip), 12, 2)), halfMD5(org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_tenant_range_client_ip
        [bitXor(sipHash64(cutIPv6(toIPv6OrDefault(client_ip), 10, 1)), halfMD5(org_id)), bitXor(sipHash64(cutIPv6(toIPv6OrDefault(client_ip), 12, 2)), halfMD5(org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_tenant_brand_name
        [bitXor(sipHash64(JSONExtract(brand, 'name', 'String')), halfMD5(org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_tenant_brand_name
        [bitXor(sipHash64(JSONExtract(brand, 'name', 'String')), halfMD5(org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_organizations org_id TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_organizations   org_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX made UUIDv7ToDateTime(event_id, 'UTC') TYPE minmax GRANULARITY 16,
    INDEX by_offset kafka_offset TYPE minmax GRANULARITY 16,
    INDEX by_place (kafka_partition, bitShiftRight(kafka_offset, 10)) TYPE set(0) GRANULARITY 16,

    -- The distinct actions of a day, for text within an action; the second is sorted by organization.
    PROJECTION actions (SELECT action GROUP BY action),
    PROJECTION actions_by_org_id (SELECT org_id, action GROUP BY org_id, action)
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
    -- Small parts have few files: one file holds all filters, and only merges build projections.
    packed_skip_index_max_bytes = 65536,
    materialize_projections_on_insert = 0,
    materialize_projections_on_merge = 1,
    deduplicate_merge_projection_mode = 'rebuild',
    -- ClickHouse remembers the insert tokens of the last 10,000 blocks. Plain tables remember none by default.
    non_replicated_deduplication_window = 10000
COMMENT 'Events of applications, one row each. Empty text means absent. Read with FINAL: a record sent twice has two rows until a merge.';
