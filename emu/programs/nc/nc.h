/*
 * nc: what its parts share. nc.c opens sockets and says so; options.c, ports.c; udp.c and
 * tcp.c do the work.
 */
#ifndef PROGRAMS_NC_H
#define PROGRAMS_NC_H

#include "programs/tool.h"

#define NC_BUFFER 16384 /* of the real one: no datagram is larger */
#define NC_SEND_MAX 16  /* --send options */

struct nc {
	struct process *process;
	int family, ttl, tos;
	bool broadcast, detached, keep, listen, no_names, end_at_eof, udp, verbose, scan,
	     discard, fastopen, ended; /* ended: TCP, nothing more will be read */
	int64_t source_port, quit_after; /* -1: not given */
	vtime pause;                     /* --pause: before the first read */
	vtime timeout;                   /* -w; VTIME_NEVER: none */
	const char *source, *host, *ports;
	const char *send[NC_SEND_MAX];
	int send_count;
	uint64_t send_bytes;
	int fd;
	uint8_t *buf;
	uint64_t sent, received, bytes_sent, bytes_received, open;
};

/* "http", or "*" */
const char *nc_service_name(const struct nc *n, uint16_t port);

/* "nc: WHAT"; returns 1. */
int nc_fail(struct nc *n, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* For `netarium help nc` and -h. */
extern const char nc_usage[];

/* Options and words into *n; then what does not go together, in the order in which the real one
 * notices. -1 to go on, else the exit status. */
int nc_options_read(struct nc *n, int argc, char **argv);
int nc_options_check(struct nc *n);

/* A number or a name; then n->ports: one of them, or lo-hi. False: it is said why. */
bool nc_parse_port(struct nc *n, const char *text, int64_t *port);
bool nc_parse_ports(struct nc *n, int64_t *low, int64_t *high);

/* A socket with the options of the command line, bound if -s or -p say so; 0 or a negative errno,
 * said already if binding failed. */
int nc_open_socket(struct nc *n, enum socket_kind kind, int family);

/* n->host as an address, for a client or to listen on; false: it is said why. */
bool nc_resolve(struct nc *n, int64_t port, struct endpoint *out);

/* Where to listen: -l's port and host. False: it is said why. */
bool nc_listen_address(struct nc *n, struct endpoint *local);

void nc_print_bound(struct nc *n, const char *word, const struct endpoint *local);
void nc_print_peer(struct nc *n, const struct endpoint *from);
void nc_print_connected(struct nc *n, const struct endpoint *to, const char *protocol);

/* Exit statuses. */
int nc_udp_client(struct nc *n);
int nc_udp_server(struct nc *n);
int nc_tcp_client(struct nc *n);
int nc_tcp_server(struct nc *n);

#endif
