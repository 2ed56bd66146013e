#!/usr/bin/env bash
# tcptrace reads captures of every kind of segment without complaint; and one with wrong bytes it does not.
root=${NETARIUM_SOURCE_DIR:?}
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
command -v tcptrace >/dev/null || { echo "SKIP: tcptrace is not installed"; exit 77; }

"$NETARIUM" run "$root/tests/scenario/truth.yaml" --quiet --out "$work/out" || { echo "truth.yaml does not run"; exit 1; }
bash "$root/tests/tcptrace-clean.sh" "$work"/out/captures/* || exit 1
for capture in "$work/out/captures/sack1.pcapng" "$work/out/captures/small1.pcapng"; do
	editcap --seed 1 -E 0.01 -o 34 "$capture" "$work/wrong.pcapng" >/dev/null 2>&1
	if bash "$root/tests/tcptrace-clean.sh" "$work/wrong.pcapng" >"$work/said"; then
		echo "a capture with wrong bytes passes"
		exit 1
	fi
done
grep -q 'bad TCP checksum' "$work/said" || { cat "$work/said"; echo "expected bad checksums"; exit 1; }
