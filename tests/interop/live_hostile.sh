#!/usr/bin/env bash
# nmap's port scan against a firewall, and scapy's malformed packets against a host that must live on. Each is passed over by
# name where it is not installed.
. "$NETARIUM_SOURCE_DIR/tests/interop/live.inc" || exit 99

cat >net.yaml <<'END'
addressing: {ipv6: none}
nodes:
  internet: {kind: external, address: 198.51.100.1/24}
  wire: {kind: switch}
  bare: {address: 198.51.100.80/24, gateway: 198.51.100.2, services: ["nc -l -k --discard 22", udp-echo]}
  gw:
    kind: router
    interfaces: {up: {address: 198.51.100.2/24}}
    firewall:
      forward:
        - {allow: icmp}
        - {allow: tcp dst port 22}
        - {allow: tcp dst port 80}
        - {reject: tcp dst port 25}
        - {allow: udp dst port 7 or udp dst port 69}
        - {reject: udp dst port 514}
  web: {address: 203.0.113.80/24, services: ["nc -l -k --discard 22", udp-echo]}
links:
  - {between: [internet, wire]}
  - {between: ["gw:up", wire]}
  - {between: [bare, wire]}
  - {between: [gw, web], rtt: 2ms}
capture: [{at: web}]
END
begin "$PWD/net.yaml" || finish
did=0
if has nmap; then
	did=1
	# scan KIND PORTS: PORT/PROTOCOL, state and why nmap thinks so, in the file KIND
	scan() { inside timeout 120 nmap -n -Pn "-$1" --reason --max-retries 3 -p "$2" 203.0.113.80 >"$1" 2>&1; }
	scan sS 22,23,25,80
	says sS '^22/tcp +open +[a-z]+ +syn-ack '    # allowed, and somebody listens
	says sS '^80/tcp +closed +[a-z]+ +reset '    # allowed, and nobody listens
	says sS '^23/tcp +filtered +[a-z]+ +no-resp' # denied in silence
	says sS '^25/tcp +closed +[a-z]+ +reset '    # rejected: with a reset, as TCP is
	check "the firewall's reset is one hop nearer" test "$(awk '/^25/ { print $NF }' sS)" -eq $(($(awk '/^80/ { print $NF }' sS) + 1))
	scan sT 22,23,25,80                          # the kernel's connect()
	says sT '^22/tcp +open +[a-z]+ +syn-ack'
	says sT '^80/tcp +closed +[a-z]+ +conn-refused'
	says sT '^23/tcp +filtered +[a-z]+ +no-resp'
	says sT '^25/tcp +closed +[a-z]+ +conn-refused'
	scan sA 22,23                                # ACKs of no connection may begin one (nf_conntrack_tcp_loose), if a rule lets them
	says sA '^22/tcp +unfiltered +[a-z]+ +reset '
	says sA '^23/tcp +filtered +[a-z]+ +no-resp'
	scan sU 7,69,123,514
	says sU '^7/udp +open +[a-z]+ +udp-response '
	says sU '^69/udp +closed +[a-z]+ +port-unreach '
	says sU '^123/udp +open\|filtered +[a-z]+ +no-resp'
	says sU '^514/udp +filtered +[a-z]+ +admin-prohibited '
fi
if /usr/bin/env python3 -c 'import scapy' 2>/dev/null; then python=python3
elif /usr/bin/python3 -c 'import scapy' 2>/dev/null; then python=/usr/bin/python3
else echo "SKIP: scapy is not installed"; python=; fi
if [ -n "$python" ]; then
	did=1
	cat >bad.py <<'END'
import random
from scapy.all import *
conf.verb = 0
random.seed(4)
def bad(where):
    to = dict(dst=where)
    packets = [
        IP(**to, ihl=15) / TCP(dport=22, flags="S"),
        IP(**to, len=10) / ICMP(),
        IP(**to, len=4000) / UDP(dport=7) / b"short",
        IP(**to, chksum=1) / ICMP(),
        IP(**to, ttl=0) / ICMP(),
        IP(**to, flags=7) / ICMP(),
        IP(**to, frag=8191) / ICMP() / (b"x" * 100),
        IP(**to, options=b"\x83\x27\x04" + b"\0" * 5) / ICMP(),
        IP(**to, options=b"\x44\x03\x01") / ICMP(),
        IP(src=where, **to) / TCP(sport=22, dport=22, flags="S"),
        IP(src="127.0.0.1", **to) / ICMP(),
        IP(src="255.255.255.255", **to) / ICMP(),
        IP(**to) / TCP(dport=22, flags="SFRPAUEC"),
        IP(**to) / TCP(dport=22, flags=""),
        IP(**to) / TCP(dport=22, flags="S", dataofs=15),
        IP(**to) / TCP(dport=22, flags="S", dataofs=1),
        IP(**to) / TCP(dport=22, flags="S", options=[("MSS", 0)]),
        IP(**to) / TCP(dport=22, flags="S", chksum=1),
        IP(**to) / UDP(dport=7, len=3) / b"abc",
        IP(**to) / UDP(dport=7, len=60000) / b"abc",
        IP(**to) / ICMP(type=3, code=4, nexthopmtu=1) / b"\x45",
        IP(**to) / ICMP(type=255, code=255),
        IP(**to, proto=255) / b"x",
    ]
    packets += fragment(IP(**to, id=7) / ICMP() / (b"a" * 3000), fragsize=800)[1:]
    packets += [IP(**to, id=8, flags=1, frag=f) / (b"z" * 64) for f in (0, 4, 2, 6, 1, 8000)]
    return packets

# Behind the firewall, and at a host with nothing before it.
raw = []
for where, via in (("203.0.113.80", "198.51.100.2"), ("198.51.100.80", "198.51.100.80")):
    raw += [bytes(Ether(dst=getmacbyip(via)) / p) for p in bad(where)]
whole = list(raw)
raw += [bytearray(random.randbytes(random.randrange(14, 200))) for _ in range(100)]
for p in whole * 5:
    b = bytearray(p)
    for _ in range(3):
        b[random.randrange(14, len(b))] = random.randrange(256)
    raw.append(b)
s = conf.L2socket(iface="nt0")
for r in raw:
    s.send(Raw(bytes(r)))
print(len(raw))
END
	check "scapy sends" inside timeout 40 $python bad.py
fi
check "it is still alive" kill -0 $live
for host in web bare; do
	check "$host answers" inside ping -4 -c 2 -i 0.2 -w 10 $host
done
end
check "results are there" test -s out/results.json
[ -z "$python" ] || check "the host counted why" $python -c 'import json, sys
drops = json.load(open("out/results.json"))["nodes"]["bare"]["drops"]
missing = [d for d in sys.argv[1:] if not drops.get(d)]
sys.exit(f"none: {missing} of {drops}" if missing else 0)' eth_unknown_type ip_malformed ip_checksum ip_bad_source ip_options ip_no_protocol \
	frag_overlap frag_malformed icmp_ignored udp_malformed tcp_malformed tcp_checksum tcp_flags
[ $did = 1 ] || skip "neither nmap nor scapy is installed"
finish
