/*
 * Sending and receiving datagrams: the border between ip/ and the protocols above.
 *
 * Sending has two halves, because a transport checksum needs the source address: ip_path()
 * chooses route, source and MTU; then the protocol writes its header; ip_send() does the rest.
 *
 *     struct ip_flow f = {.dst = peer, .proto = IPPROTO_UDP};
 *     err = ip_path(node, &f, &path);                f.src is filled in, path.mtu known
 *     p = ip_packet_new(node, ipv4);
 *     ... packet_put() transport header, payload slice ...
 *     err = ip_send(node, p, &f, &path);             consumes p, whatever it returns
 */
#ifndef IP_IP_H
#define IP_IP_H

#include "ip/node.h"
#include "ip/route.h"

#define IP_MIN_MTU 68      /* RFC 791 */
#define IP6_MIN_MTU 1280   /* RFC 8200 5 */

/* IP_MTU_DISCOVER of Linux's ip(7). */
enum ip_pmtudisc {
	IP_PMTU_DONT,  /* never set DF; fragment here and let routers do so */
	IP_PMTU_WANT,  /* DF where it fits the path MTU, else fragment here (Linux's default) */
	IP_PMTU_DO,    /* DF always; too big is EMSGSIZE */
	IP_PMTU_PROBE, /* DF always; the path MTU is ignored, only the interface's counts */
};

struct ip_flow {
	struct ipaddr src;    /* any (zero): chosen by ip_path */
	struct ipaddr dst;
	struct ip_iface *oif; /* leave through this one only; needed for link-local destinations */
	uint8_t proto;
	uint8_t ttl;          /* 0: the sysctl's default */
	uint8_t tos;
	uint8_t pmtudisc;     /* enum ip_pmtudisc; zero is DONT */
	bool has_id;          /* IPv4: the identification is `id`, not chosen by ip_send() */
	uint16_t id;
};

struct ip_path {
	struct route_entry *entry; /* NULL for link-local and multicast destinations */
	struct ip_iface *dev;      /* NULL: the destination is this node itself */
	struct ipaddr next_hop;
	uint32_t mtu;              /* for flow.pmtudisc: path MTU, or the interface's */
	bool broadcast;
	uint16_t initcwnd;         /* the route's, for TCP; 0: TCP's own */
};

/* An empty packet with room for its IP header in front: head = l4 = end is where the transport header
 * comes, so that the IP header will stand at PACKET_L3. */
struct packet *ip_packet_new(struct node *n, bool ipv4);

/* 0, or -ENETUNREACH, -EHOSTUNREACH (unreachable route), -EACCES (prohibit), -EINVAL (blackhole),
 * -EADDRNOTAVAIL (flow.src is not an address of this node), -ENETDOWN (node down). */
int ip_path(struct node *n, struct ip_flow *f, struct ip_path *path);

/*
 * Sends p, whose transport header and payload start at head, with the path found for the flow in
 * the same instant. 0, -EMSGSIZE, or -EPERM (a hook refused it). What happens later to the
 * datagram comes back as an ip_error.
 */
int ip_send(struct node *n, struct packet *p, const struct ip_flow *f, const struct ip_path *path);

/*
 * Sends a packet whose IP header, from whomever it says, is at head already: route, fragments, but
 * no hook and no check of its source. Consumes p. 0 or -errno as ip_path() and ip_send().
 */
int ip_send_whole(struct node *n, struct packet *p);

/*
 * Sends any bytes as an IP packet to dst, by oif if that is not NULL: they are at l3, and no field of
 * them is looked at. No hook, no fragments. Consumes p. 0, -EMSGSIZE, -EOPNOTSUPP (dst is this node)
 * or -errno as ip_path().
 */
int ip_send_crafted(struct node *n, struct packet *p, const struct ipaddr *dst,
		    struct ip_iface *oif);

/* From ether.c: an IPv4 or IPv6 packet arrived; l3 is its header. Consume. */
void ip4_input(struct ip_iface *i, struct packet *p);
void ip6_input(struct ip_iface *i, struct packet *p);

/* A whole datagram for this node: to its protocol, or ICMP protocol unreachable. Consumes. */
void ip_deliver(struct node *n, struct packet *p, struct ip_info *info);

/* Not for this node: TTL, MTU, ICMP errors, on its way. entry is the route's. Consumes. */
void ip_forward(struct node *n, struct packet *p, struct route_entry *entry);

/* Last step of all: to a neighbour, or to everyone. The IP header is at head. Consumes. */
void ip_transmit(struct node *n, struct packet *p, struct ip_iface *dev,
		 const struct ipaddr *next_hop, struct route_entry *entry);

/* A packet from this node to itself: comes in again after all that happens now. Consumes. */
void ip_loop(struct node *n, struct packet *p);
void loopback_end_run(struct node *n);
void loopback_free(struct node *n);

/* Handler of an interface's frames: Ethernet to ARP, IPv4, IPv6. Consumes. */
void ether_input(struct iface *i, struct packet *p);

/* Its first half: whether a frame is one for this station; else it is counted and gone. p->l3 is then
 * what follows its header. */
struct eth_hdr;
bool ether_accept(struct iface *i, struct packet *p, struct eth_hdr *h);

/* Writes the Ethernet header (and VLAN tag) in front of head and sends. Consumes. */
void ether_output(struct ip_iface *i, struct packet *p, struct mac dst, uint16_t type);

#endif
