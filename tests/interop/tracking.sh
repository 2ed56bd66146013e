#!/usr/bin/env bash
# Plays the packets of tests/golden/linux-conntrack.txt through this machine's kernel, in a network namespace of its own, and
# compares what it makes of them with the recording (with which test_filter_linux compares us).
#
#	tracking.sh --record >NEW		writes it down anew: packets from the recording (root)
tracked=${TRACKED:?the executable made of tracked.c}
recording=$NETARIUM_SOURCE_DIR/tests/golden/linux-conntrack.txt
for tool in unshare ip nft conntrack sysctl; do
	command -v "$tool" >/dev/null || { echo "SKIP: no $tool"; exit 77; }
done
if ! unshare -n sh -c 'nft "add table ip t; add chain ip t f { type filter hook forward priority 0; }; add rule ip t f ct state new" &&
	test -r /proc/net/nf_conntrack && ip link add p0 type veth peer name p1' 2>/dev/null; then
	echo "SKIP: no network namespace, or a kernel without nftables, connection tracking or veth"
	exit 77
fi
if [ "$1" = --record ]; then
	unshare -n "$tracked" <"$recording" | sed "s/^# What Linux [^ ]*/# What Linux $(uname -r)/"
	exit
fi
fresh=$(mktemp) || exit 1
trap 'rm -f "$fresh"' EXIT
unshare -n "$tracked" <"$recording" >"$fresh" || exit 1
was=$(sed -n 's/^# What Linux \([0-9]*\.[0-9]*\).*/\1/p' "$recording")
if diff -U 3 --label "the recording (Linux $was)" --label "Linux $(uname -r)" "$recording" "$fresh"; then
	echo "$(grep -c ' | ' "$fresh") packets, taken as in the recording"
elif [ "$(uname -r | cut -d. -f1,2)" != "$was" ]; then
	echo "SKIP: another kernel than the recording's takes some packets in another way"
	exit 77
else
	exit 1
fi
