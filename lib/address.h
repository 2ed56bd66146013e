/*
 * Socket addresses of the C library, in the byte order of the network, from and to the engine's
 * endpoints. An IPv4 address on an AF_INET6 socket is a mapped one, as everywhere on Linux.
 */
#ifndef LIB_ADDRESS_H
#define LIB_ADDRESS_H

#include <sys/socket.h>

#include "transport/endpoint.h"

/*
 * 0, -EFAULT, -EINVAL (too short), -EAFNOSUPPORT (neither family). The family stands in *family;
 * AF_UNSPEC passes, *e is then the IPv4 wildcard.
 */
int address_read(const struct sockaddr *a, socklen_t len, struct endpoint *e, int *family);

/* v6: as an AF_INET6 socket sees it. Returns its length. */
socklen_t address_write(const struct endpoint *e, bool v6, struct sockaddr_storage *out);

/* As getsockname(2) does: cut to *len, which becomes the whole length. 0, -EFAULT, -EINVAL. */
int address_give(const struct endpoint *e, bool v6, struct sockaddr *to, socklen_t *len);

#endif
