#!/usr/bin/env bash
# What README.md and docs/*.md tell a reader to type works: blocks that are whole scenarios are saved under the name that the
# text gives them, and every `./netarium ...` of a block or a sentence is run, page by page and in the order in which it stands;
# a block that begins with a loop is run as a whole.
# A comment that says "exit status N" is believed; a block after "prints" must be printed. `live` takes root and another
# terminal: here its scenario is checked only (tests/interop does the rest).
. "$NETARIUM_SOURCE_DIR/tests/scenario/run.inc" || exit 99
root=$NETARIUM_SOURCE_DIR

# One line a thing that a page asks for: RUN COMMAND, PRINTS FILE, or LOOP FILE; scenarios are written as they are met.
examples() {
	awk '
	function block_end(  i) {
		sub(/\n+$/, "\n", block)
		if (block ~ /(^|\n)nodes:/ && file != "") {
			printf "%s", block > file
			close(file)
		} else if (block ~ /^for /) {
			printf "%s", block > ("loop-" ++loops)
			close("loop-" loops)
			print "LOOP loop-" loops
		} else if (block ~ /(^|\n)\.\/netarium /) {
			n = split(block, lines, "\n")
			for (i = 1; i <= n; i++)
				if (lines[i] ~ /^\.\/netarium /)
					print "RUN " lines[i]
		} else if (text ~ /prints$/) {
			printf "%s", block > ("printed-" ++printed)
			close("printed-" printed)
			print "PRINTS printed-" printed
		}
		block = ""
	}
	/^    / { block = block substr($0, 5) "\n"; next }
	/^$/ { if (block != "") block = block "\n"; next }
	{
		if (block != "")
			block_end()
		text = $0
		for (rest = $0; match(rest, /as `[a-z-]+\.yaml`/); rest = substr(rest, RSTART + RLENGTH))
			file = substr(rest, RSTART + 4, RLENGTH - 5)
		for (rest = $0; match(rest, /`\.\/netarium [^`]*`/); rest = substr(rest, RSTART + RLENGTH))
			print "RUN " substr(rest, RSTART + 1, RLENGTH - 2)
	}
	END { if (block != "") block_end() }' "$1"
}

# example COMMAND: as a reader types it; words in capitals stand for something of his own.
example() {
	local command=${1%% #*} want=0 status out scenario
	command=${command//FILE/scenarios/first-light.yaml}
	command=${command//NAME/first-light}
	[[ $1 =~ exit\ status\ ([0-9]) ]] && want=${BASH_REMATCH[1]}
	case $command in
	*netarium\ live\ *)
		command=${command/ live / check }
		command=${command%% --*}
		echo "SKIP: live needs root and a second terminal; checked only: $command"
		;;
	*netarium\ plot\ *)
		if ! command -v gnuplot >/dev/null; then
			echo "SKIP: gnuplot is not installed: $command"
			return
		fi
		# The page has the reader's own runs behind it, with series.
		for out in $(grep -o 'out/[a-z-]*' <<<"$command"); do
			scenario=scenarios/${out#out/}.yaml
			[ -f "$scenario" ] || scenario=scenarios/sawtooth.yaml
			[ -d "$out" ] || run 0 "$scenario" --quiet --out "$out"
		done
		;;
	esac
	checks=$((checks + 1))
	timeout 120 sh -c "$command" >stdout 2>stderr </dev/null
	status=$?
	[ $status -eq "$want" ] && return
	failed=$((failed + 1))
	echo "${page#"$root"/}: $command: exit status $status, wanted $want"
	sed 's/^/	| /' stdout stderr | head -20
}

# printed FILE: that block stood in what the command before has written, line by line.
printed() {
	while read -r line; do
		check "${page#"$root"/}: it prints: $line" grep -qFx -- "$line" <(sed 's/^ *//; s/ *$//' stdout)
	done <"$1"
}

for page in "$root"/README.md "$root"/docs/*.md; do
	mkdir -p "$work/${page##*/}" && cd "$work/${page##*/}" || exit 99
	ln -s "$NETARIUM" netarium
	ln -s "$root"/scenarios "$root"/tests .
	examples "$page" >examples || exit 99
	while read -r what how; do
		case $what in
		RUN) example "$how" ;;
		PRINTS) printed "$how" ;;
		LOOP) check "${page#"$root"/}: its loop runs" bash "$how" ;;
		esac
	done <examples
done

# That something is looked at, where it should be.
cd "$work" || exit 99
check "the README's own scenario is there" test -s README.md/mine.yaml
check "the README's first output is compared" test -s README.md/printed-1
check "the README's sweep has a line for each run" test "$(grep -cE '^[0-9]+% [123] 0?[.0-9]+ 0[.0-9]+$' README.md/sweep.txt)" = 15
check "docs/live.md's scenario is there" test -s live.md/mail.yaml
check "commands are found" test "$(cat -- */examples | grep -c '^RUN ')" -ge 15
finish
