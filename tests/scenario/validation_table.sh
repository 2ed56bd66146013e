#!/usr/bin/env bash
# docs/validation.md says what a run measures: each number in its column "measured" is, rounded to as many places, what one of the
# expectations of the row's scenario files got. Rows marked *long* are believed. Every validation-*.yaml is on the page, and every
# file that the page names is there.
page=$NETARIUM_SOURCE_DIR/docs/validation.md
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
failed=0 checked=0

fail() {
	echo "$*"
	failed=$((failed + 1))
}

# got FILE: what its expectations got, one value a line: "4.31 Mbit/s", "0.98%", "30".
got() {
	local out=$work/${1//\//_}
	[ -e "$out/results.json" ] ||
		"$NETARIUM" run "$NETARIUM_SOURCE_DIR/$1" --quiet --out "$out" >"$work/log" 2>&1 ||
		fail "$1: $(head -n 1 "$work/log")"
	sed -n 's/.*"got": "\([^"]*\)".*/\1/p' "$out/results.json" | sed 's/, /\n/g'
}

# among TEXT < VALUES: one of them, rounded like TEXT, is TEXT.
among() {
	awk -v want="$1" '
		BEGIN {
			number = want; sub(/[^0-9.].*/, "", number)
			unit = substr(want, length(number) + 1)
			places = index(number, ".") ? length(number) - index(number, ".") : 0
		}
		{
			value = $0; sub(/[^0-9.].*/, "", value)
			if (substr($0, length(value) + 1) == unit && sprintf("%.*f", places, value) == number)
				found = 1
		}
		END { exit !found }'
}

for file in "$NETARIUM_SOURCE_DIR"/tests/scenario/validation-*.yaml "$NETARIUM_SOURCE_DIR"/tests/scenario/long/*.yaml; do
	grep -qF "(../${file#"$NETARIUM_SOURCE_DIR"/})" "$page" || fail "${file##*/} is not in docs/validation.md"
done
while IFS='|' read -r _ n _ _ measured _ scenarios unit _; do
	files=$(grep -o '(\.\./[^)]*)' <<<"$scenarios" | tr -d '()' | sed 's,^\.\./,,')
	for test in $(grep -o 'test_[a-z0-9_]*\.c' <<<"$unit"); do
		[ -e "$NETARIUM_SOURCE_DIR/tests/unit/$test" ] || fail "row $n: there is no $test"
	done
	for file in $files; do
		[ -e "$NETARIUM_SOURCE_DIR/$file" ] || fail "row $n: there is no $file"
	done
	case $scenarios in *long*) continue ;; esac
	for file in $files; do
		got "$file"
	done >"$work/values"
	# "a, b of 100; c (d)" -> a, b, c
	while read -r value; do
		[ -n "$value" ] || continue
		checked=$((checked + 1))
		among "$value" <"$work/values" ||
			fail "row $n: '$value' is not what a run measures; it has $(paste -sd';' "$work/values")"
	done < <(sed 's/([^)]*)//g; s/ of 100//g; s/[,;]/\n/g' <<<"$measured" | sed 's/^ *//; s/ *$//')
done < <(grep -E '^\| ([0-9]+|-) \|' "$page")
echo "$checked numbers, $failed failed"
[ $failed -eq 0 ] && [ $checked -gt 50 ]
