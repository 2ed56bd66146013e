# What tshark calls a segment, and what its sender says it is: from the lines of tests/scenario/truth_tshark.sh to lines
# "tshark's word TAB ours", one for each word of tshark's. Segments that both find ordinary are left out.
#
# Fields: the columns of tshark in the order of `names`, then the comments, separated by ";".
BEGIN {
	FS = "|"
	n = split("retransmission fast_retransmission spurious_retransmission out_of_order duplicate_ack lost_segment " \
		"ack_lost_segment window_update window_full keep_alive keep_alive_ack zero_window_probe zero_window " \
		"zero_window_probe_ack reused_ports", names, " ")
}

# Of one comment: the kind, without numbers and reasons; "" for what happened to the packet on its way.
function kind(text) {
	if (text ~ /^(lost on|dropped at|denied at|rejected at|duplicated on|duplicate: |fragment: |held back|corrupted on|marked CE|not answered)/)
		return ""
	if (text ~ /^(taken for spurious|spurious)/)
		return "spurious"
	if (text ~ /^taken as proof/)
		return "proof that it was spurious"
	if (text ~ /^ECE and CWR|^ECE: ECN|^ECE:|^CWR:/)
		return "" # flags that tshark shows anyway
	sub(/ number [0-9]+/, "", text)
	sub(/D-SACK: .*/, "D-SACK", text)
	sub(/: .*/, "", text)
	sub(/ \(.*\)$/, "", text)
	return text
}

# What explains tshark's words where the sender sent nothing unusual.
function by_network(text) {
	return text ~ /duplicated on/ ? "duplicated on its way" : text ~ /held back/ ? "reordered on its way" : "nothing"
}

# Of several kinds the one that matters: what else the segment carries comes last.
function rank(k) {
	return k == "" ? 0 : k == "zero window" || k == "D-SACK" ? 1 : k == "proof that it was spurious" ? 2 : 3
}

# Nobody's TCP sent it.
$(n + 1) ~ /(^|;)injected by / { next }

{
	ours = spurious = ""
	count = split($(n + 1), comment, ";")
	for (i = 1; i <= count; i++) {
		k = kind(comment[i])
		if (k == "spurious")
			spurious = ", spurious"
		else if (rank(k) > rank(ours))
			ours = k
	}
	ours = ours spurious
	said = 0
	for (i = 1; i <= n; i++)
		if ($i != "" && !(i == 1 && ($2 != "" || $3 != ""))) {
			said = 1
			print names[i] "\t" (ours != "" ? ours : by_network($(n + 1)))
		}
	if (!said && ours != "")
		print "nothing\t" ours
}
