#!/usr/bin/env bash
# `netarium graph`: the addresses that were given, or with -a all that a run would begin with, as `ip` shows them.
. "$NETARIUM_SOURCE_DIR/tests/scenario/run.inc" || exit 99
cat >net.yaml <<'END'
nodes: {a: {}, r: {kind: router}, b: {address: 192.0.2.7/24}, c: {address: auto}, s: {kind: switch}}
links: ["a -- r:eth0", "b -- r:eth1", "s -- r:eth2", c -- s]
run: [{on: r, do: ip addr}]
END
graph() { timeout 60 "$NETARIUM" graph "$@" >stdout 2>stderr; }
check "graph" graph net.yaml
says stdout '"b" \[label="b\\n192\.0\.2\.7",'
says stdout '"a" \[label="a",'
check "graph -a" graph -a net.yaml
silent stderr
says stdout '"a" \[label="a\\neth0 10\.0\.0\.2/24\\neth0 fd00::2/64",'
says stdout '"b" \[label="b\\neth0 192\.0\.2\.7/24\\neth0 fd00:0:0:1::2/64",'
says stdout '"c" \[label="c\\neth0 dhcp\\neth0 slaac",'
says stdout '"s" \[label="s",'
check "graph -a, mermaid" graph -a -f mermaid net.yaml
says stdout '\("a<br>eth0 10\.0\.0\.2/24<br>eth0 fd00::2/64"\)'
# The router's, beside what it says itself.
sed -n 's/.*(("r\(.*\)")).*/\1/p' stdout | sed 's/<br>eth[0-9] /\n/g' | sed 1d | sort >drawn
run 0 net.yaml
sed -nE '/fe80:|127\.0|::1\/128/d; s/.* inet6? ([^ ]+).*/\1/p' out/net/console/r.ip.txt | sort >shown
check "what is drawn is what ip shows" diff drawn shown
check "six of them" test "$(wc -l <drawn)" = 6
sed -i 's/^nodes:/addressing: {ipv4: 10.0.0.0\/31, ipv4_prefix: 30}\nnodes:/' net.yaml
check "what cannot be built is not drawn" no graph -a net.yaml
says stderr '^net\.yaml:'
silent stdout
finish
