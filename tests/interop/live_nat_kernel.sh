#!/usr/bin/env bash
# Two kernels and a virtual home router with NAT between them: ping, traceroute and tracepath, TCP and UDP by nc in both directions,
# in through forwarded ports and round by a hairpin, data compared by hash; path MTUs that are smaller on either side of the
# NAT are found out by ICMP errors that it translates.
. "$NETARIUM_SOURCE_DIR/tests/interop/live.inc" || exit 99
has nc || skip "no nc on this machine"

cat >net.yaml <<'END'
addressing: {ipv6: none}
nodes:
  pc: {kind: external, address: 192.168.2.2/24}
  attic: {kind: router, interfaces: {pc: {address: 192.168.2.1/24}, up: {address: 192.168.1.2/24}}, gateway: 192.168.1.1}
  home:
    kind: router
    interfaces: {lan: {address: 192.168.1.1/24}, wan: {address: 203.0.113.5/24}}
    gateway: 203.0.113.1
    routes: [192.168.2.0/24 via 192.168.1.2]
    nat:
      outside: wan
      forward: [tcp 8080 -> 192.168.2.2:80, tcp 8081 -> 192.168.2.2:81, udp 5300 -> 192.168.2.2:53,
                udp 44444-44499 -> 192.168.2.2:44444]
  isp: {kind: router, interfaces: {access: {address: 203.0.113.1/24}, core: {address: 198.51.100.1/24}}}
  core: {kind: router, interfaces: {isp: {address: 198.51.100.2/24}, net: {address: 192.0.2.1/24}}}
  server: {kind: external, address: 192.0.2.2/24}
links:
  - {between: [pc, "attic:pc"], mtu: 1300}
  - {between: ["attic:up", "home:lan"]}
  - {between: ["home:wan", "isp:access"], rate: 100Mbit/s, rtt: 10ms}
  - {name: narrow, between: ["isp:core", "core:isp"], mtu: 1280}
  - {between: ["core:net", server]}
expect:
  - packets: {at: server, filter: net 192.168.0.0/16, count: 0}
capture: [{at: isp}]
END
start "$PWD/net.yaml" --attach pc=tap:pc --attach server=tap:server || finish
machine pc pc 192.168.2.2/24 && ip -n pc route add default via 192.168.2.1
machine server server 192.0.2.2/24 && ip -n server route add default via 192.0.2.1

head -c 300000 /dev/urandom >there
head -c 200000 /dev/urandom >back
listens() { await "[ \$(ip netns exec $1 ss -Hln$2 'sport = :$3' | wc -l) -gt 0 ]"; }
# both WHAT SERVER PORT CLIENT HOST PORT: a connection whose client sends `there` and whose server `back`. The client does not end
# before it has all: a listening nc goes when its client does, sent or not.
both() {
	: >got.back
	ip netns exec "$2" timeout 60 nc -n -v -N -l "$3" <back >got.out 2>server.log &
	listens "$2" t "$3"
	{
		cat there
		await '[ $(stat -c %s got.back) -ge $(stat -c %s back) ]'
	} | ip netns exec "$4" timeout 60 nc -N "$5" "$6" >>got.back
	wait $!
	check "$1: what the server has" cmp got.out there
	check "$1: what the client has" cmp got.back back
}
# datagrams WHAT SERVER PORT CLIENT HOST PORT: nc's of 16 KiB, which is many fragments; the answer is one, too
datagrams() {
	head -c 16384 there >sent.out
	head -c 16000 back >sent.back
	ip netns exec "$2" timeout 60 nc -u -l -W 1 "$3" <sent.back >got.out 2>/dev/null &
	listens "$2" u "$3"
	ip netns exec "$4" timeout 60 nc -u -W 1 "$5" "$6" <sent.out >got.back
	wait $!
	check "$1: what the server has" cmp got.out sent.out
	check "$1: what the client has" cmp got.back sent.back
}

both "TCP out" server 7 pc 192.0.2.2 7
says server.log 'received on 203.0.113.5 '
check "it found the path MTU" sh -c "ip -n server route get 203.0.113.5 | grep 'mtu 1280' || ip -n pc route get 192.0.2.2 | grep 'mtu 1280'"
both "TCP in by a forwarded port" pc 80 server 203.0.113.5 8080
says server.log 'received on 192.0.2.2 '
both "TCP by a hairpin" pc 81 pc 203.0.113.5 8081
says server.log 'received on 203.0.113.5 '
datagrams "UDP out" server 9 pc 192.0.2.2 9
datagrams "UDP in by a forwarded port" pc 53 server 203.0.113.5 5300

if has ping; then
	check "ping out" sh -c "ip netns exec pc ping -c 2 -i 0.2 -w 10 192.0.2.2 | grep -q ' 2 received'"
	check "a ping that is too large is told so, as if there were no NAT" sh -c "ip -n pc route flush cache;
		ip netns exec pc ping -M do -s 1260 -c 1 -w 5 192.0.2.2 2>&1 | tee /dev/stderr | grep -Eq '^From 203.0.113.1 .*mtu = 1280'"
fi
if has traceroute; then
	hops() { awk '/^ *[0-9]/ { printf "%s ", $2 }' "$1"; }
	ip netns exec pc traceroute -n -q 1 -w 10 192.0.2.2 >route.out 2>&1
	check "traceroute out" test "$(hops route.out)" = "192.168.2.1 192.168.1.1 203.0.113.1 198.51.100.2 192.0.2.2 "
	ip netns exec server traceroute -n -q 1 -w 10 -U -p 44450 203.0.113.5 >route.in 2>&1
	check "traceroute in shows the NAT's address only" test "$(hops route.in)" = "192.0.2.1 198.51.100.1 203.0.113.5 203.0.113.5 203.0.113.5 "
fi
if has tracepath; then
	ip -n pc route flush cache
	ip netns exec pc timeout 60 tracepath -n 192.0.2.2 >path.out 2>&1
	says path.out 'pmtu 1280'
	says path.out '192.0.2.2 .*reached'
	ip -n server route flush cache
	ip netns exec server timeout 60 tracepath -n -p 44444 203.0.113.5 >path.in 2>&1
	says path.in 'pmtu 1280'
	says path.in '203.0.113.5 .*reached'
fi
end
if command -v tshark >/dev/null; then
	# (It sums up segments that an ICMP error quotes in part, too.)
	check "no checksum on the way is wrong" test -z "$(tshark -r out/captures/isp.pcapng -o ip.check_checksum:TRUE -o tcp.check_checksum:TRUE \
		-o udp.check_checksum:TRUE -Y 'ip.checksum.status==0 || icmp.checksum.status==0 || !icmp && (tcp.checksum.status==0 || udp.checksum.status==0)' 2>/dev/null)"
fi
finish
