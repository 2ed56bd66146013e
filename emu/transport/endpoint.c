#include "transport/endpoint.h"

#include <stdio.h>

char *endpoint_format(char *buf, size_t size, const struct endpoint *e)
{
	char addr[IPADDR_TEXT];

	ipaddr_format(addr, sizeof(addr), &e->addr);
	if (ipaddr_is4(&e->addr))
		snprintf(buf, size, "%s:%u", addr, e->port);
	else if (e->scope)
		snprintf(buf, size, "[%s%%%u]:%u", addr, e->scope, e->port);
	else
		snprintf(buf, size, "[%s]:%u", addr, e->port);
	return buf;
}
