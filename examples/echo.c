/*
 * A server and a client in one program, with an internet between them that loses packets.
 *
 *     make && ./echo
 *
 * Prints when the handshake was through and when the answer came, in virtual time; each run prints
 * the same.
 */
#include <netarium.h>

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char scenario[] =
	"nodes: {laptop: {}, isp: {kind: router}, web: {}}\n"
	"links:\n"
	"  - {between: [laptop, isp], rate: 20Mbit/s, rtt: 30ms, loss: 5%}\n"
	"  - {between: [isp, web], rate: 1Gbit/s, rtt: 10ms}\n";

static double seconds(struct nt_host *h)
{
	return (double)nt_now(nt_host_world(h)) / 1e9;
}

/* A connection of the server may have something for us: send it back. */
static void serve(struct nt_host *web, int fd, void *arg)
{
	char buf[4096];
	ssize_t n;

	(void)arg;
	while ((n = nt_recv(web, fd, buf, sizeof(buf), 0)) > 0)
		nt_send(web, fd, buf, (size_t)n, 0);
	if (n == 0 || errno != EAGAIN)
		nt_close(web, fd);
}

static void welcome(struct nt_host *web, int listener, void *arg)
{
	int fd;

	while ((fd = nt_accept(web, listener, NULL, NULL)) >= 0)
		nt_watch(web, fd, serve, arg);
}

/* The client: asks as soon as it can, and then waits for its answer. */
static void ask(struct nt_host *laptop, int fd, void *asked)
{
	char buf[100];
	ssize_t n;

	if (!*(bool *)asked) {
		printf("%.3f s: connected\n", seconds(laptop));
		nt_send(laptop, fd, "hello, web", 10, 0);
		*(bool *)asked = true;
	} else if ((n = nt_recv(laptop, fd, buf, sizeof(buf), 0)) > 0) {
		printf("%.3f s: '%.*s'\n", seconds(laptop), (int)n, buf);
		nt_close(laptop, fd);
	}
}

int main(void)
{
	char *why;
	struct nt_world *w = nt_load_text(scenario, "echo.yaml", NULL, &why);

	if (!w) {
		fprintf(stderr, "%s\n", why);
		return 1;
	}
	struct nt_host *laptop = nt_host(w, "laptop"), *web = nt_host(w, "web");
	int listener = nt_socket(web, AF_INET, SOCK_STREAM, 0);
	int fd = nt_socket(laptop, AF_INET, SOCK_STREAM, 0);
	struct sockaddr_storage here, there;
	socklen_t here_len = nt_lookup(web, "0.0.0.0", AF_INET, 80, &here);
	socklen_t there_len = nt_lookup(laptop, "web", AF_INET, 80, &there);
	bool asked = false;

	nt_bind(web, listener, (struct sockaddr *)&here, here_len);
	nt_listen(web, listener, 16);
	nt_watch(web, listener, welcome, NULL);

	nt_connect(laptop, fd, (struct sockaddr *)&there, there_len); /* -1, EINPROGRESS */
	nt_watch(laptop, fd, ask, &asked);

	nt_advance_to(w, 60 * INT64_C(1000000000));
	nt_free(w);
	return 0;
}
