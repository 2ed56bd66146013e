/*
 * A network namespace that is there as long as we are.
 *
 *     ns = netns_new("lab", &error)
 *     netns_take(ns, "nt0", &error)                    moves an interface into it
 *     netns_batch(ns, "addr add ...\nroute add ...", &error)
 *     netns_hosts(ns, "10.0.0.1 web\n", &error)       /etc/hosts for `ip netns exec`
 *     ... privileges may be dropped here ...
 *     netns_free(ns)
 *
 * It is made by iproute2, under /run/netns, so that `ip netns exec NAME` finds it. A child process
 * that keeps the privileges waits for us to end, in whatever way (a pipe closes), and removes the
 * namespace then: the TAP in it, its addresses and routes go with it. Programs that still run in it
 * keep a namespace without a name.
 */
#ifndef LIVE_NETNS_H
#define LIVE_NETNS_H

#include "live/device.h"

struct netns;

/* NULL, or false, with *error filled. */
struct netns *netns_new(const char *name, struct device_error *error);
bool netns_take(struct netns *ns, const char *iface, struct device_error *error);
/* Lines as `ip -batch` takes them. */
bool netns_batch(struct netns *ns, const char *lines, struct device_error *error);
/* Only if there is no file of that namespace in /etc/netns yet. */
bool netns_hosts(struct netns *ns, const char *text, struct device_error *error);

/* Returns when it is gone. NULL is fine. */
void netns_free(struct netns *ns);

#endif
