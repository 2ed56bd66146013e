#!/bin/bash
# What a test would skip for want of, ./check installs: each tool that tests/interop looks for is in the lists of cmake/setup.sh.
cd "$(dirname "$0")/.." || exit 2
. cmake/setup.sh
# unshare is in util-linux, which every Debian has; turnserver comes with coturn, by another command of it.
lists="$packages_build$packages_plot$packages_check
command unshare
command turnserver"
tools=$(sed -nE '/^[[:space:]]*#/d; s/.*\bfor tool in ([^;]*);.*/\1/p; s/^[[:space:]]*(if |for .*; do )?has ([a-z0-9-]+)( .*|;.*)?$/\2/p' \
	tests/interop/*.sh tests/interop/*.inc | tr ' ' '\n' | sort -u)
[ "$(wc -l <<<"$tools")" -ge 12 ] || { echo "only these tools were found:" $tools; exit 1; }
status=0
for tool in $tools; do
	grep -Eq "^$tool |command $tool\$" <<<"$lists" || { echo "tests/interop wants $tool; cmake/setup.sh does not install it"; status=1; }
done
exit $status
