#!/bin/sh
# Makes what docker-compose.yml needs, once: passwords, the webhook secrets, the issuer's key pair, and the stack file
# for `gatelog`. All of it is in .local/docker, and only its owner can read it.
set -eu
cd "$(dirname "$0")/../.."
folder=$PWD/.local/docker

if [ -e "$folder/env" ]; then
  echo "$folder/env exists: to start over, remove the folder and the volumes of the containers." >&2
  exit 1
fi
umask 077
mkdir -p "$folder"

secret() { openssl rand -hex 24; }
checksum() { printf %s "$1" | openssl dgst -sha256 -r | cut -d ' ' -f 1; }

migrate=$(secret)
ingest=$(secret)
query=$(secret)
exports=$(secret)
retention=$(secret)
analyst=$(secret)
keycloak=$(secret)
# As `gatelog key` makes one: 256 random bits in base64url.
api_key=gatelog_$(openssl rand -base64 32 | tr '+/' '-_' | tr -d '=\n')

openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$folder/issuer.pem" 2>/dev/null
openssl pkey -in "$folder/issuer.pem" -pubout -out "$folder/issuer.pub.pem"
cat >"$folder/api_keys.json" <<EOF
[{ "name": "docker", "sha256": ["$(checksum "$api_key")"], "organizations": ["*"], "streams": ["auth_audits", "audits", "events"] }]
EOF
# The files that a container's user has to read, and no secrets.
chmod 644 "$folder/issuer.pub.pem" "$folder/api_keys.json"
chmod 711 "$folder"

cat >"$folder/stack.json" <<EOF
{
  "query": { "url": "http://127.0.0.1:7400" },
  "collector": { "url": "http://127.0.0.1:7401", "secrets": { "keycloak": "$keycloak" }, "api_key": "$api_key" },
  "kafka": { "brokers": ["127.0.0.1:7420"] },
  "clickhouse": {
    "url": "http://127.0.0.1:7410",
    "database": "gatelog",
    "users": {
      "migrate": { "name": "migrate", "password": "$migrate" },
      "ingest": { "name": "ingest", "password": "$ingest" },
      "query": { "name": "query", "password": "$query" },
      "export": { "name": "export", "password": "$exports" },
      "retention": { "name": "retention", "password": "$retention" },
      "analyst": { "name": "analyst", "password": "$analyst" }
    }
  },
  "metrics": {
    "ingest": "http://127.0.0.1:7402/metrics",
    "query": "http://127.0.0.1:7400/metrics",
    "collector": "http://127.0.0.1:7401/metrics",
    "retention": "http://127.0.0.1:7403/metrics"
  },
  "issuer": { "issuer": "urn:gatelog:docker", "audience": "gatelog", "private_key_file": "$folder/issuer.pem" }
}
EOF

cat >"$folder/env" <<EOF
CLICKHOUSE_MIGRATE_PASSWORD=$migrate
CLICKHOUSE_MIGRATE_PASSWORD_SHA256=$(checksum "$migrate")
CLICKHOUSE_INGEST_PASSWORD=$ingest
CLICKHOUSE_INGEST_PASSWORD_SHA256=$(checksum "$ingest")
CLICKHOUSE_QUERY_PASSWORD=$query
CLICKHOUSE_QUERY_PASSWORD_SHA256=$(checksum "$query")
CLICKHOUSE_EXPORT_PASSWORD=$exports
CLICKHOUSE_EXPORT_PASSWORD_SHA256=$(checksum "$exports")
CLICKHOUSE_RETENTION_PASSWORD=$retention
CLICKHOUSE_RETENTION_PASSWORD_SHA256=$(checksum "$retention")
CLICKHOUSE_ANALYST_PASSWORD_SHA256=$(checksum "$analyst")
KEYCLOAK_WEBHOOK_SECRET=$keycloak
QUERY_POSITION_KEYS=$(openssl rand -base64 32)
EOF

echo "Made $folder. Now: docker compose --env-file .local/docker/env up --build"
