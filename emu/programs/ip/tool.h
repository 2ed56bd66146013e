/*
 * ip, after iproute2 6.1: shows, and changes nothing.
 *
 *     ip.c        the command line and the program's row
 *     link.c   ip link, ip addr
 *     route.c  ip route show, ip route get
 *     neigh.c  ip neigh
 *
 * Virtual hosts number their interfaces from 1; Linux has the loopback as 1. What is printed is
 * Linux's numbering: the loopback first, all others one higher.
 */
#ifndef PROGRAMS_IP_TOOL_H
#define PROGRAMS_IP_TOOL_H

#include "ip/route.h"
#include "programs/tool.h"

struct ip_tool {
	struct process *process;
	struct node *node;
	int family;     /* AF_UNSPEC: both */
	bool brief, oneline, statistics;
	int argc;       /* words behind the command */
	char **argv;
};

/* The exit status of each. */
int ip_show_links(struct ip_tool *t);
int ip_show_addresses(struct ip_tool *t);
int ip_show_routes(struct ip_tool *t);
int ip_get_route(struct ip_tool *t);
int ip_show_neighbours(struct ip_tool *t);

/* Whether word is short for one of the two, as iproute2 takes it; other may be NULL. */
bool ip_matches(const char *word, const char *name, const char *other);

/*
 * The words "[dev] NAME". False if the interface does not exist, which is said, or if there is
 * something else. *dev is NULL if none is named; *loopback if it is lo.
 */
bool ip_take_device(struct ip_tool *t, struct ip_iface **dev, bool *loopback);

static inline bool ip_wants4(const struct ip_tool *t)
{
	return t->family != AF_INET6;
}

static inline bool ip_wants6(const struct ip_tool *t)
{
	return t->family != AF_INET;
}

#endif
