#!/usr/bin/env bash
# A broadcast that somebody takes is no loss at those who do not; one that nobody takes says so, once.
. "$NETARIUM_SOURCE_DIR/tests/scenario/run.inc" || exit 99

cat >lan.yaml <<'END'
nodes: {a: {address: 10.0.0.1/24}, b: {}, c: {services: [nc -u -l 7]}, d: {}, lan: {kind: switch}}
links: ['[a, b, c, d] -- lan']
run:
  - {on: a, do: nc -u -b -w 1 --send taken 10.0.0.255 7}
  - {at: 2s, on: a, do: nc -u -b -w 1 --send nobody 10.0.0.255 8}
capture: all
duration: 4s
END
sed -i "s/links: .*/links: [a -- lan, b -- lan, c -- lan, d -- lan]/" lan.yaml
comments() { strings "out/captures/$1.pcapng" | grep -E 'dropped at|nobody took'; }
run 0 lan.yaml --out out
for node in a b d; do
	comments $node >said
	check "one comment at $node: $(head -c 300 said)" test "$(wc -l <said)" -eq 1
	says said '^nobody took it: no socket on UDP port 8 at b, c, d'
done
check "drops are counted as ever" grep -q '"udp_no_port": 2' out/results.json
finish
