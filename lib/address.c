#include "lib/address.h"

#include <errno.h>
#include <netinet/in.h>

#define SIN6_OLD_LEN 24 /* RFC 2133: without sin6_scope_id, which Linux still takes */

int address_read(const struct sockaddr *a, socklen_t len, struct endpoint *e, int *family)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6 = {.sin6_family = 0};

	if (!a)
		return -EFAULT;
	if (len < sizeof(a->sa_family))
		return -EINVAL;
	memcpy(&in.sin_family, a, sizeof(in.sin_family));
	*family = in.sin_family;
	*e = (struct endpoint){.addr = ipaddr_any4};
	switch (*family) {
	case AF_UNSPEC:
		return 0;
	case AF_INET:
		if (len < sizeof(in))
			return -EINVAL;
		memcpy(&in, a, sizeof(in));
		e->addr = ipaddr_from_bytes4((const uint8_t *)&in.sin_addr);
		e->port = be16_load((const uint8_t *)&in.sin_port);
		return 0;
	case AF_INET6:
		if (len < SIN6_OLD_LEN)
			return -EINVAL;
		memcpy(&in6, a, len < sizeof(in6) ? len : sizeof(in6));
		e->addr = ipaddr_from_bytes16(in6.sin6_addr.s6_addr);
		e->port = be16_load((const uint8_t *)&in6.sin6_port);
		e->scope = in6.sin6_scope_id;
		return 0;
	default:
		return -EAFNOSUPPORT;
	}
}

socklen_t address_write(const struct endpoint *e, bool v6, struct sockaddr_storage *out)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_scope_id = e->scope};

	memset(out, 0, sizeof(*out));
	if (!v6) {
		memcpy(&in.sin_addr, e->addr.b + 12, 4);
		be16_store((uint8_t *)&in.sin_port, e->port);
		memcpy(out, &in, sizeof(in));
		return sizeof(in);
	}
	memcpy(in6.sin6_addr.s6_addr, e->addr.b, 16);
	be16_store((uint8_t *)&in6.sin6_port, e->port);
	memcpy(out, &in6, sizeof(in6));
	return sizeof(in6);
}

int address_give(const struct endpoint *e, bool v6, struct sockaddr *to, socklen_t *len)
{
	struct sockaddr_storage whole;
	socklen_t size = address_write(e, v6, &whole);

	if (!len || (!to && *len))
		return -EFAULT;
	if (*len > INT32_MAX)
		return -EINVAL;
	memcpy(to, &whole, *len < size ? *len : size);
	*len = size;
	return 0;
}
