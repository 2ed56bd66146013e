/* Ports: the far end of a wire is this test. */
#include "lab.h"

#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/ip_icmp.h>
#include <netinet/udp.h>

#define OUTSIDE \
	"nodes:\n" \
	"  a: {address: [10.0.0.1/24, 'fd00::1/64'], gateway: [10.0.0.254, 'fd00::fe']}\n" \
	"  x: {kind: external, address: [10.0.0.254/24, 'fd00::fe/64']}\n" \
	"links: [{between: [a, x], rate: 100Mbit/s, rtt: 20ms}]\n"

struct taken {
	uint8_t data[8][1600];
	size_t len[8];
	int64_t at[8];
	int count;
};

static void keep(struct nt_port *p, int64_t at, const void *data, size_t len, void *arg)
{
	struct taken *t = arg;

	(void)p;
	assert_true(t->count < 8 && len <= sizeof(t->data[0]));
	memcpy(t->data[t->count], data, len);
	t->len[t->count] = len;
	t->at[t->count++] = at;
}

static uint16_t sum_of(const void *data, size_t len, uint32_t sum)
{
	const uint8_t *b = data;

	for (size_t i = 0; i < len; i++)
		sum += i & 1 ? b[i] : (uint32_t)b[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

/* A UDP datagram in IPv4, without UDP's checksum as RFC 768 allows. */
static size_t udp4(uint8_t *to, const char *src, const char *dst, uint16_t sport, uint16_t dport,
		   const char *text, uint8_t ttl)
{
	size_t len = strlen(text);
	struct ip ip = {.ip_v = 4, .ip_hl = 5, .ip_len = htons((uint16_t)(28 + len)), .ip_ttl = ttl,
			.ip_p = IPPROTO_UDP};
	struct udphdr udp = {.source = htons(sport), .dest = htons(dport),
			     .len = htons((uint16_t)(8 + len))};

	inet_pton(AF_INET, src, &ip.ip_src);
	inet_pton(AF_INET, dst, &ip.ip_dst);
	ip.ip_sum = sum_of(&ip, sizeof(ip), 0);
	memcpy(to, &ip, 20);
	memcpy(to + 20, &udp, 8);
	memcpy(to + 28, text, len);
	return 28 + len;
}

static void test_frames(void **state)
{
	struct nt_world *w = world_of_text(OUTSIDE);
	struct nt_host *a = nt_host(w, "a");
	struct taken t = {.count = 0};
	struct nt_port *p = nt_port_open(w, "x", NT_PORT_FRAME, keep, &t, NULL);
	int fd = bound(a, SOCK_DGRAM, 1234);
	struct name to = name_of(a, "x", AF_INET, 9), from = {.len = sizeof(from.at)};
	uint8_t arp[42], frame[200];
	char buf[20], text[40];

	(void)state;
	assert_non_null(p);
	assert_int_equal(nt_sendto(a, fd, "hello", 5, 0, SA(&to), to.len), 5);
	pass(w, 20 * MS);
	/* An ARP request, to all; 6.72 us on the wire, 10 ms of way. */
	assert_int_equal(t.count, 1);
	assert_int_equal(t.at[0], 10 * MS + 6720);
	assert_int_equal(t.len[0], 42);
	assert_memory_equal(t.data[0], "\xff\xff\xff\xff\xff\xff", 6);
	assert_memory_equal(t.data[0] + 12, "\x08\x06\x00\x01\x08\x00\x06\x04\x00\x01", 10);
	/* Our answer: 10.0.0.254 is at 02:aa:aa:aa:aa:aa. */
	memcpy(arp, t.data[0] + 6, 6);
	memcpy(arp + 6, "\x02\xaa\xaa\xaa\xaa\xaa\x08\x06\x00\x01\x08\x00\x06\x04\x00\x02"
	       "\x02\xaa\xaa\xaa\xaa\xaa\x0a\x00\x00\xfe", 26);
	memcpy(arp + 32, t.data[0] + 22, 10);
	assert_int_equal(nt_port_inject(p, arp, sizeof(arp)), 0);
	pass(w, 40 * MS);
	assert_int_equal(t.count, 2);
	assert_memory_equal(t.data[1], "\x02\xaa\xaa\xaa\xaa\xaa", 6);
	assert_memory_equal(t.data[1] + 12, "\x08\x00\x45", 3);
	assert_memory_equal(t.data[1] + 14 + 28, "hello", 5);
	/* The sender's checksum was filled in for us. */
	assert_int_equal(sum_of(t.data[1] + 14, 20, 0), 0);
	assert_int_not_equal(t.data[1][14 + 26] << 8 | t.data[1][14 + 27], 0);
	/* And a datagram back. */
	memcpy(frame, t.data[1] + 6, 6);
	memcpy(frame + 6, "\x02\xaa\xaa\xaa\xaa\xaa\x08\x00", 8);
	size_t len = 14 + udp4(frame + 14, "10.0.0.254", "10.0.0.1", 9, 1234, "world!", 64);
	assert_int_equal(nt_port_inject(p, frame, len), 0);
	pass(w, 20 * MS);
	assert_int_equal(nt_recvfrom(a, fd, buf, sizeof(buf), 0, SA(&from), &from.len), 6);
	assert_memory_equal(buf, "world!", 6);
	assert_string_equal(inet_ntop(AF_INET, &((struct sockaddr_in *)&from.at)->sin_addr, text,
				      sizeof(text)), "10.0.0.254");
	/* Not for this station: the wire carries it, the host does not take it. */
	frame[0] ^= 2;
	assert_int_equal(nt_port_inject(p, frame, len), 0);
	pass(w, 20 * MS);
	assert_errno(nt_recv(a, fd, buf, sizeof(buf), 0), EAGAIN);
	nt_free(w);
}

static void test_packets(void **state)
{
	struct nt_world *w = world_of_text(OUTSIDE);
	struct nt_host *a = nt_host(w, "a");
	struct taken t = {.count = 0};
	struct nt_port *p = nt_port_open(w, "x:eth0", NT_PORT_IP, keep, &t, NULL);
	int fd = bound(a, SOCK_DGRAM, 1234);
	struct name to = name_of(a, "198.51.100.7", AF_INET, 53);
	uint8_t packet[100];
	char buf[20];
	int ttl;

	(void)state;
	assert_non_null(p);
	set_int(a, fd, IPPROTO_IP, IP_RECVTTL, 1);
	/* To anyone outside: ARP is answered for us, the packet comes as it was on the wire. */
	assert_int_equal(nt_sendto(a, fd, "hello", 5, 0, SA(&to), to.len), 5);
	pass(w, 100 * MS);
	assert_int_equal(t.count, 1);
	assert_int_equal(t.len[0], 33); /* without Ethernet's padding */
	assert_int_equal(t.data[0][0], 0x45);
	assert_int_equal(t.data[0][8], 64);
	assert_memory_equal(t.data[0] + 16, "\xc6\x33\x64\x07", 4);
	/* From anyone outside, with the TTL it has. */
	size_t len = udp4(packet, "198.51.100.7", "10.0.0.1", 53, 1234, "world!", 3);
	assert_int_equal(nt_port_inject(p, packet, len), 0);
	pass(w, 100 * MS);
	struct iovec v = {buf, sizeof(buf)};
	union { char room[64]; struct cmsghdr align; } control;
	struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = control.room,
			   .msg_controllen = sizeof(control)};
	assert_int_equal(nt_recvmsg(a, fd, &m, 0), 6);
	memcpy(&ttl, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(ttl));
	assert_int_equal(ttl, 3);
	/* To its own address, too: nobody else is there to answer. */
	to = name_of(a, "x", AF_INET, 9);
	assert_int_equal(nt_sendto(a, fd, "hello", 5, 0, SA(&to), to.len), 5);
	pass(w, 100 * MS);
	assert_int_equal(t.count, 2);
	/* IPv6: neighbour discovery is answered as well. */
	int six = nt_socket(a, AF_INET6, SOCK_DGRAM, 0);
	to = name_of(a, "2001:db8::7", AF_INET6, 53);
	assert_int_equal(nt_sendto(a, six, "hello", 5, 0, SA(&to), to.len), 5);
	pass(w, 100 * MS);
	assert_int_equal(t.count, 3);
	assert_int_equal(t.len[2], 53);
	assert_int_equal(t.data[2][0] >> 4, 6);
	nt_free(w);
}

/* Outside somebody answers pings: right out of the callback. */
static void answer(struct nt_port *p, int64_t at, const void *data, size_t len, void *arg)
{
	uint8_t reply[1600], swap[4];

	(void)at;
	assert_true(len >= 28 && len <= sizeof(reply));
	memcpy(reply, data, len);
	if (reply[9] != IPPROTO_ICMP || reply[20] != ICMP_ECHO)
		return;
	++*(int *)arg;
	memcpy(swap, reply + 12, 4);
	memcpy(reply + 12, reply + 16, 4);
	memcpy(reply + 16, swap, 4);
	reply[20] = ICMP_ECHOREPLY;
	memset(reply + 22, 0, 2);
	uint16_t sum = sum_of(reply + 20, len - 20, 0);
	memcpy(reply + 22, &sum, 2);
	assert_int_equal(nt_port_inject(p, reply, len), 0);
}

static void test_ping_outside(void **state)
{
	struct nt_world *w = world_of_text(OUTSIDE);
	int asked = 0;
	struct nt_process *ping;

	(void)state;
	assert_non_null(nt_port_open(w, "x", NT_PORT_IP, answer, &asked, NULL));
	ping = nt_spawn(nt_host(w, "a"), "ping -c 3 203.0.113.5", NULL);
	pass(w, 10 * S);
	assert_int_equal(asked, 3);
	assert_true(nt_ended(ping));
	assert_int_equal(nt_exit_status(ping), 0);
	assert_non_null(strstr(nt_console(ping, NULL), "64 bytes from 203.0.113.5"));
	nt_free(w);
}

static void test_refused(void **state)
{
	struct nt_world *w = world_of_text(
		"nodes: {a: {}, x: {kind: external}, y: {kind: external}}\n"
		"links: [{name: one, between: [a, x], mtu: 1300}, a -- y, x -- y]\n");
	struct taken t = {.count = 0};
	uint8_t bytes[70000] = {0x45};
	char *why = NULL;
	static const struct { const char *where, *says; } wrong[] = {
		{"nobody", "no node is called 'nobody'"},
		{"", "no node is called ''"},
		{"a", "'a' is not external"},
		{"x", "'x' has 2 interfaces"},
		{"x:eth7", "'x' has no interface 'eth7'"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		assert_null(nt_port_open(w, wrong[i].where, NT_PORT_IP, keep, &t, &why));
		assert_non_null(strstr(why, wrong[i].says));
		free(why);
	}
	errno = 0;
	assert_null(nt_host(w, "x"));
	assert_int_equal(errno, ENOENT);
	struct nt_port *p = nt_port_open(w, "x:eth0", NT_PORT_IP, keep, &t, NULL), *f;
	assert_non_null(p);
	assert_null(nt_port_open(w, "x:eth0", NT_PORT_FRAME, keep, &t, &why));
	assert_non_null(strstr(why, "already"));
	free(why);
	f = nt_port_open(w, "y:eth0", NT_PORT_FRAME, keep, &t, NULL);
	assert_non_null(f);

	assert_errno(nt_port_inject(p, bytes, 0), EINVAL);
	assert_errno(nt_port_inject(p, NULL, 20), EFAULT);
	assert_errno(nt_port_inject(p, bytes, 19), EINVAL);
	assert_errno(nt_port_inject(p, bytes, sizeof(bytes)), EMSGSIZE);
	size_t len = udp4(bytes, "1.2.3.4", "203.0.113.1", 1, 2, "x", 64);
	assert_errno(nt_port_inject(p, bytes, len), EHOSTUNREACH);
	struct name a = name_of(nt_host(w, "a"), "a", AF_INET, 0);
	memcpy(bytes + 16, &((struct sockaddr_in *)&a.at)->sin_addr, 4);
	assert_errno(nt_port_inject(p, bytes, 1301), EMSGSIZE);
	assert_int_equal(nt_port_inject(p, bytes, 1300), 0);
	assert_errno(nt_port_inject(f, bytes, 13), EINVAL);
	assert_errno(nt_port_inject(f, bytes, 1515), EMSGSIZE);
	assert_int_equal(nt_port_inject(f, bytes, 1514), 0);
	nt_port_close(p);
	p = nt_port_open(w, "x:eth0", NT_PORT_FRAME, keep, &t, NULL);
	assert_non_null(p);
	nt_free(w);
}

static void close_it(struct nt_port *p, int64_t at, const void *data, size_t len, void *arg)
{
	(void)at;
	(void)data;
	(void)len;
	++*(int *)arg;
	nt_port_close(p);
}

/* Nobody is attached, or not any more: what comes there is counted. */
static void test_closed(void **state)
{
	struct nt_world *w = world_of_text(OUTSIDE
					   "run: [{at: 0s, on: a, do: ping -c 2 -W 1 203.0.113.5}]\n");
	int taken = 0;
	char *results;

	(void)state;
	assert_non_null(nt_port_open(w, "x", NT_PORT_FRAME, close_it, &taken, NULL));
	pass(w, 10 * S);
	assert_int_equal(taken, 1);
	assert_int_equal(nt_finish(w, NULL), 0);
	results = nt_results(w);
	assert_non_null(strstr(results, "\"port_closed\""));
	free(results);
	nt_free(w);
}

static void test_down(void **state)
{
	struct nt_world *w = world_of_text(OUTSIDE "run: [{at: 1s, node: x, state: down}]\n");
	struct taken t = {.count = 0};
	struct nt_port *p = nt_port_open(w, "x", NT_PORT_IP, keep, &t, NULL);
	uint8_t packet[100];
	size_t len = udp4(packet, "10.0.0.254", "10.0.0.1", 1, 2, "x", 64);

	(void)state;
	pass(w, 2 * S);
	assert_errno(nt_port_inject(p, packet, len), ENETDOWN);
	nt_free(w);
}

/* A queue of five: the rest of a burst finds it full. */
static void test_no_room(void **state)
{
	struct nt_world *w = world_of_text(
		"nodes: {a: {}, x: {kind: external}}\n"
		"links: [{between: [a, x], rate: 1Mbit/s, rtt: 20ms, queue: 5p}]\n");
	struct taken t = {.count = 0};
	struct nt_port *p = nt_port_open(w, "x", NT_PORT_FRAME, keep, &t, NULL);
	uint8_t frame[1000] = {0};

	(void)state;
	for (int k = 0; k < 6; k++)
		assert_int_equal(nt_port_inject(p, frame, sizeof(frame)), 0);
	assert_errno(nt_port_inject(p, frame, sizeof(frame)), ENOBUFS);
	nt_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frames),
		cmocka_unit_test(test_packets),
		cmocka_unit_test(test_ping_outside),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_closed),
		cmocka_unit_test(test_down),
		cmocka_unit_test(test_no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
