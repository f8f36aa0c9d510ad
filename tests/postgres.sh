#!/usr/bin/env bash
# Starts a private PostgreSQL in a temporary folder, runs "$@" with TRAVEE_TEST_POSTGRES naming it, stops it.
set -euo pipefail
bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)
[ -n "$bin" ] || { echo "PostgreSQL manque : apt-get install postgresql" >&2; exit 1; }
folder=$(mktemp -d)
[ "$(id -u)" = 0 ] && chown postgres "$folder"
as() { if [ "$(id -u)" = 0 ]; then (cd /; runuser -u postgres -- "$@"); else "$@"; fi; }
stop() { as "$bin/pg_ctl" -D "$folder/data" -m immediate stop >/dev/null 2>&1 || true; rm -rf "$folder"; }
trap stop EXIT
as "$bin/initdb" -D "$folder/data" -U postgres --auth=trust --no-sync -E UTF8 --locale=C.UTF-8 >/dev/null
# A free port, asked of the system.
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])' 2>/dev/null || echo 54329)
as "$bin/pg_ctl" -D "$folder/data" -w -s -l "$folder/log" -o "-k $folder -p $port -c listen_addresses=127.0.0.1 \
  -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=300" start
TRAVEE_TEST_POSTGRES="postgres://postgres@127.0.0.1:$port" "$@"
