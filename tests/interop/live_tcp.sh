#!/usr/bin/env bash
# The kernel's TCP calls ours: loss of 0, 1 and 5 %, MTUs of 576, 1280, 1500 and 9000, and each congestion control of ours, every
# one with every other (grid.inc), nc and iperf3 both ways. Data is compared by hash; the table is what iperf3 measured.
. "$NETARIUM_SOURCE_DIR/tests/interop/live.inc" || exit 99
. "$NETARIUM_SOURCE_DIR/tests/interop/grid.inc" || exit 99

servers() { echo "    services: [iperf3 -s -p 5201, iperf3 -s -p 5202, nc -l 7, nc -l -N --send-bytes 200K 8]"; }
grid servers >net.yaml
begin "$PWD/net.yaml" || finish
# The kernel asks for ECN, which DCTCP needs, on routes that say so.
inside sysctl -qw net.ipv4.tcp_ecn_fallback=0
ecn() { [ "$4" != dctcp ] || echo "route add 10.0.$5.0/24 via 10.200.0.2 features ecn"; }
each ecn | ip -n $ns -batch -

talk() {
	{
		inside timeout 120 nc -N -w 60 "$1" 7 <sent >"$1.none"
		inside timeout 120 nc -w 60 "$1" 8 </dev/null | sha256sum >"$1.kernel"
		inside timeout 120 iperf3 -c "$1" -p 5201 -n 256K -w 64K -C "$6" -J >"$1.in.json" 2>&1
		inside timeout 120 iperf3 -c "$1" -p 5202 -n 256K -R -J >"$1.out.json" 2>&1
	} </dev/null &
	pids+=($!)
}
pids=()
each talk
wait "${pids[@]}"
end
hash() { sha256sum <"$(grep -l . out/console/"$1".nc*.txt | head -1)" >"$1.ours"; }
each hash
each judge
table
finish
