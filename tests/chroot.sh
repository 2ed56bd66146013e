#!/usr/bin/env bash
# Shows that the two commands of the README do their work on a bare Debian 12 with nothing but git, and how long they take.
#
#	chroot.sh [--worktree] [FOLDER]
#
# Makes a minimal Debian 12 in FOLDER (/var/tmp/netarium-chroot; the base is kept there as a tarball for the next time), clones
# the project's HEAD into it (--worktree: the files as they are now), and gives each command a fresh copy of its own:
# ./netarium run scenarios/first-light.yaml, and ./check, each started twice. Needs root, debootstrap and the network.
# Mounts live in a mount namespace of this script, so that none of them outlives it.
set -u
if [ "${NETARIUM_CHROOT_INNER-}" != 1 ]; then
	[ "$(id -u)" = 0 ] || { echo "SKIP: only root can make a chroot"; exit 77; }
	command -v debootstrap >/dev/null || { echo "SKIP: debootstrap is not installed"; exit 77; }
	NETARIUM_CHROOT_INNER=1 exec unshare --mount --propagation private bash "$0" "$@"
fi

project=$(readlink -f "$(dirname "$(readlink -f "$0")")/..")
worktree=
if [ "${1-}" = --worktree ]; then
	worktree=1
	shift
fi
folder=${1:-/var/tmp/netarium-chroot}
root=$folder/root
base=$folder/bookworm.tar
mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
mkdir -p "$folder" || exit 3

now() {
	date +%s.%N
}

# since START: seconds since then, with one decimal
since() {
	awk -v a="$1" -v b="$(now)" 'BEGIN { printf "%.1f", b - a }'
}

if [ ! -e "$base" ]; then
	echo "debootstrap into $root"
	start=$(now)
	rm -rf --one-file-system "$root"
	debootstrap --variant=minbase --include=git bookworm "$root" "$mirror" >"$folder/debootstrap.log" 2>&1 ||
		{ tail "$folder/debootstrap.log"; exit 3; }
	rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/*
	tar -C "$root" -cf "$base.new" . && mv "$base.new" "$base" || exit 3
	echo "base made in $(since "$start") s"
fi

in_chroot() {
	env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb \
		${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} \
		chroot "$root" sh -c "cd /netarium 2>/dev/null || cd /; $1" </dev/null
}

fresh() {
	umount "$root/proc" "$root/dev/shm" "$root/dev/pts" 2>/dev/null
	rm -rf --one-file-system "$root"
	mkdir -p "$root" && tar -C "$root" -xf "$base" || exit 3
	cp -L /etc/resolv.conf "$root/etc/resolv.conf"
	mount -t proc proc "$root/proc" || exit 3
	mkdir -p "$root/dev/shm" && mount -t tmpfs tmpfs "$root/dev/shm" || exit 3
	mkdir -p "$root/dev/pts" && mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts" || exit 3
	ln -sf pts/ptmx "$root/dev/ptmx"
	if [ "$worktree" ]; then
		mkdir "$root/netarium"
		(cd "$project" && git ls-files -co --exclude-standard -z | tar --null --ignore-failed-read -T - -c) |
			tar -C "$root/netarium" --no-same-owner -x
	else
		git -C "$project" bundle create -q "$root/netarium.bundle" HEAD || exit 3
		in_chroot "git clone -q -c advice.detachedHead=false netarium.bundle netarium" || exit 3
	fi
}

# Each line behind the second at which it came.
stamp() {
	while IFS= read -r line; do
		printf '%8.1f  %s\n' "$(since "$1")" "$line"
	done
}

# at PATTERN FILE: the second of the first line with this pattern
at() {
	awk -v pattern="$1" '$0 ~ pattern { print $1; exit }' "$2"
}

# try NAME COMMAND: in a fresh copy, twice
try() {
	fresh
	printf '\n== %s\n' "$2"
	begin=$(now)
	in_chroot "$2" 2>&1 | stamp "$begin" | tee "$folder/$1.first.log"
	status=${PIPESTATUS[0]}
	first=$(since "$begin")
	begin=$(now)
	in_chroot "$2" >"$folder/$1.second.log" 2>&1
	again=$?
	second=$(since "$begin")
	if [ "$status" != 0 ] || [ "$again" != 0 ]; then
		failed=1
	fi
	packages=$(awk -v a="$(at 'netarium: installing' "$folder/$1.first.log")" \
		-v b="$(at 'netarium: building' "$folder/$1.first.log")" 'BEGIN { printf "%.1f", b - a }')
	summary+="| \`$2\` | $status | $first s | $packages s | $(awk -v t="$first" -v p="$packages" -v r="$second" \
		'BEGIN { printf "%.1f", t - p - r }') s | $again | $second s |"$'\n'
}

failed=0
summary=
try netarium './netarium run scenarios/first-light.yaml'
try check './check'
umount "$root/proc" "$root/dev/shm" "$root/dev/pts"
rm -rf --one-file-system "$root"
printf '\n| command | exit | first start | packages | build | exit | again |\n|---|---|---|---|---|---|---|\n%s' "$summary" |
	tee "$folder/summary.md"
exit $failed
