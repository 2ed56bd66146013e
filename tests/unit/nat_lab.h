/* The router of filter_lab.h with NAT, and what the tests of NAT send through it. */
#ifndef TESTS_NAT_LAB_H
#define TESTS_NAT_LAB_H

#include "filter_lab.h"

#define SYN TCPHDR_SYN
#define ACK TCPHDR_ACK

static const struct nat_params plain = {
	.mapping = NAT_ENDPOINT_INDEPENDENT,
	.filtering = NAT_ADDRESS_DEPENDENT,
	.hairpinning = true,
	.port_preservation = true,
	.port_parity = true,
	.paired = true,
	.first_port = 1024,
	.last_port = 65535,
};

static inline void nat(const struct nat_params *params)
{
	lab.filter->nat = nat_new(lab.r, params);
	nat_add_outside(lab.filter->nat, lab.r_out);
}

static inline uint32_t mappings(void)
{
	return nat_mapping_count(lab.filter->nat);
}

static inline void second_inside(void)
{
	struct ipaddr a = net_ip("192.168.0.3");

	assert_int_equal(ip_addr_add(lab.in->ifaces, &a, IPADDR_V4_BITS + 24), 0);
}

static inline void second_outside(void)
{
	struct ipaddr a = net_ip("203.0.113.10");

	assert_int_equal(ip_addr_add(lab.out->ifaces, &a, IPADDR_V4_BITS + 24), 0);
}

static inline void udp(const char *src, uint16_t sport, const char *dst, uint16_t dport)
{
	lab_udp((struct lab_packet){.from = lab.in, .src = src, .dst = dst, .sport = sport,
				    .dport = dport, .len = 5});
}

static inline void udp_back(const char *src, uint16_t sport, const char *dst, uint16_t dport)
{
	lab_udp((struct lab_packet){.from = lab.out, .src = src, .dst = dst, .sport = sport,
				    .dport = dport, .len = 5});
}

static inline void tcp(struct node *from, const char *src, uint16_t sport, const char *dst,
		       uint16_t dport, uint16_t flags, uint32_t seq, uint32_t ack)
{
	lab_tcp((struct lab_packet){.from = from, .src = src, .dst = dst, .sport = sport,
				    .dport = dport, .flags = flags, .seq = seq, .ack = ack});
}

#endif
