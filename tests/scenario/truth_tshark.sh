#!/usr/bin/env bash
# What tshark concludes about TCP segments, against what their senders know: every pair of the two that any scenario brings
# up must be a row of docs/tshark.md, and every row that says "always" must come up. A scenario that provokes something new fails here until
# the page says why the two differ.
#
#	truth_tshark.sh [SCENARIO.yaml]...	these instead of all; then rows that do not come up are no failure
root=${NETARIUM_SOURCE_DIR:?}
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
command -v tshark >/dev/null || { echo "SKIP: tshark is not installed"; exit 77; }

fields=(retransmission fast_retransmission spurious_retransmission out_of_order duplicate_ack_num lost_segment
	ack_lost_segment window_update window_full keep_alive keep_alive_ack zero_window_probe zero_window
	zero_window_probe_ack reused_ports)
columns=("${fields[@]/#/-etcp.analysis.}" -eframe.comment)

look() {
	tshark -n -r "$1" -Y tcp -T fields -E separator='|' -E aggregator=';' "${columns[@]}" 2>/dev/null |
		awk -f "$root/tests/truth.awk"
}

# pairs CAPTURE: of each interface by itself, as tshark would see a capture of that interface alone.
pairs() {
	editcap -r "$1" "$work/begin.pcapng" 1-20000 >/dev/null
	mapfile -t interfaces < <(capinfos "$1" | sed -n 's/^ *Name = //p' | sort -u)
	if [ "${#interfaces[@]}" -le 1 ]; then
		look "$work/begin.pcapng"
		return
	fi
	for interface in "${interfaces[@]}"; do
		tshark -n -r "$work/begin.pcapng" -Y "frame.interface_name == \"$interface\"" -w "$work/one.pcapng" 2>/dev/null
		look "$work/one.pcapng"
	done
}

scenarios=("$@")
if [ $# -eq 0 ]; then
	mapfile -t scenarios < <(grep -lE 'iperf3 |nc |rr ' "$root"/scenarios/*.yaml)
	scenarios+=("$root/tests/scenario/truth.yaml")
fi
for scenario in "${scenarios[@]}"; do
	name=$(basename "$scenario" .yaml)
	"$NETARIUM" run "$scenario" --quiet --out "$work/out" || { echo "$name does not run"; exit 1; }
	if [ "$name" = truth ]; then # nobody there talks to one with the same number
		for number in 1 2; do
			mergecap -w "$work/$number.pcapng" "$work"/out/captures/*"$number.pcapng"
			rm "$work"/out/captures/*"$number.pcapng"
			mv "$work/$number.pcapng" "$work/out/captures/"
		done
	fi
	for capture in "$work"/out/captures/*.pcapng; do
		pairs "$capture" | sed "s/\$/\t$name/"
	done
	rm -rf "$work/out"
done | sort | uniq -c | sed 's/^ *\([0-9]*\) /\1\t/' >"$work/seen"
[ -s "$work/seen" ] || { echo "no TCP at all was seen"; exit 1; }

# Rows of the page's tables: | tshark | the sender | comes up | why |
rows() {
	awk -F ' *[|] *' -v how="$1" '$2 ~ /^[a-z_]+$/ && NF >= 5 && $4 ~ how { print $2 "\t" $3 }' "$root/docs/tshark.md" | sort -u
}
rows 'always|at times' >"$work/listed"
rows 'always' >"$work/always"
cut -f2,3 "$work/seen" | sort -u >"$work/pairs"
bad=0
while IFS= read -r pair; do
	echo "not in docs/tshark.md: tshark says ${pair/$'\t'/, we say }:"
	awk -F '\t' -v pair="$pair" '$2 "\t" $3 == pair { print "    " $1 " in " $4 }' "$work/seen"
	bad=1
done < <(comm -23 "$work/pairs" "$work/listed")
if [ $# -eq 0 ]; then
	while IFS= read -r pair; do
		echo "in docs/tshark.md, but in no scenario: tshark says ${pair/$'\t'/, we say }"
		bad=1
	done < <(comm -13 "$work/pairs" "$work/always")
fi
[ -z "${TRUTH_SHOW-}" ] || cat "$work/seen"
exit $bad
