#!/usr/bin/env bash
# docs/nat.md has every requirement of RFC 4787, 5382 and 5508 and every section of RFC 7857, and each test that it names is
# there. A cell of `-` says that there is nothing to show.
cd "${NETARIUM_SOURCE_DIR:-$(dirname "$0")/..}" || exit 2
page=${NAT_PAGE:-docs/nat.md}
status=0
complain() { echo "$page: $*"; status=1; }

expected() {
	echo RFC 4787: REQ-{1,2,3,3a,4,5,5a,5b,5c,6,6a,7,8,9,9a,10,10a,11,12,12a,12b,13,13a,14,14a}
	echo RFC 5382: REQ-{1,2,2a,3,3a,3b,4,4a,5,5a,6,7,8,8a,9,10}
	echo RFC 5508: REQ-{1,1a,2,2a,3,3a,3b,3c,3d,4,4a,4b,4c,5,5a,5b,5c,6,7,7a,8,9,10a,10b,10c,11}
	echo RFC 7857: {2,2.1,2.2,3,4,5,6,7,8,9,10,11,12}
}
rows() { awk '/^## /{ rfc = $2 " " $3 } /^\| (REQ-)?[0-9]/ && rfc ~ /^RFC/ { print rfc " " $0 }' "$page"; }
has() { rows | awk '$2 != last { if (NR > 1) print ""; printf "%s %s", $1, last = $2 } { printf " %s", $4 } END { print "" }'; }
diff <(expected) <(has) |
	grep '^[<>]' && complain "these are the rows that it should have (<), and has (>)"
rows | grep -vE '^RFC [0-9]+: \|[^|]+\|[^|]+\|[^|]*\| [^|]+ \|$' && complain "rows that are not of four cells"

# ALIAS NAME, NAME; ALIAS NAME
named=0
while read -r alias names; do
	[ "$alias" = - ] && continue
	for name in ${names//,/ }; do
		named=$((named + 1))
		case $alias in
		topo) grep -q "cmocka_unit_test_teardown($name," tests/unit/test_topo_nat.c || complain "test_topo_nat.c has no test $name" ;;
		nat | ct | fw | 64 | rfc | edges | rewrite | soak)
			case $alias in
			ct) file=conntrack ;; fw) file=firewall ;; 64) file=nat64 ;; rfc) file=nat_rfc ;; *) file=$alias ;;
			esac
			grep -qE "(TEST|cmocka_unit_test)\\($name\\)" "tests/unit/test_filter_$file.c" ||
				complain "test_filter_$file.c has no test $name"
			;;
		scenario) [ -f "scenarios/$name.yaml" ] || complain "there is no scenario $name" ;;
		bad-input) [ -f "tests/bad-input/$name.yaml" ] || complain "there is no tests/bad-input/$name.yaml" ;;
		*) complain "what is '$alias $name'?" ;;
		esac
	done
done < <(rows | cut -d '|' -f 5 | tr ';' '\n')
[ "$named" -gt 90 ] || complain "$named names: the page was not understood"
[ -z "$NAT_PAGE" ] || exit $status

# That this test can fail: pages that are wrong in one place each.
spoilt=$(mktemp) || exit 2
trap 'rm -f "$spoilt"' EXIT
for wrong in '/^| REQ-3a /d' '/^| 2\.1 /d' 's/rfc timers/rfc timer/' 's/scenario home-nat/scenario home/' 's/; ct tcp_sim/; cu tcp_sim/' \
	's/^| REQ-12b .*$/| REQ-12b | x | | |/'; do
	sed "$wrong" "$page" >"$spoilt"
	NAT_PAGE=$spoilt bash tests/layers_nat.sh >/dev/null && complain "nothing is said of a page spoilt by $wrong"
done
exit $status
