#!/usr/bin/env bash
# DHCP with real programs at both ends: udhcpc (busybox) and dhclient (ISC) get their leases from our dhcpd - bound, renewed by hand and
# at T1, released, one by its MAC, none from an empty pool, a NAK after moving to another network - and our udhcpc gets its own from
# dnsmasq: renewed, released, declined, refused. Clients and server are in namespaces.
. "$NETARIUM_SOURCE_DIR/tests/interop/live.inc" || exit 99
has udhcpc && udhcpc=1 || udhcpc=
# A copy, because a system's profile for dhclient would keep it from files of ours.
has dhclient && cp "$(command -v dhclient)" . && dhclient=1 || dhclient=
has dnsmasq && dnsmasq=1 || dnsmasq=
[ -n "$udhcpc$dhclient$dnsmasq" ] || skip "neither a DHCP client nor dnsmasq is installed"

cat >net.yaml <<'END'
addressing: {ipv6: none}
nodes:
  home:
    kind: router
    interfaces:
      lan:
        address: 192.168.1.1/24
        dhcp: {range: 192.168.1.100-192.168.1.101, dns: [198.51.100.53, 198.51.100.54], domain: home.example,
               hosts: {"02:00:00:00:01:03": 192.168.1.9}}
      away: {address: 192.168.2.1/25, dhcp: {lease: 12s}}
      up: {address: 198.51.100.1/24}
  web: {address: 198.51.100.80/24, gateway: 198.51.100.1}
  lan: {kind: switch}
  away: {kind: switch}
  u: {kind: external, interfaces: {eth0: {mac: "02:00:00:00:01:01"}}}
  late: {kind: external, interfaces: {eth0: {mac: "02:00:00:00:01:02"}}}
  printer: {kind: external, interfaces: {eth0: {mac: "02:00:00:00:01:03"}}}
  d: {kind: external, interfaces: {eth0: {mac: "02:00:00:00:01:04"}}}
  here: {kind: external, interfaces: {eth0: {mac: "02:00:00:00:01:05"}}}
  there: {kind: external}
  dnsmasq: {kind: external, address: 10.20.0.1/24}
  office: {kind: switch}
  pc1: {interfaces: {eth0: {address: dhcp, mac: "02:00:00:00:02:01"}}}
  pc2: {interfaces: {eth0: {address: dhcp, mac: "02:00:00:00:02:02"}}, services: [udhcpc -R -w 5 -a 200]}
  pc3: {interfaces: {eth0: {address: dhcp, mac: "02:00:00:00:02:03"}}}
  pc4: {interfaces: {eth0: {address: dhcp, mac: "02:00:00:00:02:04"}}, services: [udhcpc -r 10.99.0.7]}
  squatter: {address: 10.20.0.52/24}
links:
  - {between: ["home:lan", lan]}
  - {between: ["home:away", away]}
  - {between: ["home:up", web]}
  - {between: [u, lan]}
  - {between: [late, lan]}
  - {between: [printer, lan]}
  - {between: [here, lan]}
  - {between: [there, away]}
  - {between: [d, away]}
  - {between: [dnsmasq, office]}
  - {between: [pc1, office]}
  - {between: [pc2, office]}
  - {between: [pc3, office]}
  - {between: [pc4, office]}
  - {between: [squatter, office]}
capture: none
END
[ -z "$dnsmasq" ] || cat >>net.yaml <<'END'
expect:
  - udhcpc.pc1: {bound: 1, lease_time: 120s, renewals: ">= 1", leases: 1}
  - udhcpc.pc2: {bound: 0, leases: 1}
  - udhcpc.pc3: {bound: 1, declined: 1}
  - udhcpc.pc4: {bound: 1, naks: 1}
END

# ---- dnsmasq, which is there before our clients begin ----

ip netns add office && ip link add v0 type veth peer name v1 netns office || skip "no veth on this machine"
sysctl -qw net.ipv6.conf.v0.disable_ipv6=1
ip link set v0 up
printf '%s\n' 'link set lo up' 'link set v1 up gso_max_segs 1' 'addr add 10.20.0.1/24 dev v1' | ip -n office -batch -
if [ -n "$dnsmasq" ]; then
	ip netns exec office dnsmasq --no-daemon --conf-file=/dev/null --user=root --pid-file= --port=0 --interface=v1 --bind-interfaces \
		--dhcp-authoritative --dhcp-range=10.20.0.50,10.20.0.59,255.255.255.0,2m --dhcp-leasefile="$work/leases" \
		--dhcp-option=option:T1,4 --dhcp-option=option:router,10.20.0.1 --dhcp-host=02:00:00:00:02:01,10.20.0.77 \
		--dhcp-host=02:00:00:00:02:03,10.20.0.52 --log-dhcp >dnsmasq.log 2>&1 </dev/null &
	check "dnsmasq is there" await 'grep -q "sockets bound" dnsmasq.log'
fi
start "$PWD/net.yaml" --attach u=tap:t-u --attach late=tap:t-late --attach printer=tap:t-printer --attach d=tap:t-d \
	--attach here=tap:t-here --attach there=tap:t-there --attach dnsmasq=if:v0 || finish

# ---- real clients, our server ----

# Both kinds of client call it: a line in events.NAME, and the interface.
cat >event <<'END'
#!/bin/sh
if [ -n "$reason" ]; then # dhclient
	what=$reason ip=$new_ip_address mask=$new_subnet_mask router=$new_routers dns=$new_domain_name_servers
	domain=$new_domain_name lease=$new_dhcp_lease_time
else
	what=$1 mask=$subnet
fi
case $what in
bound | renew | BOUND | RENEW | REBIND | REBOOT)
	ip addr replace "$ip/$mask" dev eth0
	ip route replace default via "$router"
	;;
