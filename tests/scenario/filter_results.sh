#!/usr/bin/env bash
# What results.json says of a router's hooks, and `conntrack -L` in conntrack-tools' words.
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
passed=0

check() {
	grep -Eq "$2" "$1" || { echo "failed: no line '$2' in $(basename "$1"):"; cat "$1"; exit 1; }
	passed=$((passed + 1))
}

cat >"$work/s.yaml" <<'EOF'
addressing: {ipv6: none}
nodes:
  a: {address: 192.168.1.2/24}
  gw:
    kind: router
    interfaces: {in: {address: 192.168.1.1/24}, out: {address: 203.0.113.1/24}}
    nat: {outside: out}
    firewall: {forward: [{deny: udp dst port 9}, {allow: any, in: in}], input: {policy: reject}}
  b: {address: 203.0.113.9/24, services: [udp-echo -q, iperf3 -s]}
links: [{between: [a, "gw:in"], rate: 1Gbit/s}, {between: ["gw:out", b], rate: 100Mbit/s, delay: 1ms}]
run:
  - {at: 0s, on: a, do: ping -c 1 b, as: ping}
  - {at: 1s, on: a, do: nc -u -p 4000 -w 1 --send hello b 7, as: echo}
  - {at: 1s, on: a, do: nc -u -p 4001 -w 1 --send hello b 9, as: discard}
  - {at: 2s, on: a, do: iperf3 -c b -t 2, as: flow}
  - {at: 3s, on: gw, do: conntrack -L, as: all}
  - {at: 3s, on: gw, do: conntrack -C -p udp, as: udp}
  - {at: 3s, on: a, do: conntrack -L, as: nothing}
  - {at: 2s, on: a, inject: {icmp: {to: b, type: 13, id: 3999}}}
expect:
  - node gw: {firewall.forward.rule1.packets: 1, firewall.forward.rule1.bytes: 34, firewall.input.policy.packets: 0}
  - node gw: {conntrack.peak: 5, nat.mappings: ">= 2"}
  - udp: {entries: 1}
  - nothing: {entries: 0, exit: 0}
EOF
"$NETARIUM" run "$work/s.yaml" --quiet --no-capture --out "$work/out" || exit 1
all=$work/out/console/gw.all.txt
check "$all" '^icmp     1 [0-9]+ src=192\.168\.1\.2 dst=203\.0\.113\.9 type=8 code=0 id=[0-9]+ packets=1 bytes=84 src=203\.0\.113\.9 dst=203\.0\.113\.1 type=0 code=0 id=[0-9]+ packets=1 bytes=84 mark=0 use=1$'
check "$all" '^icmp     1 [0-9]+ src=192\.168\.1\.2 .* type=13 code=0 id=3999 .* \[UNREPLIED\] src=203\.0\.113\.9 .* type=14 code=0 id=3999 '
check "$all" '^udp      17 [0-9]+ src=192\.168\.1\.2 dst=203\.0\.113\.9 sport=4000 dport=7 packets=1 bytes=34 src=203\.0\.113\.9 dst=203\.0\.113\.1 sport=7 dport=4000 packets=1 bytes=34 mark=0 use=1$'
check "$all" '^tcp      6 [0-9]+ ESTABLISHED src=192\.168\.1\.2 .* dport=5201 .* sport=5201 .* \[ASSURED\] mark=0 use=1$'
check "$all" '^conntrack v1\.4\.7 \(conntrack-tools\): 5 flow entries have been shown\.$'
check "$work/out/results.json" '"conntrack": \{"count": [0-9]+, "peak": 5\}, "nat": \{"mappings": [0-9]+\}'
check "$work/out/results.json" '"forward": \{"rules": \[\{"text": "udp dst port 9", "packets": 1, "bytes": 34\}, \{"text": "everything", "packets": 5,'
sed -i 's/rule1.packets/rule0.packets/' "$work/s.yaml"
"$NETARIUM" check "$work/s.yaml" >"$work/said" 2>&1 && { echo "failed: rule0 is taken"; exit 1; }
check "$work/said" "unknown metric 'firewall.forward.rule0.packets'"
sed -i 's/conntrack -C -p udp/conntrack -C -p ospf/' "$work/s.yaml"
"$NETARIUM" check "$work/s.yaml" >"$work/said" 2>&1 && { echo "failed: -p ospf is taken"; exit 1; }
check "$work/said" "\`ospf' unsupported protocol"
echo "filter results: $passed passed"
