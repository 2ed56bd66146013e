/*
 * Why a packet died.
 *
 * Every packet that is not delivered ends in packet_drop() with one of these reasons: counted at
 * the place where it happened, shown in results.json under its name, and written in words as a
 * comment into the captures that saw the packet. A new way to die is a new row here.
 *
 * The text may hold one %llu, which is replaced by the detail given to packet_drop().
 */
#ifndef CORE_DROP_H
#define CORE_DROP_H

#include <stdbool.h>
#include <stdint.h>

/* X(symbol, name in results.json, words in comments) */
#define DROP_REASONS(X) \
	/* on the wire */ \
	X(LINK_LOSS, "link_loss", "random loss") \
	X(LINK_BURST_LOSS, "link_burst_loss", "burst loss") \
	X(LINK_PERIODIC_LOSS, "link_periodic_loss", "periodic loss (every %lluth frame)") \
	X(LINK_LISTED_LOSS, "link_listed_loss", "frame %llu is listed as lost") \
	X(LINK_DOWN, "link_down", "link down") \
	X(LINK_MTU, "link_mtu", "frame larger than the link's MTU %llu") \
	/* at an interface */ \
	X(QUEUE_FULL, "queue_full", "queue full (%llu packets)") \
	X(QUEUE_FULL_BYTES, "queue_full_bytes", "queue full (%llu bytes)") \
	X(RED_EARLY, "red_early", "RED: early drop, average queue %llu packets") \
	X(RED_EARLY_BYTES, "red_early_bytes", "RED: early drop, average queue %llu bytes") \
	X(RED_FORCED, "red_forced", "RED: average queue %llu packets is above max") \
	X(RED_FORCED_BYTES, "red_forced_bytes", "RED: average queue %llu bytes is above max") \
	X(CODEL, "codel", "CoDel: sojourn time above target") \
	X(FQ_CODEL, "fq_codel", "FQ-CoDel: sojourn time above target") \
	X(FQ_CODEL_LIMIT, "fq_codel_limit", "FQ-CoDel: longest flow, queue over %llu packets") \
	X(FQ_CODEL_LIMIT_BYTES, "fq_codel_limit_bytes", "FQ-CoDel: longest flow, queue over %llu bytes") \
	X(FQ_CODEL_MEMORY, "fq_codel_memory", "FQ-CoDel: longest flow, memory over %llu bytes") \
	X(PIE, "pie", "PIE: early drop, probability %llu in a million") \
	X(IFACE_DOWN, "iface_down", "interface down") \
	X(NODE_DOWN, "node_down", "node down") \
	X(IFACE_NO_LINK, "iface_no_link", "interface without a link") \
	X(PORT_CLOSED, "port_closed", "nobody is attached to this port") \
	/* Ethernet */ \
	X(ETH_MALFORMED, "eth_malformed", "malformed Ethernet header") \
	X(ETH_NOT_FOR_US, "eth_not_for_us", "Ethernet destination is another station") \
	X(ETH_UNKNOWN_TYPE, "eth_unknown_type", "unknown EtherType 0x%04llx") \
	X(VLAN_MISMATCH, "vlan_mismatch", "VLAN %llu not allowed on this port") \
	X(SWITCH_SAME_PORT, "switch_same_port", "destination is behind the port it came from") \
	X(SWITCH_NO_PORT, "switch_no_port", "no other port to flood to") \
	X(SWITCH_RESERVED, "switch_reserved", "group address that a switch does not forward") \
	/* ARP and neighbour discovery */ \
	X(ARP_MALFORMED, "arp_malformed", "malformed ARP") \
	X(ND_MALFORMED, "nd_malformed", "neighbour discovery message breaks RFC 4861") \
	X(NEIGH_FAILED, "neigh_failed", "next hop does not answer ARP/ND (%llu tries)") \
	X(NEIGH_QUEUE_FULL, "neigh_queue_full", "too many packets wait for ARP/ND (%llu bytes)") \
	X(NEIGH_TABLE_FULL, "neigh_table_full", "neighbour table full (%llu entries)") \
	/* IP */ \
	X(IP_MALFORMED, "ip_malformed", "malformed IP header") \
	X(IP_CHECKSUM, "ip_checksum", "wrong IPv4 header checksum") \
	X(IP_TRUNCATED, "ip_truncated", "packet shorter than its IP length") \
	X(IP_BAD_SOURCE, "ip_bad_source", "source address cannot be one (martian)") \
	X(IP_BAD_DESTINATION, "ip_bad_destination", "destination address cannot be one") \
	X(IP_NOT_FORWARDING, "ip_not_forwarding", "not for this host, and it does not forward") \
	X(IP_NO_ROUTE, "ip_no_route", "no route to destination") \
	X(IP_BLACKHOLE, "ip_blackhole", "blackhole route") \
	X(IP_UNREACHABLE_ROUTE, "ip_unreachable_route", "unreachable route") \
	X(IP_TTL, "ip_ttl", "TTL exceeded") \
	X(IP_TOO_BIG, "ip_too_big", "larger than the next link's MTU %llu and must not be fragmented") \
	X(IP_OPTIONS, "ip_options", "option or extension header not acceptable") \
	X(IP_NO_PROTOCOL, "ip_no_protocol", "no such protocol %llu here") \
	X(IP_DISABLED, "ip_disabled", "address family disabled here") \
	X(FRAG_TIMEOUT, "frag_timeout", "fragments incomplete after %llu s") \
	X(FRAG_OVERLAP, "frag_overlap", "overlapping fragments") \
	X(FRAG_DUPLICATE, "frag_duplicate", "duplicate fragment") \
	X(FRAG_TOO_BIG, "frag_too_big", "fragments add up to more than 65535 bytes") \
	X(FRAG_MEMORY, "frag_memory", "too many incomplete datagrams (%llu bytes)") \
	X(FRAG_MALFORMED, "frag_malformed", "malformed fragment") \
	X(ICMP_MALFORMED, "icmp_malformed", "malformed ICMP message") \
	X(ICMP_CHECKSUM, "icmp_checksum", "wrong ICMP checksum") \
	X(ICMP_IGNORED, "icmp_ignored", "ICMP message that nobody here waits for") \
	X(ICMP_RATE_LIMIT, "icmp_rate_limit", "ICMP error rate limit") \
	/* firewall, NAT, connection tracking */ \
	X(CONNTRACK_FULL, "conntrack_full", "connection table full (%llu)") \
	X(FIREWALL_DENY, "firewall_deny", "denied by the firewall") \
	X(CONNTRACK_INVALID, "conntrack_invalid", "belongs to no connection, and cannot begin one") \
	X(NAT_EXHAUSTED, "nat_exhausted", "NAT: no outside port is free") \
	X(NAT_FILTERED, "nat_filtered", "NAT: nothing was sent from there to this sender") \
	X(NAT_NO_HAIRPIN, "nat_no_hairpin", "NAT: from inside to its own outside address") \
	X(NAT64, "nat64", "NAT64: it has no meaning in the other family") \
	X(NAT_UNSOLICITED, "nat_unsolicited", "NAT: unsolicited SYN, held for 6 s (RFC 5382)") \
	X(CONNTRACK_CLASH, "conntrack_clash", "another connection has the same addresses and ports") \
	/* transport */ \
	X(UDP_MALFORMED, "udp_malformed", "malformed UDP header") \
	X(UDP_CHECKSUM, "udp_checksum", "wrong UDP checksum") \
	X(UDP_NO_PORT, "udp_no_port", "no socket on UDP port %llu") \
	X(TCP_MALFORMED, "tcp_malformed", "malformed TCP header") \
	X(TCP_CHECKSUM, "tcp_checksum", "wrong TCP checksum") \
	X(TCP_NO_SOCKET, "tcp_no_socket", "no TCP socket for port %llu") \
	X(TCP_NO_CONNECTION, "tcp_no_connection", "TCP port %llu listens, but has no such connection") \
	X(TCP_ENDED, "tcp_ended", "its TCP connection ended here %llu us before") \
	X(TCP_FLAGS, "tcp_flags", "TCP flags that make no sense here") \
	X(TCP_OLD_DATA, "tcp_old_data", "TCP data that was received already") \
	X(TCP_WINDOW, "tcp_window", "TCP sequence number outside the window") \
	X(TCP_ZERO_WINDOW, "tcp_zero_window", "TCP data while the window is closed") \
	X(TCP_PAWS, "tcp_paws", "TCP timestamp is too old (PAWS)") \
	X(TCP_OLD_ACK, "tcp_old_ack", "TCP acknowledgement is too old") \
	X(TCP_UNSENT_ACK, "tcp_unsent_ack", "TCP acknowledges what was never sent") \
	X(TCP_RESET_IGNORED, "tcp_reset_ignored", "TCP reset that must not be believed") \
	X(TCP_SYN_QUEUE_FULL, "tcp_syn_queue_full", "SYN queue of the listener full (%llu)") \
	X(TCP_ACCEPT_QUEUE_FULL, "tcp_accept_queue_full", "accept queue of the listener full (%llu)") \
	X(TCP_CLOSED, "tcp_closed", "TCP data after the socket was closed") \
	X(TCP_BUFFER_FULL, "tcp_buffer_full", "TCP receive buffer full (%llu bytes)") \
	X(SOCKET_BUFFER_FULL, "socket_buffer_full", "receive buffer full (%llu bytes)") \
	X(SOCKET_CLOSED, "socket_closed", "socket closed before the data was read") \
	/* the end of the run */ \
	X(WORLD_END, "world_end", "the run ended while it was under way")

enum drop_reason {
#define X(symbol, name, words) DROP_##symbol,
	DROP_REASONS(X)
#undef X
	DROP_REASON_COUNT
};

/* The name in results.json; stable. */
const char *drop_name(enum drop_reason r);

/* The words for comments, with their %llu. */
const char *drop_words(enum drop_reason r);

/* Those words with their %llu filled in, in to, which it returns. */
#define DROP_WORDS_MAX 160
const char *drop_print(char to[DROP_WORDS_MAX], enum drop_reason r, uint64_t detail);

/* True where a station had no use for the packet: no loss if it was sent to many. */
bool drop_is_refusal(enum drop_reason r);

/* True for losses of the wire ("lost on wan: ..."), false for drops at a node ("dropped at"). */
bool drop_is_loss(enum drop_reason r);

#endif