deconfig | EXPIRE | RELEASE | FAIL | STOP) ip addr flush dev eth0 ;;
esac
echo "$what $ip $mask via $router dns $dns domain $domain lease $lease" >>"$EVENTS"
END
chmod +x event
# seat NAME TAP: a namespace with that TAP in it as eth0
seat() {
	ip netns add "$1" && ip link set "$2" netns "$1" name eth0 && ip -n "$1" link set eth0 up && : >"events.$1"
}
udhcp() {
	local name=$1
	shift
	EVENTS=$work/events.$name exec ip netns exec "$name" udhcpc -f -i eth0 -s "$work/event" -x "hostname:$name" "$@" >>"udhcpc.$name" 2>&1 </dev/null
}
dh() {
	exec ip netns exec "$1" ./dhclient -d -e EVENTS="$work/events.$1" -sf "$work/event" -lf "$work/lf.$1" -pf "$work/pf.$1" \
		-cf "$work/dhclient.conf" eth0 >>"dhclient.$1" 2>&1 </dev/null
}
printf 'timeout 60;\nretry 2;\ninitial-interval 1;\nreboot 5;\n' >dhclient.conf
# event NAME PATTERN: there is such a line, or comes
event() { check "$1: $2" await "grep -Eq '^($2)' events.$1"; }

rest='via 192.168.1.1 dns 198.51.100.53 198.51.100.54 domain home.example lease 3600$'
if [ -n "$udhcpc" ]; then
	seat u t-u && seat late t-late && seat printer t-printer
	(udhcp u -t 30 -T 2) & u=$!
	event u "bound 192.168.1.10[01] 255.255.255.0 $rest"
	check "it pings through its router" ip netns exec u ping -c 1 -w 10 198.51.100.80
	kill -USR1 $u
	event u "renew 192.168.1.10[01] 255.255.255.0 $rest"
	(udhcp printer -q -t 30 -T 2)
	event printer "bound 192.168.1.9 255.255.255.0 $rest"
fi
if [ -n "$dhclient" ]; then
	seat here t-here && seat d t-d
	# What dhclient had at one network it asks for at the next.
	(dh here) & here=$!
	(dh d) & d=$!
	event here "BOUND 192.168.1.10[01] 255.255.255.0 $rest"
	# It writes its lease down only when its script is through.
	check "here: it has noted its lease" await 'grep -q "^}" lf.here'
	kill -KILL $here && wait $here 2>/dev/null
	ip link set t-there netns here address 02:00:00:00:01:05
	printf '%s\n' 'link set eth0 down' 'link set eth0 name old0' 'link set t-there name eth0' 'link set eth0 up' | ip -n here -batch -
	(dh here) & here=$!
	event here 'BOUND 192.168.2.[0-9]+ 255.255.255.128 via 192.168.2.1 dns +domain +lease 12'
	says dhclient.here 'DHCPNAK from 192.168.2.1'
	event d 'BOUND 192.168.2.[0-9]+ 255.255.255.128 via 192.168.2.1 dns +domain +lease 12'
	event d 'RENEW 192.168.2.[0-9]+ 255.255.255.128 via 192.168.2.1 dns +domain +lease 12'
	check "and it pings" ip netns exec d ping -c 1 -w 10 198.51.100.80
fi
if [ -n "$udhcpc" ] && [ -n "$dhclient" ]; then
	(udhcp late -n -q -t 2 -T 1)
	check "both addresses are taken: none for another" test $? -eq 1
	says udhcpc.late 'no lease, failing'
	kill -USR2 $u
	event u deconfig
	(udhcp late -n -q -t 30 -T 2)
	check "one was given back, and is his" test $? -eq 0
	event late "bound $(sed -n 's/^bound \([^ ]*\) .*/\1/p' events.u) 255.255.255.0 $rest"
fi

# ---- our clients, a real server ----

if [ -n "$dnsmasq" ]; then
	logged() { check "dnsmasq: $1" await "grep -Eq '$1' dnsmasq.log"; }
	logged 'DHCPDISCOVER\(v1\) 02:00:00:00:02:01'
	logged 'DHCPOFFER\(v1\) 10.20.0.77 02:00:00:00:02:01'
	logged 'DHCPACK\(v1\) 10.20.0.77 02:00:00:00:02:01 pc1'
	check "it renews at T1" await '[ $(grep -c "DHCPACK(v1) 10.20.0.77" dnsmasq.log) -ge 2 ]'
	logged 'DHCPACK\(v1\) 10.20.0.5[0-9] 02:00:00:00:02:02 pc2'
	logged 'DHCPRELEASE\(v1\) 10.20.0.5[0-9] 02:00:00:00:02:02'
	logged 'DHCPDECLINE\(v1\) 10.20.0.52 02:00:00:00:02:03'
	logged 'DHCPACK\(v1\) 10.20.0.5[^2] 02:00:00:00:02:03 pc3'
	logged 'DHCPNAK\(v1\) 10.99.0.7 02:00:00:00:02:04 wrong network'
	logged 'DHCPACK\(v1\) 10.20.0.5[0-9] 02:00:00:00:02:04 pc4'
	# They have an address only when nobody answered their ARP probes.
	for pc in pc1 pc3 pc4; do
		check "$pc answers the kernel's ping" await 'ip netns exec office ping -c 1 -W 1 "$(awk -v h=$pc "\$4 == h { print \$3 }" leases)" >/dev/null'
	done
	check "its leases are those three" test "$(cut -d' ' -f2 leases | sort | tr '\n' ' ')" = "02:00:00:00:02:01 02:00:00:00:02:03 02:00:00:00:02:04 "
fi
end
finish
