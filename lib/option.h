/*
 * Socket options: one table from (level, name) to what is behind it, which is an option of the
 * engine, a control message that is asked for, or a pair of functions.
 *
 * option.c has the table and the rules that all integers share; what needs more than an integer is
 * in option_socket.c and option_stream.c, apart because the C library's <netinet/tcp.h> and the
 * engine both have a struct tcp_info.
 */
#ifndef LIB_OPTION_H
#define LIB_OPTION_H

#include "lib/descriptor.h"

/* 0 or -errno. *len is the room at value, and then what was written. */
typedef int option_get(struct descriptor *d, void *value, socklen_t *len);
typedef int option_set(struct descriptor *d, const void *value, socklen_t len);

/* An int as getsockopt(2) gives it: cut to what there is room for. */
int option_give(const void *from, socklen_t size, void *value, socklen_t *len);
int option_give_int(int from, void *value, socklen_t *len);
int option_take_int(const void *value, socklen_t len, int *to);

/* option_socket.c */
option_get option_type, option_protocol, option_domain, option_accepting, option_get_linger,
	option_get_device, option_get_rcvlowat, option_get_pacing;
option_set option_set_linger, option_set_device, option_set_rcvlowat, option_set_pacing;

/* option_stream.c */
option_get option_tcp_info, option_get_congestion;
option_set option_set_congestion;

#endif
