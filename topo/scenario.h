/*
 * A checked scenario: what the text of a scenario file means, once everything
 * that can be known without a world is known to be right.
 *
 *	text --yaml.h--> tree --schema.h--> checked tree --this--> struct scenario
 *
 * Ranges (client[1..1000]) are expanded: every node, link and capture is one
 * entry. Defaults are filled in; times are int64 nanoseconds, rates bit/s,
 * sizes bytes, shares doubles in 0..1. References are indexes into the arrays
 * of the scenario and are valid. Arrays are in the order of the file.
 *
 * What stays open for whoever builds the world: addresses and MACs that nobody
 * gave, interface MTUs that nobody gave, default queue limits, and routes.
 *
 * Everything in here is owned by the scenario (one arena), read-only, and freed
 * at once by scenario_free(). Nodes of one range share their read-only arrays.
 */
#ifndef TOPO_SCENARIO_H
#define TOPO_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

#include "core/vtime.h"
#include "ip/sysctl.h"
#include "link/qdisc_params.h"
#include "process/paper.h"
#include "topo/yaml/place.h"
#include "wire/ipaddr.h"
#include "wire/mac.h"

struct topo_inject;
struct topo_ra;
struct topo_nat;
struct topo_firewall;

/* No interface, node, link or step: an index that names nothing. */
#define TOPO_NONE UINT32_MAX

/* An address of an interface with its network's length, which like all lengths
 * here counts bits in the mapped space (wire/ipaddr.h): IPv4's /24 is 120. */
struct topo_addr {
	struct ipaddr ip;
	uint8_t len;
	struct place at;
};

enum topo_port {
	TOPO_PORT_PLAIN,	/* untagged, VLAN 1 inside a switch */
	TOPO_PORT_ACCESS,	/* untagged frames belong to `vlan` */
	TOPO_PORT_TRUNK,	/* tagged frames of the VLANs in `trunk`; `vlan`, if not 0,
				 * is the VLAN of untagged ones */
};

/* A DHCP server at an interface: `dhcp:`. */
struct topo_dhcp {
	bool has_range;			/* else the usual one of its network (wire/dhcp4.h) */
	struct ipaddr first, last;
	const char *options;		/* dhcpd's, each with a blank before it */
	struct place at;
};

struct topo_iface {
	const char *name;
	const struct topo_addr *addrs;	/* those given; none: made by the builder */
	uint32_t n_addrs;
	bool dhcp_client;		/* `address: dhcp`: the builder makes no IPv4 address */
	bool slaac;			/* `address: slaac`: nor an IPv6 address */
	const struct topo_dhcp *dhcp;	/* NULL: it gives no addresses to others */
	const struct topo_ra *ra;	/* topo_ra.h; NULL: it sends no router advertisements */
	uint32_t mtu;			/* 0: that of the link */
	bool has_mac;
	struct mac mac;
	uint8_t side;			/* 0: this is the link's first end, 1: the second */
	enum topo_port port;		/* switches only, as are the next three */
	uint16_t vlan;
	const uint16_t *trunk;
	uint32_t n_trunk;
	uint32_t link;			/* index; TOPO_NONE: on no link (lo, lo1, dummy0 ...) */
	struct place at;
};

enum topo_route_kind {
	TOPO_ROUTE_UNICAST,
	TOPO_ROUTE_UNREACHABLE,		/* answered with ICMP host unreachable */
	TOPO_ROUTE_PROHIBIT,		/* answered with ICMP administratively prohibited */
	TOPO_ROUTE_BLACKHOLE,		/* silence */
};

/* One line of `routes`. A unicast route has `via`, `iface` or both. */
struct topo_route {
	enum topo_route_kind kind;
	struct prefix dst;		/* default: 0.0.0.0/0 or ::/0 */
	bool has_via;
	struct ipaddr via;		/* same family as dst, on a network of this node */
	const char *dev;		/* name of the interface; NULL: not said */
	uint32_t mtu;			/* 0: not said */
	uint32_t initcwnd;		/* 0: not said */
	uint32_t metric;		/* 0: not said */
	const char *text;		/* as written */
	struct place at;
};

struct topo_gateway {
	struct ipaddr ip;
	struct place at;
};

struct topo_sysctl {
	const struct sysctl_def *def;
	const char *value;		/* sysctl_set() is known to take it */
	struct place at;
};

