#include "ip/node.h"

#include <stdlib.h>

#include "core/alloc.h"
#include "ip/fragment.h"
#include "ip/hook.h"
#include "ip/icmp.h"
#include "ip/ip.h"
#include "ip/neigh.h"
#include "ip/pmtu.h"
#include "ip/autoconf/radv.h"
#include "ip/route.h"
#include "ip/autoconf/slaac.h"

struct node *node_new(struct world *w, const char *name)
{
	struct node *n = nt_calloc(1, sizeof(*n));

	site_init(&n->site, w, nt_strdup(name));
	rng_init(&n->rng, w->seed, name);
	n->sysctl = &sysctls_default;
	n->up = true;
	n->ip_id = (uint16_t)rng_u64(&n->rng);
	fib_init(&n->fib);
	return n;
}

static void iface_free(struct ip_iface *i)
{
	for (struct ip_addr *a = i->addrs, *next; a; a = next) {
		next = a->next;
		free(a);
	}
	iface_fini(&i->link);
	free(i);
}

void node_free(struct node *n)
{
	if (!n)
		return;
	for (struct ip_iface *i = n->ifaces; i; i = ip_iface_next(i)) {
		slaac_free(i);
		radv_free(i);
	}
	if (n->hooks)
		n->hooks->free(n);
	neigh_table_fini(n);
	reassembly_free(n);
	pmtu_free(n);
	icmp_limits_free(n);
	loopback_free(n);
	fib_fini(&n->fib);
	free(n->cache);
	for (struct ip_iface *i = n->ifaces, *next; i; i = next) {
		next = ip_iface_next(i);
		iface_free(i);
	}
	if (n->sysctl != &sysctls_default)
		free((void *)n->sysctl);
	free((char *)n->site.name);
	site_fini(&n->site);
	free(n);
}

void node_end_run(struct node *n)
{
	neigh_end_run(n);
	loopback_end_run(n);
	reassembly_free(n);
}

void node_set_up(struct node *n, bool up)
{
	n->up = up;
	if (!up) {
		neigh_flush(n, NULL);
		pmtu_free(n);
		reassembly_free(n);
		if (n->hooks)
			n->hooks->reset(n);
	}
	route_cache_flush(n);
	for (struct ip_iface *i = n->ifaces; i; i = ip_iface_next(i)) {
		slaac_changed(i);
		radv_changed(i);
	}
}

int node_sysctl_set(struct node *n, const char *name, const char *value, char *why, size_t size)
{
	if (n->sysctl == &sysctls_default) {
		struct sysctls *own = nt_malloc(sizeof(*own));

		*own = sysctls_default;
		n->sysctl = own;
	}
	route_cache_flush(n);
	return sysctl_set((struct sysctls *)n->sysctl, name, value, why, size);
}

bool node_forwards(const struct node *n, bool ipv4)
{
	return ipv4 ? n->sysctl->ip_forward : n->sysctl->ip6_forwarding;
}

struct ip_iface *node_add_iface(struct node *n, const char *name, struct mac mac)
{
	struct ip_iface *i = nt_calloc(1, sizeof(*i));
	struct iface **end = NULL;

	iface_init(&i->link, &n->site, name, mac, ether_input);
	i->node = n;
	i->link.index = ++n->iface_count;
	if (!n->ifaces) {
		n->ifaces = i;
	} else {
		for (end = &n->ifaces->link.next; *end; end = &(*end)->next)
			;
		*end = &i->link;
	}
	if (!n->sysctl->ip6_disable) {
		struct ipaddr linklocal = mac_linklocal(&mac);

		ip_addr_add(i, &linklocal, 64);
	}
	return i;
}

struct ip_iface *node_iface_find(const struct node *n, const char *name)
{
	struct ip_iface *i = n->ifaces;

	while (i && strcmp(i->link.name, name) != 0)
		i = ip_iface_next(i);
	return i;
}

struct ip_iface *node_iface_by_index(const struct node *n, uint32_t index)
{
	struct ip_iface *i = n->ifaces;

	while (i && i->link.index != index)
		i = ip_iface_next(i);
	return i;
}

void ip_iface_set_up(struct ip_iface *i, bool up)
{
	if (!up && i->node->up)
		radv_farewell(i);
	i->link.up = up;
	if (!up)
		neigh_flush(i->node, i);
	route_cache_flush(i->node);
	iface_changed(&i->link);
}

void ip_register(struct node *n, const struct ip_proto *row)
{
	int k = 0;

	while (n->protos[k]) {
		assert(n->protos[k]->proto != row->proto);
		k++;
	}
	assert(k < IP_PROTOS);
	n->protos[k] = row;
}

const struct ip_proto *ip_proto_find(const struct node *n, uint8_t proto)
{
	for (int k = 0; k < IP_PROTOS && n->protos[k]; k++)
		if (n->protos[k]->proto == proto)
			return n->protos[k];
	return NULL;
}
