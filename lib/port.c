#include "lib/world.h"
void ports_close_all(struct nt_world *w)
{
	(void)w;
}
