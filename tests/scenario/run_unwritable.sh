#!/usr/bin/env bash
# The machine fails us: status 3, a sentence that names the file, and no half file under a final name.
. "$NETARIUM_SOURCE_DIR/tests/scenario/run.inc" || exit 99

fails() {
	local names=$1
	shift
	run 3 "$@"
	check "one sentence: $(cat stderr)" test "$(wc -l <stderr)" -eq 1
	says stderr "^netarium: $names"
	nothing_half .
}

# A file where the folder should be, or above it; a place where nobody may make folders.
echo mine >file
fails 'file: Not a directory' ping.yaml --out file
fails 'file/deeper: ?.*Not a directory|file: Not a directory' ping.yaml --out file/deeper
check "it is still there" grep -q mine file
fails '/proc/netarium: ' ping.yaml --out /proc/netarium
fails '/proc/netarium: ' ping.yaml --out /proc/netarium/deeper

# Something in the way of a file.
mkdir -p way/results.json/x
fails 'way/results\.json: ' ping.yaml --out way
mkdir -p way2/captures/a.pcapng/x
fails 'way2/captures/a\.pcapng: ' ping.yaml --out way2
check "no results without captures" test ! -e way2/results.json
mkdir way3
echo mine >way3/captures
fails 'way3/captures: Not a directory' ping.yaml --out way3
mkdir -p way4
echo mine >way4/console
fails 'way4/console: Not a directory' ping.yaml --out way4

# A file that may not grow: as a full disk, at the first write that does not fit.
cat >large.yaml <<'END'
nodes: {a: {}, b: {}}
links: [{name: wire, between: [a, b], delay: 10ms}]
run: [{on: a, do: ping -c 4000 -i 0.002 -s 1000 b}]
END
limited() (
	trap '' XFSZ
	ulimit -f 1024
	fails 'full/captures/a\.pcapng: File too large' large.yaml --out full
	echo "$checks $failed" >counts
)
limited
read -r checks failed <counts
check "no capture" test ! -e full/captures/a.pcapng
check "no results" test ! -e full/results.json
check "the folder that was made is gone" test ! -e full

# Nobody takes what we print: the files are whole all the same.
checks=$((checks + 1))
"$NETARIUM" run ping.yaml --json --out deaf >/dev/full 2>stderr
[ $? -eq 3 ] || { echo "/dev/full as standard output: not status 3"; failed=$((failed + 1)); }
says stderr '^netarium: .*standard output: No space left on device'
check "results are there" python3 -m json.tool deaf/results.json /dev/null
finish
