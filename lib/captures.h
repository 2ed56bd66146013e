/*
 * The captures that a scenario asks for, of the internet that was built from it.
 */
#ifndef LIB_CAPTURES_H
#define LIB_CAPTURES_H

#include <glib.h>

#include "capture/capture.h"
#include "topo/internet.h"

struct captures {
	struct capture_set *set;
	GHashTable *ways; /* private: struct iface * -> counters of the way that leads away */
};

/*
 * Prepares them, for files in `folder`; nothing happens before capture_set_begin(). snaplen, if not
 * 0, holds for all of them. False: an error at its place. Without any capture c->set is NULL.
 */
bool captures_init(struct captures *c, const struct internet *in, const char *folder,
		   uint32_t snaplen, GError **error);
void captures_fini(struct captures *c);

#endif
