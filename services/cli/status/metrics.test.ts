import { expect, it } from 'vitest'
import { readings } from './metrics.js'

const TEXT = `# HELP gatelog_ingest_lag_records Records that Kafka holds and ClickHouse does not
# TYPE gatelog_ingest_lag_records gauge
gatelog_ingest_lag_records{topic="auth_audits",partition="0",service="ingest"} 3
gatelog_ingest_lag_records{topic="audits",partition="0",service="ingest"} 1.5
gatelog_ingest_lag_records_total 9
plain 4
`

it('returns the values of one metric', () => {
  expect(readings(TEXT, 'gatelog_ingest_lag_records')).toEqual([3, 1.5])
  expect(readings(TEXT, 'plain')).toEqual([4])
  expect(readings(TEXT, 'absent')).toEqual([])
})
