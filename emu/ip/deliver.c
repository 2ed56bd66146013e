/* A whole datagram for this node: up to its protocol. */
#include <netinet/in.h>

#include "ip/icmp.h"
#include "ip/ip.h"

void ip_deliver(struct node *n, struct packet *p, struct ip_info *info)
{
	const struct ip_proto *row;

	n->delivered++;
	if (info->proto == IPPROTO_ICMP && ipaddr_is4(&info->dst)) {
		icmp4_input(n, p, info);
	} else if (info->proto == IPPROTO_ICMPV6 && !ipaddr_is4(&info->dst)) {
		icmp6_input(n, p, info);
	} else if ((row = ip_proto_find(n, info->proto))) {
		row->input(n, p, info);
	} else {
		icmp_error(n, p, ICMP_NO_PROTOCOL, info->next_off);
		packet_drop_detail(p, &n->site, DROP_IP_NO_PROTOCOL, info->proto);
	}
}
