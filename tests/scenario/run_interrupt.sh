#!/usr/bin/env bash
# SIGINT and SIGTERM end a run in order: what was captured until then is whole, and says so.
. "$NETARIUM_SOURCE_DIR/tests/scenario/run.inc" || exit 99

cat >endless.yaml <<'END'
nodes: {a: {}, b: {services: [udp-echo]}}
links: [{name: wire, between: [a, b], delay: 10ms}]
run:
  - {on: a, do: ping -i 0.01 b, as: pings}
  - {after: pings, on: a, do: echo never, as: then}
expect: [{pings: {loss: 50%}}]
END

# interrupted SIGNAL OUT OPTION...: starts the run, and sends the signal when the capture has begun to be written.
interrupted() {
	local signal=$1 out=$2 pid status
	shift 2
	checks=$((checks + 1))
	# A background job of a script ignores SIGINT unless it is told otherwise.
	python3 -c 'import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])' "$NETARIUM" run endless.yaml --out "$out" --snaplen 64 "$@" >stdout 2>stderr </dev/null &
	pid=$!
	for _ in $(seq 600); do
		[ -s "$out/captures/.a.pcapng.part" ] && break
		sleep 0.1
	done
	kill -s "$signal" $pid
	wait $pid
	status=$?
	[ $status -eq $((128 + $(kill -l "$signal"))) ] && return
	failed=$((failed + 1))
	echo "SIG$signal: exit status $status"
	cat stderr
}

for signal in INT TERM; do
	out=out-$signal
	interrupted $signal $out
	says stderr '^netarium: interrupted at [0-9.]+ s of virtual time'
	check "the expectations are not judged" test -z "$(grep '^failed' stdout)"
	nothing_half $out
	check "the results say so" python3 -c "
import json
r = json.load(open('$out/results.json'))
assert r['interrupted'] is True
assert r['captures'] == ['captures/a.pcapng']
p = r['processes']['pings']
assert p['end'] == r['virtual_seconds'] and p['metrics']['received'] > 0
assert 'then' not in r['processes']"
	check "ping said what it knew" grep -q 'packets transmitted' $out/console/a.pings.txt
	check "the capture says so" grep -qa 'interrupted at [0-9.]* s of virtual time' $out/captures/a.pcapng
	if command -v capinfos >/dev/null; then
		check "capinfos reads the capture" capinfos -c $out/captures/a.pcapng
		check "as many frames as we said" test \
			"$(capinfos -TrcM $out/captures/a.pcapng | cut -f2)" = "$(sed -n 's/.*a\.pcapng  \([0-9]*\) frames/\1/p' stdout)"
	fi
done

interrupted INT out-json --json
check "--json stays JSON" python3 -m json.tool stdout /dev/null
interrupted INT out-quiet --quiet
silent stdout
finish
