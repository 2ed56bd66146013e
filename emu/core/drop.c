#include "core/drop.h"

static const struct {
	const char *name, *words;
} reasons[] = {
#define X(symbol, name, words) {name, words},
	DROP_REASONS(X)
#undef X
};

const char *drop_name(enum drop_reason r)
{
	return reasons[r].name;
}

const char *drop_words(enum drop_reason r)
{
	return reasons[r].words;
}

bool drop_is_loss(enum drop_reason r)
{
	return r <= DROP_LINK_MTU;
}
