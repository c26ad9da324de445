-- Sign-ins. The sort order lets both the newest page of one organization and the newest page of everybody stop early.
-- It ends in (time, event_id), so ReplacingMergeTree merges the copies of a record that its producer sent twice. Empty
-- text means absent: there are no Nullable columns. docs/decisions/0005 and 0011 explain the sort order, the granules
-- and the indexes.
CREATE TABLE IF NOT EXISTS auth_audits
(
    event_id UUID
        COMMENT 'The id of the record (UUIDv7). A record that its producer sends twice has the same id.'
        CODEC(ZSTD(1)),
    time DateTime64(6, 'UTC')
        COMMENT 'When the record was generated, in UTC.'
        CODEC(Delta, ZSTD(1)),
    user_id String
        COMMENT 'The id of the user who signs in, in the system that emits the record.'
        CODEC(ZSTD(1)),
    upstream_user_id String
        COMMENT 'The id of the user at the upstream identity provider, often an email address.'
        CODEC(ZSTD(1)),
    org_id LowCardinality(String)
        COMMENT 'The id of the organization of the issuer.'
        CODEC(ZSTD(2)),
    org_name LowCardinality(String)
        COMMENT 'The name of the organization of the issuer.'
        CODEC(ZSTD(2)),
    event LowCardinality(String)
        COMMENT 'What happened at the stage, such as `Success`. Its meaning depends on the stage.'
        CODEC(ZSTD(2)),
    source_ip String
        COMMENT 'The IP address of the device that signs in.'
        CODEC(ZSTD(2)),
    token_id String
        COMMENT 'The id of the token that was issued or reissued.'
        CODEC(ZSTD(1)),
    trace_id String
        COMMENT 'The correlation id of one sign-in: all its stages have the same `trace_id`.'
        CODEC(ZSTD(1)),
    session String
        COMMENT 'The session of the tokens. It links the sign-in to what the session does later: `audits` has a `session` too.'
        CODEC(ZSTD(1)),
    issuer LowCardinality(String)
        COMMENT 'The issuer that the user signs in to.'
        CODEC(ZSTD(2)),
    client_id LowCardinality(String)
        COMMENT 'The OIDC client id of the application that the user signs in to.'
        CODEC(ZSTD(2)),
    application_name LowCardinality(String)
        COMMENT 'The name of the application that the user signs in to.'
        CODEC(ZSTD(2)),
    login_org_id LowCardinality(String)
        COMMENT 'The id of the application’s organization. `org_id` is the issuer’s.'
        CODEC(ZSTD(2)),
    login_org_name LowCardinality(String)
        COMMENT 'The name of the application’s organization.'
        CODEC(ZSTD(2)),
    upstream_idp LowCardinality(String)
        COMMENT 'The name of the identity provider that authenticates the user.'
        CODEC(ZSTD(2)),
    stage LowCardinality(String)
        COMMENT 'The stage of the sign-in, such as `Login` or `Second factor`.'
        CODEC(ZSTD(2)),
    user_agent LowCardinality(String)
        COMMENT 'The user agent of the client.'
        CODEC(ZSTD(2)),
    event_name LowCardinality(String)
        COMMENT 'The name of the event, such as `Token` or `MFA Challenge`. Newer producers send it instead of `stage`.'
        CODEC(ZSTD(2)),
    result LowCardinality(String)
        COMMENT 'The result of the event, such as `Success`, `DoMfa` or `Denied`. Newer producers send it instead of `event`.'
        CODEC(ZSTD(2)),
    request_id String
        COMMENT 'The id of one authentication flow. Newer producers send it; the flow’s records show how one attempt ended.'
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
    INDEX wide_upstream_user_id lowerUTF8(upstream_user_id) TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_upstream_user_id   lowerUTF8(upstream_user_id) TYPE bloom_filter(0.01) GRANULARITY 1,
    -- The prefixes of names, for filters such as `ada*`: of 12, 6 and 3 characters.
    INDEX wide_prefix_upstream_user_id
        [substringUTF8(lowerUTF8(upstream_user_id), 1, 12),
         substringUTF8(lowerUTF8(upstream_user_id), 1, 6),
         substringUTF8(lowerUTF8(upstream_user_id), 1, 3)]
        TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_prefix_upstream_user_id
        [substringUTF8(lowerUTF8(upstream_user_id), 1, 12),
         substringUTF8(lowerUTF8(upstream_user_id), 1, 6),
         substringUTF8(lowerUTF8(upstream_user_id), 1, 3)]
        TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_source_ip        source_ip        TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_source_ip          source_ip        TYPE bloom_filter(0.01) GRANULARITY 1,
    -- The prefixes of addresses, for filters by a range: of 48 and 32 bits of IPv6, of 24 and 16 of IPv4.
    INDEX wide_range_source_ip
        [cutIPv6(toIPv6OrDefault(source_ip), 10, 1),
         cutIPv6(toIPv6OrDefault(source_ip), 12, 2)]
        TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_range_source_ip
        [cutIPv6(toIPv6OrDefault(source_ip), 10, 1),
         cutIPv6(toIPv6OrDefault(source_ip), 12, 2)]
        TYPE bloom_filter(0.01) GRANULARITY 1,
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
    -- The same for requests of one organization. The filters hold pairs of a value and an organization that may read
    -- the record, so a granule is skipped or read by what the organization's own records hold, and not by those of
    -- others (docs/decisions/0015-work-depends-on-own-records.md).
    INDEX wide_tenant_event_id
        [bitXor(sipHash64(event_id), halfMD5(org_id)), bitXor(sipHash64(event_id), halfMD5(login_org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_tenant_event_id
        [bitXor(sipHash64(event_id), halfMD5(org_id)), bitXor(sipHash64(event_id), halfMD5(login_org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_tenant_trace_id
        [bitXor(sipHash64(trace_id), halfMD5(org_id)), bitXor(sipHash64(trace_id), halfMD5(login_org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_tenant_trace_id
        [bitXor(sipHash64(trace_id), halfMD5(org_id)), bitXor(sipHash64(trace_id), halfMD5(login_org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_tenant_session
        [bitXor(sipHash64(session), halfMD5(org_id)), bitXor(sipHash64(session), halfMD5(login_org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_tenant_session
        [bitXor(sipHash64(session), halfMD5(org_id)), bitXor(sipHash64(session), halfMD5(login_org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_tenant_request_id
        [bitXor(sipHash64(request_id), halfMD5(org_id)), bitXor(sipHash64(request_id), halfMD5(login_org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_tenant_request_id
        [bitXor(sipHash64(request_id), halfMD5(org_id)), bitXor(sipHash64(request_id), halfMD5(login_org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_tenant_token_id
        [bitXor(sipHash64(token_id), halfMD5(org_id)), bitXor(sipHash64(token_id), halfMD5(login_org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_tenant_token_id
        [bitXor(sipHash64(token_id), halfMD5(org_id)), bitXor(sipHash64(token_id), halfMD5(login_org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_tenant_user_id
        [bitXor(sipHash64(user_id), halfMD5(org_id)), bitXor(sipHash64(user_id), halfMD5(login_org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_tenant_user_id
        [bitXor(sipHash64(user_id), halfMD5(org_id)), bitXor(sipHash64(user_id), halfMD5(login_org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_tenant_upstream_user_id
        [bitXor(sipHash64(lowerUTF8(upstream_user_id)), halfMD5(org_id)), bitXor(sipHash64(lowerUTF8(upstream_user_id)), halfMD5(login_org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_tenant_upstream_user_id
        [bitXor(sipHash64(lowerUTF8(upstream_user_id)), halfMD5(org_id)), bitXor(sipHash64(lowerUTF8(upstream_user_id)), halfMD5(login_org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_tenant_prefix_upstream_user_id
        [bitXor(sipHash64(substringUTF8(lowerUTF8(upstream_user_id), 1, 12)), halfMD5(org_id)),
         bitXor(sipHash64(substringUTF8(lowerUTF8(upstream_user_id), 1, 12)), halfMD5(login_org_id)),
         bitXor(sipHash64(substringUTF8(lowerUTF8(upstream_user_id), 1, 6)), halfMD5(org_id)),
         bitXor(sipHash64(substringUTF8(lowerUTF8(upstream_user_id), 1, 6)), halfMD5(login_org_id)),
         bitXor(sipHash64(substringUTF8(lowerUTF8(upstream_user_id), 1, 3)), halfMD5(org_id)),
         bitXor(sipHash64(substringUTF8(lowerUTF8(upstream_user_id), 1, 3)), halfMD5(login_org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_tenant_prefix_upstream_user_id
        [bitXor(sipHash64(substringUTF8(lowerUTF8(upstream_user_id), 1, 12)), halfMD5(org_id)),
         bitXor(sipHash64(substringUTF8(lowerUTF8(upstream_user_id), 1, 12)), halfMD5(login_org_id)),
         bitXor(sipHash64(substringUTF8(lowerUTF8(upstream_user_id), 1, 6)), halfMD5(org_id)),
         bitXor(sipHash64(substringUTF8(lowerUTF8(upstream_user_id), 1, 6)), halfMD5(login_org_id)),
         bitXor(sipHash64(substringUTF8(lowerUTF8(upstream_user_id), 1, 3)), halfMD5(org_id)),
         bitXor(sipHash64(substringUTF8(lowerUTF8(upstream_user_id), 1, 3)), halfMD5(login_org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_tenant_source_ip
        [bitXor(sipHash64(source_ip), halfMD5(org_id)), bitXor(sipHash64(source_ip), halfMD5(login_org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_tenant_source_ip
        [bitXor(sipHash64(source_ip), halfMD5(org_id)), bitXor(sipHash64(source_ip), halfMD5(login_org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_tenant_range_source_ip
        [bitXor(sipHash64(cutIPv6(toIPv6OrDefault(source_ip), 10, 1)), halfMD5(org_id)),
         bitXor(sipHash64(cutIPv6(toIPv6OrDefault(source_ip), 10, 1)), halfMD5(login_org_id)),
         bitXor(sipHash64(cutIPv6(toIPv6OrDefault(source_ip), 12, 2)), halfMD5(org_id)),
         bitXor(sipHash64(cutIPv6(toIPv6OrDefault(source_ip), 12, 2)), halfMD5(login_org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_tenant_range_source_ip
        [bitXor(sipHash64(cutIPv6(toIPv6OrDefault(source_ip), 10, 1)), halfMD5(org_id)),
         bitXor(sipHash64(cutIPv6(toIPv6OrDefault(source_ip), 10, 1)), halfMD5(login_org_id)),
         bitXor(sipHash64(cutIPv6(toIPv6OrDefault(source_ip), 12, 2)), halfMD5(org_id)),
         bitXor(sipHash64(cutIPv6(toIPv6OrDefault(source_ip), 12, 2)), halfMD5(login_org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_tenant_org_id
        [bitXor(sipHash64(org_id), halfMD5(org_id)), bitXor(sipHash64(org_id), halfMD5(login_org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_tenant_org_id
        [bitXor(sipHash64(org_id), halfMD5(org_id)), bitXor(sipHash64(org_id), halfMD5(login_org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_tenant_org_name
        [bitXor(sipHash64(org_name), halfMD5(org_id)), bitXor(sipHash64(org_name), halfMD5(login_org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_tenant_org_name
        [bitXor(sipHash64(org_name), halfMD5(org_id)), bitXor(sipHash64(org_name), halfMD5(login_org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_tenant_login_org_id
        [bitXor(sipHash64(login_org_id), halfMD5(org_id)), bitXor(sipHash64(login_org_id), halfMD5(login_org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_tenant_login_org_id
        [bitXor(sipHash64(login_org_id), halfMD5(org_id)), bitXor(sipHash64(login_org_id), halfMD5(login_org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_tenant_login_org_name
        [bitXor(sipHash64(login_org_name), halfMD5(org_id)), bitXor(sipHash64(login_org_name), halfMD5(login_org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_tenant_login_org_name
        [bitXor(sipHash64(login_org_name), halfMD5(org_id)), bitXor(sipHash64(login_org_name), halfMD5(login_org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_tenant_issuer
        [bitXor(sipHash64(issuer), halfMD5(org_id)), bitXor(sipHash64(issuer), halfMD5(login_org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_tenant_issuer
        [bitXor(sipHash64(issuer), halfMD5(org_id)), bitXor(sipHash64(issuer), halfMD5(login_org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_tenant_client_id
        [bitXor(sipHash64(client_id), halfMD5(org_id)), bitXor(sipHash64(client_id), halfMD5(login_org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_tenant_client_id
        [bitXor(sipHash64(client_id), halfMD5(org_id)), bitXor(sipHash64(client_id), halfMD5(login_org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_tenant_application_name
        [bitXor(sipHash64(application_name), halfMD5(org_id)), bitXor(sipHash64(application_name), halfMD5(login_org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_tenant_application_name
        [bitXor(sipHash64(application_name), halfMD5(org_id)), bitXor(sipHash64(application_name), halfMD5(login_org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_tenant_upstream_idp
        [bitXor(sipHash64(upstream_idp), halfMD5(org_id)), bitXor(sipHash64(upstream_idp), halfMD5(login_org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_tenant_upstream_idp
        [bitXor(sipHash64(upstream_idp), halfMD5(org_id)), bitXor(sipHash64(upstream_idp), halfMD5(login_org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_tenant_stage
        [bitXor(sipHash64(stage), halfMD5(org_id)), bitXor(sipHash64(stage), halfMD5(login_org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_tenant_stage
        [bitXor(sipHash64(stage), halfMD5(org_id)), bitXor(sipHash64(stage), halfMD5(login_org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_tenant_event
        [bitXor(sipHash64(event), halfMD5(org_id)), bitXor(sipHash64(event), halfMD5(login_org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_tenant_event
        [bitXor(sipHash64(event), halfMD5(org_id)), bitXor(sipHash64(event), halfMD5(login_org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_tenant_event_name
        [bitXor(sipHash64(event_name), halfMD5(org_id)), bitXor(sipHash64(event_name), halfMD5(login_org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_tenant_event_name
        [bitXor(sipHash64(event_name), halfMD5(org_id)), bitXor(sipHash64(event_name), halfMD5(login_org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_tenant_result
        [bitXor(sipHash64(result), halfMD5(org_id)), bitXor(sipHash64(result), halfMD5(login_org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_tenant_result
        [bitXor(sipHash64(result), halfMD5(org_id)), bitXor(sipHash64(result), halfMD5(login_org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX wide_tenant_user_agent
        [bitXor(sipHash64(user_agent), halfMD5(org_id)), bitXor(sipHash64(user_agent), halfMD5(login_org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_tenant_user_agent
        [bitXor(sipHash64(user_agent), halfMD5(org_id)), bitXor(sipHash64(user_agent), halfMD5(login_org_id))]
        TYPE bloom_filter(0.01) GRANULARITY 1,
    -- Who may read a record: one of two columns names the organization. A filter for both skips granules that neither
    -- column matches.
    INDEX wide_organizations [org_id, login_org_id]  TYPE bloom_filter(0.01) GRANULARITY 16,
    INDEX by_organizations   [org_id, login_org_id]  TYPE bloom_filter(0.01) GRANULARITY 1,
    -- When a UUIDv7 was made. A lookup by id reads only the records of about that time.
    INDEX made UUIDv7ToDateTime(event_id, 'UTC') TYPE minmax GRANULARITY 16,
    INDEX by_offset             kafka_offset     TYPE minmax GRANULARITY 16,
    INDEX by_place (kafka_partition, bitShiftRight(kafka_offset, 10)) TYPE set(0) GRANULARITY 16,

    -- How many records each part has in each five seconds, for counts of everybody's records. Where a slot lies in one
    -- merged part, it has no copies (docs/decisions/0017-counts-by-parts.md).
    PROJECTION slots (
        SELECT toStartOfInterval(time, toIntervalSecond(5)), stage, event, result, count()
        GROUP BY toStartOfInterval(time, toIntervalSecond(5)), stage, event, result),
    -- The distinct values of a day, for conditions that no Bloom filter answers: text within text, and outcomes.
    PROJECTION user_agents (SELECT user_agent GROUP BY user_agent),
    PROJECTION outcomes (SELECT stage, event, result GROUP BY stage, event, result),
    -- The same by organization, sorted by it: a request of an organization reads its own.
    PROJECTION user_agents_by_org_id
        (SELECT org_id, user_agent GROUP BY org_id, user_agent),
    PROJECTION user_agents_by_login_org_id
        (SELECT login_org_id, user_agent GROUP BY login_org_id, user_agent),
    PROJECTION outcomes_by_org_id
        (SELECT org_id, stage, event, result GROUP BY org_id, stage, event, result),
    PROJECTION outcomes_by_login_org_id
        (SELECT login_org_id, stage, event, result GROUP BY login_org_id, stage, event, result)
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
COMMENT 'Sign-ins, one row a stage. Empty text means absent. Read with FINAL: a record sent twice has two rows until a merge.';
