/* sendmsg and recvmsg: pieces, control messages, the error queue, msg_flags. */
#include "lab.h"

#include <linux/errqueue.h>
#include <time.h>

static struct cmsghdr *find(struct msghdr *m, int level, int type)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c))
		if (c->cmsg_level == level && c->cmsg_type == type)
			return c;
	fail_msg("no control message %d of level %d", type, level);
	return NULL;
}

static int int_in(struct msghdr *m, int level, int type)
{
	int v;

	memcpy(&v, CMSG_DATA(find(m, level, type)), sizeof(v));
	return v;
}

static void test_pieces_of_a_stream(void **state)
{
	struct lab *l = *state;
	char one[3], two[4], three[20];
	struct iovec out[] = {{"ab", 2}, {"", 0}, {"cdefg", 5}, {"hij", 3}};
	struct iovec in[] = {{one, 3}, {two, 4}, {three, 20}};
	struct msghdr m = {.msg_iov = out, .msg_iovlen = 4}, r = {.msg_iov = in, .msg_iovlen = 3};
	int c, s;

	stream_pair(l, &c, &s);
	assert_int_equal(nt_sendmsg(l->a, c, &m, 0), 10);
	pass(l->w, 50 * MS);
	for (int peek = 1; peek >= 0; peek--) {
		memset(one, 0, 3);
		assert_int_equal(nt_recvmsg(l->b, s, &r, peek ? MSG_PEEK : 0), 10);
		assert_memory_equal(one, "abc", 3);
		assert_memory_equal(two, "defg", 4);
		assert_memory_equal(three, "hij", 3);
	}
	assert_errno(nt_recvmsg(l->b, s, &r, 0), EAGAIN);
}

/* MSG_MORE keeps a short segment back until there is more; MSG_TRUNC throws away unread. */
static void test_flags_of_a_stream(void **state)
{
	struct lab *l = *state;
	char buf[10];
	int c, s;

	stream_pair(l, &c, &s);
	assert_int_equal(nt_send(l->a, c, "abc", 3, MSG_MORE | MSG_NOSIGNAL | MSG_DONTWAIT), 3);
	pass(l->w, 50 * MS);
	assert_errno(nt_recv(l->b, s, buf, sizeof(buf), 0), EAGAIN);
	assert_int_equal(nt_send(l->a, c, "def", 3, 0), 3);
	pass(l->w, 50 * MS);
	assert_int_equal(nt_recv(l->b, s, NULL, 2, MSG_TRUNC), 2);
	assert_int_equal(nt_recv(l->b, s, buf, sizeof(buf), 0), 4);
	assert_memory_equal(buf, "cdef", 4);
}

static void test_control_of_ipv4(void **state)
{
	struct lab *l = *state;
	int fd = nt_socket(l->a, AF_INET, SOCK_DGRAM, 0), there = bound(l->b, SOCK_DGRAM, 9), ttl = 7;
	struct name to = name_of(l->a, "b", AF_INET, 9), from = {.len = sizeof(from.at)};
	union { char room[256]; struct cmsghdr align; } control = {.room = {0}};
	char data[20];
	struct iovec v[2] = {{"he", 2}, {"llo", 3}};
	struct msghdr m = {.msg_name = SA(&to), .msg_namelen = to.len, .msg_iov = v, .msg_iovlen = 2,
			   .msg_control = control.room, .msg_controllen = CMSG_SPACE(sizeof(int)) * 2};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	struct in_pktinfo info;
	struct timespec at;

	*c = (struct cmsghdr){CMSG_LEN(sizeof(int)), IPPROTO_IP, IP_TTL};
	memcpy(CMSG_DATA(c), &ttl, sizeof(ttl));
	c = CMSG_NXTHDR(&m, c);
	*c = (struct cmsghdr){CMSG_LEN(sizeof(int)), IPPROTO_IP, IP_TOS};
	memcpy(CMSG_DATA(c), &(int){0x28}, sizeof(int));
	set_int(l->b, there, IPPROTO_IP, IP_PKTINFO, 1);
	set_int(l->b, there, IPPROTO_IP, IP_RECVTTL, 1);
	set_int(l->b, there, IPPROTO_IP, IP_RECVTOS, 1);
	set_int(l->b, there, SOL_SOCKET, SO_TIMESTAMPNS, 1);
	assert_int_equal(nt_sendmsg(l->a, fd, &m, 0), 5);
	pass(l->w, 100 * MS);

	struct iovec r = {data, 3};
	m = (struct msghdr){.msg_name = SA(&from), .msg_namelen = from.len, .msg_iov = &r, .msg_iovlen = 1,
			    .msg_control = control.room, .msg_controllen = sizeof(control)};
	assert_int_equal(nt_recvmsg(l->b, there, &m, 0), 3);
	assert_int_equal(m.msg_flags, MSG_TRUNC);
	assert_int_equal(m.msg_namelen, sizeof(struct sockaddr_in));
	assert_int_equal(int_in(&m, IPPROTO_IP, IP_TTL), 7);
	assert_int_equal(*CMSG_DATA(find(&m, IPPROTO_IP, IP_TOS)), 0x28);
	memcpy(&info, CMSG_DATA(find(&m, IPPROTO_IP, IP_PKTINFO)), sizeof(info));
	assert_int_equal(info.ipi_ifindex, 1);
	assert_memory_equal(&info.ipi_addr, &((struct sockaddr_in *)&to.at)->sin_addr, 4);
	memcpy(&at, CMSG_DATA(find(&m, SOL_SOCKET, SCM_TIMESTAMPNS)), sizeof(at));
	assert_int_equal(at.tv_sec, 0);
	assert_in_range(at.tv_nsec, 30 * MS, 31 * MS); /* ARP, there and back, then the datagram */
}

