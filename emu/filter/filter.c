/* The order of things at the hooks; filter.h has the table. */
#include "filter/filter.h"

#include <netinet/in.h>
#include <stdlib.h>

#include "core/alloc.h"
#include "filter/conntrack_int.h"
#include "filter/firewall.h"
#include "filter/nat.h"
#include "wire/dhcp4.h"

/* What stands there from a packet that went no further is forgotten. */
static void pass_clear(struct node_filter *f, struct filter_pass *pass)
{
	struct conn *own = pass->state == CT_RELATED ? NULL : pass->conn;

	*pass = (struct filter_pass){0};
	if (own && !own->confirmed)
		conntrack_forget(f->conntrack, own);
}

/* What has become of a packet; one that is gone leaves nothing behind. */
static struct packet *passed(struct node_filter *f, struct filter_pass *pass, struct packet *p)
{
	if (__builtin_expect(!p, 0))
		pass_clear(f, pass);
	return p;
}

/*
 * A DHCP client reads and writes beneath the rules, as Linux's do by packet sockets: else who lets
 * nothing in would have no address. Of a message, its ports; and that a client is there.
 */
static bool is_dhcp_client(struct node *n, struct packet *p, const struct ip_iface *in)
{
	const struct ip_proto *udp = ip_proto_find(n, IPPROTO_UDP);
	struct ct_tuple t;

	if (p->proto != IPPROTO_UDP || tuple_read(p, &t) != TUPLE_FLOW || !ipaddr_is4(&t.dst) ||
	    (in ? t.dport : t.sport) != DHCP4_CLIENT_PORT || (in ? t.sport : t.dport) != DHCP4_SERVER_PORT)
		return false;
	return udp && udp->listens && udp->listens(n, in ? &t.dst : &t.src, DHCP4_CLIENT_PORT);
}

static struct packet *pass_rules(struct node_filter *f, enum firewall_chain chain, struct packet *p,
				 struct filter_pass *pass, struct ip_iface *in, struct ip_iface *out)
{
	if (!f->firewall || (chain != FIREWALL_FORWARD && is_dhcp_client(f->conntrack->node, p, in)))
		return p;
	return firewall_pass(f->firewall, chain, p, pass, in, out);
}

static struct packet *pass_last(struct node_filter *f, struct packet *p, struct filter_pass *pass)
{
	return p && conntrack_confirm(f->conntrack, p, pass) ? p : NULL;
}

static struct packet *pass_prerouting(struct node *n, enum ip_hook at, struct packet *p,
				      struct ip_iface *in, struct ip_iface *out)
{
	struct node_filter *f = filter_of(n);

	(void)at;
	(void)out;
	pass_clear(f, &f->in);
	conntrack_in(f->conntrack, p, &f->in);
	return f->nat ? passed(f, &f->in, nat_prerouting(f->nat, p, &f->in, in)) : p;
}

static struct packet *pass_input(struct node *n, enum ip_hook at, struct packet *p,
				 struct ip_iface *in, struct ip_iface *out)
{
	struct node_filter *f = filter_of(n);
	struct filter_pass *pass = in ? &f->in : &f->out;

	(void)at;
	p = pass_rules(f, FIREWALL_INPUT, p, pass, in, out);
	return passed(f, pass, pass_last(f, p, pass));
}

static struct packet *pass_forward(struct node *n, enum ip_hook at, struct packet *p,
				   struct ip_iface *in, struct ip_iface *out)
{
	struct node_filter *f = filter_of(n);
	struct filter_pass *pass = in ? &f->in : &f->out;

	(void)at;
	return passed(f, pass, pass_rules(f, FIREWALL_FORWARD, p, pass, in, out));
}

static struct packet *pass_output(struct node *n, enum ip_hook at, struct packet *p,
				  struct ip_iface *in, struct ip_iface *out)
{
	struct node_filter *f = filter_of(n);

	(void)at;
	(void)in;
	pass_clear(f, &f->out);
	conntrack_in(f->conntrack, p, &f->out);
	return passed(f, &f->out, pass_rules(f, FIREWALL_OUTPUT, p, &f->out, NULL, out));
}

static struct packet *pass_postrouting(struct node *n, enum ip_hook at, struct packet *p,
				       struct ip_iface *in, struct ip_iface *out)
{
	struct node_filter *f = filter_of(n);
	struct filter_pass *pass = in ? &f->in : &f->out;

	(void)at;
	if (f->nat)
		p = nat_postrouting(f->nat, p, pass, in, out);
	return passed(f, pass, pass_last(f, p, pass));
}

static void filter_free(struct node *n)
{
	struct node_filter *f = filter_of(n);

	pass_clear(f, &f->in);
	pass_clear(f, &f->out);
	conntrack_free(f->conntrack);
	nat_free(f->nat);
	firewall_free(f->firewall);
	free(f);
	n->filter = NULL;
	n->hooks = NULL;
}

static void conn_ended(struct node *n, struct conn *c)
{
	struct node_filter *f = filter_of(n);

	if (f->nat)
		nat_conn_ended(f->nat, c);
}

static void filter_undo(struct node *n, struct packet *p)
{
	struct node_filter *f = filter_of(n);

	if (f->nat)
		nat_undo(f->nat, p);
}

static void filter_reset(struct node *n)
{
	struct node_filter *f = filter_of(n);

	pass_clear(f, &f->in);
	pass_clear(f, &f->out);
	conntrack_flush(f->conntrack, NULL);
	if (f->nat)
		nat_reset(f->nat);
}

/*
 * What leaves by NAT from an address that the node has lost would be answered to nobody, and each packet
 * would keep the mapping: the connections end, and the next packet begins another (masq_inet_event()).
 */
static void address_gone(struct node *n, const struct ipaddr *addr)
{
	conntrack_flush(filter_of(n)->conntrack, addr);
}

static const struct ip_hooks hooks = {
	.pass = {pass_prerouting, pass_input, pass_forward, pass_output, pass_postrouting},
	.undo = filter_undo,
	.reset = filter_reset,
	.address_gone = address_gone,
	.free = filter_free,
};

struct node_filter *filter_attach(struct node *n)
{
	struct node_filter *f = filter_of(n);

	if (f)
		return f;
	f = nt_calloc(1, sizeof(*f));
	f->conntrack = conntrack_new(n);
	f->conntrack->ended = conn_ended;
	n->filter = f;
	n->hooks = &hooks;
	return f;
}
