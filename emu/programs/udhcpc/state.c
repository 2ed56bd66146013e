/* udhcpc's states (RFC 2131 4.4), one function each. */
#include "programs/udhcpc/udhcpc.h"

#include <errno.h>

#define TRIES_REQUEST 4
#define BACKOFF_FIRST_S 4
#define BACKOFF_MAX_S 64
#define DECLINE_WAIT_S 10 /* RFC 2131 3.1.5 */
#define RENEW_MIN_S 60    /* RFC 2131 4.4.5 */

/* What a state's function gives besides -EINTR. */
enum outcome { AGAIN, GOT_LEASE };

#define BIT(type) (1u << (type))

/* The wait after message k = 0, 1 ...: RFC 2131 4.1's, or as the user says. */
static vtime deadline_after(struct udhcpc *c, int64_t k)
{
	int64_t s = k < 4 ? BACKOFF_FIRST_S << k : BACKOFF_MAX_S;

	return tool_after(c->p, c->pause.ns >= 0 ? c->pause : udhcpc_jitter(c, vtime_s(s)));
}

static int declare_in_use(struct udhcpc *c, const struct dhcp4 *ack)
{
	struct dhcp4 m = udhcpc_message(c, DHCP4_DECLINE);

	process_printf(c->p, "udhcpc: offered address is in use (got ARP reply), declining\n");
	m.requested = ack->yiaddr;
	m.server_id = ack->server_id;
	udhcpc_send(c, &m, NULL);
	process_count(c->p, "declined", ++c->declined);
	return sys_sleep(c->p, vtime_s(DECLINE_WAIT_S));
}

/* An ACK to a host without an address: it looks whether that is really free. */
static int accept_lease(struct udhcpc *c, const struct dhcp4 *ack, vtime asked)
{
	bool has_it = c->bound && ipaddr_eq(&ack->yiaddr, &c->lease.yiaddr);
	int taken = c->probe_ms && !has_it ? udhcpc_in_use(c, &ack->yiaddr) : 0;

	if (taken < 0)
		return taken;
	if (taken) {
		int err = declare_in_use(c, ack);

		return err ? err : AGAIN;
	}
	udhcpc_take(c, ack, asked);
	return GOT_LEASE;
}

static int refused(struct udhcpc *c)
{
	process_printf(c->p, "udhcpc: received DHCP NAK\n");
	process_count(c->p, "naks", ++c->naks);
	return sys_sleep(c->p, vtime_s(1));
}

/* REQUESTING and REBOOTING: the same request until it is answered. */
static int request(struct udhcpc *c, const struct dhcp4 *m, int tries)
{
	struct dhcp4 answer;

	for (int k = 0; k < tries; k++) {
		vtime asked = process_now(c->p);

		udhcpc_send(c, m, NULL);
		int got = udhcpc_wait(c, m, BIT(DHCP4_ACK) | BIT(DHCP4_NAK), deadline_after(c, k), &answer);
		if (got == DHCP4_ACK)
			return accept_lease(c, &answer, asked);
		if (got == DHCP4_NAK)
			got = refused(c);
		else if (got == 0)
			continue;
		return got < 0 ? got : AGAIN;
	}
	return AGAIN;
}

/* INIT-REBOOT (RFC 2131 3.2): the address from the last time. */
static int reboot(struct udhcpc *c, const struct ipaddr *addr)
{
	struct dhcp4 m;
	char text[IPADDR_TEXT];

	c->xid = (uint32_t)rng_u64(process_rng(c->p));
	process_printf(c->p, "udhcpc: broadcasting select for %s\n",
		       ipaddr_format(text, sizeof(text), addr));
	m = udhcpc_message(c, DHCP4_REQUEST);
	m.requested = *addr;
	return request(c, &m, 2);
}

/* The request has the seconds of the discover (RFC 2131 4.4.1). */
static int select_offer(struct udhcpc *c, const struct dhcp4 *offer, uint16_t secs)
{
	struct dhcp4 m = udhcpc_message(c, DHCP4_REQUEST);
	char addr[IPADDR_TEXT], server[IPADDR_TEXT];

	process_printf(c->p, "udhcpc: broadcasting select for %s, server %s\n",
		       ipaddr_format(addr, sizeof(addr), &offer->yiaddr),
		       ipaddr_format(server, sizeof(server), &offer->server_id));
	m.secs = secs;
	m.requested = offer->yiaddr;
	m.server_id = offer->server_id;
	return request(c, &m, TRIES_REQUEST);
}

/* INIT and SELECTING; the first offer is as good as any. AGAIN: nobody offered, or it came to nothing. */
static int discover(struct udhcpc *c)
{
	struct dhcp4 offer;

	for (int64_t k = 0; k < c->tries; k++) {
		if (k == 0)
			c->xid = (uint32_t)rng_u64(process_rng(c->p));
		struct dhcp4 m = udhcpc_message(c, DHCP4_DISCOVER);
		process_printf(c->p, "udhcpc: broadcasting discover\n");
		m.requested = c->wanted;
		udhcpc_send(c, &m, NULL);
		int got = udhcpc_wait(c, &m, BIT(DHCP4_OFFER), deadline_after(c, k), &offer);
		if (got < 0)
			return got;
		if (got) {
			got = select_offer(c, &offer, m.secs);
			if (got != AGAIN)
				return got;
			k = -1; /* somebody is there: from the start */
		}
	}
	return AGAIN;
}

