/*
 * The parts of `netarium live`: what is attached (live_attach.c), and time (live_loop.c).
 */
#ifndef CLI_LIVE_H
#define CLI_LIVE_H

#include <poll.h>

#include "cli/session.h"
#include "live/device.h"
#include "live/netns.h"
#include "live/pace.h"

struct live;

/* An interface of an external node, and the device that is its far end. */
struct attachment {
	struct live *live;
	char *where;        /* "internet", "internet:eth1" */
	const char *spec;   /* "tap:nt0" */
	const char *name;   /* "nt0" */
	struct nt_port *port;
	struct ip_iface *iface;
	struct device *device;
	uint64_t refused, too_large; /* frames that came and did not enter */
};

struct live {
	struct session session; /* first */
	char **specs;           /* of --attach */
	char *netns_name;
	struct attachment *at;
	struct pollfd *fds;     /* parallel to at */
	uint32_t n;
	struct netns *netns;    /* NULL: none */
	struct pace pace;
	const struct attachment *gone; /* a device that went away; NULL: none */
};

/* CLI_OK, or the exit status after a sentence: first what the command line says, before anything is
 * opened; then all devices, and the namespace. */
int live_attach_check(struct live *l);
int live_attach_open(struct live *l);
void live_attach_free(struct live *l);

/* Until the duration, a signal, or the end of a device. */
void live_loop(struct live *l);

#endif
