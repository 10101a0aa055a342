#!/usr/bin/env bash
# Which private calls does an agent have? The signed question, with curl and openssl alone.
#
#   examples/private-calls.sh CC VDN AGENT
#
# Environment, with the demo's values as defaults:
#   BASE  https://127.0.0.1:28443     AK  demo     SK  demo-secret-key     CA  anteroom-data/tls/certificate.pem
set -euo pipefail

BASE=${BASE:-https://127.0.0.1:28443}
AK=${AK:-demo}
SK=${SK:-demo-secret-key}
CA=${CA:-anteroom-data/tls/certificate.pem}

path=/rest/cmsapp/v1/openapi/agent/agentprivatecall
body="{\"ccId\":$1,\"vdn\":$2,\"agentId\":$3}"
host=${BASE#https://}

# Every byte but A-Z a-z 0-9 - . _ ~ becomes %XX.
encode() {
  local LC_ALL=C text=$1 out= c i
  for ((i = 0; i < ${#text}; i++)); do
    c=${text:i:1}
    case $c in
      [A-Za-z0-9._~-]) out+=$c ;;
      *) out+=$(printf '%%%02X' "'$c") ;;
    esac
  done
  printf '%s' "$out"
}

hmac() { openssl dgst -sha256 -hmac "$1" -r | cut -d' ' -f1; }

prefix="auth-v2/$AK/$(date -u +%Y-%m-%dT%H:%M:%SZ)/host"
canonical=$(printf 'POST\n%s\nhost\nhost:%s\n%s' "$path" "$(encode "$host")" "$(encode "$body")")
key=$(printf '%s' "$prefix" | hmac "$SK")
signature=$(printf '%s' "$canonical" | hmac "$key")

exec curl --silent --show-error --cacert "$CA" "$BASE$path" \
  -H 'Content-Type: application/json; charset=UTF-8' \
  -H "Authorization: $prefix/$signature" \
  --data "$body"
