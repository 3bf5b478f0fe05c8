#!/usr/bin/env bash
# Runs the Java judge: JSON jobs in, JSON answers out. See README.md. Needs ../install.sh to have run.
set -euo pipefail
java=${CACHE_DIR:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)/.cache}/java
exec java -Xmx3g -Djava.awt.headless=true -XX:+UseParallelGC -cp "$java/classes:$java/lib/*" judge.Judge
