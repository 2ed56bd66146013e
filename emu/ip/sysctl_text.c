/* Knobs by their names, and their values as people write them. */
#include "ip/sysctl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Families of names that Linux knows and whose part of the stack is not here. */
static const struct {
	const char *prefix;
	const char *part;
} unbuilt[] = {
	{ "net.mptcp.", "tcp" },
	{ "net.core.default_qdisc", "queues" },
};

/* Equal but for '/' where the table has '.', as sysctl(8) allows. */
static bool name_is(const char *want, const char *name)
{
	for (; *want && *name; want++, name++)
		if (*want != *name && !(*want == '.' && *name == '/'))
			return false;
	return *want == *name;
}

const struct sysctl_def *sysctl_find(const char *name)
{
	for (size_t i = 0; i < sysctl_table_len; i++)
		if (name_is(sysctl_table[i].name, name))
			return &sysctl_table[i];
	return NULL;
}

const char *sysctl_unbuilt(const char *name)
{
	for (size_t i = 0; i < sizeof(unbuilt) / sizeof(unbuilt[0]); i++)
		if (!strncmp(name, unbuilt[i].prefix, strlen(unbuilt[i].prefix)))
			return unbuilt[i].part;
	return NULL;
}

/* One number, in C's notations as Linux takes them; sets *end behind it and returns false if there
 * is none or it is out of range. */
static bool number_read(const struct sysctl_def *def, const char *text, const char **end,
			int32_t *value)
{
	char *stop;
	long long n;

	errno = 0;
	n = strtoll(text, &stop, 0);
	*end = stop;
	if (stop == text || errno || n < def->min || n > def->max)
		return false;
	*value = (int32_t)n;
	return true;
}

/* All numbers of a row, separated by blanks, with nothing behind them. */
static bool values_read(const struct sysctl_def *def, const char *text, int32_t *values)
{
	for (int i = 0; i < def->values; i++) {
		if (i && *text != ' ' && *text != '\t')
			return false;
		if (!number_read(def, text, &text, &values[i]))
			return false;
	}
	return text[strspn(text, " \t\n")] == '\0';
}

static int word_set(struct sysctls *s, const struct sysctl_def *def, const char *text, char *err,
		    size_t size)
{
	size_t used;

	for (int32_t i = 0; def->words[i]; i++)
		if (!strcmp(def->words[i], text)) {
			memcpy((char *)s + def->offset, &i, sizeof(i));
			return 0;
		}
	used = (size_t)snprintf(err, size, "'%.40s' is not a value of %s; expected one of", text,
				def->name);
	for (int i = 0; def->words[i] && used < size; i++)
		used += (size_t)snprintf(err + used, size - used, " %s", def->words[i]);
	return -1;
}

int sysctl_set(struct sysctls *s, const char *name, const char *text, char *err, size_t size)
{
	const struct sysctl_def *def = sysctl_find(name);
	int32_t values[3] = { 0 };

	if (!def) {
		snprintf(err, size, "unknown sysctl '%.100s'", name);
		return -1;
	}
	if (def->words)
		return word_set(s, def, text, err, size);
	if (def->key) {
		if (sysctl_key_read(text, (int32_t *)((char *)s + def->offset)))
			return 0;
		snprintf(err, size, "'%.80s' is not a value of %s; expected a key like "
			 "01234567-89abcdef-01234567-89abcdef, or two with a comma between", text,
			 def->name);
		return -1;
	}
	if (!values_read(def, text, values)) {
		static const char *const count[] = { "a number", "two numbers", "three numbers" };

		snprintf(err, size, "'%.40s' is not a value of %s; expected %s from %d to %d", text,
			 def->name, count[def->values - 1], def->min, def->max);
		return -1;
	}
	for (int i = 1; def->ordered && i < def->values; i++)
		if (values[i - 1] > values[i]) {
			snprintf(err, size,
				 "'%.40s' is not a value of %s; expected the smaller number first",
				 text, def->name);
			return -1;
		}
	memcpy((char *)s + def->offset, values, sizeof(int32_t) * (size_t)def->values);
	return 0;
}

int sysctl_get(const struct sysctls *s, const char *name, char *text, size_t size)
{
	const struct sysctl_def *def = sysctl_find(name);
	int32_t values[3];

	if (!def)
		return -1;
	if (def->key)
		return sysctl_key_print((const int32_t *)((const char *)s + def->offset), text,
					size);
	memcpy(values, (const char *)s + def->offset, sizeof(int32_t) * (size_t)def->values);
	if (def->words)
		return snprintf(text, size, "%s", def->words[values[0]]);
	if (def->values == 3)
		return snprintf(text, size, "%d\t%d\t%d", values[0], values[1], values[2]);
	if (def->values == 2)
		return snprintf(text, size, "%d\t%d", values[0], values[1]);
	return snprintf(text, size, "%d", values[0]);
}
