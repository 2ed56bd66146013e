#include "wire/icmp4.h"
#include "wire/icmp6.h"
#include "wire/print_line.h"
#include "wire/quote.h"

/* Codes as words; what is not in a table is printed as a number. */
static const char *const unreachable4[] = {
	[ICMP4_NET_UNREACHABLE] = "net unreachable",
	[ICMP4_HOST_UNREACHABLE] = "host unreachable",
	[ICMP4_SOURCE_ROUTE_FAILED] = "unreachable - source route failed",
	[ICMP4_NET_UNKNOWN] = "net unknown",
	[ICMP4_HOST_UNKNOWN] = "host unknown",
	[ICMP4_SOURCE_HOST_ISOLATED] = "source host isolated",
	[ICMP4_NET_PROHIBITED] = "net unreachable - admin prohibited",
	[ICMP4_HOST_PROHIBITED] = "host unreachable - admin prohibited",
	[ICMP4_NET_TOS_UNREACHABLE] = "net unreachable for this service",
	[ICMP4_HOST_TOS_UNREACHABLE] = "host unreachable for this service",
	[ICMP4_ADMIN_PROHIBITED] = "unreachable - admin prohibited",
	[ICMP4_PRECEDENCE_VIOLATION] = "host precedence violation",
	[ICMP4_PRECEDENCE_CUTOFF] = "precedence cutoff",
};

static const char *const unreachable6[] = {
	[ICMP6_NO_ROUTE] = "unreachable route",
	[ICMP6_ADMIN_PROHIBITED] = "unreachable prohibited",
	[ICMP6_BEYOND_SCOPE] = "beyond scope",
	[ICMP6_ADDRESS_UNREACHABLE] = "unreachable address",
	[ICMP6_POLICY_FAILED] = "source address failed policy",
	[ICMP6_REJECT_ROUTE] = "reject route",
};

static const char *const parameter6[] = {
	[ICMP6_ERRONEOUS_FIELD] = "erroneous",
	[ICMP6_UNKNOWN_NEXT_HEADER] = "next header",
	[ICMP6_UNKNOWN_OPTION] = "option",
	[ICMP6_INCOMPLETE_CHAIN] = "incomplete header chain",
};

static const char *upper_name(uint8_t proto)
{
	switch (proto) {
	case IPPROTO_TCP:
		return "tcp";
	case IPPROTO_UDP:
		return "udp";
	default:
		return NULL;
	}
}

/* "udp port 7", or "port of protocol 132" when the quote is too short to say. */
static void put_port(struct line *l, const struct quote *q)
{
	if (q->has_ports && upper_name(q->proto))
		line_put(l, "%s port %u", upper_name(q->proto), q->dport);
	else
		line_put(l, "port of protocol %u", q->proto);
}

static void put_unreachable4(struct line *l, const struct icmp4 *m, const struct quote *q)
{
	line_addr(l, &q->dst);
	line_put(l, " ");
	switch (m->code) {
	case ICMP4_PROTOCOL_UNREACHABLE:
		line_put(l, "protocol %u unreachable", q->proto);
		break;
	case ICMP4_PORT_UNREACHABLE:
		put_port(l, q);
		line_put(l, " unreachable");
		break;
	case ICMP4_FRAGMENTATION_NEEDED:
		line_put(l, "unreachable - need to frag (mtu %u)", m->next_hop_mtu);
		break;
	default:
		line_put(l, "%s", unreachable4[m->code]);
	}
}

static void put_error4(struct line *l, const struct icmp4 *m, const uint8_t *p, size_t len)
{
	struct quote q;

	if (!quote_parse(p, icmp4_quote_len(m, len), &q)) {
		line_put(l, "error type %u code %u, quote unreadable", m->type, m->code);
		return;
	}
	switch (m->type) {
	case ICMP4_DESTINATION_UNREACHABLE:
		put_unreachable4(l, m, &q);
		break;
	case ICMP4_TIME_EXCEEDED:
		line_put(l, m->code == ICMP4_TTL_EXCEEDED ? "time exceeded in-transit"
							  : "ip reassembly time exceeded");
		break;
	case ICMP4_PARAMETER_PROBLEM:
		if (m->code == ICMP4_POINTER_ERROR)
			line_put(l, "parameter problem - octet %u", m->pointer);
		else
			line_put(l, "parameter problem - code %u", m->code);
		break;
	default:
		line_put(l, "redirect ");
		line_addr(l, &q.dst);
		line_put(l, " to %s ", m->code & 1 ? "host" : "net");
		line_addr(l, &m->gateway);
	}
}

