#include "lib/control.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <netinet/in.h>
#include <string.h>
#include <time.h>

#include "lib/address.h"

/* What is still free of the caller's buffer. */
struct writer {
	struct msghdr *m;
	char *at;
	size_t left;
};

static struct writer writer_of(struct msghdr *m)
{
	return (struct writer){m, m->msg_control, m->msg_control ? m->msg_controllen : 0};
}

static void put(struct writer *w, int level, int type, const void *data, size_t len)
{
	const struct cmsghdr c = {.cmsg_level = level, .cmsg_type = type, .cmsg_len = CMSG_LEN(len)};
	size_t step = CMSG_SPACE(len);

	if (w->left < CMSG_LEN(len)) {
		w->m->msg_flags |= MSG_CTRUNC;
		w->left = 0;
		return;
	}
	memcpy(w->at, &c, sizeof(c));
	memcpy(w->at + CMSG_LEN(0), data, len);
	step = step < w->left ? step : w->left;
	w->at += step;
	w->left -= step;
}

static void put_int(struct writer *w, int level, int type, int value)
{
	put(w, level, type, &value, sizeof(value));
}

static void finish(struct writer *w)
{
	w->m->msg_controllen = w->m->msg_control ? (size_t)(w->at - (char *)w->m->msg_control) : 0;
}

static int ifindex_of(const struct socket_in *in)
{
	return in->in ? (int)in->in->link.index : 0;
}

static void put_pktinfo(struct writer *w, const struct socket_in *in)
{
	struct in_pktinfo info = {.ipi_ifindex = ifindex_of(in)};

	memcpy(&info.ipi_addr, in->to.b + 12, 4);
	info.ipi_spec_dst = info.ipi_addr;
	put(w, IPPROTO_IP, IP_PKTINFO, &info, sizeof(info));
}

static void put_pktinfo6(struct writer *w, const struct socket_in *in)
{
	struct in6_pktinfo info = {.ipi6_ifindex = (unsigned)ifindex_of(in)};

	memcpy(&info.ipi6_addr, in->to.b, 16);
	put(w, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof(info));
}

void control_give(const struct descriptor *d, const struct socket_in *in, struct msghdr *m)
{
	struct writer w = writer_of(m);
	bool ip4 = ipaddr_is4(&in->to);

	if (d->wants & WANTS_TIMESTAMP) {
		const struct timespec t = {in->at.ns / NS_PER_S, in->at.ns % NS_PER_S};

		put(&w, SOL_SOCKET, SCM_TIMESTAMPNS, &t, sizeof(t));
	}
	if (d->wants & WANTS_PKTINFO6)
		put_pktinfo6(&w, in);
	if (ip4 && d->wants & WANTS_PKTINFO)
		put_pktinfo(&w, in);
	if (ip4 && d->wants & WANTS_TTL)
		put_int(&w, IPPROTO_IP, IP_TTL, in->ttl);
	if (ip4 && d->wants & WANTS_TOS)
		put(&w, IPPROTO_IP, IP_TOS, &in->tos, 1);
	if (!ip4 && d->wants & WANTS_HOPLIMIT)
		put_int(&w, IPPROTO_IPV6, IPV6_HOPLIMIT, in->ttl);
	if (!ip4 && d->wants & WANTS_TCLASS)
		put_int(&w, IPPROTO_IPV6, IPV6_TCLASS, in->tos);
	finish(&w);
}

void control_give_error(const struct descriptor *d, const struct socket_error *e, struct msghdr *m)
{
	struct {
		struct sock_extended_err ee;
		struct sockaddr_in6 offender; /* room for either family */
	} x = {.ee = {
		.ee_errno = (uint32_t)e->err,
		.ee_origin = (uint8_t)e->origin,
		.ee_type = e->type,
		.ee_code = e->code,
		.ee_info = e->mtu,
	}};
	const struct endpoint from = {.addr = e->offender};
	struct sockaddr_storage offender;
	struct writer w = writer_of(m);
	bool v6 = d->socket->v6;
	socklen_t len = address_write(&from, v6, &offender);

	if (e->origin == SOCKET_ORIGIN_LOCAL)
		offender.ss_family = AF_UNSPEC;
	memcpy(&x.offender, &offender, len);
	put(&w, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_RECVERR : IP_RECVERR, &x,
	    sizeof(x.ee) + len);
	finish(&w);
}

/* An int; IP_TOS may be a byte, too. */
static int int_of(const struct cmsghdr *c, int *value)
{
	size_t len = c->cmsg_len - CMSG_LEN(0);

	if (len == 1) {
		*value = *CMSG_DATA(c);
		return 0;
	}
	if (len < sizeof(*value))
		return -EINVAL;
	memcpy(value, CMSG_DATA(c), sizeof(*value));
	return 0;
}

static int take_ttl(const struct cmsghdr *c, struct socket_out *out, bool v6)
{
	int value, err = int_of(c, &value);

	if (err)
		return err;
	if (v6 && value == -1)
		return 0;
	if (value < 1 || value > 255)
		return -EINVAL;
	out->ttl = (uint8_t)value;
	return 0;
}

static int take_tos(const struct cmsghdr *c, struct socket_out *out)
{
	int value, err = int_of(c, &value);

	if (err)
		return err;
	if (value < -1 || value > 255)
		return -EINVAL;
	out->tos = (int16_t)value;
	return 0;
}

static int take_pktinfo(const struct cmsghdr *c, struct socket_out *out)
{
	struct in_pktinfo info;

	if (c->cmsg_len < CMSG_LEN(sizeof(info)))
		return -EINVAL;
	memcpy(&info, CMSG_DATA(c), sizeof(info));
	out->oif = (uint32_t)info.ipi_ifindex;
	out->from = ipaddr_from_bytes4((const uint8_t *)&info.ipi_spec_dst);
	return 0;
}

static int take_pktinfo6(const struct cmsghdr *c, struct socket_out *out)
{
	struct in6_pktinfo info;

	if (c->cmsg_len < CMSG_LEN(sizeof(info)))
		return -EINVAL;
	memcpy(&info, CMSG_DATA(c), sizeof(info));
	out->oif = info.ipi6_ifindex;
	out->from = ipaddr_from_bytes16(info.ipi6_addr.s6_addr);
	return 0;
}

static int take_one(const struct cmsghdr *c, struct socket_out *out)
{
	if (c->cmsg_level == IPPROTO_IP) {
		switch (c->cmsg_type) {
		case IP_TTL:
			return take_ttl(c, out, false);
		case IP_TOS:
			return take_tos(c, out);
		case IP_PKTINFO:
			return take_pktinfo(c, out);
		}
	} else if (c->cmsg_level == IPPROTO_IPV6) {
		switch (c->cmsg_type) {
		case IPV6_HOPLIMIT:
			return take_ttl(c, out, true);
		case IPV6_TCLASS:
			return take_tos(c, out);
		case IPV6_PKTINFO:
			return take_pktinfo6(c, out);
		}
	}
	return -EINVAL;
}

int control_take(const struct msghdr *m, struct socket_out *out)
{
	const char *at = m->msg_control;
	size_t left = at ? m->msg_controllen : 0;

	while (left >= sizeof(struct cmsghdr)) {
		const struct cmsghdr *c = (const struct cmsghdr *)at;
		size_t step;
		int err;

		if (c->cmsg_len < sizeof(*c) || c->cmsg_len > left)
			return -EINVAL;
		err = take_one(c, out);
		if (err)
			return err;
		step = CMSG_ALIGN(c->cmsg_len);
		if (step >= left)
			break;
		at += step;
		left -= step;
	}
	return 0;
}
