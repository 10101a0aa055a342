#!/usr/bin/env bash
# Runs every test there is, from the format of the code to real phones, and says how long each stage took.
#
#   ./test.sh            all stages
#   ./test.sh lint unit  only these; the stages are: tools format lint build unit sim e2e
#
# Needs the Rust toolchain and a C compiler (SQLite and the cryptography are built from C). The phones and tools that the
# end-to-end tests use are Debian packages; as root, or with sudo, they are installed when they are not there.
set -euo pipefail
cd "$(dirname "$0")"

stages=(tools format lint build unit sim e2e)
summary=()
log=target/test.log

# Each tool and the Debian package that has it.
needed=(cc:gcc sipp:sip-tester baresip:baresip-core tcpdump:tcpdump curl:curl openssl:openssl)

missing_packages() {
    local entry
    for entry in "${needed[@]}"; do
        command -v "${entry%%:*}" >/dev/null || echo "${entry#*:}"
    done
}

tools() {
    # An administrator's tools are not on everybody's path.
    PATH="$PATH:/usr/sbin:/sbin"
    local packages as_root=()
    mapfile -t packages < <(missing_packages)
    if [ "${#packages[@]}" -eq 0 ]; then
        echo "everything is there"
        return
    fi
    [ "$(id -u)" -eq 0 ] || as_root=(sudo)
    if ! command -v apt-get >/dev/null || { [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; }; then
        echo "these Debian packages are missing, and this user cannot install them: ${packages[*]}" >&2
        return 1
    fi
    "${as_root[@]}" apt-get update -q &&
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${packages[@]}"
}

format() { cargo fmt --all -- --check; }
lint() { cargo clippy --release --workspace --all-targets -- -D warnings; }
build() { cargo build --release && cargo test --release --workspace --no-run; }
unit() { cargo test --release --workspace --exclude e2e 2>&1 | tee -a "$log"; }

# Whole contact centres, with faults; see docs/simulation.md. Each core plays its own.
sim() { cargo run --release -p sim -- simulate --first-seed 1 --seeds 2000 --threads "$(nproc)"; }

e2e() {
    # Every leg has a socket; the usual limit is low.
    ulimit -n "$(ulimit -Hn)" || true
    cargo test --release -p e2e -- --test-threads=1 2>&1 | tee -a "$log"
}

run() {
    local stage=$1 begun=$SECONDS
    printf '\n== %s\n' "$stage"
    if ! "$stage"; then
        printf '\n== %s FAILED after %d s\n' "$stage" $((SECONDS - begun))
        exit 1
    fi
    summary+=("$(printf '%-8s %5d s' "$stage" $((SECONDS - begun)))")
}

for wish in "$@"; do
    case " ${stages[*]} " in
    *" $wish "*) ;;
    *)
        echo "there is no stage $wish; the stages are: ${stages[*]}" >&2
        exit 2
        ;;
    esac
done
[ $# -gt 0 ] || set -- "${stages[@]}"

mkdir -p target
: >"$log"

# `set -e` does not reach into a function that is asked about with `if`, so no stage above relies on it: each is one
# command, or ends with the one that counts.
for stage in "$@"; do
    run "$stage"
done

printf '\n== all passed in %d s\n' "$SECONDS"
printf '   %s\n' "${summary[@]}"
awk '/^test result:/ { passed += $4; failed += $6; ignored += $8 }
     END { printf "test result: %d passed; %d failed; %d ignored\n", passed, failed, ignored }' "$log"
