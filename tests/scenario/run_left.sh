#!/usr/bin/env bash
# How a run without `duration` ends whose programs do not, and that it says so once, on standard error.
. "$NETARIUM_SOURCE_DIR/tests/scenario/run.inc" || exit 99

lines() { [ "$(wc -l <"$work/$1")" -eq "$2" ]; }

cat >endless.yaml <<'END'
nodes: {a: {}, b: {}}
links: [a -- b]
run: [{on: a, do: ping b}, {at: 10s, on: b, do: ping -c 1 a}]
END
run 0 endless.yaml --out endless
check "one line" lines stderr 1
says stderr "^netarium: 'ping b' on a was still running: ended an hour .* after the last step; give .* -c.* or .* 'duration'$"
says stdout '^ +3610\.000 s  a  ping b +3611 sent, 3611 received'
check "no run that was broken off" no grep -q interrupted endless/results.json

run 0 endless.yaml --set duration=2s --out short
silent stderr
says stdout '^ +2\.000 s  a  ping b +3 sent'

cat >waits.yaml <<'END'
nodes: {a: {}, b: {}}
links: [a -- b]
run: [{on: a, do: nc -l 80, as: one}]
END
run 0 waits.yaml --out waits
check "one line" lines stderr 1
says stderr "^netarium: nothing more can happen; 'nc -l 80' on a still waits$"
sed -i '3s/one}/one}, {on: b, do: nc -l 81, as: two}/' waits.yaml
run 0 waits.yaml --out waits
says stderr "^netarium: nothing more can happen; 'nc -l 80' on a and 1 more still wait$"
run 0 waits.yaml --set duration=2s --out waits
silent stderr
finish
