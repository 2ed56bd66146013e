/*
 * DHCP for IPv4 (RFC 2131, options of RFC 2132): the BOOTP frame of 236 bytes, the magic cookie and
 * options. Ethernet clients only.
 *
 * Parsing looks for options in the options field and, where option 52 says so, in `file` and then
 * in `sname`; pieces of one option are joined in that order (RFC 3396). What is not listed below
 * is passed over. Emitting cuts an option of more than 255 bytes into pieces of 255, needs no
 * overload, and pads to the 300 bytes that BOOTP relays and old servers expect.
 */
#ifndef WIRE_DHCP4_H
#define WIRE_DHCP4_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/ipaddr.h"
#include "wire/mac.h"

#define DHCP4_SERVER_PORT 67
#define DHCP4_CLIENT_PORT 68
#define DHCP4_MIN 300           /* what is sent at least */
#define DHCP4_MAX 1472          /* longest message here: what fits an Ethernet frame */
#define DHCP4_ADDRS 8           /* of a list, the first that are kept */
#define DHCP4_TEXT 512          /* longest text with its NUL; longer ones are cut */
#define DHCP4_CLIENT_ID 64      /* longest client identifier; longer ones are refused */
#define DHCP4_PARAMS 64         /* of the parameter request list, the first that are kept */
#define DHCP4_INFINITE 0xffffffffu

enum dhcp4_type {
	DHCP4_DISCOVER = 1,
	DHCP4_OFFER,
	DHCP4_REQUEST,
	DHCP4_DECLINE,
	DHCP4_ACK,
	DHCP4_NAK,
	DHCP4_RELEASE,
	DHCP4_INFORM,
};

/* Option codes (RFC 2132) that a parameter request list may name. */
enum dhcp4_option {
	DHCP4_OPT_PAD = 0,
	DHCP4_OPT_SUBNET = 1,
	DHCP4_OPT_ROUTER = 3,
	DHCP4_OPT_DNS = 6,
	DHCP4_OPT_HOSTNAME = 12,
	DHCP4_OPT_DOMAIN = 15,
	DHCP4_OPT_MTU = 26,
	DHCP4_OPT_BROADCAST = 28,
	DHCP4_OPT_REQUESTED = 50,
	DHCP4_OPT_LEASE = 51,
	DHCP4_OPT_OVERLOAD = 52,
	DHCP4_OPT_TYPE = 53,
	DHCP4_OPT_SERVER_ID = 54,
	DHCP4_OPT_PARAMS = 55,
	DHCP4_OPT_MESSAGE = 56,
	DHCP4_OPT_MAX_SIZE = 57,
	DHCP4_OPT_T1 = 58,
	DHCP4_OPT_T2 = 59,
	DHCP4_OPT_CLIENT_ID = 61,
	DHCP4_OPT_END = 255,
};

enum dhcp4_result {
	DHCP4_OK,
	DHCP4_SHORT,            /* less than the fixed part and the cookie, or more than DHCP4_MAX */
	DHCP4_BAD_HEADER,       /* op, hardware type or its length */
	DHCP4_NOT_DHCP,         /* no magic cookie, or no message type: plain BOOTP */
	DHCP4_BAD_OPTION,       /* one that is cut short, or of a wrong length */
};

struct dhcp4_addrs {
	struct ipaddr at[DHCP4_ADDRS];
	uint8_t count;
};

/* A message. Addresses that are not there are 0.0.0.0, numbers 0, texts "". */
struct dhcp4 {
	bool reply;             /* op: BOOTREPLY */
	uint8_t hops;
	uint32_t xid;
	uint16_t secs;
	bool broadcast;         /* flag B: answer by broadcast */
	struct ipaddr ciaddr, yiaddr, siaddr, giaddr;
	struct mac chaddr;
	uint8_t type;           /* enum dhcp4_type */
	uint8_t subnet_len;     /* of option 1: 0..128 in the mapped space; 0: not there */
	struct dhcp4_addrs routers, dns;
	struct ipaddr broadcast_addr;
	struct ipaddr requested;
	struct ipaddr server_id;
	bool has_lease;
	uint32_t lease, t1, t2; /* s; DHCP4_INFINITE: for ever */
	uint16_t mtu;
	uint16_t max_size;
	uint8_t client_id[DHCP4_CLIENT_ID];
	uint8_t client_id_len;
	uint8_t params[DHCP4_PARAMS];
	uint8_t params_len;
	char hostname[DHCP4_TEXT];
	char domain[DHCP4_TEXT];
	char message[DHCP4_TEXT];
};

/* A message with every address there is (0.0.0.0), and nothing else. */
struct dhcp4 dhcp4_empty(void);

enum dhcp4_result dhcp4_parse(const uint8_t *p, size_t len, struct dhcp4 *m);

/* Writes it and returns its length, at least DHCP4_MIN; 0 if it does not fit into size. */
size_t dhcp4_emit(uint8_t *p, size_t size, const struct dhcp4 *m);

const char *dhcp4_type_name(uint8_t type);         /* "DISCOVER"; "?" */
const char *dhcp4_result_name(enum dhcp4_result r);

/*
 * The addresses of a network that a server gives out unless it is told: .100 to .199 of a /24 or a
 * larger network, else its upper half. False if the network is no IPv4 or has no room (longer
 * than /29).
 */
bool dhcp4_usual_range(const struct prefix *net, struct ipaddr *first, struct ipaddr *last);

#endif
