/*
 * A few short connections, by the same socket calls in one of two worlds:
 *
 *     exchange emulated FOLDER                   ours, in virtual time; the client's capture is FOLDER/captures/a.pcapng
 *     exchange kernel NETNS-A NETNS-B            this machine's kernel, between two network namespaces (paths)
 *
 * Who captures the latter is the script's business (fields.sh). After each call comes a pause of
 * 10 ms: longer than anything that happens at once, shorter than the least delayed ACK (40 ms).
 * Exit status 0; 1 if a call did not do what it must, said in one line.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <arpa/inet.h>

#include "netarium.h"

#define MS INT64_C(1000000)

static struct nt_world *world;
static struct nt_host *hosts[2];
static int netns[2];

enum side { A, B };

static void must(bool done, const char *what)
{
	if (done)
		return;
	fprintf(stderr, "exchange: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* From here on the kernel makes sockets, and shows sysctls, of this side. */
static void enter(enum side s)
{
	if (!world)
		must(setns(netns[s], CLONE_NEWNET) == 0, "setns");
}

static void wait_ms(int ms)
{
	if (world)
		must(nt_advance_to(world, nt_now(world) + ms * MS) == 0, "nt_advance_to");
	else
		usleep((useconds_t)ms * 1000);
}

static void sysctl_set(enum side s, const char *name, const char *value)
{
	char path[100];

	if (world) {
		snprintf(path, sizeof(path), "net.ipv4.%s", name);
		must(nt_sysctl_set(hosts[s], path, value) == 0, name);
		return;
	}
	enter(s);
	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/%s", name);
	int fd = open(path, O_WRONLY);
	must(fd >= 0 && write(fd, value, strlen(value)) > 0, name);
	close(fd);
}

/* 10.0.0.x or fd00::x */
static struct sockaddr_storage address(int family, enum side s, uint16_t port, socklen_t *len)
{
	struct sockaddr_storage a = {.ss_family = (sa_family_t)family};

	if (family == AF_INET) {
		struct sockaddr_in *in = (struct sockaddr_in *)&a;
		in->sin_port = htons(port);
		inet_pton(AF_INET, s == A ? "10.0.0.1" : "10.0.0.2", &in->sin_addr);
		*len = sizeof(*in);
	} else {
		struct sockaddr_in6 *in = (struct sockaddr_in6 *)&a;
		in->sin6_port = htons(port);
		inet_pton(AF_INET6, s == A ? "fd00::1" : "fd00::2", &in->sin6_addr);
		*len = sizeof(*in);
	}
	return a;
}

static int new_socket(enum side s, int family)
{
	enter(s);
	int fd = world ? nt_socket(hosts[s], family, SOCK_STREAM | SOCK_NONBLOCK, 0)
		       : socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0);
	must(fd >= 0, "socket");
	return fd;
}

static int listening(int family)
{
	socklen_t len;
	struct sockaddr_storage a = address(family, B, 9000, &len);
	const struct sockaddr *at = (const struct sockaddr *)&a;
	int fd = new_socket(B, family);

	if (world)
		must(nt_bind(hosts[B], fd, at, len) == 0 && nt_listen(hosts[B], fd, 8) == 0, "listen");
	else
		must(bind(fd, at, len) == 0 && listen(fd, 8) == 0, "listen");
	return fd;
}

static int connecting(int family, uint16_t port)
{
	socklen_t len;
	struct sockaddr_storage a = address(family, B, port, &len);
	const struct sockaddr *to = (const struct sockaddr *)&a;
	int fd = new_socket(A, family);
	int rc = world ? nt_connect(hosts[A], fd, to, len) : connect(fd, to, len);

	must(rc == 0 || errno == EINPROGRESS, "connect");
	wait_ms(10);
	return fd;
}

static int accepted(int listener)
{
	int fd = world ? nt_accept(hosts[B], listener, NULL, NULL) : accept(listener, NULL, NULL);

	must(fd >= 0, "accept");
	return fd;
}

/* len bytes from this side. */
static void give(enum side s, int fd, size_t len)
{
	static char data[32768];
	ssize_t n = world ? nt_send(hosts[s], fd, data, len, MSG_NOSIGNAL)
			  : send(fd, data, len, MSG_NOSIGNAL);

	must(n == (ssize_t)len, "send");
	wait_ms(10);
}

