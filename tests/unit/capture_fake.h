/*
 * What captures know of interfaces (link/tap.h), without links: frames are shown to the taps by
 * the test itself.
 */
#ifndef TESTS_UNIT_CAPTURE_FAKE_H
#define TESTS_UNIT_CAPTURE_FAKE_H

#include "core/world.h"
#include "link/tap.h"

struct iface {
	const char *name, *node, *link;
	uint8_t mac[6];
	uint64_t rate;
	struct tap *taps;
};

void iface_tap_add(struct iface *i, struct tap *t)
{
	struct tap **at = &i->taps;

	while (*at)
		at = &(*at)->next;
	t->next = NULL;
	*at = t;
}

void iface_tap_remove(struct iface *i, struct tap *t)
{
	struct tap **at = &i->taps;

	while (*at != t)
		at = &(*at)->next;
	*at = t->next;
}

const char *iface_name(const struct iface *i)
{
	return i->name;
}

const char *iface_node_name(const struct iface *i)
{
	return i->node;
}

const char *iface_link_name(const struct iface *i)
{
	return i->link;
}

const uint8_t *iface_mac(const struct iface *i)
{
	return i->mac;
}

uint64_t iface_rate(const struct iface *i)
{
	return i->rate;
}

static inline void fake_show(struct iface *i, const struct packet *p, enum tap_dir dir)
{
	for (struct tap *t = i->taps; t; t = t->next)
		t->frame(t, p, dir, world_now(p->world));
}

#endif
