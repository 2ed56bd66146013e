#!/usr/bin/env bash
# A disk that is full: status 3, the file's name, nothing half-written. On a small file system of its own.
. "$NETARIUM_SOURCE_DIR/tests/scenario/run.inc" || exit 99

mkdir disk
if ! mount -t tmpfs -o size=512k netarium-test disk 2>/dev/null; then
	echo "SKIP: a full disk needs a file system of its own, and this user may not mount one"
	exit 77
fi
trap 'umount "$work/disk"; rm -rf "$work"' EXIT

cat >large.yaml <<'END'
nodes: {a: {}, b: {}}
links: [{name: wire, between: [a, b], delay: 10ms}]
run: [{on: a, do: ping -c 4000 -i 0.002 -s 1000 b}]
capture: all
END
run 3 large.yaml --out disk/out
says stderr '^netarium: disk/out/captures/[ab]\.pcapng: No space left on device$'
nothing_half disk
check "no results" test ! -e disk/out/results.json
check "what is there is whole: nothing" test -z "$(find disk -type f)"

# The same for series: what is recorded ends the run when there is no more room.
sed 's/capture: all/capture: none\nseries: [{what: [queues, links], every: 100us}]/' large.yaml >series.yaml
run 3 series.yaml --out disk/out
says stderr '^netarium: disk/out/series/(queue|link)-wire-(forward|reverse)\.csv: No space left on device$'
nothing_half disk
check "no results" test ! -e disk/out/results.json

# Not even a folder, or the smallest file, fits: neither a page nor an inode is left.
umount disk
mount -t tmpfs -o size=64k,nr_inodes=2 netarium-test disk || exit 99
run 3 large.yaml --out disk/out
says stderr '^netarium: disk/out(/captures)?: No space left on device$'
check "nothing is left" test -z "$(find disk -mindepth 1)"

umount disk
mount -t tmpfs -o size=64k netarium-test disk || exit 99
head -c 65536 /dev/zero >disk/ballast
run 3 ping.yaml --out disk/out --no-capture
says stderr '^netarium: disk/out/(console/[ab]\.[a-z-]+\.txt|results\.json): No space left on device$'
nothing_half disk
check "no results" test ! -e disk/out/results.json
finish
