#!/usr/bin/env bash
# An existing interface, one end of a veth: frames with checksums left to hardware are completed, ours do not come back to us.
. "$NETARIUM_SOURCE_DIR/tests/interop/live.inc" || exit 99
has nc || skip "no nc on this machine"
has ping || skip "no ping on this machine"

ip netns add $ns && ip link add v0 type veth peer name v1 netns $ns || skip "no veth on this machine"
sysctl -qw net.ipv6.conf.v0.disable_ipv6=1
ip link set v0 up
ip -n $ns addr add 198.51.100.1/24 dev v1
ip -n $ns link set dev v1 up gso_max_segs 1
ip -n $ns route add default via 198.51.100.2
sed -e '/^run:/,/^expect:/d' -e '/inside:/d' -e 's/^capture:.*/capture: [{at: isp}]/' "$NETARIUM_SOURCE_DIR/scenarios/live-ping.yaml" >net.yaml
sed -i 's/"udp-echo"\]/"udp-echo", "nc -l 7"]/' net.yaml
"$NETARIUM" live net.yaml --attach internet=if:v0 --out out >live.log 2>&1 &
live=$!
for _ in $(seq 100); do
	grep -q 'Ctrl-C' live.log && break
	sleep 0.02
done
check "ping" inside ping -c 2 -i 0.2 -w 3 203.0.113.80
check "TCP connects and closes" sh -c "echo hello | ip netns exec $ns nc -N -w 3 203.0.113.80 7"
end
check "what came by TCP is what was sent" grep -q hello out/console/web.*nc*.txt
check "no frame was refused" no grep -q 'lost:' live.log
if command -v tshark >/dev/null; then
	check "checksums are whole" test -z "$(tshark -r out/captures/isp.pcapng -o tcp.check_checksum:TRUE \
		-Y 'tcp.checksum.status==0' 2>/dev/null)"
fi
ip netns del $ns

# refused STATUS PATTERN OPTION...
refused() {
	local status=$1 pattern=$2
	shift 2
	timeout 5 "$NETARIUM" live net.yaml "$@" --out no >stdout 2>refused.log
	check "exit status $status for $*" test $? -eq "$status"
	says refused.log "$pattern"
	check "one sentence" test "$(wc -l <refused.log)" -eq 1
	check "no folder is left" test ! -e no
}
refused 2 'nothing is attached'
refused 2 "no node is called 'nix'" --attach nix=tap:x
refused 2 "'web' is not external" --attach web=tap:x
refused 2 'expected NODE=tap:NAME' --attach internet
refused 2 'expected tap:NAME or if:NAME' --attach internet=tun:x
refused 2 "no interface 'nosuch'" --attach internet=if:nosuch
refused 2 'up to 15 characters' --attach internet=tap:longer-than-fifteen
refused 2 'is no name of a namespace' --attach internet=tap:x --netns ../x
refused 2 'leaves interfaces where they are' --attach internet=if:v0 --netns x
refused 3 'an interface of that name' --attach internet=tap:lo
# As somebody without rights, if he gets as far as the executable.
if command -v setpriv >/dev/null && setpriv --reuid 65534 --clear-groups test -x "$NETARIUM"; then
	mkdir open && chmod 777 open
	chmod 644 net.yaml
	setpriv --reuid 65534 --clear-groups "$NETARIUM" live net.yaml --attach internet=tap:x --out open/no >stdout 2>refused.log
	check "exit status 3 without rights" test $? -eq 3
	says refused.log 'takes CAP_NET_ADMIN'
fi
finish
