#!/usr/bin/env bash
# Our TCP calls the kernel's: the grid of live_tcp.sh the other way round. The servers are real, in a namespace that is there
# before the virtual internet is; a veth leads to it.
. "$NETARIUM_SOURCE_DIR/tests/interop/live.inc" || exit 99
. "$NETARIUM_SOURCE_DIR/tests/interop/grid.inc" || exit 99

ip netns add $ns && ip link add v0 type veth peer name v1 netns $ns || skip "no veth on this machine"
sysctl -qw net.ipv6.conf.v0.disable_ipv6=1
ip link set v0 up mtu 9000
printf '%s\n' 'link set lo up' 'link set v1 up mtu 9000 gso_max_segs 1' 'addr add 10.200.0.1/24 dev v1' \
	'route add 10.0.0.0/16 via 10.200.0.2' | ip -n $ns -batch -

clients() {
	local step="  - {at: 0s, on: $1, do:"
	echo "$step nc -N --send-bytes 200K 10.200.0.1 $((7000 + $5)), as: $1-give}"
	echo "$step nc 10.200.0.1 $((8000 + $5)), as: $1-take}"
	echo "$step iperf3 -c 10.200.0.1 -p $((5200 + $5)) -n 256K -w 64K -J, as: $1-out}"
	echo "$step iperf3 -c 10.200.0.1 -p $((5300 + $5)) -n 256K -R -C $6 -J, as: $1-in}"
}
{
	grid :
	echo 'run:'
	each clients
} >net.yaml

servers() {
	inside timeout 200 nc -l $((7000 + $5)) </dev/null >"$1.got" &
	pids+=($!)
	inside timeout 200 nc -N -l $((8000 + $5)) <sent >"$1.none" &
	pids+=($!)
	inside timeout 200 iperf3 -s -1 -p $((5200 + $5)) >/dev/null </dev/null &
	pids+=($!)
	inside timeout 200 iperf3 -s -1 -p $((5300 + $5)) >/dev/null </dev/null &
	pids+=($!)
}
pids=()
each servers
check "240 servers listen" await '[ $(ip netns exec $ns ss -Hltn | wc -l) -ge 240 ]'
start "$PWD/net.yaml" --attach internet=if:v0 || finish
wait "${pids[@]}"
check "all clients are done" await '[ $(grep -Ec "^ +[0-9.]+ .*(nc|iperf3) " live.log) -ge 240 ]'
end

hash() {
	sha256sum <"$1.got" >"$1.kernel"
	sha256sum <"out/console/$1.$1-take.txt" >"$1.ours"
	mv "out/console/$1.$1-out.txt" "$1.out.json"
	mv "out/console/$1.$1-in.txt" "$1.in.json"
}
each hash
# DCTCP says ECT in its SYN, and a listener whose control is another one refuses ECN then, as Linux has it.
dctcp=dctcp-reno
each judge
table
finish
