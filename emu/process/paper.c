#include "process/paper.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/alloc.h"
#include "process/engine.h"

#define OPTION_TEXT 40

struct paper {
	int argc;
	char **words;           /* as they stand in memory; argv is permuted by whoever reads it */
	char *end;              /* behind the last word's NUL */
	const char *text;       /* what was read last; NULL: there was no more */
	char option[OPTION_TEXT]; /* whose argument that is; "": none's */
	paper_host_fn known;
	void *data;
	bool wrong;
	struct paper_fault *fault;
};

/* Which word a pointer into one of them means; -1: none. */
static int word_of(const struct paper *paper, const char *text, size_t *at)
{
	*at = 0;
	for (int i = 0; text && i < paper->argc; i++) {
		const char *next = i + 1 < paper->argc ? paper->words[i + 1] : paper->end;

		if (text >= paper->words[i] && text < next) {
			*at = (size_t)(text - paper->words[i]);
			return i;
		}
	}
	return -1;
}

static void fault_place(struct paper *paper, const char *text)
{
	paper->wrong = true;
	paper->fault->word = word_of(paper, text, &paper->fault->at);
}

void paper_read(struct process *p, const char *text, const char *option)
{
	struct paper *paper = p ? p->paper : NULL;

	if (!paper)
		return;
	paper->text = text;
	snprintf(paper->option, sizeof(paper->option), "%s", option ? option : "");
}

void paper_wrong(struct process *p, const char *text, const char *fmt, ...)
{
	struct paper *paper = p ? p->paper : NULL;
	va_list ap;

	if (!paper || paper->wrong)
		return;
	fault_place(paper, text ? text : paper->text);
	va_start(ap, fmt);
	vsnprintf(paper->fault->why, PAPER_WHY, fmt, ap);
	va_end(ap);
}

void paper_no_option(struct process *p, const char *text, const char *option, const char *near)
{
	const char *name = p ? p->program->name : NULL;

	if (near)
		paper_wrong(p, text, "%s has no option %.60s; did you mean %s?", name, option, near);
	else
		paper_wrong(p, text, "%s has no option %.60s; 'netarium help %s' lists those it has", name,
			    option, name);
}

void paper_host(struct process *p, const char *host)
{
	struct paper *paper = p->paper;

	if (!paper || paper->wrong || !host || !paper->known)
		return;
	if (!paper->known(paper->data, host, paper->fault->why))
		fault_place(paper, host);
}

/* The first line on the console that says something, without the program's name; NULL: there is
 * none, or it is the usage text. */
static const char *complaint(struct process *p, char *line, size_t size)
{
	const char *text = process_console(p, NULL), *name = p->program->name;
	size_t n = strlen(name);

	text += strspn(text, "\r\n");
	if (strncmp(text, name, n) == 0 && text[n] == ':')
		text += n + 1;
	text += strspn(text, " ");
	n = strlen(p->paper->option);
	if (n && strncmp(text, p->paper->option, n) == 0 && text[n] == ':')
		text += n + 1 + strspn(text + n + 1, " ");
	if (strncmp(text, "parameter error - ", 18) == 0)
		text += 18;
	if (!*text || !strncmp(text, "usage:", 6) || !strncmp(text, "Usage", 5))
		return NULL;
	snprintf(line, size, "%.*s", (int)strcspn(text, "\r\n"), text);
	n = strlen(line);
	if (n && line[n - 1] == '.')
		line[n - 1] = '\0';
	return line;
}

/* It was refused, and nobody said why in so many words. */
static void explain(struct process *p)
{
	struct paper *paper = p->paper;
	const char *name = p->program->name, *said;
	char line[PAPER_WHY - 80];

	said = complaint(p, line, sizeof(line));
	if (said && *paper->option && paper->text && !strstr(said, paper->text))
		paper_wrong(p, NULL, "%s %s %.60s: %s", name, paper->option, paper->text, said);
	else if (said && *paper->option)
		paper_wrong(p, NULL, "%s %s: %s", name, paper->option, said);
	else if (said)
		paper_wrong(p, NULL, "%s: %s", name, said);
	else if (*paper->option)
		paper_wrong(p, NULL, "%s does not take '%.60s' for %s; 'netarium help %s' says what it "
			    "takes", name, paper->text, paper->option, name);
	else if (paper->text)
		paper_wrong(p, NULL, "'%.60s' is one too many for %s; 'netarium help %s' says what it "
			    "takes", paper->text, name, name);
	else
		paper_wrong(p, NULL, "%s lacks an argument; 'netarium help %s' says what it takes", name,
			    name);
}

/* The words in one piece of memory, so that a pointer tells which one it is in. */
static char **words_copy(struct paper *paper, int argc, char *const *argv)
{
	size_t bytes = 0, head = (size_t)(argc + 1) * sizeof(*argv);
	char **copy, *at;

	for (int i = 0; i < argc; i++)
		bytes += strlen(argv[i]) + 1;
	copy = nt_malloc(2 * head + bytes);
	at = (char *)copy + 2 * head;
	for (int i = 0; i < argc; i++) {
		copy[i] = at;
		at = stpcpy(at, argv[i]) + 1;
	}
	copy[argc] = NULL;
	paper->argc = argc;
	paper->words = memcpy(copy + argc + 1, copy, head);
	paper->end = at;
	return copy;
}

bool paper_check(const struct program *program, int argc, char *const *argv, paper_host_fn known,
		 void *data, struct paper_fault *fault)
{
	struct processes nobody = {.world = NULL};
	struct paper paper = {.known = known, .data = data, .fault = fault};
	struct process p = {.all = &nobody, .root = &p, .program = program, .paper = &paper};
	char **words;

	if (!program->check)
		return true;
	words = words_copy(&paper, argc, argv);
	if (program->check(&p, argc, words) > 0 && !paper.wrong)
		explain(&p);
	console_fini(&p.console);
	free(words);
	return !paper.wrong;
}
