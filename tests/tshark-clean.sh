#!/usr/bin/env bash
# Reads captures with tshark, all checksums checked, and complains of everything that tshark complains of.
#
#	tshark-clean.sh [-s SCENARIO.yaml]... [-a NAME]... CAPTURE...
#
#	-s	take what is allowed from a scenario file, which says so in comments: `# expect-expert: NAME [NAME...]`
#	-a	allow this, besides
#
# NAME is what Wireshark calls an expert information: icmp.resp_not_found, tcp.analysis.retransmission; the name for malformed
# packets is _ws.malformed.expert. Warnings and errors count; comments, chats and notes do not. A capture that tshark cannot read to
# its end counts as well. Prints a line for each finding (file, frame, name, message), at most 20 a file.
# Exit status: 0 all clean, 1 there are findings, 2 wrong usage, 77 (after a line "SKIP: ...") without tshark.
allowed=
while getopts s:a: option; do
	case $option in
	s)
		[ -r "$OPTARG" ] || { echo "$OPTARG: cannot be read" >&2; exit 2; }
		allowed+=" $(sed -n 's/^[[:space:]]*#[[:space:]]*expect-expert:[[:space:]]*//p' "$OPTARG" | tr '\n' ' ')" ;;
	a) allowed+=" $OPTARG" ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || { echo "usage: tshark-clean.sh [-s SCENARIO.yaml]... [-a NAME]... CAPTURE..." >&2; exit 2; }
command -v tshark >/dev/null || { echo "SKIP: tshark is not installed"; exit 77; }

errors=$(mktemp) || exit 2
trap 'rm -f "$errors"' EXIT
bad=0

# findings FILE: lines "frame name message" from the packets' details.
findings() {
	tshark -n -r "$1" -o ip.check_checksum:TRUE -o udp.check_checksum:TRUE -o tcp.check_checksum:TRUE \
		-Y '_ws.malformed || _ws.expert.severity >= 0x600000' -T pdml 2>"$errors" |
		awk -v allowed="$allowed" '
		function show(line) {
			return match(line, / show="[^"]*"/) ? substr(line, RSTART + 7, RLENGTH - 8) : ""
		}
		BEGIN {
			n = split(allowed, list)
			for (i = 1; i <= n; i++)
				ok[list[i]] = 1
		}
		/<field name="num"/ { frame = show($0) }
		expert == "next" { match($0, /name="[^"]*"/); expert = substr($0, RSTART + 6, RLENGTH - 7) }
		/<field name="_ws\.expert" / { expert = "next"; message = "" }
		/<field name="_ws\.expert\.message"/ { message = show($0) }
		/<field name="_ws\.expert\.severity"/ {
			if (show($0) + 0 >= 6291456 && !(expert in ok))
				print "frame " frame ": " expert ": " message
			expert = ""
		}'
	return "${PIPESTATUS[0]}"
}

for file; do
	out=$(findings "$file")
	if [ $? -ne 0 ]; then
		printf '%s: %s\n' "$file" "$(grep -v '^Running as user' "$errors" | tr '\n' ' ')"
		bad=1
	fi
	if [ -n "$out" ]; then
		printf '%s\n' "$out" | head -20 | while IFS= read -r line; do
			printf '%s: %s\n' "$file" "$line"
		done
		bad=1
	fi
done
exit $bad
