/* dhcpd: options, and defaults that the interface's address gives. */
#include "programs/dhcpd/dhcpd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "programs/programs.h"

static const char usage[] =
	"Usage: dhcpd [-i IFACE] [OPTION]...\n"
	"\n"
	"Gives IPv4 addresses to the hosts on one of its links (RFC 2131) until the end of the run.\n"
	"An address is offered after a ping to it was not answered, and is held back for 60 s; one that\n"
	"a client declines is not given for an hour. A client gets the address that it had before.\n"
	"At the end it lists who has what.\n"
	"\n"
	"  -i, --interface IFACE   the link (default eth0); it must have an address\n"
	"      --range FIRST-LAST  the addresses (default .100 to .199, or the upper half of a network\n"
	"                          that is smaller than a /24)\n"
	"      --lease TIME        how long, in s or with m, h, d behind it, or 'infinite' (default 1h)\n"
	"      --router ADDR|none  the default route (default its own address, if it forwards)\n"
	"      --dns ADDR[,ADDR]   name servers (default none)\n"
	"      --domain NAME       the domain (default none)\n"
	"      --host WHO=ADDR     always this address for a client with this MAC address, or that says\n"
	"                          this name; may be given several times\n"
	"      --ping MSEC         how long to wait for an answer to a ping; 0: do not ask (default 500)\n"
	"\n"
	"Metrics: leases (bound at present), offers, acks, naks, declines, releases, exhausted (times that\n"
	"no address was free), conflicts (addresses whose ping was answered), ignored (messages that make\n"
	"no sense, or came by a relay).\n";

enum { RANGE = 256, LEASE, ROUTER, DNS, DOMAIN, HOST, PING };

static bool address4(const char *text, struct ipaddr *a)
{
	return ipaddr_parse(text, a) && ipaddr_is4(a) && !ipaddr_is_any(a) &&
	       !ipaddr_is_multicast(a) && !ipaddr_is_limited_broadcast(a);
}

/* Words between commas are cut in place: argv is the process's own. */
static bool read_list(char *text, struct dhcp4_addrs *list)
{
	char *rest = text, *word;

	list->count = 0;
	while ((word = strsep(&rest, ","))) {
		if (list->count == DHCP4_ADDRS || !address4(word, &list->at[list->count]))
			return false;
		list->count++;
	}
	return true;
}

static bool read_range(struct dhcpd *d, char *text)
{
	char *dash = strchr(text, '-');

	if (!dash)
		return false;
	*dash = '\0';
	d->has_range = true;
	return address4(text, &d->first) && address4(dash + 1, &d->last) &&
	       ipaddr_cmp(&d->first, &d->last) <= 0 &&
	       ipaddr_to4(&d->last) - ipaddr_to4(&d->first) < DHCPD_POOL_MAX;
}

static bool read_lease(const char *text, uint32_t *s)
{
	char *end;
	double v = strtod(text, &end);
	double unit = *end == 'm' ? 60 : *end == 'h' ? 3600 : *end == 'd' ? 86400 : 1;

	if (strcmp(text, "infinite") == 0) {
		*s = DHCP4_INFINITE;
		return true;
	}
	if (end == text || *text < '0' || *text > '9' || (*end && (!strchr("smhd", *end) || end[1])))
		return false;
	*s = v * unit < 4e9 ? (uint32_t)(v * unit) : 0;
	return *s >= 1;
}

static bool read_host(struct dhcpd *d, char *text)
{
	struct fixed_host *h = &d->hosts[d->n_hosts];
	char *equals = strchr(text, '=');

	if (!equals || equals == text || d->n_hosts == DHCPD_HOSTS)
		return false;
	*equals = '\0';
	h->by_mac = mac_parse(text, &h->mac);
	h->name = text;
	d->n_hosts++;
	return address4(equals + 1, &h->addr);
}

static bool take_option(struct dhcpd *d, int option, char *arg, const char **iface)
{
	switch (option) {
	case 'i':
		*iface = arg;
		return true;
	case RANGE:
		return read_range(d, arg);
	case LEASE:
		return read_lease(arg, &d->lease_s);
	case ROUTER:
		d->has_router = true;
		return strcmp(arg, "none") == 0 || read_list(arg, &d->routers);
	case DNS:
		return read_list(arg, &d->dns);
	case DOMAIN:
		d->domain = arg;
		return strlen(arg) < 255;
	case HOST:
		return read_host(d, arg);
	default:
		return option_integer(arg, 0, 60000, &d->ping_ms);
	}
}

