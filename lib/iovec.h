/* The pieces of a message's data, in order. */
#ifndef LIB_IOVEC_H
#define LIB_IOVEC_H

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/uio.h>

/* The sum of the pieces; -EMSGSIZE: too many; -EINVAL: too much; -EFAULT: the list is nowhere, or
 * one of them is and that is not meant so (MSG_TRUNC on a stream copies nothing). */
static inline ssize_t iovec_len(const struct msghdr *m, bool nowhere)
{
	size_t sum = 0;

	if (m->msg_iovlen > IOV_MAX)
		return -EMSGSIZE;
	if (!m->msg_iov && m->msg_iovlen)
		return -EFAULT;
	for (size_t i = 0; i < m->msg_iovlen; i++) {
		if (!m->msg_iov[i].iov_base && m->msg_iov[i].iov_len && !nowhere)
			return -EFAULT;
		if (m->msg_iov[i].iov_len > (size_t)SSIZE_MAX - sum)
			return -EINVAL;
		sum += m->msg_iov[i].iov_len;
	}
	return (ssize_t)sum;
}

/* Copies them together; to has room for all. */
static inline void iovec_gather(const struct msghdr *m, uint8_t *to)
{
	for (size_t i = 0; i < m->msg_iovlen; i++)
		if (m->msg_iov[i].iov_len) {
			memcpy(to, m->msg_iov[i].iov_base, m->msg_iov[i].iov_len);
			to += m->msg_iov[i].iov_len;
		}
}

/* Spreads len bytes over them, as far as they go; how many there was room for. */
static inline size_t iovec_scatter(const struct msghdr *m, const uint8_t *from, size_t len)
{
	size_t done = 0;

	for (size_t i = 0; i < m->msg_iovlen && done < len; i++) {
		size_t n = m->msg_iov[i].iov_len;

		if (n > len - done)
			n = len - done;
		if (n)
			memcpy(m->msg_iov[i].iov_base, from + done, n);
		done += n;
	}
	return done;
}

#endif
