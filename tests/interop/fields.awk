# A capture of exchange.c, by tshark (fields.sh has the columns), as the lines of tests/golden/linux-exchange.txt: what cannot be
# the same twice (ports, initial numbers, clocks, the first IP id) is said by the rule that it follows.
BEGIN {
	FS = "\t"
	split("ordinary refused aborted ecn no_timestamps no_sack unread closed_peer", name, " ")
}
function number(hex,    i, n) { # 0x1f, 1f or decimal where there is no 0x
	if (hex !~ /^0x/) return hex + 0
	for (i = 3; i <= length(hex); i++) n = n * 16 + index("0123456789abcdef", substr(hex, i, 1)) - 1
	return n + 0
}
function bits(hex,    n) { return number("0x" hex) }
function flags(f,    s) {
	f = number(f)
	if (int(f / 2) % 2) s = s "S"
	if (int(f / 1) % 2) s = s "F"
	if (int(f / 4) % 2) s = s "R"
	if (int(f / 8) % 2) s = s "P"
	if (int(f / 32) % 2) s = s "U"
	if (int(f / 16) % 2) s = s "."
	if (int(f / 64) % 2) s = s "E"
	if (int(f / 128) % 2) s = s "W"
	return s
}
# The timestamp of a side never goes back, and its echo is a value that the other side has sent.
function stamp(val, ecr,    said) {
	if ((stream, dir, "val") in last && val < last[stream, dir, "val"]) said = "back,"
	last[stream, dir, "val"] = val
	sent[stream, dir, val] = 1
	if (ecr == 0) return said "ecr0"
	return said ((stream, dir == ">" ? "<" : ">", ecr) in sent ? "ecr" : "echo-unknown")
}
function options(h,    i, kind, len, s, one) {
	for (i = 1; i < length(h); ) {
		kind = bits(substr(h, i, 2))
		len = kind < 2 ? 1 : bits(substr(h, i + 2, 2))
		if (len < 1) return s ",bad"
		if (kind == 0) one = "eol"
		else if (kind == 1) one = "nop"
		else if (kind == 2) one = "mss:" bits(substr(h, i + 4, 4))
		else if (kind == 3) one = "wscale:" bits(substr(h, i + 4, 2))
		else if (kind == 4) one = "sackOK"
		else if (kind == 8) one = "TS:" stamp(bits(substr(h, i + 4, 8)), bits(substr(h, i + 12, 8)))
		else one = "kind" kind ":" substr(h, i + 4, 2 * len - 4)
		s = s (s == "" ? "" : ",") one
		i += 2 * len
	}
	return s == "" ? "-" : s
}
function id_rule(id,    rule, k) {
	k = stream SUBSEP dir SUBSEP "id"
	if (id == 0) return "0"
	rule = k in last ? "+" (id - last[k] + 65536) % 65536 : "first"
	last[k] = id
	return rule
}
function label_rule(label,    rule, k) {
	k = stream SUBSEP dir SUBSEP "label"
	if (label == 0) return "0"
	rule = k in last ? (label == last[k] ? "same" : "new") : "first"
	last[k] = label
	return rule
}
{
	stream = $1; v6 = $3 != ""
	if (!(stream in seen)) {
		seen[stream] = 1
		client[stream] = $2 $3
		nth[v6]++
		if (NR > 1) print ""
		print "[ipv" (v6 ? 6 : 4) " " name[nth[v6]] "]"
	}
	dir = $2 $3 == client[stream] ? ">" : "<"
	f = flags($4)
	o = $18; gsub(/:/, "", o)
	odd = ""
	if ($17 != 20 + length(o) / 2) odd = odd " offset:" $17
	if ($19 != 0) odd = odd " urgent:" $19
	if (!v6 && ($14 != 20 || $15 != 4)) odd = odd " ihl:" $14
	if (v6 && $15 != "" && $15 != 6) odd = odd " version:" $15
	printf "%s %-6s %5d %5d %6s %6d 0x%02x %d %s %-5s %-5s %s%s\n", dir, f, $5, $6, f ~ /\./ ? $7 : "-", $8, \
		v6 ? number($10) : number($9), v6 ? $12 : $11, v6 ? "-" : ($13 ~ /^(1|True)$/ ? 1 : 0), \
		v6 ? "-" : id_rule(number($16)), v6 ? label_rule(number($20)) : "-", options(o), odd
}
