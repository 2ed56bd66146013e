#!/usr/bin/env bash
# The kernel's TCP and ours, both ways: loss of 0, 1 and 5 %, MTUs of 576, 1280, 1500 and 9000, each congestion control of
# ours, all at once in one virtual internet. nc's data is compared by hash; iperf3 says how fast and counts its own bytes.
. "$NETARIUM_SOURCE_DIR/tests/interop/live.inc" || exit 99
has nc || skip "no nc on this machine"

controls=(cubic reno bbr dctcp vegas)
{
	echo 'addressing: {ipv6: none}'
	echo 'nodes:'
	echo '  internet: {kind: external, address: 10.200.0.1/24}'
	echo '  r: {kind: router, interfaces: {up: {address: 10.200.0.2/24}}}'
	k=0
	for mtu in 576 1280 1500 9000; do
		for loss in 0 1 5; do
			echo "  m$mtu-l$loss:"
			echo "    services: [iperf3 -s, nc -l 7, nc -l -N --send-bytes 200K 8]"
			echo "    sysctl: {net.ipv4.tcp_congestion_control: ${controls[k++ % 5]}}"
		done
	done
	# Each control with loss, at the ordinary MTU.
	for cc in "${controls[@]}"; do
		echo "  cc-$cc:"
		echo "    services: [iperf3 -s, nc -l 7, nc -l -N --send-bytes 200K 8]"
		echo "    sysctl: {net.ipv4.tcp_congestion_control: $cc}"
	done
	echo 'links:'
	echo '  - {between: [internet, "r:up"], mtu: 9000}'
	for mtu in 576 1280 1500 9000; do
		for loss in 0 1 5; do
			echo "  - {between: [r, m$mtu-l$loss], rtt: 4ms, rate: 100Mbit/s, mtu: $mtu, loss: $loss%}"
		done
	done
	for cc in "${controls[@]}"; do
		echo "  - {between: [r, cc-$cc], rtt: 4ms, rate: 100Mbit/s, loss: 1%}"
	done
	echo 'capture: none'
} >net.yaml
hosts=$(sed -n 's/^  \([mc][-a-z0-9]*\):$/\1/p' net.yaml)
head -c 200000 /dev/urandom | base64 >sent # the console shows text as it is
want=$(sha256sum <sent)
# What nc --send-bytes sends: the digits over and over, anew in each write of 65536 bytes.
pattern() { for _ in 1 2 3 4; do yes 0123456789 | tr -d '\n' | head -c 65536; done | head -c 204800; }
pattern_want=$(pattern | sha256sum)

begin "$PWD/net.yaml" || finish

# both HOST: its nc both ways and its iperf3 both ways.
both() {
	inside timeout 30 nc -N -w 20 "$1" 7 <sent >"$1.none"
	inside timeout 30 nc -w 20 "$1" 8 </dev/null | sha256sum >"$1.hash"
	command -v iperf3 >/dev/null || return
	inside timeout 30 iperf3 -c "$1" -n 150K -J >"$1.to.json" 2>&1
	inside timeout 30 iperf3 -c "$1" -n 150K -R -J >"$1.from.json" 2>&1
}
pids=
for h in $hosts; do
	both "$h" &
	pids="$pids $!"
done
# shellcheck disable=SC2086 # words on purpose
wait $pids
end
for h in $hosts; do
	got=$(sha256sum <"$(grep -l . out/console/"$h".nc*.txt | head -1)")
	check "$h has what the kernel sent" test "$got" = "$want"
	check "the kernel has what $h sent" test "$(cat "$h.hash")" = "$pattern_want"
	if [ -e "$h.to.json" ]; then
		for way in to from; do
			check "iperf3 $way $h" sh -c "! grep -q '\"error\"' $h.$way.json && grep -q '\"sum_received\"' $h.$way.json"
		done
	fi
done
has iperf3
check "17 hosts were asked" test "$(wc -w <<<"$hosts")" -eq 17
finish