/* Until there is a lease: 0, or the exit status + 1, or -EINTR. */
static int acquire(struct udhcpc *c)
{
	int got = AGAIN;

	c->began = process_now(c->p);
	if (!ipaddr_is_any(&c->wanted))
		got = reboot(c, &c->wanted);
	while (got == AGAIN) {
		got = discover(c);
		if (got != AGAIN)
			break;
		if (c->fail_early) {
			process_printf(c->p, "udhcpc: no lease, failing\n");
			return 2;
		}
		process_printf(c->p, "udhcpc: no lease, trying again in %.0f s\n",
			       vtime_seconds(c->again));
		/* A cable that is plugged in is a reason not to wait. */
		int err = sys_wait_link(c->p, c->dev, tool_after(c->p, c->again));
		if (err < 0)
			return err;
	}
	return got < 0 ? got : 0;
}

/* Half of what is left, at least a minute, and never past the end of the state. */
static vtime renew_deadline(struct udhcpc *c, vtime end)
{
	vtime now = process_now(c->p), left = vtime_sub(end, now);
	vtime wait = vtime_max(vtime_ns(left.ns / 2), vtime_s(RENEW_MIN_S));

	return vtime_min(vtime_add(now, wait), end);
}

/* RENEWING (to the server) or REBINDING (to all). GOT_LEASE, AGAIN (its time is over), -EINTR, or
 * -ENOENT: NAK. */
static int extend(struct udhcpc *c, bool rebind, vtime end)
{
	struct dhcp4 answer;
	char text[IPADDR_TEXT];

	c->began = process_now(c->p);
	c->xid = (uint32_t)rng_u64(process_rng(c->p));
	while (vtime_before(process_now(c->p), end)) {
		struct dhcp4 m = udhcpc_message(c, DHCP4_REQUEST);
		vtime asked = process_now(c->p);

		if (rebind)
			process_printf(c->p, "udhcpc: broadcasting renew\n");
		else
			process_printf(c->p, "udhcpc: sending renew to server %s\n",
				       ipaddr_format(text, sizeof(text), &c->lease.server_id));
		m.ciaddr = c->lease.yiaddr;
		m.broadcast = false; /* it has the address that the answer goes to */
		udhcpc_send(c, &m, rebind ? NULL : &c->lease.server_id);
		int got = udhcpc_wait(c, &m, BIT(DHCP4_ACK) | BIT(DHCP4_NAK), renew_deadline(c, end), &answer);
		if (got == DHCP4_ACK) {
			udhcpc_take(c, &answer, asked);
			process_count(c->p, "renewals", ++c->renewals);
			return GOT_LEASE;
		}
		if (got == DHCP4_NAK) {
			got = refused(c);
			return got < 0 ? got : -ENOENT;
		}
		if (got < 0)
			return got;
	}
	return AGAIN;
}

/*
 * The link is back, and perhaps it is another one: does the address hold? 0, -EINTR, or -ENOENT:
 * no. Without an answer the lease is as good as it was (RFC 2131 3.2).
 */
static int link_is_back(struct udhcpc *c)
{
	uint64_t naks = c->naks;

	c->began = process_now(c->p);
	int got = reboot(c, &c->lease.yiaddr);
	return got < 0 ? got : c->naks > naks ? -ENOENT : 0;
}

/* BOUND: waits for T1 or `until`, and looks again whenever the link comes back. As link_is_back(). */
static int wait_bound(struct udhcpc *c, vtime until)
{
	int got;

	while ((got = sys_wait_link(c->p, c->dev, vtime_min(c->t1, until))) == 1)
		if (iface_running(&c->dev->link)) {
			process_printf(c->p, "udhcpc: the link is back\n");
			got = link_is_back(c);
			if (got)
				return got;
		}
	return got;
}

/* BOUND: until the lease is lost (0), or the end (-EINTR, -ETIME: as -w says). */
static int keep(struct udhcpc *c)
{
	vtime until = c->work.ns == VTIME_NEVER.ns ? VTIME_NEVER : tool_after(c->p, c->work);

	for (;;) {
		int got = wait_bound(c, until);

		if (got == -ENOENT)
			return 0;
		if (!got && until.ns != VTIME_NEVER.ns && tool_reached(c->p, until))
			return -ETIME;
		if (!got)
			got = extend(c, false, vtime_min(c->t2, until));
		if (got == AGAIN)
			got = extend(c, true, vtime_min(c->expires, until));
		if (got == AGAIN && until.ns != VTIME_NEVER.ns && tool_reached(c->p, until))
			return -ETIME;
		if (got == AGAIN || got == -ENOENT)
			return 0;
		if (got < 0)
			return got;
	}
}

static void give_back(struct udhcpc *c)
{
	char addr[IPADDR_TEXT], server[IPADDR_TEXT];
	struct dhcp4 m = udhcpc_message(c, DHCP4_RELEASE);

	process_printf(c->p, "udhcpc: unicasting a release of %s to %s\n",
		       ipaddr_format(addr, sizeof(addr), &c->lease.yiaddr),
		       ipaddr_format(server, sizeof(server), &c->lease.server_id));
	m.broadcast = false;
	m.ciaddr = c->lease.yiaddr;
	m.server_id = c->lease.server_id;
	udhcpc_send(c, &m, &c->lease.server_id);
	/* The address must be there until its last packet has left: also the one that waits for ARP. */
	sys_sleep(c->p, vtime_s(1));
	udhcpc_lose(c);
}

int udhcpc_run(struct udhcpc *c)
{
	int got = acquire(c);

	while (got == 0 && !c->quit) {
		got = keep(c);
		if (got)
			break;
		process_printf(c->p, "udhcpc: lease lost, entering init state\n");
		process_count(c->p, "lost", ++c->lost);
		udhcpc_lose(c);
		c->wanted = ipaddr_any4;
		got = acquire(c);
	}
	if (c->release && c->bound)
		give_back(c);
	return got > 0 ? got - 1 : 0;
}
