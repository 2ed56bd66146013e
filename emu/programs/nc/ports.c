/* Ports by number, by range and by name. */
#include <string.h>

#include "programs/nc/nc.h"

/* The services that a Debian's /etc/services names and people use. */
static const struct {
	const char *name;
	uint16_t port;
} services[] = {
	{"ftp", 21}, {"ssh", 22}, {"telnet", 23}, {"smtp", 25}, {"http", 80}, {"pop3", 110},
	{"imap2", 143}, {"bgp", 179}, {"submission", 587}, {"domain-s", 853}, {"imaps", 993},
	{"pop3s", 995}, {"mysql", 3306}, {"postgresql", 5432}, {"http-alt", 8080},
	{"echo", 7}, {"discard", 9}, {"daytime", 13}, {"time", 37}, {"domain", 53},
	{"bootps", 67}, {"bootpc", 68}, {"tftp", 69}, {"ntp", 123}, {"snmp", 161},
	{"snmp-trap", 162}, {"https", 443}, {"syslog", 514}, {"mdns", 5353},
};

const char *nc_service_name(const struct nc *n, uint16_t port)
{
	for (size_t i = 0; !n->no_names && i < sizeof services / sizeof *services; i++)
		if (services[i].port == port)
			return services[i].name;
	return "*";
}

bool nc_parse_port(struct nc *n, const char *text, int64_t *port)
{
	for (size_t i = 0; i < sizeof services / sizeof *services; i++) {
		if (strcmp(services[i].name, text) == 0) {
			*port = services[i].port;
			return true;
		}
	}
	if (option_integer(text, 1, 65535, port))
		return true;
	if (option_integer(text, 65536, INT64_MAX, port))
		nc_fail(n, "port number too large: %s", text);
	else if (option_integer(text, INT64_MIN, 0, port))
		nc_fail(n, "port number too small: %s", text);
	else
		nc_fail(n, "port number invalid: %s", text);
	return false;
}

bool nc_parse_ports(struct nc *n, int64_t *low, int64_t *high)
{
	const char *dash = strchr(n->ports, '-');
	char first[8];

	if (!dash || dash == n->ports || dash - n->ports >= (long)sizeof first) {
		if (!nc_parse_port(n, n->ports, low))
			return false;
		*high = *low;
		return true;
	}
	memcpy(first, n->ports, (size_t)(dash - n->ports));
	first[dash - n->ports] = 0;
	if (!nc_parse_port(n, first, low) || !nc_parse_port(n, dash + 1, high))
		return false;
	if (*low > *high) {
		int64_t t = *low;

		*low = *high;
		*high = t;
	}
	return true;
}
