#!/usr/bin/env bash
# Makes the caches of what the JVM loads at start, with the very options of later runs.
# $1: a JDK; $2: the distribution.
set -euo pipefail
java=$1/bin/java
distribution=$2
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

train() {
  local cache=$1 log=$scratch/log
  shift
  rm -f "$cache"
  if ! NOTEBAY_HOME=$scratch/home timeout -k 5 90 "$java" "-XX:AOTCacheOutput=$cache" "$@" >"$log" 2>&1; then
    grep -v "^\[.*\[aot\]" "$log" | head -n 40 >&2
    rm -f "$cache"
    echo "training $cache failed" >&2
    return 1
  fi
}

jars=("$distribution"/cli/lib/notebay-cli-*.jar)
train "$distribution/cli/cli.aot" "@$distribution/cli/cli.args" -jar "${jars[0]}" train
# Without its cache an agent works as well, and starts slower.
train "$distribution/runtime-agent/agent.aot" "@$distribution/runtime-agent/agent.args" \
  -cp "$distribution/runtime-agent/lib/*" dev.notebay.agent.config.RuntimeAgent --train ||
  echo "agents will start without a cache" >&2

# Sandboxes see these read-only and would compile them at every start. Another Python compiles them in memory.
for python in "${NOTEBAY_PYTHON:-}" /usr/bin/python3 python3; do
  if [ -n "$python" ] && command -v "$python" >/dev/null; then
    "$python" -m compileall -q "$distribution/runtime-agent/python" ||
      echo "the launcher is compiled at every start" >&2
    break
  fi
done