static void take(enum side s, int fd, size_t len)
{
	static char data[32768];
	ssize_t n = world ? nt_recv(hosts[s], fd, data, sizeof(data), 0)
			  : recv(fd, data, sizeof(data), 0);

	must(n == (ssize_t)len, "recv");
}

static void shut(enum side s, int fd)
{
	must((world ? nt_close(hosts[s], fd) : close(fd)) == 0, "close");
	wait_ms(10);
}

static void linger_zero(enum side s, int fd)
{
	const struct linger l = {.l_onoff = 1};

	must((world ? nt_setsockopt(hosts[s], fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l))
		    : setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l))) == 0, "SO_LINGER");
}

static int exchange(int family, int listener, bool answer, int *server)
{
	int c = connecting(family, 9000);

	*server = accepted(listener);
	give(A, c, 5);
	take(B, *server, 5);
	if (answer)
		give(B, *server, 100);
	return c;
}

static void ends(int c, int s)
{
	shut(A, c);
	shut(B, s);
	wait_ms(50);
}

/* In the order of the names in fields.awk. No write is longer than a segment: when a receiver's
 * window grows, and with it when it acknowledges, is what kernels differ in (6.6 and later learn
 * how much of a buffer is data, 6.1 takes half). */
static void all_of(int family)
{
	int l = listening(family), s, c;

	c = exchange(family, l, true, &s); /* ordinary */
	take(A, c, 100);
	ends(c, s);

	c = connecting(family, 9001); /* refused */
	shut(A, c);

	c = exchange(family, l, false, &s); /* aborted */
	linger_zero(A, c);
	shut(A, c);
	shut(B, s);

	sysctl_set(A, "tcp_ecn", "1"); /* ecn */
	c = exchange(family, l, false, &s);
	ends(c, s);
	sysctl_set(A, "tcp_ecn", "2");

	sysctl_set(A, "tcp_timestamps", "0"); /* no_timestamps */
	c = exchange(family, l, false, &s);
	ends(c, s);
	sysctl_set(A, "tcp_timestamps", "1");

	sysctl_set(A, "tcp_sack", "0"); /* no_sack */
	c = exchange(family, l, false, &s);
	ends(c, s);
	sysctl_set(A, "tcp_sack", "1");

	c = exchange(family, l, true, &s); /* unread */
	shut(A, c);
	shut(B, s);

	c = connecting(family, 9000); /* closed_peer */
	s = accepted(l);
	give(A, c, 4);
	take(B, s, 4);
	shut(B, s);
	wait_ms(60);
	give(A, c, 4);
	shut(A, c);
	shut(B, l);
}

static const char lab[] =
	"nodes:\n"
	"  a: {address: [10.0.0.1/24, \"fd00::1/64\"]}\n"
	"  b: {address: [10.0.0.2/24, \"fd00::2/64\"]}\n"
	"links:\n"
	"  - {between: [a, b], delay: 20us}\n"
	"capture: [{at: a}]\n";

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "emulated")) {
		char *why = NULL;
		const struct nt_options o = {.size = sizeof(o), .out = argv[2]};

		world = nt_load_text(lab, "fields.yaml", &o, &why);
		if (!world) {
			fprintf(stderr, "%s\n", why);
			return 1;
		}
		hosts[A] = nt_host(world, "a");
		hosts[B] = nt_host(world, "b");
	} else if (argc == 4 && !strcmp(argv[1], "kernel")) {
		for (int i = 0; i < 2; i++)
			must((netns[i] = open(argv[2 + i], O_RDONLY | O_CLOEXEC)) >= 0, argv[2 + i]);
	} else {
		fprintf(stderr, "usage: exchange emulated FOLDER | kernel NETNS-A NETNS-B\n");
		return 2;
	}
	/* What the recording was made with: the buffers of 6.1, and a plain congestion control. */
	for (enum side s = A; s <= B; s++) {
		sysctl_set(s, "tcp_rmem", "4096 131072 6291456");
		sysctl_set(s, "tcp_wmem", "4096 16384 4194304");
		sysctl_set(s, "tcp_congestion_control", "reno");
	}
	all_of(AF_INET);
	all_of(AF_INET6);
	if (world) {
		char *why = NULL;

		if (nt_finish(world, &why) < 0)
			must(false, why ? why : "nt_finish");
		nt_free(world);
	}
	return 0;
}
