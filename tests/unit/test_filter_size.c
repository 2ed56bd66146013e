/* What 100,000 connections take. */
#include "filter_lab.h"

#include <malloc.h>

#include "filter/nat_map.h"
#include "wire/ipv4.h"

/* Bytes a connection; with_nat: and a mapping each, as no NAT has but a symmetric one. */
static size_t measure(bool with_nat)
{
	struct nat_params params = {.mapping = NAT_ADDRESS_AND_PORT_DEPENDENT, .first_port = 1,
				    .last_port = 65535, .n_pool = 2};
	struct ipaddr pool[2] = {net_ip("203.0.113.100"), net_ip("203.0.113.101")};
	struct node_filter *f = lab.filter;
	struct mallinfo2 before, after;
	char why[100];

	node_sysctl_set(lab.r, "net.netfilter.nf_conntrack_max", "100000", why, sizeof(why));
	params.port_preservation = true;
	params.pool = pool;
	if (with_nat) {
		f->nat = nat_new(lab.r, &params);
		nat_add_outside(f->nat, lab.r_out);
	}
	before = mallinfo2();
	for (uint32_t i = 0; i < 100000; i++) {
		struct ipv4_hdr h = {.ihl = 5, .ttl = 64, .proto = IPPROTO_UDP, .total_len = 28,
				     .src = ipaddr_from4(0x0a000000 + i / 50000),
				     .dst = net_ip("203.0.113.9")};
		struct packet *p = packet_new(lab.w);

		ipv4_emit(packet_put(p, IPV4_HLEN), &h);
		p->l4 = p->end;
		memset(packet_put(p, 8), 0, 8);
		be16_store(p->hdr + p->l4, (uint16_t)(1 + i % 50000));
		be16_store(p->hdr + p->l4 + 2, 53);
		p->proto = IPPROTO_UDP;
		p->in = &lab.r_in->link;
		p = ip_hook(lab.r, IP_PREROUTING, p, lab.r_in, NULL);
		p = ip_hook(lab.r, IP_FORWARD, p, lab.r_in, lab.r_out);
		p = ip_hook(lab.r, IP_POSTROUTING, p, lab.r_in, lab.r_out);
		assert_non_null(p);
		packet_free(p);
	}
	after = mallinfo2();
	assert_int_equal(conntrack_count(lab_table()), 100000);
	assert_int_equal(with_nat ? nat_mapping_count(f->nat) : 0, with_nat ? 100000 : 0);
	return (after.uordblks - before.uordblks + after.hblkhd - before.hblkhd) / 100000;
}

/* A sanitizer's heap tells mallinfo2() nothing: 0. */
static void tracked(void **state)
{
	size_t each = measure(false);

	(void)state;
	printf("%zu bytes a connection, %zu of them struct conn\n", each, sizeof(struct conn));
	assert_true(each <= 244);
	assert_true(sizeof(struct conn) <= 232);
}

static void translated(void **state)
{
	size_t each = measure(true);

	(void)state;
	printf("%zu bytes a connection with a mapping of its own\n", each);
	assert_true(each < 320);
	assert_true(sizeof(struct nat_map) <= 64);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, lab_setup, lab_teardown)
	const struct CMUnitTest tests[] = {TEST(tracked), TEST(translated)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
