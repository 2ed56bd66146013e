/*
 * libnetarium: an internet inside a program.
 *
 * A test-suite, a protocol's reference implementation or a simulator loads a scenario (the same
 * text that `netarium run` takes), and uses the hosts in it as if it ran on them: with the socket
 * calls of POSIX, never blocking, in virtual time. At ports it is itself the far end of a wire:
 * it injects frames or IP packets and is handed what the virtual world sends there.
 *
 *     char *why;
 *     struct nt_world *w = nt_load("two-hosts.yaml", NULL, &why);
 *     struct nt_host *a = nt_host(w, "a");
 *     struct sockaddr_storage b;
 *     socklen_t len = nt_lookup(a, "b", AF_INET, 80, &b);
 *     int fd = nt_socket(a, AF_INET, SOCK_STREAM, 0);
 *
 *     nt_connect(a, fd, (struct sockaddr *)&b, len);            -1, EINPROGRESS
 *     nt_advance_to(w, nt_now(w) + 100000000);                  100 ms pass, or none:
 *     struct pollfd p = {.fd = fd, .events = POLLOUT};          only this call moves time
 *     nt_poll(a, &p, 1);
 *
 * Time is in nanoseconds since the world began. Nothing happens but inside nt_advance_to(): a call
 * that sends makes its packets at the present instant, and what comes of them comes later. The
 * services and steps of the scenario happen when their time comes, and no clock on the wall is
 * ever read: the same calls give the same bytes.
 *
 * Errors. Calls named like those of POSIX return what they do: -1 with errno. Those that can fail
 * for a reason that takes a sentence have a `char **error`, which is set to one that the caller
 * frees; NULL if it is not wanted.
 *
 * Descriptors are small numbers, from 3 on, of a host: calls take the host and the number.
 *
 * Callbacks are called from within nt_advance_to() and may call everything here but
 * nt_advance_to(), nt_finish() and nt_free().
 *
 * Threads. A world is used by one thread at a time. Worlds share nothing: several may exist, each
 * in a thread of its own.
 *
 * This header names no type of another library, and everything declared here begins with nt_ or
 * NT_. Structures that may grow begin with their own size.
 */
#ifndef NETARIUM_H
#define NETARIUM_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The library hides everything but what is declared from here on. */
#pragma GCC visibility push(default)

struct nt_world;
struct nt_host;
struct nt_port;
struct nt_process;

#define NT_NEVER INT64_MAX

/* ---- a world ---- */

struct nt_options {
	size_t size;             /* sizeof(struct nt_options) */
	bool has_seed;
	uint64_t seed;           /* instead of the scenario's; as --seed */
	const char *const *sets; /* "links.wan.loss=2%" ..., NULL at the end; as --set; may be NULL */
	const char *out;         /* captures, consoles and results go to this folder; NULL: nowhere */
	uint32_t snaplen;        /* as --snaplen; 0: the scenario's */
	bool no_capture;         /* as --no-capture */
};

/*
 * The world of a scenario file, at time 0; with NULL options the scenario's own. NULL and one
 * sentence (file:line:column, what was expected) if the scenario is wrong or the folder cannot be
 * written.
 */
struct nt_world *nt_load(const char *file, const struct nt_options *options, char **error);

/* The same for a text in memory. name stands for the file in sentences and in includes. */
struct nt_world *nt_load_text(const char *text, const char *name, const struct nt_options *options,
			      char **error);

/* Without nt_finish() before, nothing is left on disk. Closes what is open. NULL is fine. */
void nt_free(struct nt_world *w);

/* Virtual time. */
int64_t nt_now(const struct nt_world *w);

/* When something happens next: at nt_now() or later; NT_NEVER if nothing will. */
int64_t nt_next_event(const struct nt_world *w);

/*
 * Lets everything happen that is due until `at`, in its order, and makes it the present time. 0;
 * -1 with EINVAL: it is in the past; ELOOP: time stands still, because frames go round over links
 * without rate and delay; EDEADLK: called from a callback. NT_NEVER: until nothing is left to
 * happen.
 */
