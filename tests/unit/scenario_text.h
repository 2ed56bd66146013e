/* For tests of scenarios that stand in the test itself. */
#ifndef TEST_SCENARIO_TEXT_H
#define TEST_SCENARIO_TEXT_H

#include "topo/scenario.h"

/* A scenario that is right; the test fails with its error if it is not. scenario_free() when done. */
static struct scenario *load(const char *text)
{
	GError *error = NULL;
	struct scenario *s = scenario_parse(text, strlen(text), "t.yaml", NULL, &error);

	if (!s)
		fail_msg("%s", error->message);
	return s;
}

#endif
