/* Which rule a packet meets first, and what comes of it; firewall.h has the theory. */
#include "filter/firewall.h"

#include <netinet/in.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/alloc.h"
#include "filter/firewall_reset.h"
#include "filter/nat64.h"
#include "filter/rewrite.h"
#include "ip/icmp.h"
#include "wire/be.h"
#include "wire/ipv6.h"

#define PACKET_MOST 65535 /* what libpcap takes as the largest packet */
#define LOOK_MOST 512     /* bytes of a packet that an expression sees */

struct rule {
	enum firewall_action action;
	bool any;                   /* no expression */
	struct bpf_program program;
	uint32_t reach;             /* bytes that it may look at, headers apart */
	char *text;
	const struct ip_iface *in, *out;
	struct firewall_count count;
};

struct chain {
	enum firewall_action policy;
	bool stateless;
	struct rule *rules;
	uint32_t n;
	struct firewall_count by_policy;
};

struct firewall {
	struct node *node;
	struct chain chains[FIREWALL_CHAINS];
};

static const char *const chain_names[FIREWALL_CHAINS] = {"input", "forward", "output"};

/* How far into a packet a program may look; an indexed load goes as much further as the IP header
 * is long. */
static uint32_t reach_of(const struct bpf_program *program)
{
	uint32_t most = 0;

	for (u_int i = 0; i < program->bf_len; i++) {
		const struct bpf_insn *in = &program->bf_insns[i];
		uint32_t end = in->k + 4;

		if (BPF_CLASS(in->code) != BPF_LD || in->k > LOOK_MOST)
			continue;
		if (BPF_MODE(in->code) == BPF_IND)
			end += 60;
		if ((BPF_MODE(in->code) == BPF_ABS || BPF_MODE(in->code) == BPF_IND) && end > most)
			most = end;
	}
	return most;
}

static bool rule_init(struct rule *r, const struct firewall_rule *from, pcap_t *dead, char *why,
		      size_t size)
{
	*r = (struct rule){.action = from->action, .any = !from->filter, .in = from->in,
			   .out = from->out,
			   .text = nt_strdup(from->filter ? from->filter : "everything")};
	if (r->any)
		return true;
	if (pcap_compile(dead, &r->program, from->filter, 1, PCAP_NETMASK_UNKNOWN) < 0) {
		snprintf(why, size, "%s", pcap_geterr(dead));
		return false;
	}
	r->reach = reach_of(&r->program);
	return true;
}

bool firewall_check(const char *filter, char *why, size_t size)
{
	pcap_t *dead = pcap_open_dead(DLT_RAW, PACKET_MOST);
	struct bpf_program program;
	bool good = dead && pcap_compile(dead, &program, filter, 1, PCAP_NETMASK_UNKNOWN) == 0;

	if (good)
		pcap_freecode(&program);
	else
		snprintf(why, size, "%s", dead ? pcap_geterr(dead) : "libpcap: out of memory");
	if (dead)
		pcap_close(dead);
	return good;
}

struct firewall *firewall_new(struct node *n, const struct firewall_params *params, char *why,
			      size_t size)
{
	struct firewall *f = nt_calloc(1, sizeof(*f));
	pcap_t *dead = pcap_open_dead(DLT_RAW, PACKET_MOST);
	bool good = dead != NULL;

	if (!dead)
		snprintf(why, size, "libpcap: out of memory");
	f->node = n;
	for (int k = 0; good && k < FIREWALL_CHAINS; k++) {
		struct chain *c = &f->chains[k];

		c->policy = params->chains[k].policy;
		c->stateless = params->chains[k].stateless;
		c->rules = nt_calloc(params->chains[k].n_rules + 1, sizeof(*c->rules));
		while (good && c->n < params->chains[k].n_rules) {
			good = rule_init(&c->rules[c->n], &params->chains[k].rules[c->n], dead, why,
					 size);
			c->n++;
		}
	}
	if (dead)
		pcap_close(dead);
	if (good)
		return f;
	firewall_free(f);
	return NULL;
}

void firewall_free(struct firewall *f)
{
	if (!f)
		return;
	for (int k = 0; k < FIREWALL_CHAINS; k++) {
		for (uint32_t i = 0; i < f->chains[k].n; i++) {
			pcap_freecode(&f->chains[k].rules[i].program);
			free(f->chains[k].rules[i].text);
		}
		free(f->chains[k].rules);
	}
	free(f);
}

uint32_t firewall_rules(const struct firewall *f, enum firewall_chain chain)
{
	return f->chains[chain].n;
}

const char *firewall_rule_text(const struct firewall *f, enum firewall_chain chain, uint32_t i)
{
	return f->chains[chain].rules[i].text;
}

const char *firewall_chain_name(enum firewall_chain chain)
{
	return chain_names[chain];
}

struct firewall_count firewall_rule_count(const struct firewall *f, enum firewall_chain chain,
					  uint32_t i)
{
	const struct chain *c = &f->chains[chain];

	return i < c->n ? c->rules[i].count : c->by_policy;
}

