#!/usr/bin/env bash
# The library as others get it: installed into a prefix of its own, found by pkg-config, the header taken as C and as C++,
# the guide's first program and the examples built and run, these against the shared and the static library, and both looked
# into for strange names.
build=$(dirname "$(dirname "$NETARIUM")")
here=$(mktemp -d) || exit 1
trap 'rm -rf "$here"' EXIT
failed=0
fail() {
	echo "FAILED: $*"
	failed=1
}

cmake --install "$build" --prefix "$here/usr" >"$here/log" 2>&1 || { cat "$here/log"; fail "cmake --install"; exit 1; }
pc=$(dirname "$(find "$here/usr" -name netarium.pc)")
libdir=$(dirname "$pc")
export PKG_CONFIG_PATH=$pc
for file in bin/netarium include/netarium.h "${libdir#"$here/usr/"}/libnetarium.a" "${libdir#"$here/usr/"}/libnetarium.so.0"; do
	[ -e "$here/usr/$file" ] || fail "$file is not installed"
done
[ -x "$here/usr/bin/netarium" ] && "$here/usr/bin/netarium" help >/dev/null || fail "the installed program does not run"

# Its version is one: in netarium.pc, in the library.
printf '#include <netarium.h>\n#include <stdio.h>\nint main(void) { puts(nt_version()); return 0; }\n' >"$here/version.c"

# The header alone, by the strictest rules of both languages.
printf '#include <netarium.h>\nint main(void) { struct nt_options o = {sizeof(o)}; return o.size == 0; }\n' >"$here/header.c"
cp "$here/header.c" "$here/header.cc"
# shellcheck disable=SC2046
cc -std=c11 -D_DEFAULT_SOURCE -Wall -Wextra -pedantic -Werror -Wno-missing-field-initializers $(pkg-config --cflags netarium) \
	-c -o "$here/header.o" "$here/header.c" || fail "the header as C"
if command -v c++ >/dev/null; then
	# shellcheck disable=SC2046
	c++ -std=c++11 -Wall -Wextra -pedantic -Werror -Wno-missing-field-initializers $(pkg-config --cflags netarium) \
		-c -o "$here/header.o" "$here/header.cc" || fail "the header as C++"
else
	echo "no C++ compiler here: the header was not tried as C++"
fi

# examples LIBRARY PKG-CONFIG-OPTIONS: builds them and compares what they print.
examples() {
	cp -r "$NETARIUM_SOURCE_DIR/examples" "$here/$1"
	CFLAGS=-Werror make -s -C "$here/$1" STATIC="$2" || { fail "examples with the $1 library"; return; }
	for name in echo port; do
		LD_LIBRARY_PATH=$libdir "$here/$1/$name" >"$here/$1/$name.out" || fail "$1 $name: exit status $?"
		cmp -s "$here/$1/$name.out" "$NETARIUM_SOURCE_DIR/tests/golden/example-$name.txt" ||
			fail "$1 $name printed: $(cat "$here/$1/$name.out")"
	done
	# shellcheck disable=SC2046
	cc -o "$here/version" "$here/version.c" $(pkg-config --cflags $2 --libs netarium) || fail "version with the $1 library"
	[ "$(LD_LIBRARY_PATH=$libdir "$here/version")" = "$(pkg-config --modversion netarium)" ] || fail "another version in netarium.pc"
}

# The program that docs/library.md begins with, as it stands there.
sed -n 's/^    //p' "$NETARIUM_SOURCE_DIR/docs/library.md" |
	awk '/^#include <netarium.h>/ { on = 1 } on; on && /^}/ { exit }' >"$here/first.c"
# shellcheck disable=SC2046
cc -Wall -Werror $(pkg-config --cflags netarium) -o "$here/first" "$here/first.c" $(pkg-config --libs netarium) || fail "first.c"
(cd "$NETARIUM_SOURCE_DIR" && LD_LIBRARY_PATH=$libdir "$here/first") >"$here/first.out" || fail "first: exit status $?"
grep -q '^3 packets transmitted, 3 received' "$here/first.out" || fail "first printed: $(cat "$here/first.out")"

# strange NAMES: what a library shows besides nt_*
strange() {
	grep -v '^nt_' <<<"$1" && fail "the $2 library shows names that are not its own"
	for name in nt_load nt_socket nt_port_open nt_version; do
		grep -qx $name <<<"$1" || fail "the $2 library has no $name"
	done
	declared=$(grep -o '\bnt_[a-z_]*(' "$here/usr/include/netarium.h" | tr -d '(' | sort -u | grep -vx nt_port_output)
	[ "$(sort -u <<<"$1")" = "$declared" ] || { diff <(sort -u <<<"$1") <(cat <<<"$declared"); fail "the $2 library and its header differ"; }
}

strange "$(nm -D --defined-only "$libdir/libnetarium.so.0" | awk '$2 ~ /[A-TV-Z]/ { print $3 }')" shared
strange "$(nm -g --defined-only "$libdir/libnetarium.a" | awk '$2 ~ /[A-TV-Z]/ { print $3 }')" static
examples shared ""
rm "$libdir"/libnetarium.so*
examples static --static
exit $failed
