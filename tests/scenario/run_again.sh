#!/usr/bin/env bash
# A run again: the same files to the last byte, whatever the folder held before; and what is not ours stays.
. "$NETARIUM_SOURCE_DIR/tests/scenario/run.inc" || exit 99

cat >busy.yaml <<'END'
nodes: {'h[1..4]': {}, r: {kind: router}, sink: {services: [udp-echo]}}
links:
  - {between: ['h[1..4]', r], delay: 2ms, jitter: {normal: 500us}, loss: 2%, reorder: 2%}
  - {name: out, between: [r, sink], rate: 200kbit/s, delay: 5ms, duplicate: 2%, corrupt: 1%, loss: {burst: 3, mean: 2%}, queue: {limit: 5p}}
run: [{on: 'h[1..4]', do: ping -c 50 -i 0.02 -s 400 sink, as: flood}]
capture: all
END
run 0 busy.yaml --out one
run 0 busy.yaml --out two
check "two runs, the same files" diff -r one two
check "something was lost" grep -q '"link_burst_loss"' one/results.json

# Into a folder that is there: what the run before left goes, everything else stays.
mkdir -p used/captures
echo mine >used/notes.txt
echo mine >used/captures/mine.pcapng
run 0 ping.yaml --out used
echo half >used/captures/.a.pcapng.part
run 0 busy.yaml --out used
check "other files stay" grep -q mine used/notes.txt
check "other captures stay" grep -q mine used/captures/mine.pcapng
check "old captures go" test ! -e used/captures/a.pcapng
check "old consoles go" test ! -e used/console/a.pings.txt
nothing_half used
rm used/notes.txt used/captures/mine.pcapng
check "then it is as new" diff -r one used

# A results.json that names files elsewhere, or is none of ours, makes us remove nothing.
echo mine >precious.pcapng
mkdir sly
cat >sly/results.json <<'END'
{"virtual_seconds": 1, "captures": ["captures/../../precious.pcapng", "../precious.pcapng", "captures/", 7, null],
 "processes": {"a": {"console": "/etc/hostname"}, "b": 3}}
END
run 0 ping.yaml --out sly
check "a results.json cannot reach out" grep -q mine precious.pcapng
echo '[1, 2' >sly/results.json
run 0 ping.yaml --out sly
check "nonsense is replaced" python3 -m json.tool sly/results.json /dev/null

# A folder that another run writes into is left alone.
mkdir shared && exec 9<shared && flock 9
run 3 ping.yaml --out shared
says stderr '^netarium: shared: another run is writing there; choose another folder with --out$'
exec 9<&-
run 0 ping.yaml --out shared

# The folder of captures goes when there are none any more.
run 0 ping.yaml --out sly --no-capture
check "no captures any more" test ! -e sly/captures
finish