/*
 * An expression sees an IPv6 packet without its extension headers, as ip6tables -p does: libpcap's words
 * do not look behind them, so that any rule about ports could be gone round by an empty option.
 */
static uint32_t plain6(const struct packet *p, uint8_t *look, size_t size)
{
	uint16_t len = (uint16_t)packet_l4_len(p);

	memcpy(look, p->hdr + p->l3, IPV6_HLEN);
	be16_store(look + 4, len);
	look[6] = p->proto;
	return IPV6_HLEN + packet_read(p, p->l4, 0, look + IPV6_HLEN, size - IPV6_HLEN);
}

static bool expression_holds(const struct rule *r, const struct packet *p)
{
	bool extended = p->hdr[p->l3] >> 4 == 6 && p->l4 > p->l3 + IPV6_HLEN;
	uint32_t whole = extended ? IPV6_HLEN + packet_l4_len(p) : packet_l3_len(p);
	uint32_t want = r->reach < whole ? r->reach : whole, there = (uint32_t)(p->end - p->l3);
	uint8_t look[LOOK_MOST + 64];

	if (!extended && want <= there)
		return bpf_filter(r->program.bf_insns, p->hdr + p->l3, whole, there) != 0;
	there = extended ? plain6(p, look, sizeof(look)) : packet_read(p, p->l3, 0, look, sizeof(look));
	return bpf_filter(r->program.bf_insns, look, whole, there) != 0;
}

static bool rule_holds(const struct rule *r, const struct packet *p, const struct ip_iface *in,
		       const struct ip_iface *out)
{
	return (!r->in || r->in == in) && (!r->out || r->out == out) &&
	       (r->any || expression_holds(r, p));
}

/*
 * The sender is told, as if the host that was meant had refused: before NAT, that is. Who sends what is
 * damaged, or to all, is not (RFC 1122 3.2.2; icmp_error() knows the rest of that rule).
 */
static void answer(struct firewall *f, struct packet *p, const struct filter_pass *pass)
{
	struct ct_tuple t;
	enum tuple_kind kind = tuple_read(p, &t);

	if (!conntrack_checksum_ok(p, &t))
		return;
	if (pass->conn && pass->state != CT_RELATED) {
		t = pass->conn->way[pass->dir].tuple;
		if (pass->conn->crosses)
			nat64_restore(p, pass->conn, pass->dir);
		else
			rewrite_end(p, REWRITE_DST, &t.dst, t.dport);
	}
	if (kind != TUPLE_FLOW || p->proto != IPPROTO_TCP)
		icmp_error(f->node, p, ICMP_PROHIBITED, 0);
	else if (icmp_answerable(f->node, p, &t.src, &t.dst))
		firewall_reset(f->node, p, &t);
}

static void refuse(struct firewall *f, enum firewall_chain chain, const struct rule *r,
		   enum firewall_action action, struct packet *p, const struct filter_pass *pass)
{
	const struct chain *c = &f->chains[chain];
	const char *word = action == FIREWALL_REJECT ? "rejected" : "denied";

	if (action == FIREWALL_REJECT)
		answer(f, p, pass);
	if (r)
		packet_drop_said(p, &f->node->site, DROP_FIREWALL_DENY, "%s at %s: %s rule %u \"%s\"",
				 word, f->node->site.name, chain_names[chain],
				 (unsigned)(r - c->rules) + 1, r->text);
	else
		packet_drop_said(p, &f->node->site, DROP_FIREWALL_DENY, "%s at %s: %s policy", word,
				 f->node->site.name, chain_names[chain]);
}

static __attribute__((noinline)) struct packet *
judge(struct firewall *f, enum firewall_chain chain, struct packet *p, const struct filter_pass *pass,
      struct ip_iface *in, struct ip_iface *out)
{
	struct chain *c = &f->chains[chain];
	struct firewall_count *count = &c->by_policy;
	enum firewall_action action = c->policy;
	struct rule *met = NULL;

	if (!c->stateless && pass->state == CT_INVALID) {
		packet_drop(p, &f->node->site, DROP_CONNTRACK_INVALID);
		return NULL;
	}
	for (uint32_t i = 0; i < c->n && !met; i++)
		if (rule_holds(&c->rules[i], p, in, out))
			met = &c->rules[i];
	if (met) {
		action = met->action;
		count = &met->count;
	}
	count->packets++;
	count->bytes += packet_l3_len(p);
	if (action == FIREWALL_ALLOW)
		return p;
	refuse(f, chain, met, action, p, pass);
	return NULL;
}

/* Most packets are of connections that were let in: they pass in a few instructions. */
struct packet *firewall_pass(struct firewall *f, enum firewall_chain chain, struct packet *p,
			     const struct filter_pass *pass, struct ip_iface *in,
			     struct ip_iface *out)
{
	bool known = pass->state == CT_ESTABLISHED || pass->state == CT_RELATED;

	return known && !f->chains[chain].stateless ? p : judge(f, chain, p, pass, in, out);
}
