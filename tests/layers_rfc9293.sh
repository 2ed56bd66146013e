#!/usr/bin/env bash
# docs/rfc9293.md has every requirement of RFC 9293's appendix B once, and what it names is there: files, functions, scripts,
# tests. With --counts it prints the line of counts; the page's own must be that.
cd "${NETARIUM_SOURCE_DIR:-$(dirname "$0")/..}" || exit 2
page=${RFC9293_PAGE:-docs/rfc9293.md}
status=0
complain() { echo "$page: $*"; status=1; }

row_count=$(grep -cE '^\| (MUST|SHLD|MAY|REC)-' "$page")
counts=$(awk -F ' *[|] *' '
	$2 ~ /^(MUST|SHLD|MAY|REC)-/ {
		kind = $2 ~ /^MUST/ ? "must" : "other"
		all[kind]++; met[kind, $4]++
		if ($4 == "yes" && $6 != "") shown[kind]++
	}
	function line(kind, name) {
		return sprintf("%s: %d, of them %d met (%d with a test that shows it), %d as Linux has it, %d not.",
			       name, all[kind], met[kind, "yes"], shown[kind], met[kind, "Linux"], met[kind, "no"])
	}
	END { print line("must", "MUST"); print line("other", "SHOULD and MAY") }' "$page")
if [ "$1" = --counts ]; then
	echo "$counts"
	exit
fi
grep -qxF "$(head -1 <<<"$counts")  " "$page" && grep -qxF "$(tail -1 <<<"$counts")" "$page" ||
	complain "the counts are not those of its tables: bash tests/layers_rfc9293.sh --counts"

expected() {
	seq -f MUST-%g 69
	seq -f SHLD-%g 31
	seq -f MAY-%g 18
	echo REC-1
}
diff <(expected | sort) <(sed -nE 's/^\| ((MUST|SHLD|MAY|REC)-[0-9]+) \|.*/\1/p' "$page" | sort) |
	grep '^[<>]' | sed 's/^</missing:/; s/^>/too much:/' | grep . && complain "appendix B has other rows"
grep -E '^\| (MUST|SHLD|MAY|REC)-' "$page" | grep -vE '^\| [A-Z]+-[0-9]+ \| [^|]+ \| (yes|Linux|no) \| [^|]+ \| [^|]*\|$' |
	grep . && complain "rows that are not of five cells"
# A MUST that is met has a test.
grep -E '^\| MUST-[0-9]+ \| [^|]+ \| yes \| [^|]+ \| *\|$' "$page" | grep . && complain "met, and nothing shows it"

# `FILE`, `FILE: NAME`
named=0
while IFS= read -r item; do
	file=${item%%:*} name=
	[[ $item == *': '* ]] && name=${item#*: }
	case $file in
	*.pkt) path=tests/script/$file ;;
	test_lib_*.c) path=tests/lib/$file ;;
	test_*.c) path=tests/unit/$file ;;
	tcp/*) path=emu/transport/$file ;;
	*/*) path=$file ;;
	*.c | *.h) path=emu/transport/$file ;;
	*) complain "what is \`$item\`?"; continue ;;
	esac
	named=$((named + 1))
	if [ ! -f "$path" ]; then
		complain "there is no $path"
	elif [ -n "$name" ]; then
		# A function's first line; a member, or a sysctl's row.
		case $path in
		*/sysctl_rows.h) pattern="^	ONE\\(\"net\\.[a-z0-9.]*$name\"" ;;
		*.h) pattern="\\b$name\\b[^()]*;" ;;
		*) pattern="^[a-z].*\\b$name\\(" ;;
		esac
		grep -qP "$pattern" "$path" || complain "$path has no $name"
	fi
done < <(grep -E '^\| (MUST|SHLD|MAY|REC)-' "$page" | grep -oE '`[^`]+`' | tr -d '`' | sort -u)
[ "$row_count" -eq 119 ] && [ "$named" -gt 100 ] || complain "$row_count rows, $named names: the page was not understood"
[ -z "$RFC9293_PAGE" ] || exit $status

# That this test can fail: pages that are wrong in one place each.
spoilt=$(mktemp) || exit 2
trap 'rm -f "$spoilt"' EXIT
for wrong in '/^| MUST-23 /d' '/^| MAY-4 /p' 's/^| MUST-3 |\(.*\)| yes |/| MUST-3 |\1| no |/' 's/tcp_isn/tcp_isn_of/' \
	's/window-unsigned\.pkt/window-signed.pkt/' 's/test_wire_tcp\.c: checksums/test_wire_tcp.c: checksum/' \
	's|tcp/keepalive\.c: keepidle_us|tcp/keepalive.c: 7200|' 's/sysctl_rows\.h: tcp_retries1/sysctl_rows.h: tcp_retries3/' \
	's/tcp\.h: snd_wnd/tcp.h: snd_window/' 's/`urgent-in-line\.pkt` |$/|/'; do
	sed "$wrong" "$page" >"$spoilt"
	RFC9293_PAGE=$spoilt bash tests/layers_rfc9293.sh >/dev/null && complain "nothing is said of a page spoilt by $wrong"
done
exit $status
