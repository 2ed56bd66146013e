#!/usr/bin/env bash
# The examples of docs/live.md in which a real client calls a virtual server, and a virtual client a real server, as they stand
# there: the scenario, the calls from the namespace, and what is in the consoles afterwards; and the page for curl.
. "$NETARIUM_SOURCE_DIR/tests/interop/live.inc" || exit 99
has nc || exit 77

page=$NETARIUM_SOURCE_DIR/docs/live.md
sed -n 's/^    //p' "$page" | sed -n '/^nodes:/,/ do: nc /p; / do: nc /q' >mail.yaml
check "the page has the scenario" grep -q 'do: nc -N real 8080' mail.yaml
begin mail.yaml || finish
inside timeout 20 nc -l 8080 >from-virtual </dev/null &
server=$!
echo hello | inside timeout 10 nc -N pc 80
check "the real client was let in" test $? -eq 0
wait $server
check "the virtual client called, and closed" test $? -eq 0
end
check "what came is in the server's console, by the name that the page says" grep -qx hello out/console/pc.nc-2.txt
has curl || finish
sed -n '/^## A page for curl/,/^then/ s/^    //p' "$page" >page.yaml
begin page.yaml || finish
for again in 1 2 3; do
	check "curl gets the page ($again)" test "$(inside curl -sS --noproxy '*' -m 20 http://web/ 2>&1)" = hello
done
end
finish
