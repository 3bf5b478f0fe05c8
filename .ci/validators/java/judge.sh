#!/usr/bin/env bash
# Runs the Java judge, which reads JSON jobs and writes JSON answers. See README.md. Run ../install.sh first.
set -euo pipefail
java=${CACHE_DIR:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)/.cache}/java
exec java -Xmx3g -Djava.awt.headless=true -XX:+UseParallelGC -cp "$java/classes:$java/lib/*" judge.Judge
