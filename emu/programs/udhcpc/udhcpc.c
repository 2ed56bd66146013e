/* udhcpc: its words and options. */
#include "programs/udhcpc/udhcpc.h"

#include <string.h>

#include "programs/programs.h"

static const char usage[] =
	"Usage: udhcpc [-i IFACE] [OPTION]...\n"
	"\n"
	"Gets an IPv4 address by DHCP (RFC 2131) and keeps it: discover, request, look whether anybody\n"
	"else has it (ARP, RFC 5227), configure address, default route and name servers, renew at half\n"
	"and rebind at seven eighths of the lease, ask whether it still holds when the link comes back,\n"
	"and begin again when it is lost. While it has the\n"
	"address, the host's name means it for everybody. Answers are asked for by broadcast.\n"
	"\n"
	"  -i IFACE    the interface (default eth0)\n"
	"  -n          end with status 1 if no lease is obtained\n"
	"  -q          end when a lease is obtained; the address stays\n"
	"  -R          give the address back at the end\n"
	"  -w SEC      end after so long with a lease\n"
	"  -t N        discovers in a row (default 5)\n"
	"  -T SEC      pause between discovers (default 4, 8, 16 ... 64, each +- 1, as RFC 2131 4.1 has it)\n"
	"  -A SEC      pause after them all (default 20)\n"
	"  -a MSEC     look for others who have the address by one probe, and wait so long; 0: do not\n"
	"              look (default RFC 5227's three probes, which take 4 to 7 s)\n"
	"  -r ADDR     ask for this address at once: what a host does that had it (INIT-REBOOT)\n"
	"  -O OPT      ask for an option, too, by number or name (mtu, ntp ...)\n"
	"  -x hostname:NAME, -F NAME   the name to send (default the host's)\n"
	"  -C          send no client identifier\n"
	"  -f, -b, -S, -B   are taken and change nothing: it is in the foreground and in the background\n"
	"\n"
	"Metrics: bound (1: it has an address), address_time (s from the start to the first lease),\n"
	"lease_time (s, of the last lease), leases, renewals, declined, naks, lost, ignored (answers that\n"
	"make no sense).\n";

static const struct {
	const char *name;
	uint8_t code;
} option_names[] = {
	{"subnet", 1},	  {"router", 3}, {"dns", 6},	   {"hostname", 12}, {"domain", 15},
	{"mtu", 26},	  {"broadcast", 28}, {"ntp", 42},  {"lease", 51},
};

static bool want_option(struct udhcpc *c, const char *text)
{
	int64_t code = 0;

	for (size_t k = 0; k < sizeof(option_names) / sizeof(option_names[0]); k++)
		if (strcmp(option_names[k].name, text) == 0)
			code = option_names[k].code;
	if (!code && !option_integer(text, 1, 254, &code))
		return false;
	if (memchr(c->params, (int)code, c->params_len))
		return true;
	if (c->params_len == DHCP4_PARAMS)
		return false;
	c->params[c->params_len++] = (uint8_t)code;
	return true;
}

static bool take_option(struct udhcpc *c, int option, const char *arg, const char **iface)
{
	switch (option) {
	case 'i':
		*iface = arg;
		return true;
	case 'n':
		return c->fail_early = true;
	case 'q':
		return c->quit = true;
	case 'R':
		return c->release = true;
	case 'C':
		return c->no_client_id = true;
	case 'w':
		return tool_seconds(arg, 0, 1e9, &c->work);
	case 't':
		return option_integer(arg, 1, 1000000, &c->tries);
	case 'T':
		return tool_seconds(arg, 0.001, 1e6, &c->pause);
	case 'A':
		return tool_seconds(arg, 0, 1e6, &c->again);
	case 'a':
		return option_integer(arg, 0, 1000000, &c->probe_ms);
	case 'r':
		return ipaddr_parse(arg, &c->wanted) && ipaddr_is4(&c->wanted);
	case 'O':
		return want_option(c, arg);
	case 'F':
		c->hostname = arg;
		return strlen(arg) < 64;
	case 'x':
		c->hostname = arg + strlen("hostname:");
		return strncmp(arg, "hostname:", strlen("hostname:")) == 0 && strlen(arg) < 64;
	default: /* -f -b -S -B */
		return true;
	}
}

static bool options_read(struct udhcpc *c, int argc, char **argv, const char **iface)
{
	static const struct option_long longs[] = {
		{"interface", 'i', OPTION_ARG},	 {"now", 'n', OPTION_FLAG},
		{"quit", 'q', OPTION_FLAG},	 {"release", 'R', OPTION_FLAG},
		{"retries", 't', OPTION_ARG},	 {"timeout", 'T', OPTION_ARG},
		{"tryagain", 'A', OPTION_ARG},	 {"arping", 'a', OPTION_ARG},
		{"request", 'r', OPTION_ARG},	 {"request-option", 'O', OPTION_ARG},
		{"fqdn", 'F', OPTION_ARG},	 {"clientid-none", 'C', OPTION_FLAG},
		{"foreground", 'f', OPTION_FLAG}, {"background", 'b', OPTION_FLAG},
		{"syslog", 'S', OPTION_FLAG},	 {"broadcast", 'B', OPTION_FLAG},
		{NULL, 0, OPTION_FLAG}};
	struct options o;
	int option;

	options_init(&o, c->p, argc, argv, "i:nqRCw:t:T:A:a:r:O:F:x:fbSB", longs);
	while ((option = options_next(&o)) > 0)
		if (!take_option(c, option, o.arg, iface)) {
			process_printf(c->p, "udhcpc: '%s' is wrong for -%c; see 'netarium help udhcpc'\n",
				       o.arg, option);
			return false;
		}
	if (option == 0 && !options_word(&o))
		return true;
	process_printf(c->p, "Usage: udhcpc [-i IFACE] [OPTION]...\n");
	return false;
}

static int udhcpc_check(struct process *p, int argc, char **argv)
{
	struct udhcpc c = {.p = p};
	const char *iface;

	return options_read(&c, argc, argv, &iface) ? -1 : 2;
}

static int udhcpc_main(struct process *p, int argc, char **argv)
{
	static const uint8_t usual[] = {1, 3, 6, 12, 15, 28, 42}; /* as busybox's asks for */
	const char *iface = "eth0";
	struct udhcpc c = {
		.p = p,
		.tries = 5,
		.pause = vtime_ns(-1),
		.again = vtime_s(20),
		.probe_ms = -1,
		.work = VTIME_NEVER,
		.wanted = ipaddr_any4,
		.hostname = process_hostname(p),
	};

	memcpy(c.params, usual, c.params_len = sizeof(usual));
	if (!options_read(&c, argc, argv, &iface))
		return 2;
	c.dev = node_iface_find(process_node(p), iface);
	if (!c.dev) {
		process_printf(p, "udhcpc: no such interface: %s\n", iface);
		return 1;
	}
	process_printf(p, "udhcpc: started\n");
	process_count(p, "bound", 0);
	process_count(p, "renewals", 0);
	process_count(p, "declined", 0);
	process_count(p, "naks", 0);
	process_count(p, "lost", 0);
	udhcpc_open(&c);
	return udhcpc_run(&c);
}

static const char *const metrics[] = {"bound", "address_time", "lease_time", "leases", "renewals",
				      "declined", "naks", "lost", "ignored", NULL};

const struct program program_udhcpc = {
	.name = "udhcpc",
	.summary = "get an IPv4 address by DHCP",
	.usage = usage,
	.metrics = metrics,
	.main = udhcpc_main,
	.check = udhcpc_check,
};
