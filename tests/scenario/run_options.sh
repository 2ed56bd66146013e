#!/usr/bin/env bash
# `netarium run`: its options, what it prints, and its exit status.
. "$NETARIUM_SOURCE_DIR/tests/scenario/run.inc" || exit 99

# What stands in results.json at a path such as '["links"]["wire"]'.
json() { python3 -c "import json; r = json.load(open('$1')); print(r$2)"; }
same() { [ "$1" = "$2" ] || { echo "'$1' is not '$2'"; return 1; }; }

# One line a step, and where things are. Files go to out/NAME in the present folder.
run 0 ping.yaml --set links.wire.loss=0%
silent stderr
says stdout '^ +1\.8[0-9]+ s  a  ping -c 10 -i 0\.2 b  10 sent, 10 received, 0% loss, rtt [0-9.]+/[0-9.]+/[0-9.]+ ms$'
says stdout '^capture out/ping/captures/a\.pcapng  [0-9]+ frames$'
says stdout '^results out/ping/results\.json$'
check "nothing else is left" same "$(find out -type f | LC_ALL=C sort | tr '\n' ' ')" \
	"out/ping/captures/a.pcapng out/ping/console/a.pings.txt out/ping/console/b.udp-echo.txt out/ping/results.json "
check "the console is ping's" grep -q '^10 packets transmitted, 10 received, 0% packet loss' out/ping/console/a.pings.txt
check "results: virtual time" python3 -c "import json; assert 1.8 < json.load(open('out/ping/results.json'))['virtual_seconds'] < 2.2"
check "results: sent" same "$(json out/ping/results.json '["processes"]["pings"]["metrics"]["sent"]')" 10
check "results: capture" same "$(json out/ping/results.json '["captures"]')" "['captures/a.pcapng']"
check "results: not interrupted" same "$(json out/ping/results.json '.get("interrupted")')" None

# --set, --seed: the losses are those of the seed.
run 0 ping.yaml --out half --set links.wire.loss='{every: 2}' --set run.0.do='ping -c 4 -i 0.2 b'
says stdout '4 sent, [0-3] received'
for seed in 1 2 3 4 5 6; do
	run 0 ping.yaml --seed $seed --out seed$seed --quiet
	silent stdout
	check "results: seed" same "$(json seed$seed/results.json '["seed"]')" $seed
done
check "seeds make a difference" test "$(cat seed*/console/a.pings.txt | sort | uniq -c | awk '/received/' | wc -l)" -gt 1
run 0 ping.yaml --set seed=3 --out set3 --quiet
check "--seed is --set seed" cmp seed3/results.json set3/results.json
run 0 ping.yaml --seed 3 --set seed=9 --out set39 --quiet
check "--seed counts, wherever it stands" cmp seed3/results.json set39/results.json

# --json prints what stands in results.json, and nothing else.
run 0 ping.yaml --json
check "standard output is results.json" cmp stdout out/ping/results.json
check "it is JSON" python3 -m json.tool stdout /dev/null

# --no-capture, --snaplen.
run 0 ping.yaml --no-capture
check "no captures" test ! -e out/ping/captures
check "none is named" same "$(json out/ping/results.json '["captures"]')" '[]'
run 0 ping.yaml --snaplen 50 --out short
run 0 ping.yaml --out long
check "--snaplen cuts" test "$(stat -c %s short/captures/a.pcapng)" -lt "$(stat -c %s long/captures/a.pcapng)"
check "but not what happens" cmp short/results.json long/results.json

# An expectation that fails: wanted, got, status 1.
cat >expect.yaml <<'END'
nodes: {a: {}, b: {}}
links: [{name: wire, between: [a, b], delay: 10ms}]
run: [{on: a, do: ping -c 2 b, as: pings}]
expect:
  - pings: {received: 2, rtt_min: 30ms..31ms}
  - link wire: {lost: "> 0"}
