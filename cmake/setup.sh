# Sourced by ./netarium, ./check and bench/run, with $root set to the repository: packages and builds.
# What it says goes to standard error, so that standard output is the program's own.

# What must be there, one a line: the Debian package, and how to see that what it brings is there. Seeing instead of asking
# dpkg lets the same list serve a system that has other packages, or its own builds.
packages_build='
gcc               command gcc
libc6-dev         header  stdio.h
cmake             command cmake
ninja-build       command ninja
pkg-config        command pkg-config
libglib2.0-dev    module  glib-2.0
libpcap-dev       module  libpcap
libnet1-dev       header  libnet.h
libfyaml-dev      module  libfyaml
libjson-glib-dev  module  json-glib-1.0
'
packages_plot='
gnuplot-nox       command gnuplot
'
packages_check='
libcmocka-dev     module  cmocka
tshark            command tshark
tcptrace          command tcptrace
iproute2          command ip
iputils-ping      command ping
iputils-tracepath command tracepath
traceroute        command traceroute
iperf3            command iperf3
netcat-openbsd    command nc
mtr-tiny          command mtr
nmap              command nmap
python3-scapy     file    /usr/lib/python3/dist-packages/scapy/__init__.py
coturn            command turnutils_natdiscovery
stun-client       command stun
dnsmasq-base      command dnsmasq
udhcpc            command udhcpc
isc-dhcp-client   command dhclient
radvd             command radvd
ndisc6            command rdisc6
nftables          command nft
conntrack         command conntrack
procps            command sysctl
curl              command curl
make              command make
g++               command g++
'
packages_bench='
make              command make
g++               command g++
libns3-dev        file    /usr/include/ns3.37/ns3/core-module.h /usr/include/ns3/core-module.h
'

setup_say() {
	printf 'netarium: %s\n' "$*" >&2
}

setup_fail() {
	setup_say "$@"
	exit 3
}

# setup_fail_log LOG SENTENCE
setup_fail_log() {
	tail -n 25 "$1" >&2
	setup_fail "$2; the whole log is $1"
}

# One setup at a time: a second start waits here, and then finds the work done. The lock goes with descriptor 9,
# which the launchers close before they become the program.
setup_lock() {
	mkdir -p "$root/build" 2>/dev/null
	(: >>"$root/build/.lock") 2>/dev/null || setup_fail "cannot write to $root/build"
	exec 9>>"$root/build/.lock"
	flock -n 9 || { setup_say "another start is building; waiting for it"; flock 9; }
}

setup_unlock() {
	exec 9>&-
}

# setup_present KIND WHAT... What only root uses is in sbin, which others' PATH may lack.
setup_present() {
	case $1 in
	command) PATH=$PATH:/usr/sbin:/sbin command -v "$2" ;;
	header) echo "#include <$2>" | gcc -E - ;;
	module) pkg-config --exists "$2" ;;
	file) [ -e "$2" ] || { [ -n "${3-}" ] && [ -e "$3" ]; } ;;
	esac >/dev/null 2>&1
}

# setup_missing LIST: prints the packages of the list whose content is not there.
setup_missing() {
	printf '%s\n' "$1" | while read -r package kind what; do
		# shellcheck disable=SC2086 # $what may be two files
		[ -z "$package" ] || setup_present "$kind" $what || printf ' %s' "$package"
	done
}

# setup_quiet PACKAGES: of these, coturn would start a server on every address of the machine, now and whenever it boots. The checks
# start their own in a namespace, so its unit is masked before it comes, unless the machine has one of its own.
setup_quiet() {
	unit=/etc/systemd/system/coturn.service
	case " $1 " in *' coturn '*) ;; *) return ;; esac
	[ -d /run/systemd/system ] && [ ! -e $unit ] && [ ! -L $unit ] || return 0
	$sudo ln -s /dev/null $unit && setup_say "coturn's service stays off; 'systemctl unmask coturn' allows it"
}

# setup_packages LIST DURATION: installs what is missing, or says what is wanted and exits 3.
setup_packages() {
	missing=$(setup_missing "$1")
	[ -n "$missing" ] || return 0
	command -v apt-get >/dev/null 2>&1 ||
		setup_fail "these Debian packages, or what your system calls them, are wanted and there is no apt-get to install them:$missing"
	sudo=
	if [ "$(id -u)" != 0 ]; then
		command -v sudo >/dev/null 2>&1 ||
			setup_fail "these packages are wanted and only root can install them: apt-get install$missing"
		sudo='sudo'
	fi
	setup_say "installing packages, once, which takes $2:$missing"
	log=$root/build/setup.log
	# A failed update is not the end: the lists that are there may do.
	$sudo apt-get -q update >"$log" 2>&1 9>&-
	setup_quiet "$missing"
	# shellcheck disable=SC2086 # words on purpose
	$sudo env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends \
		-o DPkg::Lock::Timeout=600 -o Acquire::Retries=3 install $missing >>"$log" 2>&1 </dev/null 9>&- ||
		setup_fail_log "$log" "apt-get could not install$missing"
	missing=$(setup_missing "$1")
	[ -z "$missing" ] || setup_fail "installed, and yet nothing is to be seen of$missing; the log is $log"
}

# setup_build PRESET FOLDER TARGET [CMAKE_OPTION]...: configures where that was not done yet, and builds.
setup_build() {
	preset=$1 folder=$root/$2 target=$3
	shift 3
	log=$folder/build.log
	mkdir -p "$folder"
	touch "$folder/.begun"
	# A tree that was moved or copied with its build folder starts afresh.
	if [ ! -e "$folder/build.ninja" ] || [ $# -gt 0 ] ||
		! grep -qsxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$folder/CMakeCache.txt"; then
		grep -qsxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$folder/CMakeCache.txt" || rm -f "$folder/CMakeCache.txt"
		(cd "$root" && cmake --preset "$preset" "$@") >"$log" 2>&1 </dev/null 9>&- ||
			setup_fail_log "$log" "configuring failed"
	fi
	cmake --build "$folder" --target "$target" >"$log" 2>&1 </dev/null 9>&- || setup_fail_log "$log" "building failed"
	# What changes after the build began is newer than this stamp.
	mv "$folder/.begun" "$folder/.built"
}

# setup_current: true if build/bin/netarium is what the sources say. Folders count too: a file added or removed touches its folder.
setup_current() {
	[ -x "$root/build/bin/netarium" ] && [ -e "$root/build/.built" ] &&
		[ -z "$(cd "$root" && find CMakeLists.txt CMakePresets.json emu capture topo lib live cli \
			-newer build/.built -print -quit 2>/dev/null)" ]
}
