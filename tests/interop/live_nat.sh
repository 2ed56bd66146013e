#!/usr/bin/env bash
# What programs that discover NATs say of ours: turnutils_natdiscovery (RFC 5780) and stun (RFC 3489), each in a namespace
# behind a virtual NAT router of its own, for all mappings, filterings and with and without hairpinning. Their server is
# coturn, with two addresses, in a namespace beyond.
. "$NETARIUM_SOURCE_DIR/tests/interop/live.inc" || exit 99
for tool in turnserver turnutils_natdiscovery; do
	command -v $tool >/dev/null || skip "no $tool on this machine"
done

independent=endpoint-independent by_address=address-dependent by_port=address-and-port-dependent
# name, mapping, filtering, hairpinning, port preservation
kinds="
open $independent $independent true true
addr $independent $by_address true true
port $independent $by_port true false
ao $by_address $independent true false
aa $by_address $by_address true false
ap $by_address $by_port true true
po $by_port $independent true true
pa $by_port $by_address true true
sym $by_port $by_port true false
open-h $independent $independent false false
ao-h $by_address $independent false true
sym-h $by_port $independent false false
fw - - - -
"
# What else natdiscovery can ask: is a port kept from being used twice; does a mapping live long enough; do fragments pass.
others="
pair $independent $by_address true true
long $independent $independent true true
short $independent $independent true true
"
each() { while read -r name mapping filtering hairpin keep; do [ -z "$name" ] || "$@"; done; }

k=0
node() {
	k=$((k + 1))
	echo "  h-$name: {kind: external, address: 10.0.$k.2/24}"
	echo "  $name:"
	echo "    kind: router"
	echo "    interfaces: {in: {address: 10.0.$k.1/24}, out: {address: 203.0.113.$((100 + k))/24}}"
	[ "$mapping" = - ] || {
		echo "    nat: {outside: out, mapping: $mapping, filtering: $filtering, hairpinning: $hairpin,"
		echo "          port_preservation: $keep, timeouts: {udp: $([ $name = short ] && echo 2s || echo 120s)}}"
	}
	printf '  - {between: [h-%s, "%s:in"]}\n  - {between: ["%s:out", net]}\n' "$name" "$name" "$name" >>links
	attach+=(--attach "h-$name=tap:h-$name")
}
attach=(--attach servers=tap:servers)
: >links
{
	echo 'addressing: {ipv6: none}'
	echo 'nodes:'
	echo '  servers: {kind: external, address: [203.0.113.1/24, 203.0.113.2/24]}'
	echo '  net: {kind: switch}'
	each node <<<"$kinds"
	each node <<<"$others"
	echo 'links:'
	echo '  - {between: [servers, net]}'
	cat links
	echo 'expect:'
	echo '  - packets: {at: "long:out", filter: "ip[6:2] & 0x3fff != 0 and not src net 203.0.113.0/30", count: ">= 2"}'
} >net.yaml
start "$PWD/net.yaml" "${attach[@]}" || finish

machine servers servers 203.0.113.1/24 203.0.113.2/24
# The plain router's network is the only one that is known beyond.
ip -n servers route add 10.0.0.0/16 via 203.0.113.113
declare -A address
k=0
place() {
	k=$((k + 1))
	address[$name]=10.0.$k.2
	machine "h-$name" "h-$name" 10.0.$k.2/24 && ip -n "h-$name" route add default via 10.0.$k.1
}
each place <<<"$kinds$others"
ip -n h-pair addr add "${address[pair]%2}3/24" dev h-pair

ip netns exec servers turnserver -n --stun-only --no-auth --no-cli --no-tls --no-dtls -L 203.0.113.1 -L 203.0.113.2 \
	--pidfile "$work/turn.pid" --db "$work/turn.db" --log-file stdout --simple-log >turn.log 2>&1 &
listening() { [ "$(in_ns servers ss -Hlun "src $1 and sport = :$2" | wc -l)" -gt 0 ]; }
for a in 203.0.113.1 203.0.113.2; do
	check "coturn listens at $a" await "listening $a 3478 && listening $a 3479"
done

stun=$(command -v stun) || echo "SKIP: stun is not installed"
discover() { in_ns "h-$name" timeout 120 turnutils_natdiscovery -L "${address[$name]}" "$@" 203.0.113.1 </dev/null; }
ask() {
	(
		discover -m -f -H >"$name.discovery" 2>&1
		[ -z "$stun" ] || in_ns "h-$name" timeout 120 "$stun" 203.0.113.1 >"$name.stun" 2>&1 </dev/null
	) &
	pids+=($!)
}
pids=()
each ask <<<"$kinds"
name=pair
discover -c -l 5000 -A "${address[pair]%2}3" >pair.collision 2>&1 &
pids+=($!)
for name in long short; do
	discover -t -T 5 >$name.lifetime 2>&1 &
	pids+=($!)
done
name=long
discover -m -f -P >long.padded 2>&1 &
pids+=($!)
wait "${pids[@]}"

# words MAPPING: as natdiscovery writes it
words() {
	case $1 in
	$independent) echo 'Endpoint Independent' ;;
	$by_address) echo 'Address Dependent' ;;
	$by_port) echo 'Address and Port Dependent' ;;
	esac
}
judge() {
	if [ "$mapping" = - ]; then
		says "$name.discovery" 'No NAT! \(Endpoint Independent Mapping\)'
		says "$name.discovery" 'Endpoint Independent Filtering!'
		[ -z "$stun" ] || says "$name.stun" 'Primary: Open'
		return
	fi
	says "$name.discovery" "NAT with $(words "$mapping") Mapping!"
	says "$name.discovery" "NAT with $(words "$filtering") Filtering!"
	# natdiscovery knocks from a socket that the first one never sent to: only who lets anybody in lets that in.
	local loops=false
	[ "$filtering" != $independent ] || loops=$hairpin
	check "$name: hairpin $loops for natdiscovery" test "$(grep -q 'successful hairpinning' "$name.discovery" && echo true || echo false)" = $loops
	[ -n "$stun" ] || return
	# stun knocks from the same socket, which is one endpoint outside if mapping is independent.
	if [ "$mapping" = $independent ]; then
		loops=$hairpin
		local filter=Independent
		[ "$filtering" != $by_address ] || filter='Address Dependent'
		[ "$filtering" != $by_port ] || filter='Port Dependent'
		says "$name.stun" "Primary: Independent Mapping, $filter Filter"
	else
		says "$name.stun" 'Primary: Dependent Mapping'
	fi
	says "$name.stun" "$([ "$keep" = true ] && echo 'preserves ports' || echo 'random port')"
	says "$name.stun" "$([ $loops = true ] && echo 'will' || echo 'no') hairpin"
}
each judge <<<"$kinds"

reflexive() { sed -n 's/.*UDP reflexive addr: //p' "$1"; }
check "two hosts with one port have two ports outside" test "$(reflexive pair.collision | sort -u | wc -l)" = 2
check "of one address" test "$(reflexive pair.collision | cut -d: -f1 | sort -u | wc -l)" = 1
says long.padded 'Endpoint Independent Mapping!'
says long.padded 'Endpoint Independent Filtering!'
check "a mapping of 120 s answers after 5 s" test "$(reflexive long.lifetime | wc -l)" = 2
says short.lifetime 'STUN receive timeout'
check "one of 2 s does not" test "$(reflexive short.lifetime | wc -l)" = 1
end
finish
