#!/usr/bin/env bash
# What every shipped scenario owes its reader: shipped.sh SCENARIO.yaml
#
# Its expectations hold; two runs, started from different folders, leave the same files byte for byte; and tshark reads every
# capture with all checksums checked and finds nothing malformed and nothing to warn of but what the scenario says it provokes
# (`# expect-expert: NAME` in its header); tcptrace has nothing to complain of either (`# expect-tcptrace: WORDS`).
scenario=$(readlink -f "$1") || exit 2
root=${NETARIUM_SOURCE_DIR:?}
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT

fail() {
	echo "$(basename "$scenario"): $*"
	exit 1
}

"$NETARIUM" run "$scenario" --quiet --out "$work/one" || fail "its expectations do not hold (status $?)"
mkdir "$work/elsewhere"
(cd "$work/elsewhere" && "$NETARIUM" run "$scenario" --quiet --out "$work/two") || fail "its second run failed"
diff -r "$work/one" "$work/two" >"$work/diff" || fail "two runs differ: $(head -n 3 "$work/diff")"
grep -q '"expectations": \[\]' "$work/one/results.json" && fail "it expects nothing"
ls "$work"/one/captures/* >/dev/null 2>&1 || fail "it captures nothing"
if ! command -v tshark >/dev/null; then
	echo "SKIP: tshark is not installed; expectations hold and two runs are alike"
	exit 77
fi
bash "$root/tests/tshark-clean.sh" -s "$scenario" "$work"/one/captures/* || fail "tshark complains"
bash "$root/tests/tcptrace-clean.sh" -s "$scenario" "$work"/one/captures/* >"$work/tcptrace"
case $? in
0 | 77) ;;
*) cat "$work/tcptrace"; fail "tcptrace complains" ;;
esac
