#include "topo/schema/form.h"

#include <stdio.h>
#include <string.h>

#include "wire/ipaddr.h"
#include "wire/mac.h"

/* The forms of addresses: of a machine, an interface, a network, a network card. */

bool form_refuse(char *why, const char *text, const char *expected)
{
	snprintf(why, SCHEMA_WHY, "'%.80s' is not %s", text, expected);
	return false;
}

bool form_address(const struct schema_row *row, const char *text, char *why)
{
	struct ipaddr ip;

	(void)row;
	if (!ipaddr_parse(text, &ip))
		return form_refuse(why, text, "an address; expected one such as 192.0.2.1 or 2001:db8::1");
	if (ipaddr_is_any(&ip) || ipaddr_is_multicast(&ip) || ipaddr_is_limited_broadcast(&ip))
		return form_refuse(why, text, "the address of one machine; expected one such as 192.0.2.1");
	return true;
}

bool form_ifaddr(const struct schema_row *row, const char *text, char *why)
{
	struct ipaddr ip;
	struct prefix net;
	uint8_t len;

	(void)row;
	if (!strcmp(text, "dhcp") || !strcmp(text, "slaac") || !strcmp(text, "auto"))
		return true;
	if (ipaddr_parse(text, &ip)) {
		snprintf(why, SCHEMA_WHY, "'%.80s' has no length; write %.80s/%d", text, text,
			 ipaddr_is4(&ip) ? 24 : 64);
		return false;
	}
	if (!prefix_parse_interface(text, &ip, &len))
		return form_refuse(why, text, "an address of an interface; expected one such as 192.0.2.1/24 "
			      "or 2001:db8::1/64");
	if (ipaddr_is_any(&ip) || ipaddr_is_multicast(&ip) || ipaddr_is_limited_broadcast(&ip) ||
	    ipaddr_is_loopback(&ip))
		return form_refuse(why, text, "the address of one machine; expected one such as 192.0.2.1/24");
	net = prefix_make(&ip, len);
	if (!ipaddr_is4(&ip) || len > IPADDR_BITS - 2)
		return true;
	if (ipaddr_eq(&ip, &net.addr))
		return form_refuse(why, text, "the address of one machine but that of its network; "
			      "expected another number");
	net.addr = prefix_last(&net);
	if (ipaddr_eq(&ip, &net.addr))
		return form_refuse(why, text, "the address of one machine but that network's broadcast; "
			      "expected another number");
	return true;
}

static bool read_net(const char *text, bool v4, char *why)
{
	struct prefix net;

	if (prefix_parse(text, &net) && ipaddr_is4(&net.addr) == v4)
		return true;
	return form_refuse(why, text, v4 ? "an IPv4 network; expected one such as 10.0.0.0/8"
				    : "an IPv6 network; expected one such as fd00::/16");
}

bool form_net4(const struct schema_row *row, const char *text, char *why)
{
	(void)row;
	return read_net(text, true, why);
}

bool form_net6(const struct schema_row *row, const char *text, char *why)
{
	(void)row;
	return read_net(text, false, why);
}

bool form_mac(const struct schema_row *row, const char *text, char *why)
{
	struct mac mac;

	(void)row;
	if (mac_parse(text, &mac) && !mac_is_multicast(&mac) && !mac_is_zero(&mac))
		return true;
	return form_refuse(why, text, "an Ethernet address of one machine; expected one such as "
		      "02:00:00:00:00:01");
}
