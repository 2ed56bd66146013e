/*
 * nc: what its two halves share. nc.c has the options, the ports and UDP; nc_tcp.c TCP.
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

/* n->ports: one port, or lo-hi. */
bool nc_parse_ports(struct nc *n, int64_t *low, int64_t *high);

/* A socket with the options of the command line, bound if -s or -p say so; 0 or a negative errno,
 * said already if binding failed. */
int nc_open_socket(struct nc *n, enum socket_kind kind, int family);

/* n->host as an address, for a client or to listen on; false: it is said why. */
bool nc_resolve(struct nc *n, int64_t port, struct endpoint *out);

void nc_print_bound(struct nc *n, const char *word, const struct endpoint *local);
void nc_print_peer(struct nc *n, const struct endpoint *from);
void nc_print_connected(struct nc *n, const struct endpoint *to, const char *protocol);

/* nc_tcp.c: exit statuses */
int nc_tcp_client(struct nc *n);
int nc_tcp_server(struct nc *n);

#endif
