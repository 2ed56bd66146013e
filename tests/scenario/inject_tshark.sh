#!/usr/bin/env bash
# Injected packets as tshark dissects them: each field that a step names, and the comment that says whose it is.
command -v tshark >/dev/null || { echo "SKIP: tshark is not installed"; exit 77; }
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
failed=0 n=0

cat >"$work/lab.yaml" <<'LAB'
nodes:
  a: {address: [10.0.0.1/24, "2001:db8::1/64"], interfaces: {eth0: {mac: "02:00:00:00:00:0a"}}}
  b: {address: [10.0.0.2/24, "2001:db8::2/64"], interfaces: {eth0: {mac: "02:00:00:00:00:0b"}}}
links: [a -- b]
capture: [{at: "b:eth0"}]
run:
LAB

# shows STEP FIELD=VALUE...: the frame that `inject: {STEP}` of a makes, as b sees it. Of several frames the first.
shows() {
	n=$((n + 1))
	echo "  - {at: ${n}s, on: a, as: p$n, inject: {$1}}" >>"$work/lab.yaml"
	shift
	printf '%s\n' "$@" >"$work/want.$n"
}

sums=(ip.checksum.status=1 tcp.checksum.status=1)
shows 'tcp: {from: ":4000", to: "10.0.0.2:80", flags: SEC, seq: 1000, ack: 7, window: 512, urgent: 3, data: hello}, ip: {id: 0x1234, ttl: 9, tos: 0x10, df: true}' \
	tcp.srcport=4000 tcp.dstport=80 tcp.flags=0x00c2 tcp.seq_raw=1000 tcp.ack_raw=7 tcp.window_size_value=512 tcp.urgent_pointer=3 \
	ip.id=0x1234 ip.ttl=9 ip.dsfield=0x10 ip.flags.df=1 tcp.len=5 tcp.payload=68656c6c6f "${sums[@]}"
shows 'tcp: {to: "10.0.0.2:80", flags: AN, options: [mss 1460, sackOK, TS val 17 ecr 5, nop, wscale 7]}' \
	tcp.flags=0x0110 tcp.options.mss_val=1460 tcp.options.sack_perm=0402 tcp.options.timestamp.tsval=17 tcp.options.timestamp.tsecr=5 tcp.options.wscale.shift=7 \
	tcp.hdr_len=40 "${sums[@]}"
shows 'tcp: {to: "10.0.0.2:80", flags: A, options: "sack 100:200, nop, nop"}' tcp.options.sack_le=100 tcp.options.sack_re=200
shows 'tcp: {to: "10.0.0.2:80", flags: none, checksum: bad}' tcp.flags=0x0000 tcp.checksum.status=0
shows 'tcp: {to: "10.0.0.2:80", checksum: 0xbeef}, ip: {checksum: 0xdead}' tcp.checksum=0xbeef ip.checksum=0xdead
shows 'tcp: {to: "[2001:db8::2]:80", flags: S}, ip: {flow: 0xabcde, tos: 0xff, ttl: 3}' ipv6.flow=0x0abcde ipv6.tclass=0x000000ff ipv6.hlim=3 tcp.checksum.status=1
shows 'udp: {from: "192.0.2.77:5", to: "10.0.0.2:9", data: {zeros: 20}}' ip.src=192.0.2.77 udp.srcport=5 udp.length=28 udp.checksum.status=1
shows 'udp: {to: "10.0.0.2:9", checksum: zero}' udp.checksum=0x0000
shows 'udp: {to: "10.0.0.2:9", length: 9}' udp.length=9
shows 'udp: {to: "[2001:db8::2]:9", data: {hex: "de ad"}}' udp.payload=dead udp.checksum.status=1
shows 'icmp: {to: b, id: 7, seq: 3}' icmp.type=8 icmp.code=0 icmp.ident=7 icmp.seq=3 icmp.checksum.status=1
shows 'icmp: {to: b, type: fragmentation-needed, mtu: 600, quote: {udp: {from: "b:53", to: "a:4000"}}}' \
	icmp.type=3 icmp.code=4 icmp.mtu=600 ip.src=10.0.0.1,10.0.0.2 udp.srcport=53 icmp.checksum.status=1