/* One entry of `hosts`, as a line of /etc/hosts: one name, one address. */
struct topo_host {
	const char *name;
	struct ipaddr ip;
};

/* A program with its arguments, split as a shell does. argv[argc] is NULL. */
struct topo_command {
	char **argv;
	int argc;
	const char *text;		/* as written */
	const char *label;		/* unique on its node, for console/NODE.LABEL.txt: "first" */
	const char *result;		/* unique in results.json: "first"; of a step on several
					 * nodes or a service LABEL.NODE */
	const struct topo_inject *inject;	/* NULL; or packets, and argv[0] is no program's name */
	struct place at;
};

enum topo_kind { TOPO_HOST, TOPO_ROUTER, TOPO_SWITCH, TOPO_EXTERNAL };

struct topo_node {
	const char *name;
	enum topo_kind kind;
	struct topo_iface *ifaces;	/* declared ones first, then ethN as links need them */
	uint32_t n_ifaces;
	const struct topo_gateway *gateways;	/* at most one a family */
	uint32_t n_gateways;
	const struct topo_route *routes;
	uint32_t n_routes;
	bool own_routes;		/* `routes` was said, if only to say that there are none */
	const struct topo_sysctl *sysctls;
	uint32_t n_sysctls;
	const struct topo_host *hosts;
	uint32_t n_hosts;
	bool names;			/* false after `names: none`: knows only `hosts` */
	const struct topo_nat *nat;		/* NULL: none; topo_filter.h */
	const struct topo_firewall *firewall;	/* NULL: none */
	const struct topo_command *services;
	uint32_t n_services;
	uint32_t mac_table;		/* switches: entries, default 1024 */
	vtime ageing;			/* switches: default 300 s */
	struct place at;
};

enum topo_loss_kind {
	TOPO_LOSS_NONE,
	TOPO_LOSS_BERNOULLI,
	TOPO_LOSS_GILBERT,		/* Gilbert-Elliott, also from {burst, mean} */
	TOPO_LOSS_EVERY,
	TOPO_LOSS_PACKETS,
};

struct topo_loss {
	enum topo_loss_kind kind;
	union {
		double share;			/* Bernoulli: 0..1 */
		struct {
			double p;		/* good -> bad, each packet */
			double r;		/* bad -> good */
			double h;		/* share delivered while bad */
			double k;		/* share delivered while good */
		} ge;
		uint64_t every;			/* the every-th, 2 every-th ... packet is lost */
		struct {
			const uint64_t *seq;	/* ascending; the first packet is 1 */
			uint32_t n;
		} packets;
	};
};

enum topo_jitter_kind {
	TOPO_JITTER_NONE,
	TOPO_JITTER_UNIFORM,		/* delay +- amount */
	TOPO_JITTER_NORMAL,		/* amount: standard deviation */
	TOPO_JITTER_PARETO,		/* amount: scale */
};

struct topo_jitter {
	enum topo_jitter_kind kind;
	vtime amount;
};

enum topo_limit_unit {
	TOPO_LIMIT_DEFAULT,		/* not said: that of the discipline; of drop-tail and red
					 * 1bdp where rate and delay give one, else 1000p */
	TOPO_LIMIT_PACKETS,
	TOPO_LIMIT_BYTES,
	TOPO_LIMIT_BDP,			/* times rate * (delay there + delay back) */
};

struct topo_limit {
	enum topo_limit_unit unit;
	uint64_t n;			/* packets or bytes */
	double bdp;			/* TOPO_LIMIT_BDP: how many of them */
};

struct topo_queue {
	struct topo_limit limit;
	struct topo_limit min, max;	/* red: all three in packets, or all in bytes or BDPs */
	struct qdisc_params params;	/* its kind (0: drop-tail) and all else but min and max */
};

/* A Mahimahi trace: at each of these milliseconds 1500 bytes may leave; then it
 * starts again, ms[n - 1] later. Ascending (equal ones allowed), ms[n - 1] > 0. */
struct topo_trace {
	const char *path;
	const uint32_t *ms;
	uint32_t n;
};

/* Which keys a link, a direction of it or a step gave. */
enum topo_link_key {
	TOPO_KEY_RATE = 1 << 0,
	TOPO_KEY_DELAY = 1 << 1,
	TOPO_KEY_JITTER = 1 << 2,
	TOPO_KEY_LOSS = 1 << 3,
	TOPO_KEY_REORDER = 1 << 4,
	TOPO_KEY_DUPLICATE = 1 << 5,
	TOPO_KEY_CORRUPT = 1 << 6,
	TOPO_KEY_QUEUE = 1 << 7,
	TOPO_KEY_MTU = 1 << 8,
	TOPO_KEY_OVERHEAD = 1 << 9,
};

