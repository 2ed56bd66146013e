/*
 * From the checked tree to struct scenario. One file reads one part of the tree,
 * in this order: node.c, link.c (with dir.c for what a wire does),
 * then build/check_address.c, step.c, expect.c, capture.c,
 * series.c.
 *
 * schema_check() has seen every value by then, so the value_* functions below do
 * not fail; what is left to refuse is what takes two values to see.
 *
 * A mistake is no reason to look at nothing else. Every read_* and check_* function
 * returns false after it has added to r->error, or where something that it needs was
 * refused before; who has several to read goes on with the next. What was refused is
 * marked `bad` in the tree and not read again, and what its absence would make
 * look wrong (a name that it might have brought) is not told: `lost` says what that
 * may be. A scenario with any error is not given out.
 */
#ifndef TOPO_READ_H
#define TOPO_READ_H

#include "core/nearest.h"
#include "topo/scenario.h"
#include "topo/yaml/yaml.h"

/* A scenario may have at most this many nodes, and as many links. */
#define READ_MOST 2000000

struct scenario_private {
	struct arena *arena;
	GHashTable *nodes;		/* name -> index + 1; these are only looked up, never walked */
	GHashTable *links;
	GHashTable *parallel;		/* a--b -> how many links there are between them */
	GHashTable *steps;		/* name -> index + 1 */
	GHashTable *labels;		/* name of a process -> its last number + 1, see read_label() */
	GHashTable *traces;		/* path -> struct topo_trace */
};

/* `address:` of a node itself, until it is known which interface that is. */
struct own_addrs {
	const struct topo_addr *addrs;
	uint32_t n;
	bool dhcp, slaac;
	struct place at;
};

struct reader {
	struct arena *arena;
	struct scenario *s;
	const struct scenario_options *options;
	const struct yaml_node *root;
	struct own_addrs *own;		/* one for each node */
	unsigned lost;			/* READ_LOST_ bits */
	GError **error;			/* not NULL; what it points to is, until something is wrong */
};

/* Names of which some may be missing because what would bring them was refused. */
enum {
	READ_LOST_NODES = 1 << 0,
	READ_LOST_LINKS = 1 << 1,	/* and interfaces */
	READ_LOST_STEPS = 1 << 2,
};

/* A top-level key's list or map, even if there is something bad in it; NULL: none. */
const struct yaml_node *section_of(const struct reader *r, const char *key, enum yaml_kind kind);

bool read_nodes(struct reader *r);
void read_own_addrs(struct topo_iface *iface, const struct own_addrs *own);
/* `nat` and `firewall` of a node. */
bool read_filter(struct reader *r, const struct yaml_node *map, struct topo_node *node);

/* `dhcp` of an interface; and, after read_services(), the services that it and `address: dhcp` are. */
bool read_dhcp(struct reader *r, const struct yaml_node *value, struct topo_iface *iface);
void read_dhcp_services(struct reader *r);

/* `ra` of an interface or a step; *out is NULL where it is false or not there. */
bool read_ra(struct reader *r, const struct yaml_node *value, const struct topo_ra **out);

bool read_links(struct reader *r);
bool check_nodes(struct reader *r);
bool check_addresses(struct reader *r);
bool read_steps(struct reader *r);
bool read_services(struct reader *r);
bool read_expects(struct reader *r);
bool read_captures(struct reader *r);
bool read_series(struct reader *r);

/* Reads the keys of a link or step from `map` into both directions, then those of
 * its `forward` and `reverse` into one. dir[] must hold what is not given. */
bool read_dirs(struct reader *r, const struct yaml_node *map, struct topo_dir dir[2]);

/* The `queue` of a direction. */
bool read_queue(struct reader *r, const struct yaml_node *value, struct topo_dir *dir);

/* The defaults of a direction. */
struct topo_dir read_dir_default(void);

/* Whether there is a program of that name, the first word of `value`. */
bool read_program(struct reader *r, const struct yaml_node *value, const char *name);

/* Splits a command line and checks its program and what that says to its arguments on `node`. `text`
 * is that of `value`, or what became of it when ranges in it gave way to one name each. */
bool read_command(struct reader *r, const struct yaml_node *value, const char *text,
		  const struct topo_node *node, struct topo_command *command);

/* Whether the programs of a node can look a name up, as process/resolve.c does, or it is an address;
 * else one clause in `why` (PAPER_WHY bytes, process/paper.h). */
bool read_host_known(const struct scenario *s, const struct topo_node *node, const char *host,
		     char *why);

/* Whether a program's arguments are right on one more node than read_command() saw. */
bool read_arguments(struct reader *r, const struct yaml_node *value, const struct topo_node *node,
		    const struct topo_command *command);

/* One more service for a node, with a name of its own. */
void read_service_add(struct reader *r, struct topo_node *node, struct place at, const char *text);

/* The same for each of n nodes: where a word is a range of as many nodes, the i-th gets the i-th. */
bool read_command_each(struct reader *r, const struct yaml_node *value, const uint32_t *nodes,
		       struct topo_command *commands, uint32_t n);

/* A name that no process has yet: `base`, or base-2, base-3 ... It is taken then. */
const char *read_label(struct reader *r, const char *base);

/* "home:wan": the indexes of a node and, if said, of its interface; of every name of
 * a range. Undefined ones are refused with the nearest. */
bool read_end(struct reader *r, const struct yaml_node *value, uint32_t *node, uint32_t *iface);

/* What to say after "'r' has no interface 'wan'": which one that link is at, the nearest name, or those
 * that there are. In the arena. */
const char *read_iface_hint(struct reader *r, const struct topo_node *node, const char *name);

/* Whether a capture's or expectation's filter is one; NULL is. */
bool read_pcap_filter(struct reader *r, const struct yaml_node *filter);

/* The nodes or links that one text or a list of them names; *list in the arena. */
bool read_node_names(struct reader *r, const struct yaml_node *value, uint32_t **list, uint32_t *n);
bool read_link_names(struct reader *r, const struct yaml_node *value, uint32_t **list, uint32_t *n);

/* The value of a key, NULL if it is not there, empty or bad. */
const struct yaml_node *value_of(const struct yaml_node *map, const char *key);

/* A list, or a single value that stands for a list of one. */
size_t value_count(const struct yaml_node *value);
const struct yaml_node *value_item(const struct yaml_node *value, size_t i);

/* Ends the program unless ok: schema_check() let something through that it must not. */
void value_good(bool ok);

vtime value_time(const struct yaml_node *value);
uint64_t value_rate(const struct yaml_node *value);
uint64_t value_count_of(const struct yaml_node *value);
uint64_t value_bytes(const struct yaml_node *value);
double value_share(const struct yaml_node *value);
double value_number(const struct yaml_node *value);

/* name -> index + 1 in `table`, which owns no key. False: it is there already. */
bool index_add(GHashTable *table, const char *name, uint32_t index);
uint32_t index_find(GHashTable *table, const char *name);

#endif
