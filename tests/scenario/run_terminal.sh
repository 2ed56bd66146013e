#!/usr/bin/env bash
# The bar: on a terminal only, taken away before anything else is printed, without colour if NO_COLOR says so.
. "$NETARIUM_SOURCE_DIR/tests/scenario/run.inc" || exit 99

if ! command -v script >/dev/null; then
	echo "SKIP: no script(1) here to make a terminal with"
	exit 77
fi
if ! script -qec true /dev/null </dev/null >/dev/null 2>&1; then
	echo "SKIP: no pseudo-terminals here (is /dev/pts mounted?)"
	exit 77
fi

# Long enough to be drawn a few times.
cat >long.yaml <<'END'
nodes: {a: {}, b: {}}
links: [{name: wire, between: [a, b], delay: 1ms}]
run: [{on: a, do: ping -q -c 2000000 -i 0.002 b, as: pings}]
duration: 900s
END

# on_terminal VARIABLE=VALUE ARGUMENT...: what a terminal was sent, in $work/typed.
on_terminal() {
	local variable=$1
	shift
	checks=$((checks + 1))
	env -u NO_COLOR TERM=xterm "$variable" script -qec "stty cols 100; '$NETARIUM' run long.yaml --no-capture $*" \
		/dev/null >typed </dev/null && return
	failed=$((failed + 1))
	echo "on a terminal: exit status $?"
	tail -c 500 typed
}

escape=$'\033'
on_terminal X=
says typed '\[#*-*\] +[0-9]+%  [0-9.]+ s of 900\.000 s, [0-9.e+]+x real time, [0-9]+ s left'
says typed "$escape\[32m"
check "the bar is gone before the result" grep -q "^.*$escape\[K *[0-9.]* s  a  ping" typed
check "at most ten times a second" python3 -c "
import re, sys
text = open('typed').read()
assert 1 <= len(re.findall('% ', text)) < 100, len(re.findall('% ', text))"

on_terminal NO_COLOR=1
says typed '\[#*-*\] +[0-9]+%'
check "no colour" no grep -q "$escape\[[0-9]*m" typed

on_terminal X= --quiet
check "--quiet draws nothing" no grep -q '%' typed
on_terminal TERM=dumb
check "a dumb terminal gets no bar" no grep -q 'real time' typed

run 0 long.yaml --no-capture
silent stderr
check "no bar into a file" no grep -q 'real time' stdout
finish
