/*
 * The trie of routes: binary, path-compressed, one tree a family.
 *
 * A node stands for its first len bits; its children differ in the bit after them. A node is
 * either a route (the first of its prefix, others hang off by metric) or a bare fork, made where
 * two prefixes part, which always has two children and knows only where it looks. So n prefixes
 * take at most n - 1 forks. A lookup walks down by single bits and compares whole prefixes only
 * at routes: what differs from a route on the way differs from all below it.
 */
#include <stdlib.h>

#include "core/alloc.h"
#include "ip/route.h"

static inline struct route *route_of(struct fib_node *at)
{
	return container_of(at, struct route, fib);
}

static inline unsigned bit_at(const struct ipaddr *a, unsigned pos)
{
	return a->b[pos >> 3] >> (7 - (pos & 7)) & 1;
}

static inline bool covers(const struct prefix *p, const struct ipaddr *a)
{
	return ipaddr_common_prefix(&p->addr, a) >= p->len;
}

static inline bool is_usable(const struct route *r)
{
	return !r->dev || r->dev->link.up;
}

static bool is_family4(const struct prefix *p)
{
	return p->len >= IPADDR_V4_BITS && ipaddr_is4(&p->addr);
}

void fib_init(struct fib *f)
{
	*f = (struct fib){0};
}

static void tree_free(struct fib_node *at)
{
	if (!at)
		return;
	tree_free(at->child[0]);
	tree_free(at->child[1]);
	if (at->fork) {
		free(at);
		return;
	}
	for (struct route *r = route_of(at), *next; r; r = next) {
		next = r->next;
		free(r);
	}
}

void fib_fini(struct fib *f)
{
	tree_free(f->roots[0]);
	tree_free(f->roots[1]);
	*f = (struct fib){0};
}

struct route *fib_lookup(const struct fib *f, const struct ipaddr *dst)
{
	struct fib_node *at = f->roots[ipaddr_is4(dst)];
	struct route *best = NULL;

	while (at) {
		if (!at->fork) {
			struct route *r = route_of(at);

			if (!covers(&r->dst, dst))
				break;
			while (r && !is_usable(r))
				r = r->next;
			if (r)
				best = r;
			if (at->len == IPADDR_BITS)
				break;
		}
		at = at->child[bit_at(dst, at->len)];
	}
	return best;
}

/* Any prefix below at: all of them share its first at->len bits. */
static const struct prefix *sample(struct fib_node *at)
{
	while (at->fork)
		at = at->child[0];
	return &route_of(at)->dst;
}

/* The link where the walk for dst ends: at its own length, at a stranger, or at nothing. */
static struct fib_node **descend(struct fib_node **link, const struct prefix *dst)
{
	while (*link && (*link)->len < dst->len &&
	       ((*link)->fork || covers(&route_of(*link)->dst, &dst->addr)))
		link = &(*link)->child[bit_at(&dst->addr, (*link)->len)];
	return link;
}

/* Whether a stands before b in a chain; of equals, who came first. */
static bool precedes(const struct route *a, const struct route *b)
{
	if (a->metric != b->metric)
		return a->metric < b->metric;
	return b->rank && a->rank <= b->rank;
}

/* Into a chain of one prefix, by metric and rank; the first carries the trie node. */
static bool chain_add(struct fib_node **link, struct route *r)
{
	struct route *first = route_of(*link), **at = &first;

	while (*at && precedes(*at, r))
		at = &(*at)->next;
	if (*at && (*at)->metric == r->metric && (*at)->rank == r->rank)
		return false;
	r->next = *at;
	if (at == &first) {
		r->fib = first->fib;
		*link = &r->fib;
	} else {
		*at = r;
	}
	return true;
}

/* Above what stands at link, whose first `common` bits are r's too: r itself, or a new fork. */
static void split(struct fib_node **link, struct route *r, unsigned common)
{
	struct fib_node *old = *link, *above = &r->fib;

	if (common < r->dst.len) {
		above = nt_calloc(1, sizeof(*above));
		above->len = (uint8_t)common;
		above->fork = true;
		above->child[bit_at(&r->dst.addr, common)] = &r->fib;
	}
	above->child[bit_at(&sample(old)->addr, common)] = old;
	*link = above;
}

