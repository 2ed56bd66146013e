/* How the engine's -errno becomes what a caller of the C library expects, and where a sentence goes. */
#ifndef LIB_RESULT_H
#define LIB_RESULT_H

#include <errno.h>
#include <stdlib.h>
#include <sys/types.h>

#include "core/alloc.h"

static inline ssize_t result(ssize_t r)
{
	if (r >= 0)
		return r;
	errno = (int)-r;
	return -1;
}

/* For calls that return 0 or an error. */
static inline int status(int r)
{
	return (int)result(r);
}

/* Hands a sentence to a caller that may not want it. */
static inline void sentence(char **error, const char *text)
{
	if (error)
		*error = nt_strdup(text);
}

#endif
