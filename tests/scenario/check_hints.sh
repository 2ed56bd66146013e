#!/usr/bin/env bash
# `check` hints at what is right and cannot work: on standard error, with exit status 0; not with -q, and not at any scenario
# that is shipped or tested.
. "$NETARIUM_SOURCE_DIR/tests/scenario/run.inc" || exit 99
cat >gap.yaml <<'END'
nodes: {a: {}, pc: {}, b: {}}
links: [a -- pc, pc -- b]
run: [{on: a, do: ping -c 1 b}]
END
check "a hint is no error" sh -c '"$NETARIUM" check gap.yaml >stdout 2>stderr'
says stdout '^gap.yaml: ok, 3 nodes, 2 links, 1 step$'
says stderr "^gap.yaml:1:16: hint: 'pc' forwards nothing, and 'a' gets to 'b' "
check "nothing is said with -q" sh -c '"$NETARIUM" check -q gap.yaml >stdout 2>stderr'
silent stderr
check "what is shipped is right" sh -c 'cd "$NETARIUM_SOURCE_DIR" && "$NETARIUM" check scenarios/*.yaml tests/scenario/*.yaml \
	>"$0/stdout" 2>"$0/stderr"' "$work"
silent stderr
finish
