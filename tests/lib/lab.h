/*
 * Two hosts and what a test says to them, through the public header alone.
 *
 *     a -- b    100 Mbit/s, 10 ms there and 10 ms back
 */
#ifndef TEST_LIB_LAB_H
#define TEST_LIB_LAB_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/in.h>

#include "netarium.h"

#define MS INT64_C(1000000)
#define S INT64_C(1000000000)

#define TWO_HOSTS \
	"nodes: {a: {}, b: {}}\n" \
	"links: [{name: wire, between: [a, b], rate: 100Mbit/s, rtt: 20ms}]\n"

struct lab {
	struct nt_world *w;
	struct nt_host *a, *b;
};

static inline struct nt_world *world_of_text(const char *text)
{
	char *why = NULL;
	struct nt_world *w = nt_load_text(text, "lab.yaml", NULL, &why);

	if (!w)
		fail_msg("%s", why);
	return w;
}

static inline int lab_open(void **state)
{
	struct lab *l = calloc(1, sizeof(*l));

	assert_non_null(l);
	l->w = world_of_text(TWO_HOSTS);
	l->a = nt_host(l->w, "a");
	l->b = nt_host(l->w, "b");
	assert_non_null(l->a);
	assert_non_null(l->b);
	*state = l;
	return 0;
}

static inline int lab_close(void **state)
{
	struct lab *l = *state;

	nt_free(l->w);
	free(l);
	return 0;
}

static inline void pass(struct nt_world *w, int64_t ns)
{
	assert_int_equal(nt_advance_to(w, nt_now(w) + ns), 0);
}

/* The call failed, and for this reason. */
#define assert_errno(call, why) \
	do { \
		errno = 0; \
		assert_int_equal(call, -1); \
		assert_int_equal(errno, why); \
	} while (0)

struct name {
	struct sockaddr_storage at;
	socklen_t len;
};

static inline struct name name_of(struct nt_host *h, const char *name, int family, uint16_t port)
{
	struct name n;

	n.len = nt_lookup(h, name, family, port, &n.at);
	assert_int_not_equal(n.len, 0);
	return n;
}

#define SA(n) ((struct sockaddr *)&(n)->at)

static inline struct sockaddr_in any4(uint16_t port)
{
	return (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port)};
}

static inline struct sockaddr_in6 any6(uint16_t port)
{
	return (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(port)};
}

static inline void set_int(struct nt_host *h, int fd, int level, int name, int value)
{
	assert_int_equal(nt_setsockopt(h, fd, level, name, &value, sizeof(value)), 0);
}

static inline int get_int(struct nt_host *h, int fd, int level, int name)
{
	int value = -12345;
	socklen_t len = sizeof(value);

	assert_int_equal(nt_getsockopt(h, fd, level, name, &value, &len), 0);
	assert_int_equal(len, sizeof(value));
	return value;
}

static inline short ready(struct nt_host *h, int fd, short events)
{
	struct pollfd p = {.fd = fd, .events = events};

	nt_poll(h, &p, 1);
	return p.revents;
}

/* A bound socket that takes from all. */
static inline int bound(struct nt_host *h, int type, uint16_t port)
{
	struct sockaddr_in at = any4(port);
	int fd = nt_socket(h, AF_INET, type, 0);

	assert_true(fd >= 3);
	assert_int_equal(nt_bind(h, fd, (struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

static inline int listening(struct nt_host *h, uint16_t port)
{
	int fd = bound(h, SOCK_STREAM, port);

	assert_int_equal(nt_listen(h, fd, 16), 0);
	return fd;
}

/* A connection from a to b's port 80, both ends; listener may be closed after. */
static inline void stream_pair(struct lab *l, int *client, int *server)
{
	int listener = listening(l->b, 80);
	struct name to = name_of(l->a, "b", AF_INET, 80);

	*client = nt_socket(l->a, AF_INET, SOCK_STREAM, 0);
	assert_errno(nt_connect(l->a, *client, SA(&to), to.len), EINPROGRESS);
	pass(l->w, 100 * MS);
	assert_int_equal(nt_connect(l->a, *client, SA(&to), to.len), 0);
	*server = nt_accept(l->b, listener, NULL, NULL);
	assert_true(*server >= 3);
	assert_int_equal(nt_close(l->b, listener), 0);
}

#endif
