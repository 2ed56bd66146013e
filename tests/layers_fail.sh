#!/usr/bin/env bash
# Shows that layers.sh can fail: in a copy of the tree, each breach of the table is reported, by the name of its file and alone.
here=$(dirname "$(readlink -f "$0")")
copy=$(mktemp -d) || exit 1
trap 'rm -rf "$copy"' EXIT
for part in emu capture topo lib live cli docs; do
	[ ! -d "$here/../$part" ] || cp -r "$here/../$part" "$copy/"
done

failed=0
fail() {
	echo "FAILED: $*"
	failed=1
}

bash "$here/layers.sh" "$copy" || fail "the tree as it is breaks the table: the rest shows nothing"

# breach FILE LINE: a new file of this name with this one line must be the one thing that layers.sh complains about
breach() {
	mkdir -p "$(dirname "$copy/$1")"
	printf '%s\n' "$2" >"$copy/$1"
	if report=$(bash "$here/layers.sh" "$copy"); then
		fail "not reported: $1: $2"
	elif [ "$(grep -c "^$1:[01]: " <<<"$report")" != 1 ] || [ "$(wc -l <<<"$report")" != 2 ]; then
		fail "$1: $2: reported as: $report"
	else
		grep "^$1" <<<"$report"
	fi
	rm "$copy/$1"
}

# allowed FILE LINE: the same, and nothing is wrong with it
allowed() {
	mkdir -p "$(dirname "$copy/$1")"
	printf '%s\n' "$2" >"$copy/$1"
	report=$(bash "$here/layers.sh" "$copy") || fail "$1: $2 is allowed, but: $report"
	rm "$copy/$1"
}

breach emu/core/breach.c '#include "ip/node.h"'
breach emu/wire/breach.h '#include "link/iface.h"'
breach emu/link/breach.c '#include "capture/capture.h"'
breach emu/link/breach.c '#  include "emu/transport/udp.h"'
breach emu/ip/breach.c '#include "../transport/udp.h"'
breach emu/ip/breach.c '#include "netarium.h"'
breach emu/http/breach.c '#include "dns/name.h"'
breach emu/programs/breach.c '#include "topo/scenario.h"'
breach capture/breach.c '#include "link/iface.h"'
breach capture/breach.c '#include "topo/world.h"'
breach topo/breach.c '#include "cli/run.h"'
breach topo/breach.c '#include "lib/world.h"'
breach topo/breach.c '#include "netarium.h"'
breach lib/breach.c '#include "cli/run.h"'
breach emu/ip/breach.c '#include <glib.h>'
breach emu/process/breach.c '#include <json-glib/json-glib.h>'
breach emu/transport/breach.c '#include <pcap/pcap.h>'
breach cli/breach.c '#include <libfyaml.h>'
breach lib/breach.c '#include <libnet.h>'
breach emu/ip/breach.c 'int port = ntohs(udp->dest);'
breach capture/breach.c 'int x = /* why */ be16toh (y);'
breach emu/core/breach.c '#include HEADER'
breach emu/cellar/breach.c '#include "core/vtime.h"'

allowed emu/ip/fine.c '/* ntohs(x) has no place here */ const char *s = "htons(1)";'
allowed emu/wire/fine.c 'return ntohs(x);'
allowed emu/ip/fine.c '#include "link/iface.h"'
allowed emu/filter/fine.c '#include <pcap/pcap.h>'
allowed capture/fine.c '#include "link/tap.h"'
allowed topo/fine.c '#include "capture/capture.h"'
allowed lib/fine.c '#include "netarium.h"'
allowed lib/fine.c '#include "topo/play/play.h"'
allowed cli/fine.c '#include "netarium.h"'
exit $failed