/* One direction of a link. In a link every member counts; in a step only those
 * whose bit is in `given` change anything. */
struct topo_dir {
	unsigned given;			/* enum topo_link_key bits that the text gave */
	uint64_t rate;			/* bit/s; 0: a frame takes no time (or see trace) */
	const struct topo_trace *trace;	/* instead of a rate, else NULL */
	vtime delay;			/* one way */
	struct topo_jitter jitter;
	struct topo_loss loss;
	double reorder;
	double duplicate;
	double corrupt;
	struct topo_queue queue;
	uint32_t mtu;			/* default 1500 */
	uint32_t overhead;		/* bytes a frame, default 24 */
};

struct topo_end {
	uint32_t node;
	uint32_t iface;			/* index into that node's ifaces */
};

struct topo_link {
	const char *name;
	struct topo_end end[2];
	const struct topo_dir *dir;	/* two, shared by the links of a range:
					 * [0]: end[0] -> end[1] (forward), [1]: back (reverse) */
	struct place at;
};

enum topo_step_kind {
	TOPO_STEP_DO,			/* run a program on each node of `nodes`, or inject packets */
	TOPO_STEP_LINK,			/* change link `link`: dir[] and, if has_state, up */
	TOPO_STEP_NODE,			/* node nodes[i]: up or down */
	TOPO_STEP_IFACE,		/* interface `iface` of nodes[0]: up or down, or advertises `ra` */
};

struct topo_step {
	enum topo_step_kind kind;
	vtime at;			/* when `after` is TOPO_NONE; default 0 */
	uint32_t after;			/* a TOPO_STEP_DO: when all its processes have ended */
	const uint32_t *nodes;
	uint32_t n_nodes;
	const struct topo_command *commands;	/* DO: one for each of nodes */
	const char *name;		/* DO: `as`, or the program's name made unique */
	const uint32_t *links;		/* LINK: one, or those of a range */
	uint32_t n_links;
	uint32_t iface;
	bool has_ra;			/* IFACE */
	const struct topo_ra *ra;	/* NULL: no more advertisements */
	bool has_state;
	bool up;
	struct topo_dir dir[2];		/* LINK: what changes, in each direction */
	struct place place;
};

enum topo_subject {
	TOPO_EXPECT_STEP,		/* of each process of step `index` */
	TOPO_EXPECT_SERVICE,		/* of service `process` of node `index` */
	TOPO_EXPECT_LINK,		/* both directions together, or dir */
	TOPO_EXPECT_NODE,
	TOPO_EXPECT_PACKETS,		/* packets seen at node `index`, interface `iface` */
	TOPO_EXPECT_FAIRNESS,		/* Jain's index of a metric of `parts` */
};

enum topo_op { TOPO_OP_EQ, TOPO_OP_NE, TOPO_OP_LT, TOPO_OP_LE, TOPO_OP_GT, TOPO_OP_GE,
	       TOPO_OP_RANGE };

/* One metric that must hold. Values are in SI units: s, bit/s, bytes, shares. */
struct topo_expect {
	enum topo_subject subject;
	uint32_t index;			/* step, link or node */
	uint32_t process;		/* STEP: of one process of it only; TOPO_NONE: of each */
	uint32_t iface;			/* PACKETS: TOPO_NONE is any */
	int dir;			/* LINK: -1 both, 0 forward, 1 reverse */
	const char *metric;		/* "rtt_avg", "dropped", "drops", "drops.REASON", "count" */
	const char *filter;		/* PACKETS; NULL: all */
	vtime from, until;		/* PACKETS: seen then; until VTIME_NEVER: to the end */
	/* PACKETS, metric "times": when each must have been seen, instead of op, lo and hi.
	 * FAIRNESS: the processes that are compared, their `metric` with them. */
	const struct topo_expect *parts;
	uint32_t n_parts;
	enum topo_op op;
	double lo;			/* the number, or the range's lower bound */
	double hi;			/* TOPO_OP_RANGE: the upper bound, included */
	const char *want;		/* as written: "40ms..41ms" */
	const char *text;		/* for people: "first: rtt_avg 40ms..41ms" */
	struct place at;
};

