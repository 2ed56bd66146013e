#!/usr/bin/env bash
# Includes point only downward: reads every #include of emu/, capture/, topo/, lib/, live/ and cli/ against the arrow line of
# docs/architecture.md ("`core <- wire <- ... <- topo <- lib <- cli`"; rooms in braces stand side by side and do not know each other).
#
#	layers.sh [TREE]	prints each include that breaks the table, exit status 1 if there is one
#
# Beside the line:
#   capture/         knows core, wire and link/tap.h; only topo, lib and cli know capture
#   emu/*.h          the public header: above topo, and only lib and cli see it
#   GLib, json-glib  only in capture, topo, lib and cli; a public header of emu/ has no GLib in it either
#   libpcap          only in capture, filter, topo and live
#   libfyaml         only in topo
#   libnet           only in topo and live
#   byte order       only wire/ turns bytes around (htons, ntohl, be16toh, bswap ...)
tree=${1:-$(dirname "$(readlink -f "$0")")/..}
cd "$tree" || exit 2

arrows=$(grep -m1 -x '`core <- .* <- cli`' docs/architecture.md 2>/dev/null | tr -d '` ' | sed 's/<-/ /g')
if [ -z "$arrows" ]; then
	echo "docs/architecture.md has no line \`core <- ... <- cli\`"
	exit 1
fi

find emu capture topo lib live cli -name '*.[chS]' 2>/dev/null | LC_ALL=C sort | awk -v arrows="$arrows" '
	BEGIN {
		n = split(arrows, step, " ")
		for (i = 1; i <= n; i++) {
			gsub(/[{}]/, "", step[i])
			m = split(step[i], beside, ",")
			for (j = 1; j <= m; j++)
				level[beside[j]] = i
		}
		level["capture"] = level["topo"] - 0.5
		level["emu"] = level["topo"] + 0.5
	}

	function room_of(path,  part) {
		split(path, part, "/")
		if (part[1] != "emu")
			return part[1]
		return path ~ /^emu\/[^\/]*$/ ? "emu" : part[2]
	}

	function complain(why) {
		printf "%s:%d: %s\n", path, line, why
		bad++
	}

	# May a file of this room include target, a path below emu/ or the root?
	function check_own(room, target,  to) {
		sub(/^emu\//, "", target)
		if (target !~ /\//)
			to = target == "netarium.h" ? "emu" : room
		else
			to = substr(target, 1, index(target, "/") - 1)
		if (target ~ /\.\./ || !(to in level))
			complain("\"" target "\" is no room of the house")
		else if (to == room)
			return
		else if (room == "capture" && (to == "core" || to == "wire" || target == "link/tap.h"))
			return
		else if (room == "capture")
			complain("capture includes \"" target "\"; it knows core, wire and link/tap.h")
		else if (level[to] >= level[room])
			complain(room " includes \"" target "\", which is not below it")
	}

	function check_system(room, target) {
		if (target ~ /^(glib|gio|gobject|json-glib)/ && room !~ /^(capture|topo|lib|cli)$/)
			complain(room " includes <" target ">; GLib stays in capture, topo, lib and cli")
		if (target ~ /^pcap/ && room !~ /^(capture|filter|topo|live)$/)
			complain(room " includes <" target ">; libpcap stays in capture, filter, topo and live")
		if (target ~ /^libfyaml/ && room != "topo")
			complain(room " includes <" target ">; YAML stays in topo")
		if (target ~ /^libnet/ && room !~ /^(topo|live)$/)
			complain(room " includes <" target ">; libnet stays in topo and live")
	}

	# The line without comments and string literals; comment carries over to the next line.
	function code_of(text,  out, c, two, quote) {
		out = ""
		quote = ""
		while (text != "") {
			c = substr(text, 1, 1)
			two = substr(text, 1, 2)
			if (comment) {
				if (two == "*/") { comment = 0; text = substr(text, 3); continue }
			} else if (quote != "") {
				if (c == "\\") { text = substr(text, 3); continue }
				if (c == quote) quote = ""
			} else if (two == "/*") {
				comment = 1
			} else if (two == "//") {
				break
			} else if (c == "\"" || c == "\047") {
				quote = c
			} else {
				out = out c
			}
			text = substr(text, 2)
		}
		return out
	}

	{
		path = $0
		room = room_of(path)
		line = comment = 0
		files++
		if (!(room in level)) {
			complain("the folder " room " is no room of the house")
			next
		}
		while ((getline text < path) > 0) {
			line++
			if (!comment && text ~ /^[ \t]*#[ \t]*include/) {
				includes++
				target = text
				sub(/^[ \t]*#[ \t]*include[ \t]*/, "", target)
				kind = substr(target, 1, 1)
				sub(/^["<]/, "", target)
				sub(/[">].*$/, "", target)
				if (kind == "\"")
					check_own(room, target)
				else if (kind == "<")
					check_system(room, target)
				else
					complain("an include must name its file")
				continue
			}
			code = code_of(text)
			if (room != "wire" &&
			    (" " code) ~ /[^A-Za-z0-9_](hton[sl]|ntoh[sl]|hto[bl]e(16|32|64)|[bl]e(16|32|64)toh|bswap_(16|32|64)|__builtin_bswap(16|32|64)|__bswap_(16|32|64))[ \t]*\(/)
				complain("only wire/ knows the byte order of the network")
		}
		close(path)
	}

	END {
		printf "%d files, %d includes, %d against the table\n", files, includes, bad
		exit bad > 0 || files == 0
	}'
