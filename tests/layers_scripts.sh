#!/bin/bash
# docs/tcp-scripts.md lists every script of tests/script, under its mechanism, as it is now.
cd "$(dirname "$0")/.." || exit 2
want=$(bash tests/script/table.sh) || exit 1
diff -u docs/tcp-scripts.md <(echo "$want") && exit 0
echo "docs/tcp-scripts.md is not current: bash tests/script/table.sh >docs/tcp-scripts.md"
exit 1
