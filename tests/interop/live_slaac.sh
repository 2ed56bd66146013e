#!/usr/bin/env bash
# Router advertisements both ways: the kernel gets its address and default route from our router, and rdisc6 reads what it
# says; our host gets its own from radvd, and gives way to the kernel where that has the address.
. "$NETARIUM_SOURCE_DIR/tests/interop/live.inc" || exit 99
[ -d /proc/sys/net/ipv6 ] || skip "no IPv6 on this machine"
has ping || skip "no ping on this machine"

# within SECONDS COMMAND...: it succeeds before that many seconds have passed.
within() {
	local end=$((SECONDS + $1))
	shift
	until "$@" >within.log 2>&1; do
		[ $SECONDS -lt $end ] || { cat within.log; return 1; }
		sleep 0.05
	done
	cat within.log
}

# Our router, the kernel's host. At 6 s the router says farewell.
cat >router.yaml <<'END'
addressing: {ipv4: none, ipv6: none}
nodes:
  internet: {kind: external}
  home:
    kind: router
    interfaces:
      lan:
        address: "2001:db8:1::1/64"
        ra:
          max_rtr_adv_interval: 600s
          min_delay_between_ras: 100ms
          adv_link_mtu: 1480
          adv_cur_hop_limit: 33
          adv_default_preference: high
          rdnss: "2001:db8:2::53"
          dnssl: home.example
          routes: {"2001:db8:9::/48": {adv_route_preference: low}}
      wan: {address: "2001:db8:2::1/64"}
  web: {address: "2001:db8:2::80/64"}
links:
  - {between: [internet, "home:lan"], delay: 1ms}
  - {between: ["home:wan", web], delay: 5ms}
run: [{at: 6s, interface: "home:lan", ra: false}]
END
begin "$PWD/router.yaml" || finish
default_route() { inside ip -6 route show default | grep -q 'via fe80::.* dev nt0 proto ra'; }
check "the kernel has made an address" within 6 sh -c "ip -n $ns -6 addr show dev nt0 -tentative | grep 'inet6 2001:db8:1:.*dynamic'"
check "its default route goes to our router" within 2 default_route
check "with the MTU and hop limit that were advertised" sh -c "ip -n $ns -6 route show default | grep -E 'mtu 1480 hoplimit 33 pref high'"
check "a host beyond the router answers" inside ping -6 -c 2 -i 0.2 -w 3 2001:db8:2::80
if has rdisc6; then
	check "rdisc6 gets an answer" within 4 sh -c "ip netns exec $ns rdisc6 -1 nt0 >rdisc6.log; grep -q 2001:db8:1:: rdisc6.log"
	says rdisc6.log 'Hop limit +: +33'
	says rdisc6.log 'preference +: +high'
	says rdisc6.log 'Router lifetime +: +1800'
	says rdisc6.log 'Prefix +: 2001:db8:1::/64'
	says rdisc6.log 'Route +: 2001:db8:9::/48'
	says rdisc6.log 'MTU +: +1480'
	says rdisc6.log 'Recursive DNS server +: 2001:db8:2::53'
	says rdisc6.log 'DNS search list +: home.example'
	says rdisc6.log 'Source link-layer address: 02:00:00:02:00:00'
fi
check "after its farewell it is no default router" within 6 no default_route
end

# The kernel's router, our hosts. It has the address that the twin would make.
if has radvd; then
	cat >hosts.yaml <<'END'
addressing: {ipv4: none, ipv6: none}
nodes:
  internet: {kind: external}
  lan: {kind: switch}
  laptop: {interfaces: {eth0: {address: slaac, mac: "02:00:00:00:00:99"}}}
  twin: {interfaces: {eth0: {address: slaac, mac: "02:00:00:00:00:98"}}}
links: [internet -- lan, "laptop:eth0 -- lan", "twin:eth0 -- lan"]
run:
  - {at: 8s, on: laptop, do: ip addr, as: addr}
  - {at: 8s, on: laptop, do: ip -6 route, as: route}
  - {at: 8s, on: twin, do: ip addr, as: twin}
capture: [{at: laptop}]
END
	cat >radvd.conf <<'END'
interface nt0 {
	AdvSendAdvert on; MinRtrAdvInterval 3; MaxRtrAdvInterval 4; AdvLinkMTU 1400; AdvDefaultPreference high;
	prefix 2001:db8:7::/64 { AdvValidLifetime 7200; AdvPreferredLifetime 3600; };
};
END
	begin "$PWD/hosts.yaml" || finish
	inside sysctl -qw net.ipv6.conf.all.forwarding=1
	# radvd speaks at once if its link-local address is no longer looked for; else perhaps 4 s later.
	inside ip addr flush dev nt0 scope link
	inside ip addr add fe80::7/64 dev nt0 nodad
	inside ip addr add 2001:db8:7::1/64 dev nt0 nodad
	inside ip addr add 2001:db8:7::ff:fe00:98/64 dev nt0 nodad
	inside radvd -n -m stderr -C radvd.conf -p "$work/radvd.pid" >radvd.log 2>&1 &
	radvd=$!
	check "our host answers at the address that it has made" within 7 ip netns exec $ns ping -6 -c 1 -w 1 2001:db8:7::ff:fe00:99
	has ndisc6 && check "and ndisc6 finds it" sh -c "ip netns exec $ns ndisc6 -1 2001:db8:7::ff:fe00:99 nt0 | grep -qi 'link-layer address: 02:00:00:00:00:99'"
	check "until it has shown what it has" within 12 grep -q 'ip -6 route' live.log
	end
	kill $radvd 2>/dev/null
	wait $radvd 2>/dev/null
	says out/console/laptop.addr.txt 'inet6 2001:db8:7::ff:fe00:99/64 scope global dynamic mngtmpaddr'
	says out/console/laptop.addr.txt 'valid_lft 7[0-9]{3}sec preferred_lft 3[0-9]{3}sec'
	says out/console/laptop.route.txt 'default via fe80::.* dev eth0 proto ra metric 1024 expires .*mtu 1400 pref high'
	# Each advertisement makes him look for it again.
	check "who would have had the kernel's address has none" no grep -Eq '2001:db8:7.*global( dynamic|$)' out/console/twin.twin.txt
	check "but a link-local one" grep -q 'inet6 fe80::ff:fe00:98/64 scope link *$' out/console/twin.twin.txt
	if command -v tshark >/dev/null; then
		check "tshark finds nothing malformed" test -z "$(tshark -r out/captures/laptop.pcapng -Y '_ws.malformed || icmpv6.checksum.status==0' 2>/dev/null)"
	fi
fi
finish
