#include "topo/notation/notation.h"

#include <stdio.h>
#include <string.h>

#include "topo/notation/range.h"
#include "topo/notation/units.h"

static const struct {
	const char *word;
	enum topo_route_kind kind;
} kinds[] = {
	{ "unicast", TOPO_ROUTE_UNICAST },
	{ "unreachable", TOPO_ROUTE_UNREACHABLE },
	{ "prohibit", TOPO_ROUTE_PROHIBIT },
	{ "blackhole", TOPO_ROUTE_BLACKHOLE },
};

static bool route_refuse(const char *text, const char *what, char *why)
{
	snprintf(why, NOTATION_WHY, "'%.80s' is not a route: %s; expected one such as "
		 "10.9.0.0/16 via 10.0.0.1", text, what);
	return false;
}

/* The words up to and with the prefix; returns how many, or 0. */
static int target_read(char **words, struct topo_route *route, bool *is_default)
{
	struct ipaddr host;
	int i = 0;

	for (size_t k = 0; k < G_N_ELEMENTS(kinds); k++)
		if (words[0] && !strcmp(words[0], kinds[k].word)) {
			route->kind = kinds[k].kind;
			i = 1;
		}
	if (!words[i])
		return 0;
	*is_default = !strcmp(words[i], "default");
	if (*is_default)
		route->dst = prefix_make(&ipaddr_any4, IPADDR_V4_BITS);
	else if (ipaddr_parse(words[i], &host))
		route->dst = prefix_make(&host, IPADDR_BITS);
	else if (!prefix_parse(words[i], &route->dst))
		return 0;
	return i + 1;
}

static bool number_read(const char *text, uint64_t min, uint64_t max, uint32_t *n)
{
	char why[UNITS_WHY];
	uint64_t value;

	if (!units_count(text, &value, why) || value < min || value > max)
		return false;
	*n = (uint32_t)value;
	return true;
}

/* One option and its value; NULL when it is right, else what is wrong with it. */
static const char *option_read(struct arena *arena, const char *name, const char *value,
			       struct topo_route *route)
{
	char why[RANGE_WHY];

	if (!strcmp(name, "via")) {
		route->has_via = ipaddr_parse(value, &route->via);
		return route->has_via ? NULL : "after 'via' comes an address";
	}
	if (!strcmp(name, "dev")) {
		route->dev = arena_text(arena, value);
		return name_is_good_iface(value, why) ? NULL : "after 'dev' comes an interface";
	}
	if (!strcmp(name, "mtu"))
		return number_read(value, 68, 65535, &route->mtu) ? NULL
								  : "an 'mtu' is 68 to 65535";
	if (!strcmp(name, "initcwnd"))
		return number_read(value, 1, 1000, &route->initcwnd) ? NULL
								     : "an 'initcwnd' is 1 to 1000";
	if (!strcmp(name, "metric"))
		return number_read(value, 0, UINT32_MAX, &route->metric) ? NULL
									 : "a 'metric' is a number";
	return "its options are via, dev, mtu, initcwnd and metric";
}

bool notation_route(struct arena *arena, const char *text, struct topo_route *route, char *why)
{
	g_auto(GStrv) words = g_strsplit_set(text, " \t", -1);
	bool is_default = false;
	const char *wrong;
	int n = 0, i;

	for (i = 0; words[i]; i++)	/* leave out the empty ones */
		if (*words[i]) {
			char *word = words[i];

			words[i] = words[n];
			words[n++] = word;
		}
	for (i = n; words[i]; i++)
		words[i][0] = '\0';
	*route = (struct topo_route){ .kind = TOPO_ROUTE_UNICAST, .text = arena_text(arena, text) };
	if (n == 0 || !(i = target_read(words, route, &is_default)))
		return route_refuse(text, "it starts with a prefix, an address or 'default'", why);
	for (; i < n; i += 2) {
		wrong = i + 1 < n ? option_read(arena, words[i], words[i + 1], route)
				  : "its last option has no value";
		if (wrong)
			return route_refuse(text, wrong, why);
	}
	if (is_default && route->has_via && !ipaddr_is4(&route->via))
		route->dst = prefix_make(&ipaddr_any6, 0);
	if (route->kind == TOPO_ROUTE_UNICAST && !route->has_via && !route->dev)
		return route_refuse(text, "it says neither 'via' nor 'dev'", why);
	if (route->kind != TOPO_ROUTE_UNICAST && (route->has_via || route->dev))
		return route_refuse(text, "what goes nowhere has no 'via' and no 'dev'", why);
	if (route->has_via && ipaddr_is4(&route->via) != ipaddr_is4(&route->dst.addr))
		return route_refuse(text, "its prefix and its 'via' are of different families", why);
	return true;
}
