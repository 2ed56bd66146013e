/*
 * udhcpc: the DHCP client (RFC 2131 4.4), with the flags and words of busybox's.
 *
 *     udhcpc.c         options
 *     state.c   the states: INIT, SELECTING, REQUESTING, INIT-REBOOT, BOUND, RENEWING,
 *                      REBINDING, one function each
 *     lease.c   what a lease does to the host: address, default route, name servers, name
 *     wire.c    messages out and in, and the search for others who have the address
 *
 * It always asks for answers by broadcast (flag B): a socket cannot take what comes for an address
 * that the host does not have yet.
 */
#ifndef PROGRAMS_UDHCPC_H
#define PROGRAMS_UDHCPC_H

#include "programs/tool.h"
#include "wire/dhcp4.h"

struct udhcpc {
	struct process *p;
	struct ip_iface *dev;
	int fd;
	/* from the command line */
	int64_t tries;       /* DISCOVERs in a row */
	vtime pause;         /* between them; negative: RFC 2131's 4, 8, 16 ... s */
	vtime again;         /* after tries without an answer */
	int64_t probe_ms;    /* ARP: one probe, and so long to wait; 0: none; -1: RFC 5227's three */
	vtime work;          /* how long to keep the lease; VTIME_NEVER: to the end */
	bool fail_early, quit, release, no_client_id;
	struct ipaddr wanted; /* -r */
	const char *hostname;
	uint8_t params[DHCP4_PARAMS];
	uint8_t params_len;
	/* the exchange */
	uint32_t xid;
	vtime began;
	/* the lease */
	bool bound;          /* the address is on the interface */
	struct dhcp4 lease;  /* the last ACK */
	vtime granted, t1, t2, expires;
	uint64_t leases, renewals, declined, naks, lost, ignored;
};

/* state.c: until it has what it was started for, or is killed. The exit status. */
int udhcpc_run(struct udhcpc *c);

/* wire.c. Sends to everyone, or to one server; what fails is lost as on any wire. */
void udhcpc_open(struct udhcpc *c);
struct dhcp4 udhcpc_message(struct udhcpc *c, enum dhcp4_type type);
void udhcpc_send(struct udhcpc *c, const struct dhcp4 *m, const struct ipaddr *to);

/*
 * The type of an answer to `asked` among `types` (bits 1 << type); 0 at the deadline; -EINTR. One that
 * makes no sense is told of, counted and otherwise ignored: see fault_of().
 */
int udhcpc_wait(struct udhcpc *c, const struct dhcp4 *asked, unsigned types, vtime deadline,
		struct dhcp4 *m);

/* 1: somebody else has it; 0: nobody answered; -EINTR. */
int udhcpc_in_use(struct udhcpc *c, const struct ipaddr *addr);

/* Between -1 s and +1 s (RFC 2131 4.1). */
vtime udhcpc_jitter(struct udhcpc *c, vtime mean);

/* lease.c. Takes the ACK for a request that was sent at `asked`. */
void udhcpc_take(struct udhcpc *c, const struct dhcp4 *ack, vtime asked);
void udhcpc_lose(struct udhcpc *c);

#endif
