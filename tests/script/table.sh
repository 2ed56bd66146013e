#!/bin/bash
# Prints docs/tcp-scripts.md: which mechanism of TCP is specified where, and which scripts show it. What is said comes from
# the scripts' own first lines; mechanisms.txt says which script is about what. Exit status 1 if a script belongs nowhere,
# says no source, or a mechanism that must be there has no script.
cd "$(dirname "$0")" || exit 2
status=0
export LC_ALL=C
complain() { echo "tests/script: $*" >&2; status=1; }
# "file<tab>RFC 3168 6.1.1, 6.1.3" out of each script's first lines; without an RFC, who else is the authority.
declare -A source
while IFS=$'\t' read -r f from; do source[$f]=$from; done < <(awk '
	function said(s,    r, out, seen) {
		while (match(s, /RFC [0-9]+( [0-9]+(\.[0-9]+)*(, [0-9]+(\.[0-9]+)+)*)?/)) {
			r = substr(s, RSTART, RLENGTH)
			if (!(r in seen)) out = out (out == "" ? "" : "; ") r
			seen[r]
			s = substr(s, RSTART + RLENGTH)
		}
		if (out == "" && match(s, /POSIX|Linux|Brakmo|draft-cardwell[a-z-]*-00|IP_TOS|SIOCOUTQ/))
			out = substr(s, RSTART, RLENGTH)
		return out
	}
	FNR == 1 { if (file) print file "\t" said(head); file = FILENAME; head = ""; open = 1 }
	open && sub(/^\/\/ */, "") { head = head $0 " "; next }
	{ open = 0 }
	END { print file "\t" said(head) }' *.pkt)
cat <<'TEXT'
# TCP, mechanism by mechanism

Made by `tests/script/table.sh` from the scripts' first lines; each says in full what it shows. Most of them this machine's
kernel passes, too (`--live`); those that it cannot play say why.
TEXT
declare -A taken
while IFS= read -r line; do
	case $line in '#'* | '') continue ;; esac
	name=${line%%: *} found=0
	read -ra patterns <<<"${line#*: }"
	for pattern in "${patterns[@]}"; do
		for f in $pattern.pkt; do
			[ -e "$f" ] && [ -z "${taken[$f]}" ] || continue
			[ $found = 0 ] && printf '\n## %s\n\n' "$name"
			found=1 taken[$f]=1
			from=${source[$f]}
			[ -n "$from" ] || complain "$f: its first lines name no RFC and no other authority"
			echo "- [${f%.pkt}](../tests/script/$f): $from"
		done
	done
	[ $found = 1 ] || [[ $name =~ ^(Fast Open|Port sharing)$ ]] || complain "no script shows: $name"
done <mechanisms.txt
for f in *.pkt; do
	[ -n "${taken[$f]}" ] || complain "$f belongs to no line of mechanisms.txt"
done
exit $status