static void test_control_of_ipv6(void **state)
{
	struct lab *l = *state;
	int fd = nt_socket(l->a, AF_INET6, SOCK_DGRAM, 0), there = nt_socket(l->b, AF_INET6, SOCK_DGRAM, 0);
	struct sockaddr_in6 here = any6(9);
	struct name to = name_of(l->a, "b", AF_INET6, 9);
	union { char room[256]; struct cmsghdr align; } control = {.room = {0}};
	char data[20];
	struct iovec r = {data, sizeof(data)};
	struct msghdr m = {.msg_iov = &r, .msg_iovlen = 1, .msg_control = control.room,
			   .msg_controllen = sizeof(control)};
	struct in6_pktinfo info;

	assert_int_equal(nt_bind(l->b, there, (struct sockaddr *)&here, sizeof(here)), 0);
	set_int(l->b, there, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
	set_int(l->b, there, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1);
	set_int(l->b, there, IPPROTO_IPV6, IPV6_RECVTCLASS, 1);
	set_int(l->a, fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 33);
	set_int(l->a, fd, IPPROTO_IPV6, IPV6_TCLASS, 0x10);
	assert_int_equal(nt_sendto(l->a, fd, "hello", 5, 0, SA(&to), to.len), 5);
	pass(l->w, 100 * MS);
	assert_int_equal(nt_recvmsg(l->b, there, &m, 0), 5);
	assert_int_equal(m.msg_flags, 0);
	assert_int_equal(int_in(&m, IPPROTO_IPV6, IPV6_HOPLIMIT), 33);
	assert_int_equal(int_in(&m, IPPROTO_IPV6, IPV6_TCLASS), 0x10);
	memcpy(&info, CMSG_DATA(find(&m, IPPROTO_IPV6, IPV6_PKTINFO)), sizeof(info));
	assert_memory_equal(&info.ipi6_addr, &((struct sockaddr_in6 *)&to.at)->sin6_addr, 16);
}

static void test_control_does_not_fit(void **state)
{
	struct lab *l = *state;
	int fd = nt_socket(l->a, AF_INET, SOCK_DGRAM, 0), there = bound(l->b, SOCK_DGRAM, 9);
	struct name to = name_of(l->a, "b", AF_INET, 9);
	union { char room[20]; struct cmsghdr align; } control;
	char data[20];
	struct iovec r = {data, sizeof(data)};
	struct msghdr m = {.msg_iov = &r, .msg_iovlen = 1, .msg_control = control.room,
			   .msg_controllen = CMSG_LEN(sizeof(int))};

	set_int(l->b, there, IPPROTO_IP, IP_RECVTTL, 1);
	set_int(l->b, there, IPPROTO_IP, IP_RECVTOS, 1);
	assert_int_equal(nt_sendto(l->a, fd, "hello", 5, 0, SA(&to), to.len), 5);
	pass(l->w, 100 * MS);
	assert_int_equal(nt_recvmsg(l->b, there, &m, 0), 5);
	assert_int_equal(m.msg_flags, MSG_CTRUNC);
	assert_int_equal(int_in(&m, IPPROTO_IP, IP_TTL), 64);
}

/* IP_PKTINFO when sending: from an address and an interface of one's choice. */
static void test_source_of_choice(void **state)
{
	struct nt_world *w = world_of_text(
		"nodes: {a: {interfaces: {eth0: {address: [10.0.0.1/24, 10.0.0.9/24]}}}, b: {address: 10.0.0.2/24}}\n"
		"links: [{between: ['a:eth0', b]}]\n");
	struct nt_host *a = nt_host(w, "a"), *b = nt_host(w, "b");
	int fd = nt_socket(a, AF_INET, SOCK_DGRAM, 0), there = bound(b, SOCK_DGRAM, 9);
	struct name to = name_of(a, "b", AF_INET, 9), from = {.len = sizeof(from.at)};
	union { char room[64]; struct cmsghdr align; } control = {.room = {0}};
	struct iovec v = {"x", 1};
	struct in_pktinfo info = {.ipi_ifindex = 1};
	struct msghdr m = {.msg_name = SA(&to), .msg_namelen = to.len, .msg_iov = &v, .msg_iovlen = 1,
			   .msg_control = control.room, .msg_controllen = CMSG_SPACE(sizeof(info))};
	char text[20], byte;

	(void)state;
	inet_pton(AF_INET, "10.0.0.9", &info.ipi_spec_dst);
	control.align = (struct cmsghdr){CMSG_LEN(sizeof(info)), IPPROTO_IP, IP_PKTINFO};
	memcpy(CMSG_DATA(&control.align), &info, sizeof(info));
	assert_int_equal(nt_sendmsg(a, fd, &m, 0), 1);
	pass(w, 10 * MS);
	assert_int_equal(nt_recvfrom(b, there, &byte, 1, 0, SA(&from), &from.len), 1);
	assert_string_equal(inet_ntop(AF_INET, &((struct sockaddr_in *)&from.at)->sin_addr, text,
				      sizeof(text)), "10.0.0.9");
	inet_pton(AF_INET, "10.0.0.77", &info.ipi_spec_dst);
	memcpy(CMSG_DATA(&control.align), &info, sizeof(info));
	assert_errno(nt_sendmsg(a, fd, &m, 0), EADDRNOTAVAIL);
	control.align.cmsg_type = 77;
	assert_errno(nt_sendmsg(a, fd, &m, 0), EINVAL);
	control.align.cmsg_len = 3;
	assert_errno(nt_sendmsg(a, fd, &m, 0), EINVAL);
	nt_free(w);
}

static void test_error_queue(void **state)
{
	struct lab *l = *state;
	int fd = nt_socket(l->a, AF_INET, SOCK_DGRAM, 0);
	struct name to = name_of(l->a, "b", AF_INET, 99), was = {.len = sizeof(was.at)};
	union { char room[256]; struct cmsghdr align; } control;
	struct sock_extended_err ee;
	struct sockaddr_in offender;
	char data[20] = "";
	struct iovec r = {data, sizeof(data)};
	struct msghdr m = {.msg_name = SA(&was), .msg_namelen = was.len, .msg_iov = &r, .msg_iovlen = 1,
			   .msg_control = control.room, .msg_controllen = sizeof(control)};

	set_int(l->a, fd, IPPROTO_IP, IP_RECVERR, 1);
	assert_int_equal(nt_sendto(l->a, fd, "hello", 5, 0, SA(&to), to.len), 5);
	pass(l->w, 100 * MS);
	assert_true(ready(l->a, fd, 0) & POLLERR);
	assert_int_equal(nt_recvmsg(l->a, fd, &m, MSG_ERRQUEUE), 5);
	assert_true(m.msg_flags & MSG_ERRQUEUE);
	assert_memory_equal(data, "hello", 5);
	assert_memory_equal(&was.at, &to.at, sizeof(struct sockaddr_in));
	struct cmsghdr *c = find(&m, IPPROTO_IP, IP_RECVERR);
	memcpy(&ee, CMSG_DATA(c), sizeof(ee));
	assert_int_equal(ee.ee_errno, ECONNREFUSED);
	assert_int_equal(ee.ee_origin, SO_EE_ORIGIN_ICMP);
	assert_int_equal(ee.ee_type, 3);
	assert_int_equal(ee.ee_code, 3);
	memcpy(&offender, CMSG_DATA(c) + sizeof(ee), sizeof(offender));
	assert_memory_equal(&offender.sin_addr, &((struct sockaddr_in *)&to.at)->sin_addr, 4);
	assert_errno(nt_recvmsg(l->a, fd, &m, MSG_ERRQUEUE), EAGAIN);
}

/* One recvmsg() with room for a name and control messages, and what it must leave of them. */
static ssize_t told(struct nt_host *h, int fd, int flags, socklen_t name, size_t control, int said)
{
	union { char room[64]; struct cmsghdr align; } c;
	struct sockaddr_storage from;
	char data[8];
	struct iovec v = {data, sizeof(data)};
	struct msghdr m = {.msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &v, .msg_iovlen = 1,
			   .msg_control = c.room, .msg_controllen = sizeof(c), .msg_flags = 0x55};
	ssize_t n = nt_recvmsg(h, fd, &m, flags);

	assert_int_equal(m.msg_namelen, name);
	assert_int_equal(m.msg_controllen, control);
	assert_int_equal(m.msg_flags, said);
	return n;
}

#define UNTOUCHED sizeof(struct sockaddr_storage), 64, 0x55

/* A call that fails writes nothing into the message, and the end of what can be read has no name. */
static void test_lengths(void **state)
{
	struct lab *l = *state;
	int fd = nt_socket(l->a, AF_INET, SOCK_DGRAM, 0), there = bound(l->b, SOCK_DGRAM, 9), c, s;
	struct name to = name_of(l->a, "b", AF_INET, 9), back = name_of(l->b, "a", AF_INET, 5000);
	struct sockaddr_in at = any4(5000);
	const int ttl = CMSG_SPACE(sizeof(int));

	assert_int_equal(nt_bind(l->a, fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(nt_connect(l->b, there, SA(&back), back.len), 0);
	set_int(l->b, there, IPPROTO_IP, IP_RECVTTL, 1);
	assert_errno(told(l->b, there, 0, UNTOUCHED), EAGAIN);
	assert_errno(told(l->b, there, MSG_ERRQUEUE, UNTOUCHED), EAGAIN);
	assert_int_equal(nt_shutdown(l->b, there, SHUT_RD), 0);
	assert_int_equal(told(l->b, there, 0, 0, 0, 0), 0);
	assert_int_equal(told(l->b, there, MSG_PEEK, 0, 0, 0), 0);
	assert_int_equal(nt_sendto(l->a, fd, "after", 5, 0, SA(&to), to.len), 5);
	pass(l->w, 100 * MS);
	assert_int_equal(told(l->b, there, 0, sizeof(at), (size_t)ttl, 0), 5);
	assert_int_equal(told(l->b, there, 0, 0, 0, 0), 0);

	stream_pair(l, &c, &s);
	assert_errno(told(l->b, s, 0, UNTOUCHED), EAGAIN);
	assert_errno(told(l->b, s, MSG_OOB, UNTOUCHED), EINVAL);
	assert_int_equal(nt_send(l->a, c, "xyz", 3, 0), 3);
	pass(l->w, 100 * MS);
	assert_int_equal(told(l->b, s, 0, 0, 0, 0), 3);
	assert_int_equal(nt_shutdown(l->b, s, SHUT_RD), 0);
	assert_int_equal(told(l->b, s, 0, 0, 0, 0), 0);
	back.len = sizeof(back.at);
	assert_int_equal(nt_recvfrom(l->b, s, &(char){0}, 1, 0, SA(&back), &back.len), 0);
	assert_int_equal(back.len, 0);
	back.len = (socklen_t)-1;
	assert_errno(nt_recvfrom(l->b, there, &(char){0}, 1, 0, SA(&back), &back.len), EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_pieces_of_a_stream, lab_open, lab_close),
		cmocka_unit_test_setup_teardown(test_flags_of_a_stream, lab_open, lab_close),
		cmocka_unit_test_setup_teardown(test_control_of_ipv4, lab_open, lab_close),
		cmocka_unit_test_setup_teardown(test_control_of_ipv6, lab_open, lab_close),
		cmocka_unit_test_setup_teardown(test_control_does_not_fit, lab_open, lab_close),
		cmocka_unit_test(test_source_of_choice),
		cmocka_unit_test_setup_teardown(test_error_queue, lab_open, lab_close),
		cmocka_unit_test_setup_teardown(test_lengths, lab_open, lab_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
