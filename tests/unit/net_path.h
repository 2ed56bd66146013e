/* Two hosts and a router between them, both families: a -- r -- b. */
#ifndef TEST_NET_PATH_H
#define TEST_NET_PATH_H

#include "net.h"

struct path_world {
	struct world *w;
	struct node *a, *r, *b;
	struct link *left, *right;
	struct link_params params, narrow;
};

/* a -- r -- b; the link to b carries 1300 bytes. */
static inline int path_setup(void **state)
{
	struct path_world *t = calloc(1, sizeof(*t));

	net_seen = (struct net_seen){0};
	t->w = world_new(1);
	t->params = t->narrow = link_params_default;
	t->params.delay = vtime_ms(5);
	t->narrow.mtu = 1300;
	t->a = net_node(t->w, "a", false);
	t->r = net_node(t->w, "r", true);
	t->b = net_node(t->w, "b", false);
	t->left = net_link(t->a, "10.0.0.2/24", t->r, "10.0.0.1/24", &t->params);
	t->right = net_link(t->r, "10.0.1.1/24", t->b, "10.0.1.2/24", &t->narrow);
	struct ipaddr a6 = net_ip("2001:db8::2"), r6 = net_ip("2001:db8::1");
	struct ipaddr r61 = net_ip("2001:db8:1::1"), b6 = net_ip("2001:db8:1::2");
	ip_addr_add(t->a->ifaces, &a6, 64);
	ip_addr_add(t->r->ifaces, &r6, 64);
	ip_addr_add(ip_iface_next(t->r->ifaces), &r61, 64);
	ip_addr_add(t->b->ifaces, &b6, 64);
	net_route(t->a, "0.0.0.0/0", "10.0.0.1");
	net_route(t->b, "0.0.0.0/0", "10.0.1.1");
	net_route(t->a, "::/0", "2001:db8::1");
	net_route(t->b, "::/0", "2001:db8:1::1");
	*state = t;
	return 0;
}

static inline int path_teardown(void **state)
{
	struct path_world *t = *state;

	link_free(t->left);
	link_free(t->right);
	node_free(t->a);
	node_free(t->r);
	node_free(t->b);
	assert_int_equal(t->w->pool.live, 0);
	world_free(t->w);
	free(t);
	return 0;
}

#endif
