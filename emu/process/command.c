/* Splitting a command line into words. */
#include <stdlib.h>
#include <string.h>

#include "core/alloc.h"
#include "process/process.h"

struct splitter {
	const char *in;
	char *out;
	const char *error;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Inside "...": a backslash protects only what would mean something there. */
static void copy_double_quoted(struct splitter *s)
{
	s->in++;
	while (*s->in && *s->in != '"') {
		if (*s->in == '\\' && (s->in[1] == '"' || s->in[1] == '\\'))
			s->in++;
		*s->out++ = *s->in++;
	}
	if (*s->in)
		s->in++;
	else
		s->error = "a double quote (\") is not closed";
}

static void copy_single_quoted(struct splitter *s)
{
	s->in++;
	while (*s->in && *s->in != '\'')
		*s->out++ = *s->in++;
	if (*s->in)
		s->in++;
	else
		s->error = "a single quote (') is not closed";
}

/* Copies one word and its NUL; s->in is at its first character. */
static void copy_word(struct splitter *s)
{
	while (*s->in && !is_blank(*s->in) && !s->error) {
		if (*s->in == '"') {
			copy_double_quoted(s);
		} else if (*s->in == '\'') {
			copy_single_quoted(s);
		} else if (*s->in == '\\') {
			s->in++;
			if (*s->in)
				*s->out++ = *s->in++;
			else
				s->error = "a backslash (\\) stands at the end";
		} else {
			*s->out++ = *s->in++;
		}
	}
	*s->out++ = '\0';
}

char **command_split(const char *command, int *argc, const char **error)
{
	size_t len = strlen(command), most = len / 2 + 2; /* words, and the NULL */
	char **argv = nt_malloc(most * sizeof(*argv) + len + 2);
	struct splitter s = {.in = command, .out = (char *)(argv + most)};
	int n = 0;

	for (;;) {
		while (is_blank(*s.in))
			s.in++;
		if (!*s.in || s.error)
			break;
		argv[n++] = s.out;
		copy_word(&s);
	}
	if (n == 0)
		s.error = "the command is empty";
	if (s.error) {
		*error = s.error;
		free(argv);
		return NULL;
	}
	argv[n] = NULL;
	*argc = n;
	return argv;
}
