#!/usr/bin/env bash
# nc that fails says nothing without -v, as the real one; the run's line and results.json say why.
. "$NETARIUM_SOURCE_DIR/tests/scenario/run.inc" || exit 99

cat >nc.yaml <<'END'
nodes: {a: {address: 10.0.0.1/24}, b: {address: 10.0.0.2/24, services: [nc -l -k 80]}}
links: [a -- b]
run:
  - {on: a, do: nc -N --send hi b 81, as: refused}
  - {at: 1s, on: a, do: nc -w 2 10.0.0.9 82, as: silent}
  - {at: 8s, on: a, do: nc -N --send hi b 80, as: good}
END
run 0 nc.yaml --out out
says stdout 'nc -N --send hi b 81 +exit 1: connect to b port 81: Connection refused$'
says stdout 'nc -w 2 10.0.0.9 82 +exit 1: connect to 10.0.0.9 port 82: (No route to host|Connection timed out)$'
says stdout 'nc -N --send hi b 80 .*bytes_sent 3'
silent out/console/a.refused.txt
check "in results.json" grep -q '"failure": "connect to b port 81: Connection refused"' out/results.json
check "only of those that failed" test "$(grep -c '"failure"' out/results.json)" -eq 2
finish
