-- The fields that version 2 of a sign-in's record adds. A record of version 1 has none of them: empty text, which means absent.
ALTER TABLE auth_audits
    ADD COLUMN IF NOT EXISTS event_name LowCardinality(String) AFTER user_agent,
    ADD COLUMN IF NOT EXISTS result LowCardinality(String) AFTER event_name,
    ADD COLUMN IF NOT EXISTS request_id String CODEC(ZSTD(1)) AFTER result,
    ADD INDEX IF NOT EXISTS by_request request_id TYPE bloom_filter(0.01) GRANULARITY 1;
