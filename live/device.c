#include "live/device.h"

#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct device_kind *const kinds[] = {&device_tap, &device_iface};

void *device_fail(struct device_error *error, bool machine, const char *format, ...)
{
	va_list args;

	error->machine = machine;
	va_start(args, format);
	vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	return NULL;
}

/* What the kernel takes as a name (dev_valid_name()). */
static bool name_is_good(const char *name)
{
	size_t len = strlen(name);

	return len && len < IFNAMSIZ && strcmp(name, ".") && strcmp(name, "..") &&
	       !strpbrk(name, "/: \t\n\v\f\r%");
}

struct device *device_open(const char *spec, uint32_t mtu, const struct mac *mac,
			   struct device_error *error)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		size_t len = strlen(kinds[i]->prefix);

		if (strncmp(spec, kinds[i]->prefix, len))
			continue;
		if (!name_is_good(spec + len))
			return device_fail(error, false, "'%s' is no name of an interface; expected "
					   "up to %d characters without blanks and slashes",
					   spec + len, IFNAMSIZ - 1);
		return kinds[i]->open(spec + len, mtu, mac, error);
	}
	return device_fail(error, false, "'%s' is no device; expected tap:NAME or if:NAME", spec);
}

void device_free(struct device *d)
{
	if (d)
		d->kind->free(d);
}

ssize_t device_read(struct device *d, uint8_t *buffer, size_t size)
{
	ssize_t n = d->kind->read(d, buffer, size);

	d->in += n > 0;
	return n;
}

bool device_write(struct device *d, const uint8_t *frame, size_t len)
{
	bool written = d->kind->write(d, frame, len);

	d->out += written;
	d->failed += !written;
	return written;
}