END
run 1 expect.yaml
says stdout '^failed  pings: rtt_min 30ms\.\.31ms, got 20(\.[0-9]+)? ms$'
says stdout '^failed  link wire: lost > 0, got 0$'
says stdout '^2 of 3 expectations failed$'
silent stderr
run 1 expect.yaml --quiet
check "only failures" same "$(cut -d' ' -f1 stdout | sort -u)" failed
check "both" same "$(wc -l <stdout)" 2
run 1 expect.yaml --json
check "standard output stays JSON" python3 -m json.tool stdout /dev/null
says stderr '^failed  link wire: lost > 0, got 0$'
check "results: verdicts" same "$(json out/expect/results.json '["expectations"][1]["ok"]')" False
run 0 expect.yaml --set 'expect.1.link wire.lost=0' --set 'expect.0.pings.rtt_min=20ms..21ms'
says stdout '^all 3 expectations hold$'

# Steps of every kind, one line each, with their times; failures say what the program said.
cat >steps.yaml <<'END'
nodes: {a: {}, 'c[1..3]': {}, sw: {kind: switch}}
links: [{name: wire, between: [a, sw]}, {between: ['c[1..3]', sw]}]
run:
  - {at: 1s, link: wire, loss: 5%, rate: 1Mbit/s}
  - {at: 2s, interface: 'a:eth0', state: down}
  - {at: 2500ms, interface: 'a:eth0', state: up}
  - {at: 3s, node: c2, state: down}
  - {at: 4s, on: 'c[1..3]', do: sleep 1, as: many}
  - {after: many, on: a, do: ping -I eth7 c1}
  - {at: 20s, on: a, do: sleep 1}
duration: 10s
END
run 0 steps.yaml
says stdout '^ +1\.000 s  link wire +rate 1Mbit/s, loss 5%$'
says stdout '^ +2\.000 s  a:eth0 +down$'
says stdout '^ +2\.500 s  a:eth0 +up$'
says stdout '^ +3\.000 s  c2 +down$'
says stdout '^ +[56]\.[0-9]+ s  3 nodes +sleep 1 +2 exit 0, 1 failed: c2$'
says stdout '^ +5\.000 s  a +ping -I eth7 c1 +exit 2: ping: SO_BINDTODEVICE eth7: No such device$'
says stdout '^ +-  a +sleep 1 +not reached: the run ended before$'

# The command line or the scenario is wrong: status 2, one sentence, nothing on disk.
rm -rf out
echo 'nodes: {a: {}, b: {}}
links: [a -- c]' >wrong.yaml
wrong() {
	run 2 "$@"
	silent stdout
	check "one sentence: $(cat stderr)" same "$(wc -l <stderr)" 1
	check "no folder" test ! -e out
}
wrong wrong.yaml
says stderr '^wrong\.yaml:2:[0-9]+: '
wrong wrong.yaml --out out
wrong
wrong ping.yaml ping.yaml
wrong ping.yaml --seed x
wrong ping.yaml --seed -1
wrong ping.yaml --snaplen 0
wrong ping.yaml --snaplen 1e9
wrong ping.yaml --out ''
wrong ping.yaml --set links.wan.loss=1%
wrong ping.yaml --nonsense
wrong absent.yaml
# What is not there is told with what may have been meant.
meant() {
	local want=$1
	shift
	checks=$((checks + 1))
	"$NETARIUM" "$@" >"$work/stdout" 2>"$work/stderr" </dev/null
	[ $? -eq 2 ] && [ ! -s "$work/stdout" ] && [ "$(cat "$work/stderr")" = "$want" ] && return
	failed=$((failed + 1))
	echo "$*: said $(cat "$work/stderr"), wanted $want"
}
meant "netarium: run has no option --sed; did you mean --seed?" run ping.yaml --sed=3
meant "netarium: run has no option --no-captures; did you mean --no-capture?" run ping.yaml --no-captures
meant "netarium: run has no option --foo; 'netarium run --help' lists those it has" run ping.yaml --foo
meant "netarium: check has no option -x; 'netarium check --help' lists those it has" check -x ping.yaml
meant "netarium: unknown command 'chek'; did you mean 'check'?" chek ping.yaml
meant "netarium: 'ping.yaml' is no command; did you mean 'netarium run ping.yaml'?" ping.yaml
meant "netarium: help: there is no program or command 'pingg'; did you mean 'ping'?" help pingg
meant "netarium: run: unexpected 'expect.yaml'; expected one FILE" run ping.yaml expect.yaml

finish