static void fork_becomes(struct fib_node **link, struct route *r)
{
	struct fib_node *fork = *link;

	memcpy(r->fib.child, fork->child, sizeof(fork->child));
	*link = &r->fib;
	free(fork);
}

bool fib_add(struct fib *f, struct route *r)
{
	struct fib_node **root = &f->roots[is_family4(&r->dst)], **link = descend(root, &r->dst);
	unsigned common = r->dst.len;

	r->fib = (struct fib_node){.len = r->dst.len};
	r->next = NULL;
	if (*link) {
		/* Forks tested single bits only; this is where the prefixes really part. */
		common = ipaddr_common_prefix(&sample(*link)->addr, &r->dst.addr);
		if (common > r->dst.len)
			common = r->dst.len;
		for (link = root; (*link)->len < common;)
			link = &(*link)->child[bit_at(&r->dst.addr, (*link)->len)];
	}
	if (!*link)
		*link = &r->fib;
	else if ((*link)->len > common)
		split(link, r, common);
	else if ((*link)->fork)
		fork_becomes(link, r);
	else if (!chain_add(link, r))
		return false;
	f->routes++;
	return true;
}

/* Takes a route that stands alone out of the trie; above is the link to its parent, if any. */
static void node_remove(struct fib_node **link, struct fib_node **above)
{
	struct fib_node *at = *link, *parent;

	if (at->child[0] && at->child[1]) {
		struct fib_node *fork = nt_malloc(sizeof(*fork));

		*fork = *at;
		fork->fork = true;
		*link = fork;
		return;
	}
	*link = at->child[0] ? at->child[0] : at->child[1];
	if (*link || !above || !(*above)->fork)
		return;
	/* A fork has two children or is none: the other one takes its place. */
	parent = *above;
	*above = parent->child[0] ? parent->child[0] : parent->child[1];
	free(parent);
}

/* The link to the node of that length on the way to a prefix, and the one above it. */
static struct fib_node **seek(struct fib *f, const struct prefix *dst, struct fib_node ***above)
{
	struct fib_node **link = &f->roots[is_family4(dst)];

	*above = NULL;
	while (*link && (*link)->len < dst->len) {
		*above = link;
		link = &(*link)->child[bit_at(&dst->addr, (*link)->len)];
	}
	return link;
}

struct route *fib_remove(struct fib *f, const struct prefix *dst, uint32_t metric)
{
	struct fib_node **above, **link = seek(f, dst, &above);
	struct route *r;

	if (!*link || (*link)->fork || !prefix_eq(&route_of(*link)->dst, dst))
		return NULL;
	r = route_of(*link);
	while (r && r->metric != metric)
		r = r->next;
	if (r)
		fib_take(f, r);
	return r;
}

void fib_take(struct fib *f, struct route *r)
{
	struct fib_node **above, **link = seek(f, &r->dst, &above);
	struct route *first = route_of(*link), **at = &first;

	while (*at != r)
		at = &(*at)->next;
	if (at != &first) {
		*at = r->next;
	} else if (r->next) {
		r->next->fib = r->fib;
		*link = &r->next->fib;
	} else {
		node_remove(link, above);
	}
	r->next = NULL;
	f->routes--;
}

static void tree_walk(struct fib_node *at, void (*visit)(struct route *, void *), void *arg)
{
	if (!at)
		return;
	if (!at->fork)
		for (struct route *r = route_of(at); r; r = r->next)
			visit(r, arg);
	tree_walk(at->child[0], visit, arg);
	tree_walk(at->child[1], visit, arg);
}

void fib_walk(const struct fib *f, void (*visit)(struct route *, void *), void *arg)
{
	tree_walk(f->roots[true], visit, arg);
	tree_walk(f->roots[false], visit, arg);
}
