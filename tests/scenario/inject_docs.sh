#!/usr/bin/env bash
# The examples of docs/inject.md: together they are a scenario, and every one of them sends what it says.
page=$NETARIUM_SOURCE_DIR/docs/inject.md
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT

# The first block is the network, the others are steps.
awk '/^    /{ print substr($0, 5); block = 1; next } block && !/^$/{ exit }' "$page" >"$work/lab.yaml"
awk '/^    - \{?at: /{ step = 1 } !/^    /{ step = 0 } step{ print substr($0, 3) }' "$page" >"$work/steps"
cat "$work/steps" >>"$work/lab.yaml"
steps=$(grep -c 'inject:' "$work/steps")
[ "$steps" -ge 18 ] || { echo "only $steps examples found"; exit 1; }
"$NETARIUM" run "$work/lab.yaml" --out "$work/out" >"$work/said" 2>&1 || { cat "$work/said"; exit 1; }
sent=$(grep -cE 'inject .*  [0-9]+ sent, [0-9.]+ k?B$' "$work/said")
[ "$sent" -eq "$steps" ] || { cat "$work/said"; echo "$sent of $steps examples were sent without an error"; exit 1; }

# The line that the page shows is the one that is printed.
grep -q '     1.000 s  attacker  inject tcp S to web:80 .*  1 sent, 60 B' "$work/said" || exit 1

# And what the page says of it: answered by a SYN-ACK, in IPv6; an IPv4 address gets one, too.
command -v tshark >/dev/null || { echo "SKIP: tshark is not installed; its answer is not looked at"; exit 77; }
sed -i 's/, flags: S}}}$/, flags: S}}}\n  - {at: 1.5s, on: attacker, inject: {tcp: {to: 10.0.0.2:80, flags: S}}}/' "$work/lab.yaml"
"$NETARIUM" run "$work/lab.yaml" --out "$work/out" >/dev/null || exit 1
for answer in 'frame.time_epoch < 1.5 && ipv6.src == 2001:db8:2::2' 'frame.time_epoch > 1.5 && ip.src == 10.0.0.2'; do
	tshark -r "$work/out/captures/attacker.pcapng" -Y "tcp.flags == 0x12 && frame.time_epoch < 2 && $answer" 2>/dev/null |
		grep -q . || { echo "no SYN-ACK: $answer"; exit 1; }
done
