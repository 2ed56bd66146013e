#include "link/iface.h"

#include <stdlib.h>

#include "core/alloc.h"
#include "link/link_dir.h"
#include "wire/offload.h"

void iface_init(struct iface *i, struct site *site, const char *name, struct mac mac,
		void (*input)(struct iface *, struct packet *))
{
	*i = (struct iface){
		.site = site,
		.name = nt_strdup(name),
		.mac = mac,
		.input = input,
		.mtu = link_params_default.mtu,
		.up = true,
	};
}

void iface_fini(struct iface *i)
{
	assert(!i->out);
	free((char *)i->name);
	i->name = NULL;
}

bool iface_running(const struct iface *i)
{
	return i->up && i->out && i->out->link->up;
}

void iface_watch_add(struct iface *i, struct iface_watch *w)
{
	w->next = i->watches;
	i->watches = w;
}

void iface_watch_remove(struct iface *i, struct iface_watch *w)
{
	struct iface_watch **at = &i->watches;

	while (*at != w)
		at = &(*at)->next;
	*at = w->next;
}

void iface_changed(struct iface *i)
{
	for (struct iface_watch *w = i->watches; w; w = w->next)
		w->changed(w);
}

/* Out of line: without a tap nothing of this is on the frame's way. */
static void __attribute__((noinline)) taps_show(struct iface *i, struct packet *p,
						enum tap_dir dir)
{
	packet_checksum_fill(p);
	for (struct tap *t = i->taps, *next; t; t = next) {
		next = t->next;
		t->frame(t, p, dir, world_now(p->world));
	}
}

void iface_send(struct iface *i, struct packet *p)
{
	if (!i->up) {
		packet_drop(p, i->site, DROP_IFACE_DOWN);
		return;
	}
	if (!i->out) {
		packet_drop(p, i->site, DROP_IFACE_NO_LINK);
		return;
	}
	i->tx_packets++;
	i->tx_bytes += packet_len(p);
	if (i->taps)
		taps_show(i, p, TAP_OUT);
	link_send(i->out, p);
}

void iface_receive(struct iface *i, struct packet *p)
{
	if (!i->up) {
		packet_drop(p, i->site, DROP_IFACE_DOWN);
		return;
	}
	p->in = i;
	i->rx_packets++;
	i->rx_bytes += packet_len(p);
	if (i->taps)
		taps_show(i, p, TAP_IN);
	i->input(i, p);
}

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

	while (*at && *at != t)
		at = &(*at)->next;
	if (*at)
		*at = t->next;
}

const char *iface_name(const struct iface *i)
{
	return i->name;
}

const char *iface_node_name(const struct iface *i)
{
	return i->site->name;
}

const char *iface_link_name(const struct iface *i)
{
	return i->out ? link_name(i->out->link) : NULL;
}

const uint8_t *iface_mac(const struct iface *i)
{
	return i->mac.b;
}

uint64_t iface_dropped(const struct iface *i)
{
	return i->out ? i->out->counters.dropped : 0;
}

uint64_t iface_rate(const struct iface *i)
{
	return i->out ? link_dir_rate(i->out) : 0;
}
