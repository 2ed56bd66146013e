#include "wire/ipv6.h"

const char *ipv6_result_name(enum ipv6_result r)
{
	static const char *const name[] = {
		[IPV6_OK] = "ok",
		[IPV6_SHORT] = "header truncated",
		[IPV6_BAD_VERSION] = "version is not 6",
		[IPV6_MAPPED_ADDRESS] = "IPv4-mapped address",
		[IPV6_TRUNCATED] = "packet truncated",
	};

	return name[r];
}
