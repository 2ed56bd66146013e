/*
 * Control messages: what recvmsg(2) tells of a datagram besides its bytes, and what sendmsg(2) may
 * ask for one. Levels, names and contents are Linux's (ip(7), ipv6(7), socket(7)).
 */
#ifndef LIB_CONTROL_H
#define LIB_CONTROL_H

#include <sys/socket.h>

#include "lib/descriptor.h"

/* Writes what d's options have asked for, and sets msg_controllen; MSG_CTRUNC if it did not fit. */
void control_give(const struct descriptor *d, const struct socket_in *in, struct msghdr *m);

/* The same for an entry of the error queue: IP_RECVERR or IPV6_RECVERR. */
void control_give_error(const struct descriptor *d, const struct socket_error *e,
			struct msghdr *m);

/* Reads what a sender asks for into *out. 0 or -EINVAL. */
int control_take(const struct msghdr *m, struct socket_out *out);

#endif