void print_icmp4(struct line *l, const uint8_t *p, size_t len, size_t whole)
{
	struct icmp4 m;
	enum icmp4_result r = icmp4_parse(p, len, &m);

	line_put(l, "ICMP ");
	if (r == ICMP4_SHORT) {
		line_put(l, "[%s]", icmp4_result_name(r));
		return;
	}
	if (r != ICMP4_OK && r != ICMP4_BAD_QUOTE_LEN)
		line_put(l, "type %u code %u [%s]", m.type, m.code, icmp4_result_name(r));
	else if (icmp4_is_error((uint8_t)m.type))
		put_error4(l, &m, p + ICMP4_HLEN, len - ICMP4_HLEN);
	else
		line_put(l, "echo %s, id %u, seq %u", m.type == ICMP4_ECHO ? "request" : "reply",
			 m.echo.id, m.echo.seq);
	line_put(l, ", length %zu", whole);
}

static void put_unreachable6(struct line *l, const struct icmp6 *m, const struct quote *q)
{
	line_put(l, "destination unreachable, ");
	if (m->code == ICMP6_PORT_UNREACHABLE) {
		line_put(l, "unreachable port, ");
		line_addr(l, &q->dst);
		line_put(l, " ");
		put_port(l, q);
		return;
	}
	if (m->code < sizeof unreachable6 / sizeof *unreachable6)
		line_put(l, "%s ", unreachable6[m->code]);
	else
		line_put(l, "code %u ", m->code);
	line_addr(l, &q->dst);
}

static void put_error6(struct line *l, const struct icmp6 *m, const uint8_t *p, size_t len)
{
	struct quote q;

	if (!quote_parse(p, icmp6_quote_len(m, len), &q)) {
		line_put(l, "error type %u code %u, quote unreadable", m->type, m->code);
		return;
	}
	switch (m->type) {
	case ICMP6_MSG_DESTINATION_UNREACHABLE:
		put_unreachable6(l, m, &q);
		break;
	case ICMP6_MSG_PACKET_TOO_BIG:
		line_put(l, "packet too big, mtu %u", m->mtu);
		break;
	case ICMP6_MSG_TIME_EXCEEDED:
		line_put(l, m->code == ICMP6_HOP_LIMIT_EXCEEDED ? "time exceeded in-transit for "
								: "reassembly time exceeded for ");
		line_addr(l, &q.dst);
		break;
	default:
		if (m->code < sizeof parameter6 / sizeof *parameter6)
			line_put(l, "parameter problem, %s - octet %u", parameter6[m->code],
				 m->pointer);
		else
			line_put(l, "parameter problem, code %u octet %u", m->code, m->pointer);
	}
}

static void put_na(struct line *l, const struct icmp6 *m)
{
	line_put(l, "neighbor advertisement, tgt is ");
	line_addr(l, &m->na.target);
	if (m->na.router || m->na.solicited || m->na.override)
		line_put(l, ", Flags [%s%s%s]", m->na.router ? "R" : "", m->na.solicited ? "S" : "",
			 m->na.override ? "O" : "");
}

static void put_message6(struct line *l, const struct icmp6 *m, const uint8_t *opts, size_t len)
{
	switch (m->type) {
	case ICMP6_MSG_ECHO_REQUEST:
	case ICMP6_MSG_ECHO_REPLY:
		line_put(l, "echo %s, id %u, seq %u",
			 m->type == ICMP6_MSG_ECHO_REQUEST ? "request" : "reply", m->echo.id,
			 m->echo.seq);
		break;
	case ICMP6_MSG_ROUTER_SOLICITATION:
		line_put(l, "router solicitation");
		break;
	case ICMP6_MSG_ROUTER_ADVERTISEMENT:
		line_put(l, "router advertisement");
		print_ra(l, m, opts, len);
		break;
	case ICMP6_MSG_NEIGHBOR_SOLICITATION:
		line_put(l, "neighbor solicitation, who has ");
		line_addr(l, &m->ns.target);
		break;
	case ICMP6_MSG_NEIGHBOR_ADVERTISEMENT:
		put_na(l, m);
		break;
	default:
		line_put(l, "redirect, ");
		line_addr(l, &m->redirect.dst);
		line_put(l, " to ");
		line_addr(l, &m->redirect.target);
	}
}

void print_icmp6(struct line *l, const uint8_t *p, size_t len, size_t whole)
{
	struct icmp6 m;
	enum icmp6_result r = icmp6_parse(p, len, &m);

	line_put(l, "ICMP6, ");
	if (r == ICMP6_SHORT) {
		line_put(l, "[%s]", icmp6_result_name(r));
		return;
	}
	if (r != ICMP6_OK && r != ICMP6_BAD_QUOTE_LEN)
		line_put(l, "type %u code %u [%s]", m.type, m.code, icmp6_result_name(r));
	else if (icmp6_is_error((uint8_t)m.type))
		put_error6(l, &m, p + ICMP6_HLEN, len - ICMP6_HLEN);
	else
		put_message6(l, &m, p + icmp6_hlen((uint8_t)m.type),
			     len - icmp6_hlen((uint8_t)m.type));
	line_put(l, ", length %zu", whole);
}