static bool options_read(struct dhcpd *d, int argc, char **argv, const char **iface)
{
	static const struct option_long longs[] = {
		{"interface", 'i', OPTION_ARG}, {"range", RANGE, OPTION_ARG},
		{"lease", LEASE, OPTION_ARG},	{"router", ROUTER, OPTION_ARG},
		{"dns", DNS, OPTION_ARG},	{"domain", DOMAIN, OPTION_ARG},
		{"host", HOST, OPTION_ARG},	{"ping", PING, OPTION_ARG},
		{NULL, 0, OPTION_FLAG}};
	struct options o;
	int option;

	options_init(&o, d->p, argc, argv, "i:", longs);
	while ((option = options_next(&o)) > 0) {
		char shown[80];

		snprintf(shown, sizeof(shown), "%s", o.arg);
		if (!take_option(d, option, (char *)o.arg, iface)) {
			process_printf(d->p, "dhcpd: '%s' is wrong there; see 'netarium help dhcpd'\n",
				       shown);
			return false;
		}
	}
	if (option == 0 && !options_word(&o))
		return true;
	process_printf(d->p, "Usage: dhcpd [-i IFACE] [OPTION]...\n");
	return false;
}

/* The network that it serves is that of the interface's first IPv4 address. */
static bool find_network(struct dhcpd *d, const char *iface)
{
	d->dev = node_iface_find(process_node(d->p), iface);
	if (!d->dev) {
		process_printf(d->p, "dhcpd: no such interface: %s\n", iface);
		return false;
	}
	for (const struct ip_addr *a = d->dev->addrs; a; a = a->next)
		if (ipaddr_is4(&a->addr)) {
			d->self = a->addr;
			d->net = prefix_make(&a->addr, a->len);
			return true;
		}
	process_printf(d->p, "dhcpd: %s has no IPv4 address\n", iface);
	return false;
}

static bool settle(struct dhcpd *d)
{
	char text[PREFIX_TEXT];

	if (!d->has_range && !dhcp4_usual_range(&d->net, &d->first, &d->last)) {
		process_printf(d->p, "dhcpd: %s is too small\n",
			       prefix_format(text, sizeof(text), &d->net));
		return false;
	}
	if (!prefix_contains(&d->net, &d->first) || !prefix_contains(&d->net, &d->last)) {
		process_printf(d->p, "dhcpd: the range is not in %s\n",
			       prefix_format(text, sizeof(text), &d->net));
		return false;
	}
	if (!d->has_router && node_forwards(process_node(d->p), true)) {
		d->routers.at[0] = d->self;
		d->routers.count = 1;
	}
	return true;
}

static bool open_sockets(struct dhcpd *d)
{
	const struct endpoint local = {.addr = ipaddr_any4, .port = DHCP4_SERVER_PORT};
	int err;

	d->fd = sys_socket(d->p, SOCKET_UDP, AF_INET);
	sys_set(d->p, d->fd, SOCKET_BROADCAST, 1);
	sys_set(d->p, d->fd, SOCKET_DEVICE, (int)d->dev->link.index);
	err = sys_bind(d->p, d->fd, &local);
	if (err < 0) {
		process_printf(d->p, "dhcpd: bind: %s\n", strerror(-err));
		return false;
	}
	d->ping_fd = sys_socket(d->p, SOCKET_PING, AF_INET);
	return true;
}

static int dhcpd_check(struct process *p, int argc, char **argv)
{
	struct dhcpd d = {.p = p};
	const char *iface;

	return options_read(&d, argc, argv, &iface) ? -1 : 2;
}

static int dhcpd_main(struct process *p, int argc, char **argv)
{
	struct dhcpd d = {.p = p, .lease_s = 3600, .ping_ms = 500};
	char first[IPADDR_TEXT], last[IPADDR_TEXT];
	const char *iface = "eth0";

	if (!options_read(&d, argc, argv, &iface))
		return 2;
	if (!find_network(&d, iface) || !settle(&d) || !open_sockets(&d))
		return 1;
	pool_new(&d);
	process_printf(p, "dhcpd: serving %s to %s on %s\n",
		       ipaddr_format(first, sizeof(first), &d.first),
		       ipaddr_format(last, sizeof(last), &d.last), iface);
	process_count(p, "leases", 0);
	process_count(p, "naks", 0);
	process_count(p, "exhausted", 0);
	dhcpd_serve(&d);
	pool_print(&d);
	pool_free(&d);
	return 0;
}

static const char *const metrics[] = {"leases", "offers", "acks", "naks", "declines", "releases",
				      "exhausted", "conflicts", "ignored", NULL};

const struct program program_dhcpd = {
	.name = "dhcpd",
	.summary = "give IPv4 addresses by DHCP",
	.usage = usage,
	.metrics = metrics,
	.main = dhcpd_main,
	.check = dhcpd_check,
};
