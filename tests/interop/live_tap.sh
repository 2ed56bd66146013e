#!/usr/bin/env bash
# A TAP in a namespace: the kernel's ping, traceroute, tracepath and mtr through a virtual internet; who the process is
# then; what Ctrl-C leaves, and what an end by SIGKILL does not leave.
. "$NETARIUM_SOURCE_DIR/tests/interop/live.inc" || exit 99

cat >net.yaml <<'END'
nodes:
  internet: {kind: external, address: [198.51.100.1/24, "2001:db8:1::1/64"]}
  r1: {kind: router, interfaces: {up: {address: [198.51.100.2/24, "2001:db8:1::2/64"]}}}
  r2: {kind: router}
  web: {address: [203.0.113.80/24, "2001:db8:3::80/64"], hosts: {real: 198.51.100.1}, services: [udp-echo]}
links:
  - {between: [internet, "r1:up"]}
  - {between: [r1, r2], rtt: 10ms}
  - {between: [r2, web], rtt: 10ms, mtu: 1400}
run: [{at: 100ms, on: web, do: ping -c 4 -i 0.2 real, as: out}]
expect: [{out: {received: 4, rtt_min: 20ms..40ms}}]
END
begin "$PWD/net.yaml" || finish
check "it runs as nobody" test "$(stat -c %U /proc/$live)" = nobody
check "without capabilities" test "$(awk '/^Cap(Inh|Prm|Eff|Amb)/ { s = s $2 } END { gsub("0", "", s); print s "." }' /proc/$live/status)" = .
check "the namespace has the node's address" sh -c "ip -n $ns addr show nt0 | grep -q 'inet 198.51.100.1/24'"
check "and its routes" sh -c "ip -n $ns -6 route | grep -q 'via .* dev nt0'"
if has ping; then
	check "ping by name and IPv4" sh -c "ip netns exec $ns ping -4 -c 2 -i 0.2 -w 3 web >ping4; cat ping4; grep -q ' 2 received' ping4"
	check "ping by IPv6" sh -c "ip netns exec $ns ping -6 -c 2 -i 0.2 -w 3 web | grep -q ' 2 received'"
	check "the round trip is the scenario's" awk -F/ '/^rtt/ { ok = $4 ~ /= 2[0-9]\./ } END { exit !ok }' ping4
	check "a ping of 1400 bytes says 'need to fragment'" sh -c "ip netns exec $ns ping -4 -M do -s 1400 -c 1 -w 2 web 2>&1 | grep -Eqi 'mtu ?= ?1400'"
	check "fragments come together" inside ping -4 -M dont -s 4000 -c 1 -w 2 web
fi
if has traceroute; then
	check "traceroute shows two routers and the host" sh -c "ip netns exec $ns traceroute -4 -n -q 1 -w 1 web | tee /dev/stderr | grep -q '^ 3  203.0.113.80'"
fi
if has tracepath; then
	check "tracepath finds the path MTU" sh -c "ip netns exec $ns timeout 10 tracepath -4 -n web | tee /dev/stderr | grep -q 'pmtu 1400'"
fi
if has mtr; then
	check "mtr reports no loss" sh -c "ip netns exec $ns mtr -4 -n -r -c 2 -i 0.2 -G 0.3 web | tee /dev/stderr | grep -Eq '3\.\|-- 203.0.113.80 +0.0%'"
fi
sleep 0.3
end
says live.log 'ping -c 4 .* 4 received'
check "the namespace is gone" no ip -n $ns link
check "and its hosts file" test -z "$(ls /etc/netns)"
check "results" grep -q '"ok": *true' out/results.json
check "the run was not interrupted" no grep -q interrupted out/results.json
if command -v tshark >/dev/null; then
	check "no frame in the capture has a wrong checksum" test -z "$(tshark -r out/captures/web.pcapng -o ip.check_checksum:TRUE \
		-o udp.check_checksum:TRUE -Y 'ip.checksum.status==0 || udp.checksum.status==0 || icmp.checksum.status==0' 2>/dev/null)"
fi

# An end that nobody can catch: whoever keeps the namespace notices.
begin "$PWD/net.yaml" || finish
{ kill -KILL $live; wait $live; } 2>/dev/null
live=
for _ in $(seq 100); do
	[ -e /run/netns/$ns ] || break
	sleep 0.02
done
check "the namespace is gone after SIGKILL" no ip -n $ns link

# A duration ends it, too, and expectations count.
sed -e 's/received: 4/received: 5/' -e '1iduration: 400ms' net.yaml >short.yaml
short() { "$NETARIUM" live short.yaml --attach internet=tap:nt0 --out out2 >short.log 2>&1; }
short
check "an expectation that fails: 1" test $? -eq 1
check "the folder and the results are given away" test "$(stat -c %U out2 out2/* out2/*/* | sort -u)" = nobody
says short.log 'failed .*received'

# What root's own run left, and nothing else: that folder is taken over. What somebody else put there never changes its
# owner, and if nobody could write there the run is refused before it has touched anything.
chown -R 0:0 out2
short
check "a folder of results is taken over" test "$(stat -c %U out2 out2/* out2/*/* | sort -u)" = nobody
touch out2/file out2/captures/file
short
check "what was in the folder stays its owner's" test "$(stat -c %u out2/file out2/captures/file | sort -u)" = 0
check "the results beside it are given away" test "$(stat -c %U out2/results.json out2/captures/*.pcapng | sort -u)" = nobody
chown 0:0 out2/captures
short
check "a folder in it that is another's: 3" test $? -eq 3
says short.log 'out2/captures: live becomes nobody, who could not write there'
rm -r out2 && mkdir out2 && touch out2/file && ls -ln out2 >before
short
check "a folder of another's: 3" test $? -eq 3
says short.log 'out2: live becomes nobody, who could not write there'
check "it is as it was" sh -c 'ls -ln out2 | cmp - before'
check "and its owner" test "$(stat -c %u out2)" = 0
finish