int nt_advance_to(struct nt_world *w, int64_t at);

/* What `netarium run` would take as the end has been reached: the duration, or all steps done and
 * the wires quiet. Time can be moved on all the same. */
bool nt_over(const struct nt_world *w);

/*
 * The end of the run, at the present instant: sockets are closed, processes end, expectations are
 * judged, and the files appear in options.out. Only nt_results(), nt_failed(), consoles and nt_free() may follow. 0; -1
 * and a sentence if a file could not be written (EIO).
 */
int nt_finish(struct nt_world *w, char **error);

/* results.json, as text, after nt_finish(); freed by the caller. */
char *nt_results(const struct nt_world *w);

/* How many expectations of the scenario failed, after nt_finish(). */
unsigned nt_failed(const struct nt_world *w);

/* ---- hosts ---- */

/* A host or router; NULL with ENOENT. Valid as long as the world. */
struct nt_host *nt_host(struct nt_world *w, const char *name);
const char *nt_host_name(const struct nt_host *h);
struct nt_world *nt_host_world(const struct nt_host *h);

/*
 * An address that the name has for this host, without asking anybody (its hosts table, the
 * scenario's names, or a number): family AF_INET, AF_INET6 or AF_UNSPEC. Returns its length, for
 * connect(2); 0 with ENOENT.
 */
socklen_t nt_lookup(struct nt_host *h, const char *name, int family, uint16_t port,
		    struct sockaddr_storage *to);

/* Knobs by Linux's names, "net.ipv4.tcp_sack". 0, or -1: ENOENT, EINVAL (value), ERANGE (buffer). */
int nt_sysctl_set(struct nt_host *h, const char *name, const char *value);
int nt_sysctl_get(const struct nt_host *h, const char *name, char *value, size_t size);

/* ---- programs of the emulator ---- */

/* Starts a command line ("ping -c 3 web") on a host; it runs as time moves. NULL and a sentence. */
struct nt_process *nt_spawn(struct nt_host *h, const char *command, char **error);
bool nt_ended(const struct nt_process *p);
int nt_exit_status(const struct nt_process *p); /* once it has ended */
/* What it has printed so far, NUL-terminated; valid until time moves. len may be NULL. */
const char *nt_console(struct nt_process *p, size_t *len);
void nt_kill(struct nt_process *p); /* as Ctrl-C */

/* ---- sockets: POSIX, on a host, never blocking ---- */

/*
 * AF_INET, AF_INET6; SOCK_STREAM (TCP), SOCK_DGRAM (UDP, or IPPROTO_ICMP/IPPROTO_ICMPV6: ping
 * sockets). SOCK_NONBLOCK and SOCK_CLOEXEC are taken and change nothing. EAFNOSUPPORT,
 * ESOCKTNOSUPPORT, EPROTONOSUPPORT, EPERM (SOCK_RAW), EMFILE (1024 a host).
 */
int nt_socket(struct nt_host *h, int domain, int type, int protocol);
int nt_bind(struct nt_host *h, int fd, const struct sockaddr *to, socklen_t len);
int nt_listen(struct nt_host *h, int fd, int backlog);
int nt_accept(struct nt_host *h, int fd, struct sockaddr *from, socklen_t *len);

/* A stream: EINPROGRESS, then EALREADY until it is there (0 once, then EISCONN) or has failed. */
int nt_connect(struct nt_host *h, int fd, const struct sockaddr *to, socklen_t len);
int nt_shutdown(struct nt_host *h, int fd, int how);
int nt_close(struct nt_host *h, int fd);
int nt_getsockname(struct nt_host *h, int fd, struct sockaddr *a, socklen_t *len);
int nt_getpeername(struct nt_host *h, int fd, struct sockaddr *a, socklen_t *len);

