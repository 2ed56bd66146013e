#!/usr/bin/env bash
# Series: the same files in two runs, named in results.json, and nothing of the run is different for them; many connections
# need few descriptors; `netarium plot` draws them, and says what is wrong.
. "$NETARIUM_SOURCE_DIR/tests/scenario/run.inc" || exit 99

cat >bulk.yaml <<'END'
nodes: {client: {}, router: {kind: router}, server: {services: [iperf3 -s]}}
links:
  - {between: [client, router], rate: 1Gbit/s, delay: 1ms}
  - {name: wan, between: [router, server], rate: 10Mbit/s, delay: 19ms, loss: 0.1%, queue: {limit: 30p}}
run: [{on: client, do: iperf3 -c server -t 5, as: bulk}]
END
cp bulk.yaml seen.yaml
echo 'series: [tcp, queues, links]' >>seen.yaml

run 0 seen.yaml --out one
says stdout '^series one/series/  12 files, [0-9]+ rows; netarium plot one draws them$'
run 0 seen.yaml --out two
check "two runs, the same files" diff -r one two
nothing_half one

# Nothing else knows that somebody looked.
run 0 bulk.yaml --out blind
check "no series, no folder" test ! -e blind/series
cp -r one same && rm -r same/series
for folder in same blind; do
	python3 -c 'import json, sys
r = json.load(open(sys.argv[1])); r.pop("series", None); r.pop("scenario"); json.dump(r, open(sys.argv[1], "w"))' $folder/results.json
done
check "captures, consoles and results are the same without" diff -r same blind

# What results.json names is there, with as many rows as it says, each as wide as its header; and nothing else is.
check "results.json and series/ agree" python3 - one <<'END'
import csv, json, os, sys
out = sys.argv[1]
r = json.load(open(f"{out}/results.json"))
assert sorted(os.listdir(f"{out}/series")) == sorted(os.path.basename(e["file"]) for e in r["series"])
kinds = {}
for e in r["series"]:
    rows = list(csv.DictReader(open(f"{out}/{e['file']}")))
    kinds[e["what"]] = kinds.get(e["what"], 0) + 1
    assert len(rows) == e["rows"], e
    assert None not in rows[0] and not any(None in x.values() for x in rows), e
    times = [float(x["time_s"]) for x in rows]
    assert times == sorted(times) and abs(times[0] - e["begin"]) < 1e-9 and abs(times[-1] - e["end"]) < 1e-9
    if e["what"] == "links":
        assert int(rows[-1]["delivered_bytes"]) == r["links"][e["link"]][e["direction"]]["bytes"], e
        assert max(float(x["utilisation"] or 0) for x in rows) <= 1.5
    elif e["what"] == "queues":
        assert int(rows[-1]["drops"]) == r["links"][e["link"]][e["direction"]]["dropped"], e
        assert all(int(x["length_packets"]) <= 1000 for x in rows)
    elif e["node"] == "client" and e["rows"] > 100:
        assert e["peer_node"] == "server" and e["peer_port"] == 5201 and e["congestion_control"] == "cubic"
        assert int(rows[-1]["total_retrans"]) == r["processes"]["bulk"]["metrics"]["retransmits"]
        assert {x["ca_state"] for x in rows} >= {"Open", "Recovery"}
assert kinds == {"tcp": 4, "queues": 4, "links": 4}, kinds
END

