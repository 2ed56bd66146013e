#!/usr/bin/env bash
# Reads captures with tcptrace, checksums verified, and complains of everything that tcptrace complains of.
#
#	tcptrace-clean.sh [-s SCENARIO.yaml] CAPTURE...
#
#	-s	leave out what a scenario file says it provokes, in comments: `# expect-tcptrace: REGULAR EXPRESSION`
#
# Whatever it writes to standard error counts, and so do bad checksums, packets that are not in the order of time, a SYN or FIN
# that comes again with another number, and segments that it cannot analyse. What it says of reserved bits is left out: it is of
# 2004 and takes ECE and CWR (RFC 3168) for them. That a capture of both ends of a link shows each packet twice it calls
# "hardware duplicates" and does not warn of by default.
# Exit status: 0 all clean, 1 there are complaints, 2 wrong usage, 77 (after a line "SKIP: ...") without tcptrace.
allowed=
if [ "$1" = -s ]; then
	[ -r "$2" ] || { echo "$2: cannot be read" >&2; exit 2; }
	allowed=$(sed -n 's/^[[:space:]]*#[[:space:]]*expect-tcptrace:[[:space:]]*//p' "$2" | paste -sd '|')
	shift 2
fi
[ $# -gt 0 ] || { echo "usage: tcptrace-clean.sh [-s SCENARIO.yaml] CAPTURE..." >&2; exit 2; }
for tool in tcptrace editcap; do
	command -v $tool >/dev/null || { echo "SKIP: $tool is not installed"; exit 77; }
done
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
bad=0

for file; do
	# What it reads is classic pcap only.
	if ! editcap -F pcap "$file" "$work/pcap" 2>"$work/errors"; then
		printf '%s: %s\n' "$file" "$(tr '\n' ' ' <"$work/errors")"
		bad=1
		continue
	fi
	(cd "$work" && tcptrace -n -l --checksum --warn_ooo --warn_printbadcsum --warn_printbad_syn_fin_seq --warn_printtrunc pcap) \
		>"$work/out" 2>"$work/errors"
	status=$?
	sed -i '/reserved bits are not all zero/,/Further warnings disabled/d' "$work/errors"
	grep -E '^bad (IP|TCP|UDP) checksums: *[1-9]' "$work/out" >>"$work/errors"
	[ -z "$allowed" ] || sed -i -E "\\#$allowed#d" "$work/errors"
	if [ $status -ne 0 ] || [ -s "$work/errors" ]; then
		printf '%s: tcptrace exits %d\n' "$file" $status
		head -20 "$work/errors" | sed "s|^|$file: |"
		bad=1
	fi
	if ! grep -qE '^[0-9]+ packets seen, [0-9]+ TCP packets traced' "$work/out"; then
		printf '%s: tcptrace did not read it to its end\n' "$file"
		bad=1
	fi
done
exit $bad
