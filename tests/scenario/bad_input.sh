#!/usr/bin/env bash
# Bad input: each tests/bad-input/NAME.yaml is refused by `check` and by `run` with exit status 2 and exactly what stands
# in NAME.expect, a sentence for each mistake; NAME.args, if there is one, holds more arguments. Nothing is printed to
# standard output, and no output directory is left.
cases=$NETARIUM_SOURCE_DIR/tests/bad-input
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
cp -r "$cases" "$work/in" && cd "$work/in" || exit 99
failed=0 passed=0

fail() {
	echo "$*"
	failed=$((failed + 1))
}

# refused COMMAND NAME: one case, one command.
refused() {
	local command=$1 name=$2 want args status
	want=$(cat "$name.expect")
	args=()
	[ ! -e "$name.args" ] || read -r -a args <"$name.args"
	timeout 60 "$NETARIUM" "$command" "$name.yaml" "${args[@]}" >"$work/out" 2>"$work/err" </dev/null
	status=$?
	if [ $status -ne 2 ]; then
		fail "$command $name: exit status $status, wanted 2"
	elif [ "$(cat "$work/err")" != "$want" ]; then
		fail "$command $name: said  : $(cat "$work/err")"
		echo "$command $name: wanted: $want"
	elif [ -s "$work/out" ]; then
		fail "$command $name: printed $(head -c 200 "$work/out")"
	elif [ -e out ]; then
		fail "$command $name: left a directory: $(find out | head -3 | tr '\n' ' ')"
		rm -rf out
	else
		passed=$((passed + 1))
	fi
}

# 10 MB of nonsense, and a file that never ends, are made here rather than kept.
yes 'lorem: [ipsum' | head -c 10000000 >nonsense.yaml
echo "nonsense.yaml:1:1: is larger than 4 MiB; expected a scenario, which is short" >nonsense.expect
yes '{nonsense' | head -c 4000000 >nonsense-four.yaml
echo "nonsense-four.yaml:2:1: not YAML: what stands here does not fit what stands before it; expected 'key: value', \
'- item', or a comma or an end" >nonsense-four.expect
ln -s /dev/zero endless.yaml
echo "endless.yaml:1:1: is larger than 4 MiB; expected a scenario, which is short" >endless.expect
mkdir folder.yaml
echo "folder.yaml:1:1: cannot be read: Is a directory" >folder.expect
echo "absent.yaml:1:1: cannot be read: No such file or directory" >absent.expect

for expect in *.expect; do
	for command in check run; do
		refused $command "${expect%.expect}"
	done
done

# The sentences themselves: a place, and no second sentence in a line.
wrong=$(grep -EHv '^([^ :]+:[0-9]+:[0-9]+|--set [^ ]+): [^.]*([.][^ ][^.]*)*$|^and [0-9]+ more$' "$cases"/*.expect)
[ -z "$wrong" ] || fail "not one sentence with its place: $wrong"

echo "bad input: $passed passed, $failed failed"
[ $failed -eq 0 ] && [ $passed -gt 100 ]