# docs/series.md has a word for every column.
for column in $(head -qn 1 one/series/*.csv | tr , '\n' | sort -u); do
	check "docs/series.md explains $column" grep -qF "\`$column\`" "$NETARIUM_SOURCE_DIR/docs/series.md"
done

# Hundreds of connections at once, a few descriptors.
cat >many.yaml <<'END'
nodes: {'c[1..400]': {}, lan: {kind: switch}, s: {services: [nc -l -k --discard 80]}}
links:
  - {between: ['c[1..400]', lan], delay: 1ms}
  - {name: up, between: [lan, s], rate: 100Mbit/s, delay: 5ms}
run: [{on: 'c[1..400]', do: nc -N --send-bytes 100000 s 80}]
capture: none
series: [tcp]
END
(ulimit -n 32 && "$NETARIUM" run many.yaml --quiet --out many) || check "32 descriptors are enough" false
check "a file for each client's connection" test "$(ls many/series | grep -c '^tcp-c')" -eq 400

# Drawings.
plot() {
	local want=$1 status
	shift
	checks=$((checks + 1))
	timeout 120 "$NETARIUM" plot "$@" >"$work/stdout" 2>"$work/stderr" </dev/null
	status=$?
	[ $status -eq "$want" ] && return
	failed=$((failed + 1))
	echo "plot $*: exit status $status, wanted $want"
	sed 's/^/	| /' "$work/stdout" "$work/stderr" | head -20
}
plot 2 absent
says stderr '^netarium: plot: absent: is no folder that a run has left; there is no results.json in it$'
plot 2 blind
says stderr "^netarium: plot: blind: nothing was recorded over time; 'series: \[tcp, queues, links\]' in the scenario"
plot 2
says stderr '^netarium: plot: expected the folder that a run has left, such as out/first-light, or up to 8 to compare$'
plot 2 one absent
says stderr '^netarium: plot: absent: is no folder that a run has left; there is no results.json in it$'
plot 2 one --format pdf
says stderr "^netarium: plot: unknown format 'pdf'; expected svg or png, or both without --format$"
plot 2 one --from 3s --to 2s
says stderr '^netarium: plot: --from 3s is not before --to 2s$'
plot 2 one --from 3
says stderr "^netarium: plot: --from '3' has no unit"
mkdir odd && echo '{"virtual_seconds": 1, "series": [7, {}, {"file": "../x.csv", "rows": 1}]}' >odd/results.json
plot 0 odd
says stdout '^nothing to draw: '
mkdir gone && sed 's/queue-wan-forward/queue-wen-forward/' one/results.json >gone/results.json
cp -r one/series gone/
plot 2 gone
says stderr '^netarium: plot: gone/series/queue-wen-forward.csv: No such file or directory$'
checks=$((checks + 1))
env PATH=/nonexistent "$NETARIUM" plot one >"$work/stdout" 2>"$work/stderr"
check "without gnuplot the status is 3, not $?" test $? -eq 3
says stderr "^netarium: plot: gnuplot is not installed; 'apt-get install gnuplot-nox' brings it$"
if ! command -v gnuplot >/dev/null; then
	echo "SKIP: gnuplot is not installed; the CSV files were tested, no drawing was"
	[ $failed -eq 0 ] && exit 77
	finish
fi

plot 0 one
says stdout '^plots one/series/  3 pages \(svg png\), overview first$'
says stdout '^left out: [0-9]+ quiet or lesser ones, which --all draws too$'
silent stderr
nothing_half one
check "a page is a script and two pictures" python3 - one/series <<'END'
import glob, os, struct, sys, xml.dom.minidom
folder = sys.argv[1]
names = sorted(os.path.basename(p)[:-3] for p in glob.glob(folder + "/*.gp"))
assert len(names) == 3 and names[0] == "link-wan-forward" and names[1] == "overview", names
assert names[2].startswith("tcp-client-") and names[2].endswith("-server-5201"), names
for name in names:
    with open(f"{folder}/{name}.png", "rb") as f:
        head = f.read(24)
    width, height = struct.unpack(">II", head[16:24])
    assert head[:8] == b"\x89PNG\r\n\x1a\n" and width > 1000 and height > 600
    svg = xml.dom.minidom.parse(f"{folder}/{name}.svg")
    texts = {"".join(n.data for n in t.childNodes if n.nodeType == n.TEXT_NODE).strip()
             for t in svg.getElementsByTagName("text")}
    assert "virtual time, s" in texts, texts
    if name.startswith("tcp"):
        assert {"cwnd", "ssthresh", "in flight", "sent again", "smoothed (srtt)", "minimum", "pacing",
                "delivered", "segments", "round trip, ms", "rate, Mbit/s"} <= texts, texts
    elif name.startswith("link"):
        assert {"throughput, Mbit/s", "queue, packets", "delay in queue, ms", "waiting", "dropped"} <= texts, texts
END
cp -r one drawn
(cd drawn/series && rm ./*.svg ./*.png && for gp in *.gp; do gnuplot "$gp" || exit 1; done)
check "the scripts draw the same by themselves" diff -r one drawn
plot 0 one/ --format svg --from 1s --to 2500ms
check "a part of the time" grep -Eq '^	set xrange \[1:2.5\]$' one/series/overview.gp
plot 0 two --all --format svg
says stdout '^plots two/series/  9 pages \(svg\), overview first$'
check "no png was asked for" test -z "$(find two -name '*.png')"

# The next run takes the drawings of the one before away, and nothing else.
echo mine >one/series/mine.svg
run 0 seen.yaml --out one
check "other files stay" grep -q mine one/series/mine.svg
rm one/series/mine.svg
rm two/series/*.gp two/series/*.svg
check "old drawings go" diff -r one two
run 0 seen.yaml --out one --set series=none
check "the folder goes when there are no series any more" test ! -e one/series
# Two runs in one picture: a line for each, called by run and step.
run 0 seen.yaml --out one
run 0 seen.yaml --out lossy --set links.wan.loss=1%
plot 0 one lossy --format svg
says stdout '^plot one/series/compared \(svg\)$'
silent stderr
nothing_half one
check "both runs are in it" python3 - one/series/compared.svg <<'END'
import sys, xml.dom.minidom
svg = xml.dom.minidom.parse(sys.argv[1])
texts = ["".join(n.data for n in t.childNodes if n.nodeType == n.TEXT_NODE).strip() for t in svg.getElementsByTagName("text")]
assert texts.count("one: bulk") == 3 and texts.count("lossy: bulk") == 3, texts
assert "one: wan to server" in texts and "lossy: wan to server" in texts and "one, lossy" in texts, texts
END

finish
