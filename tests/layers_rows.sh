#!/usr/bin/env bash
# A row that nothing reads is a promise that is not kept: every sysctl has a reader in the stack, and every drop reason somebody
# who gives it.
cd "${NETARIUM_SOURCE_DIR:?}" || exit 2
status=0
for member in $({ grep -oE 'int32_t [a-z0-9_]+' emu/ip/sysctl.h | awk '{ print $2 }'; sed -n 's/^\tX(\([a-z0-9_]*\),.*/\1/p' emu/ip/sysctl.h; } | sort -u); do
	grep -rqE "(->|\.)$member\b" emu topo --include=*.c --include=*.h --exclude=sysctl_rows.h && continue
	echo "emu/ip/sysctl.h: nothing reads $member"
	status=1
done
for reason in $(sed -n 's/^\tX(\([A-Z0-9_]*\),.*/\1/p' emu/core/drop.h); do
	grep -rqE "DROP_$reason\b" emu topo --include=*.c && continue
	echo "emu/core/drop.h: nobody gives $reason"
	status=1
done
exit $status