/* flags: MSG_MORE, MSG_FASTOPEN (with an address), MSG_DONTWAIT and MSG_NOSIGNAL (always so); MSG_OOB: EOPNOTSUPP. Control messages:
 * IP_PKTINFO, IP_TTL, IP_TOS, IPV6_PKTINFO, IPV6_HOPLIMIT, IPV6_TCLASS. */
ssize_t nt_send(struct nt_host *h, int fd, const void *data, size_t len, int flags);
ssize_t nt_sendto(struct nt_host *h, int fd, const void *data, size_t len, int flags,
		  const struct sockaddr *to, socklen_t to_len);
ssize_t nt_sendmsg(struct nt_host *h, int fd, const struct msghdr *m, int flags);

/* flags: MSG_PEEK, MSG_TRUNC, MSG_DONTWAIT, MSG_ERRQUEUE (with IP_RECVERR). Control messages as
 * the socket's options ask: IP_PKTINFO, IP_TTL, IP_TOS, SO_TIMESTAMPNS and IPv6's. */
ssize_t nt_recv(struct nt_host *h, int fd, void *data, size_t len, int flags);
ssize_t nt_recvfrom(struct nt_host *h, int fd, void *data, size_t len, int flags,
		    struct sockaddr *from, socklen_t *from_len);
ssize_t nt_recvmsg(struct nt_host *h, int fd, struct msghdr *m, int flags);

/*
 * Options by level and name of Linux's headers: SOL_SOCKET, IPPROTO_TCP (TCP_INFO gives the
 * leading members of struct tcp_info), IPPROTO_IP, IPPROTO_IPV6. ENOPROTOOPT, EINVAL.
 */
int nt_setsockopt(struct nt_host *h, int fd, int level, int name, const void *value, socklen_t len);
int nt_getsockopt(struct nt_host *h, int fd, int level, int name, void *value, socklen_t *len);

/* SIOCINQ (FIONREAD), SIOCOUTQ, SIOCOUTQNSD. EINVAL, ENOTTY. */
int nt_ioctl(struct nt_host *h, int fd, unsigned long request, int *value);

/* How many have something to report, at once. Unknown descriptors: POLLNVAL. */
int nt_poll(struct nt_host *h, struct pollfd *fds, nfds_t n);

/*
 * Calls back whenever what poll would say of a descriptor may have become more; edge-triggered, as
 * EPOLLET: what is there already is news too, and is told once when time moves next. NULL ends it.
 * One callback a descriptor. It is called from an event of its own, so that sending, receiving and
 * closing in it is fine.
 */
int nt_watch(struct nt_host *h, int fd, void (*ready)(struct nt_host *, int fd, void *arg),
	     void *arg);

/* ---- ports: a wire that ends here ---- */

enum nt_port_kind {
	NT_PORT_FRAME, /* Ethernet frames, without FCS; ARP and ND are yours */
	NT_PORT_IP,    /* IP packets: ARP and ND are answered and asked for you */
};

/* A packet left the virtual world here: bytes valid during the call, at virtual time `at`. */
typedef void nt_port_output(struct nt_port *, int64_t at, const void *data, size_t len, void *arg);

/*
 * Takes an interface of a node of `kind: external`: "internet", or "internet:eth1" where it has
 * several. The node's addresses are in the scenario: routes and names know them. NULL and a
 * sentence.
 */
struct nt_port *nt_port_open(struct nt_world *w, const char *where, enum nt_port_kind kind,
			     nt_port_output *output, void *arg, char **error);
void nt_port_close(struct nt_port *p);

/*
 * Sends from there now: a frame, or an IPv4 or IPv6 packet, whole, as it stands (no checksum is
 * touched). 0; -1: EMSGSIZE (larger than the link's MTU), EINVAL (not even a header), ENETDOWN,
 * EHOSTUNREACH (no route from there), ENOBUFS. What the wire does to it then is told in captures.
 */
int nt_port_inject(struct nt_port *p, const void *data, size_t len);

/* The version of the library, "0.3.0" for one. */
const char *nt_version(void);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif
