#!/usr/bin/env bash
# nmap's port scan against a firewall, and scapy's malformed packets against a host that must live on. Each is passed over by
# name where it is not installed.
. "$NETARIUM_SOURCE_DIR/tests/interop/live.inc" || exit 99

cat >net.yaml <<'END'
addressing: {ipv6: none}
nodes:
  internet: {kind: external, address: 198.51.100.1/24}
  gw:
    kind: router
    interfaces: {up: {address: 198.51.100.2/24}}
    firewall:
      forward:
        - {allow: icmp}
        - {allow: tcp dst port 22}
        - {allow: tcp dst port 80}
        - {reject: tcp dst port 25}
  web: {address: 203.0.113.80/24, services: ["nc -l -k --discard 22"]}
links:
  - {between: [internet, "gw:up"]}
  - {between: [gw, web], rtt: 2ms}
capture: [{at: web}]
END
begin "$PWD/net.yaml" || finish
did=0
if has nmap; then
	did=1
	inside timeout 30 nmap -n -Pn -sS --max-retries 1 -p 22,23,25,80 203.0.113.80 >scan 2>&1
	check "22 is open: allowed, and somebody listens" grep -Eq '^22/tcp +open ' scan
	check "80 is closed: allowed, and nobody listens" grep -Eq '^80/tcp +closed ' scan
	check "23 is filtered: denied in silence" grep -Eq '^23/tcp +filtered ' scan
	check "25 is refused at the firewall" grep -Eq '^25/tcp +(closed|filtered) ' scan
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
to = dict(dst="203.0.113.80")
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
    IP(src="203.0.113.80", **to) / TCP(sport=22, dport=22, flags="S"),
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
raw = [bytes(Ether(dst=getmacbyip("198.51.100.2")) / p) for p in packets]
raw += [bytearray(random.randbytes(random.randrange(14, 200))) for _ in range(100)]
for p in list(raw[:len(packets)]) * 5:
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
check "and answers" inside ping -c 2 -i 0.2 -w 3 203.0.113.80
end
check "results are there" test -s out/results.json
[ $did = 1 ] || skip "neither nmap nor scapy is installed"
finish
