#include "programs/ip/tool.h"

#include <string.h>

#include "programs/programs.h"

static const char usage[] =
	"Usage: ip [ OPTIONS ] OBJECT { COMMAND | help }\n"
	"where  OBJECT := { address | link | neighbour | route }\n"
	"       OPTIONS := { -s[tatistics] | -o[neline] | -br[ief] | -4 | -6 |\n"
	"                    -f[amily] { inet | inet6 } }\n"
	"\n"
	"       ip [-4|-6] [-br] [-o] addr [show] [[dev] DEVICE]\n"
	"       ip [-s] [-br] link [show] [[dev] DEVICE]\n"
	"       ip [-4|-6] route [show] [table local] [dev DEVICE] [PREFIX]\n"
	"       ip [-4|-6] route get ADDRESS\n"
	"       ip [-4|-6] [-s] neigh [show] [ADDRESS] [dev DEVICE]\n"
	"\n"
	"It shows a host's state; changes are made in the scenario file.\n";

bool ip_matches(const char *word, const char *name, const char *other)
{
	size_t len = strlen(word);

	return len && (strncmp(word, name, len) == 0 ||
		       (other && strncmp(word, other, len) == 0));
}

bool ip_take_device(struct ip_tool *t, struct ip_iface **dev, bool *loopback)
{
	*dev = NULL;
	*loopback = false;
	if (t->argc && strcmp(t->argv[0], "dev") == 0) {
		t->argc--;
		t->argv++;
	}
	if (!t->argc)
		return true;
	*dev = node_iface_find(t->node, t->argv[0]);
	*loopback = strcmp(t->argv[0], "lo") == 0;
	if (!*dev && !*loopback)
		process_printf(t->process, "Device \"%s\" does not exist.\n", t->argv[0]);
	return *dev || *loopback;
}

/* An option, which may be short for its name. -1 to go on, else the exit status. */
static int take_option(struct ip_tool *t, int argc, char **argv, int *at)
{
	const char *word = argv[*at], *name = word + 1;

	if (*name == '-')
		name++;
	if (strcmp(name, "4") == 0) {
		t->family = AF_INET;
	} else if (strcmp(name, "6") == 0) {
		t->family = AF_INET6;
	} else if (ip_matches(name, "family", NULL)) {
		const char *family = *at + 1 < argc ? argv[++*at] : "";

		t->family = strcmp(family, "inet6") == 0 ? AF_INET6 : AF_INET;
		if (t->family == AF_INET && strcmp(family, "inet") != 0) {
			process_printf(t->process, "Error: argument \"%s\" is wrong: invalid protocol "
				       "family\n\n", family);
			return 255;
		}
	} else if (ip_matches(name, "statistics", "stats")) {
		t->statistics = true;
	} else if (ip_matches(name, "oneline", NULL)) {
		t->oneline = true;
	} else if (strlen(name) > 1 && ip_matches(name, "brief", NULL)) {
		t->brief = true;
	} else if (ip_matches(name, "color", NULL)) {
		; /* a console has no colours */
	} else if (ip_matches(name, "help", NULL)) {
		process_printf(t->process, "%s", usage);
		return 255;
	} else {
		process_printf(t->process, "Option \"%s\" is unknown, try \"ip -help\".\n", word);
		return 255;
	}
	return -1;
}

struct object {
	const char *name, *other, *shown;
	int (*show)(struct ip_tool *);
	int (*get)(struct ip_tool *);
};

static const struct object objects[] = {
	{"address", NULL, "address", ip_show_addresses, NULL},
	{"route", NULL, "route", ip_show_routes, ip_get_route},
	{"link", NULL, "link", ip_show_links, NULL},
	{"neighbor", "neighbour", "neighbour", ip_show_neighbours, NULL},
	{NULL, NULL, NULL, NULL, NULL},
};

/* The command behind an object. -1 to go on with *what, else the exit status. */
static int take_command(struct ip_tool *t, const struct object *o, int (**what)(struct ip_tool *))
{
	static const char *const changes[] = {"add", "delete", "del", "change", "replace", "set",
					      "flush", "append", NULL};
	const char *command = t->argc ? t->argv[0] : "show";

	if (t->argc) {
		t->argc--;
		t->argv++;
	}
	*what = o->show;
	if (ip_matches(command, "show", "list") || strcmp(command, "lst") == 0)
		return -1;
	*what = o->get;
	if (o->get && ip_matches(command, "get", NULL))
		return -1;
	paper_read(t->process, command, NULL);
	for (const char *const *c = changes; *c; c++) {
		if (ip_matches(command, *c, NULL)) {
			process_printf(t->process, "ip: \"%s %s\" is not built: addresses, routes and "
				       "links are set in the scenario file\n", o->shown, *c);
			return 2;
		}
	}
	if (ip_matches(command, "help", NULL)) {
		process_printf(t->process, "%s", usage);
		return 255;
	}
	process_printf(t->process, "Command \"%s\" is unknown, try \"ip %s help\".\n", command,
		       o->shown);
	return 255;
}

/* As take_command(), from the first word on. */
static int parse(struct ip_tool *t, int argc, char **argv, int (**what)(struct ip_tool *))
{
	int at = 1;

	for (; at < argc && argv[at][0] == '-'; at++) {
		int status;

		paper_read(t->process, argv[at], NULL);
		status = take_option(t, argc, argv, &at);
		if (status >= 0)
			return status;
	}
	paper_read(t->process, at < argc ? argv[at] : NULL, NULL);
	if (at >= argc || ip_matches(argv[at], "help", NULL)) {
		process_printf(t->process, "%s", usage);
		return 255;
	}
	for (const struct object *o = objects; o->name; o++) {
		if (!ip_matches(argv[at], o->name, o->other))
			continue;
		t->argc = argc - at - 1;
		t->argv = argv + at + 1;
		return take_command(t, o, what);
	}
	process_printf(t->process, "Object \"%s\" is unknown, try \"ip help\".\n", argv[at]);
	return 1;
}

/* What is behind the command is read when it is shown: devices and addresses that there are. */
static int ip_check(struct process *p, int argc, char **argv)
{
	struct ip_tool t = {.process = p, .family = AF_UNSPEC};
	int (*what)(struct ip_tool *);
	int status = parse(&t, argc, argv, &what);

	return argc > 1 && strstr(argv[argc - 1], "help") ? -1 : status;
}

static int ip_main(struct process *p, int argc, char **argv)
{
	struct ip_tool t = {.process = p, .node = process_node(p), .family = AF_UNSPEC};
	int (*what)(struct ip_tool *);
	int status = parse(&t, argc, argv, &what);

	return status < 0 ? what(&t) : status;
}

const struct program program_ip = {
	.name = "ip",
	.summary = "show addresses, links, routes and neighbours",
	.usage = usage,
	.main = ip_main,
	.check = ip_check,
};