shows 'icmp: {to: b, type: redirect, code: 1, gateway: 10.0.0.1, quote: {ip: {to: 192.0.2.1, protocol: 17, data: {zeros: 8}}}}' \
	icmp.type=5 icmp.redir_gw=10.0.0.1 ip.dst=10.0.0.2,192.0.2.1
shows 'icmp6: {to: b, type: packet-too-big, mtu: 1280, quote: {udp: {from: "b:53", to: "a:4000"}, bytes: 48}}' \
	icmpv6.type=2 icmpv6.mtu=1280 icmpv6.checksum.status=1 udp.dstport=4000
shows 'icmp6: {from: "fe80::1", to: b, type: neighbour-advertisement, rest: 0x60000000, data: {hex: 20010db8000000000000000000000001 0201020000000099}}' \
	icmpv6.type=136 icmpv6.nd.na.target_address=2001:db8::1 icmpv6.opt.linkaddr=02:00:00:00:00:99 ipv6.hlim=255 icmpv6.checksum.status=1
shows 'ip: {to: 10.0.0.2, protocol: 253, options: [rr 3, ra], rf: true, data: x}' ip.proto=253 ip.opt.type=7,148,0 ip.flags.rb=1 ip.hdr_len=40
shows 'udp: {to: "10.0.0.2:9", data: {zeros: 40}}, ip: {id: 9}, fragments: [{offset: 16, bytes: 8, more: false}, {offset: 0}]' \
	ip.frag_offset=2 ip.flags.mf=0 ip.id=0x0009 ip.len=28 ip.checksum.status=1
shows 'udp: {to: "[2001:db8::2]:9", data: {zeros: 40}}, ip: {id: 0x1234}, fragments: 16' \
	ipv6.fraghdr.offset=0 ipv6.fraghdr.more=1 ipv6.fraghdr.ident=0x00001234 ipv6.plen=24
shows 'arp: {spa: 10.0.0.77, tpa: b}' arp.opcode=1 arp.src.proto_ipv4=10.0.0.77 arp.dst.proto_ipv4=10.0.0.2 arp.src.hw_mac=02:00:00:00:00:0a arp.dst.hw_mac=00:00:00:00:00:00 \
	eth.dst=ff:ff:ff:ff:ff:ff
shows 'arp: {op: reply, sha: "02:00:00:00:00:99", spa: 10.0.0.77, tpa: b}' arp.opcode=2 arp.src.hw_mac=02:00:00:00:00:99 arp.dst.hw_mac=02:00:00:00:00:0b eth.dst=02:00:00:00:00:0b \
	eth.src=02:00:00:00:00:0a
shows 'udp: {to: "10.0.0.2:9"}, eth: {src: b, vlan: 10}' eth.src=02:00:00:00:00:0b eth.dst=02:00:00:00:00:0b vlan.id=10 udp.dstport=9
shows 'frame: ffff ffff ffff 0200 0000 0001 88b5 68656c6c6f' eth.type=0x88b5 eth.src=02:00:00:00:00:01 data.data=68656c6c6f

"$NETARIUM" run "$work/lab.yaml" --out "$work/out" --quiet || exit 1
# One look for all: a column for each field that anyone wants, and the comment first.
mapfile -t fields < <(cut -d= -f1 "$work"/want.* | sort -u)
tshark -r "$work/out/captures/b.eth0.pcapng" -n -o ip.check_checksum:TRUE -o tcp.check_checksum:TRUE -o udp.check_checksum:TRUE \
	-o ip.defragment:FALSE -o ipv6.defragment:FALSE -o tcp.relative_sequence_numbers:FALSE -T fields -E separator='|' -e frame.comment \
	"${fields[@]/#/-e}" >"$work/frames" 2>/dev/null
for ((k = 1; k <= n; k++)); do
	IFS='|' read -r -a got < <(grep -m1 -E "^injected by p$k[,:|]" "$work/frames")
	declare -A value=()
	for i in "${!fields[@]}"; do value[${fields[i]}]=${got[i + 1]}; done
	while IFS= read -r want; do
		[ "${value[${want%%=*}]}" = "${want#*=}" ] && continue
		echo "p$k: ${want%%=*} is '${value[${want%%=*}]}', wanted '${want#*=}'"
		failed=$((failed + 1))
	done <"$work/want.$k"
done
echo "$n packets, $failed fields wrong"
[ $failed -eq 0 ] && [ $n -gt 20 ]