enum topo_capture_mode {
	TOPO_CAPTURE_DEFAULT,		/* `captures` lists the nodes that steps run something on */
	TOPO_CAPTURE_NONE,
	TOPO_CAPTURE_ALL,		/* `captures` lists every node */
	TOPO_CAPTURE_LIST,
};

enum topo_capture_kind { TOPO_CAPTURE_NODE, TOPO_CAPTURE_IFACE, TOPO_CAPTURE_LINK };

struct topo_capture {
	enum topo_capture_kind kind;
	uint32_t node;			/* NODE, IFACE */
	uint32_t iface;			/* IFACE */
	uint32_t link;			/* LINK: both ends */
	const char *filter;		/* pcap-filter; NULL: everything */
	uint32_t snaplen;		/* 0: whole frames */
	bool pcap;			/* classic pcap instead of pcapng */
	const char *file;		/* inside captures/, unique */
	struct place at;
};

/* How often which values are recorded over time; VTIME_NEVER: not at all. NULL: of nobody. */
struct topo_series {
	const vtime *tcp;		/* for each node: its connections */
	const vtime *queues;		/* for direction d of link k: [2 * k + d] */
	const vtime *links;
};

struct topo_addressing {
	bool ipv4, ipv6;		/* false: `none`, give out no such addresses */
	struct prefix pool4, pool6;	/* default 10.0.0.0/8 and fd00::/16 */
	uint8_t len4, len6;		/* of a segment's network, default 120 (a /24) and 64 */
};

struct scenario_private;

struct scenario {
	const char *file;		/* as given to scenario_load() */
	const char *name;		/* the file's name without folder and .yaml */
	const char *title;		/* NULL: none */
	const char *description;
	uint64_t seed;			/* default 1 */
	bool has_duration;
	vtime duration;
	struct topo_addressing addressing;
	struct topo_node *nodes;
	uint32_t n_nodes;
	struct topo_link *links;
	uint32_t n_links;
	struct topo_step *steps;	/* in file order */
	uint32_t n_steps;
	const uint32_t *timed;		/* steps without `after`, by time, then file order */
	uint32_t n_timed;
	struct topo_expect *expects;
	uint32_t n_expects;
	enum topo_capture_mode capture_mode;
	struct topo_capture *captures;	/* filled in every mode but NONE */
	uint32_t n_captures;
	struct topo_series series;
	struct scenario_private *priv;
};

/* What the checker must be told by those who know the programs and libpcap. Each
 * member may be NULL or zero: then it is not checked. */
struct scenario_options {
	char **sets;			/* NULL-terminated: "links.wan.loss=2%" ... */
	const char *const *programs;	/* NULL-terminated names that `do` may start */
	/* Whether a program (argv[0], one of those) takes its arguments: process/paper.h. */
	bool (*arguments)(int argc, char *const *argv, paper_host_fn known, void *data,
			  struct paper_fault *fault);
	/* The NULL-terminated metrics a program reports; NULL: not known. */
	const char *const *(*metrics)(const char *program);
	/* 0 if libpcap compiles the expression; else fills `why`. */
	int (*filter_check)(const char *filter, char *why, size_t size);
};

/*
 * Loads, checks and expands the scenario at `path`. `options` may be NULL.
 * Returns NULL and sets `error` to a sentence for each mistake, a line each, that
 * starts with its place, "FILE:LINE:COL: ..."; the caller owns both. What only the
 * builder of the world can find out is said in the same voice with place_error(),
 * topo/yaml/place.h.
 */
struct scenario *scenario_load(const char *path, const struct scenario_options *options,
			       GError **error);

/* The same for `length` bytes of text; `shown` stands for the path in errors, and
 * included files are looked for beside it. */
struct scenario *scenario_parse(const char *text, size_t length, const char *shown,
				const struct scenario_options *options, GError **error);

/* Frees the scenario and all that it refers to; NULL is fine. */
void scenario_free(struct scenario *s);

/* The index of the node or link of that name, or TOPO_NONE. */
uint32_t scenario_node(const struct scenario *s, const char *name);
uint32_t scenario_link(const struct scenario *s, const char *name);

/* The index of the interface of that name on a node, or TOPO_NONE. */
uint32_t scenario_iface(const struct topo_node *node, const char *name);

#endif
