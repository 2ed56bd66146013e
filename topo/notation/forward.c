#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "filter/nat.h"
#include "topo/notation/notation.h"
#include "topo/notation/units.h"

static bool port_read(const char *text, uint16_t *port)
{
	char why[UNITS_WHY];
	uint64_t n;

	if (!units_count(text, &n, why) || n < 1 || n > UINT16_MAX)
		return false;
	*port = (uint16_t)n;
	return true;
}

bool notation_ports(const char *text, uint16_t *first, uint16_t *last, char *why)
{
	g_auto(GStrv) ends = g_strsplit(text, "-", 2);

	if (ends[0] && port_read(g_strstrip(ends[0]), first)) {
		*last = *first;
		if (!ends[1] || (port_read(g_strstrip(ends[1]), last) && *first <= *last))
			return true;
	}
	snprintf(why, NOTATION_WHY, "'%.40s' is no range of ports; expected one such as 1024-65535",
		 text);
	return false;
}

/* "192.168.1.2:80", or without a port. */
static bool target_read(const char *text, struct nat_forward *f)
{
	g_auto(GStrv) parts = g_strsplit(text, ":", 2);

	f->to_port = f->first;
	return parts[0] && ipaddr_parse(parts[0], &f->to) && ipaddr_is4(&f->to) &&
	       (!parts[1] || port_read(parts[1], &f->to_port)) &&
	       f->to_port + (f->last - f->first) <= UINT16_MAX;
}

unsigned notation_forward(const char *text, struct nat_forward *f, char *why)
{
	g_auto(GStrv) words = g_strsplit(text, " ", -1);
	char unused[NOTATION_WHY];
	guint n = g_strv_length(words), i = 0;

	*f = (struct nat_forward){0};
	if (n == 5 && ipaddr_parse(words[0], &f->address) && ipaddr_is4(&f->address))
		i = 1;
	bool both = n - i == 4 && !strcmp(words[i], "tcp+udp");
	if (n - i == 4 && (both || !strcmp(words[i], "tcp") || !strcmp(words[i], "udp")) &&
	    notation_ports(words[i + 1], &f->first, &f->last, unused) &&
	    !strcmp(words[i + 2], "->") && target_read(words[i + 3], f)) {
		f->proto = strcmp(words[i], "udp") ? IPPROTO_TCP : IPPROTO_UDP;
		if (both) {
			f[1] = f[0];
			f[1].proto = IPPROTO_UDP;
		}
		return both ? 2 : 1;
	}
	snprintf(why, NOTATION_WHY, "'%.80s' is no port forwarding; expected one such as "
		 "tcp 8080 -> 192.168.1.2:80", text);
	return 0;
}
