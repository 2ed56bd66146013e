/*
 * The firewall: ordered rules for three chains, the first that matches decides.
 *
 *     input      packets for this node
 *     forward    packets for others
 *     output     packets from this node
 *
 * A rule is a pcap-filter expression, compiled once to BPF over the IP packet (DLT_RAW; of IPv6
 * without its extension headers), and
 * perhaps the interface that the packet comes in or leaves by. A chain is stateful unless it says
 * otherwise: packets of connections that a rule has let in (ESTABLISHED, RELATED) pass without a
 * rule, invalid ones are dropped. What no rule matches gets the chain's policy.
 *
 * What is not let through ends with the reason FIREWALL_DENY, and the comment in the captures says
 * by which rule: `denied at gw: forward rule 3 "tcp dst port 22"`. reject answers first: a reset to
 * TCP, ICMP administratively prohibited to the rest. Every rule counts packets and bytes.
 */
#ifndef FILTER_FIREWALL_H
#define FILTER_FIREWALL_H

#include "filter/filter.h"

enum firewall_chain { FIREWALL_INPUT, FIREWALL_FORWARD, FIREWALL_OUTPUT, FIREWALL_CHAINS };
enum firewall_action { FIREWALL_ALLOW, FIREWALL_DENY, FIREWALL_REJECT };

struct firewall_rule {
	enum firewall_action action;
	const char *filter;          /* pcap-filter(7); NULL: every packet */
	const struct ip_iface *in, *out; /* NULL: any */
};

struct firewall_params {
	struct {
		enum firewall_action policy;
		bool stateless;
		const struct firewall_rule *rules;
		uint32_t n_rules;
	} chains[FIREWALL_CHAINS];
};

/* Whether libpcap takes an expression for a rule; else its words in why. */
bool firewall_check(const char *filter, char *why, size_t size);

/* params is copied. NULL and a sentence in why: an expression that libpcap does not take. */
struct firewall *firewall_new(struct node *n, const struct firewall_params *params, char *why,
			      size_t size);
void firewall_free(struct firewall *f);

/* Whether p may pass; NULL: it may not, and was consumed. in and out as the hook has them. */
struct packet *firewall_pass(struct firewall *f, enum firewall_chain chain, struct packet *p,
			     const struct filter_pass *pass, struct ip_iface *in,
			     struct ip_iface *out);

struct firewall_count {
	uint64_t packets, bytes;
};

/* How many rules a chain has, and the expression of one ("everything" without one). */
uint32_t firewall_rules(const struct firewall *f, enum firewall_chain chain);
const char *firewall_rule_text(const struct firewall *f, enum firewall_chain chain, uint32_t i);

/* "input", "forward", "output" */
const char *firewall_chain_name(enum firewall_chain chain);

/* Of rule i of a chain; i past the last: of its policy. */
struct firewall_count firewall_rule_count(const struct firewall *f, enum firewall_chain chain,
					  uint32_t i);

#endif
