#!/usr/bin/env bash
# netarium replay: what one run recorded enters another at an interface, at its own pace; and what cannot be replayed.
. "$NETARIUM_SOURCE_DIR/tests/scenario/run.inc" || exit 99

for format in pcap pcapng; do
	cat >record-$format.yaml <<END
addressing: {ipv6: none}
nodes: {a: {address: 10.1.0.1/24}, b: {address: 10.1.0.2/24, interfaces: {eth0: {mac: "02:00:00:00:00:0b"}}}}
links: [{name: wire, between: [a, b], delay: 10ms}]
run: [{at: 1s, on: a, do: ping -c 5 -i 0.2 b}]
capture: [{at: "a:eth0", format: $format, file: real.$format}]
END
	run 0 record-$format.yaml --out rec
	cp rec/captures/real.$format .
done
cat >here.yaml <<'END'
addressing: {ipv6: none}
nodes: {a: {address: 10.1.0.1/24}, b: {address: 10.1.0.2/24, interfaces: {eth0: {mac: "02:00:00:00:00:0b"}}}, sw: {kind: switch}, ext: {kind: external, address: 10.1.0.9/24}}
links: [a -- sw, {between: [b, sw], delay: 1ms}, ext -- sw]
capture: all
END
# The host that the recorded requests were for answers them: its own five replies beside the recorded five.
{ cat here.yaml; echo "expect: [{packets: {at: b, filter: 'icmp[0] == 0 and src 10.1.0.2', count: 10}}]"; } >answers.yaml
replay() {
	local want=$1
	shift
	timeout 60 "$NETARIUM" replay "$@" >"$work/stdout" 2>"$work/stderr" </dev/null
	check "exit status $want: replay $*" test $? -eq "$want"
}

# Twelve frames: ARP and its answer, five requests, five replies, 0.8 s + 20 ms after the first ones.
for format in pcap pcapng; do
	replay 0 here.yaml --from real.$format --into a --out out
	says stdout "into a  12 frames\$"
	check "virtual time went on as the recording's" awk '/"virtual_seconds"/ { gsub("[^0-9.]", ""); ok = $0 >= 0.82 && $0 < 0.9 } END { exit !ok }' out/results.json
	mv out out.$format
done
check "pcap and pcapng are the same" cmp out.pcap/captures/a.pcapng out.pcapng/captures/a.pcapng
replay 0 here.yaml --from real.pcap --into a:eth0 --speed 2 --at 3s --out out
check "twice as fast, from 3 s on" awk '/"virtual_seconds"/ { gsub("[^0-9.]", ""); ok = $0 >= 3.41 && $0 < 3.5 } END { exit !ok }' out/results.json
replay 0 here.yaml --from real.pcap --into ext --out out
check "they were sent" grep -q '"sent": *12' out/results.json
replay 0 here.yaml --from real.pcap --into a --set duration=500ms --out out
check "a duration holds" grep -Eq '"virtual_seconds": *0.5\b' out/results.json

replay 0 answers.yaml --from real.pcap --into b --out out
says stdout 'the expectation holds'

# What is wrong.
refused() {
	local pattern=$1
	shift
	replay 2 "$@" --out no
	says stderr "$pattern"
	check "one sentence" test "$(wc -l <stderr)" -eq 1
	check "no folder" test ! -e no
}
refused 'expected --from FILE' here.yaml --into a
refused 'expected --into NODE:INTERFACE' here.yaml --from real.pcap
refused 'nosuch.pcap' here.yaml --from nosuch.pcap --into a
refused 'here.yaml: ' here.yaml --from here.yaml --into a
refused "no node is called 'x'" here.yaml --from real.pcap --into x
refused "'a' has no interface 'eth7'" here.yaml --from real.pcap --into a:eth7
refused 'is a switch' here.yaml --from real.pcap --into sw:eth0
refused "speed '0'" here.yaml --from real.pcap --into a --speed 0
refused "speed 'fast'" here.yaml --from real.pcap --into a --speed fast
refused 'a time such as' here.yaml --from real.pcap --into a --at soon
# Another kind of link: the number in the file's header.
cp real.pcap raw.pcap && printf '\145' | dd of=raw.pcap bs=1 seek=20 conv=notrunc 2>/dev/null
refused 'was recorded from RAW' here.yaml --from raw.pcap --into a
head -c 300 real.pcap >short.pcap
replay 2 here.yaml --from short.pcap --into a --out out
says stderr 'is broken behind frame'
check "and yet there are results" test -s out/results.json
finish
