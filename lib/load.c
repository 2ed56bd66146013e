#include "lib/load.h"

#include <string.h>

#include "capture/filter.h"
#include "programs/programs.h"

static const char *const *program_metrics(const char *name)
{
	const struct program *program = program_find(name);

	return program ? program->metrics : NULL;
}

bool load_arguments(int argc, char *const *argv, paper_host_fn known, void *data,
		    struct paper_fault *fault)
{
	const struct program *program = program_find(argv[0]);

	return !program || paper_check(program, argc, argv, known, data, fault);
}

struct scenario *load_scenario(const char *file, const char *text, char **sets, GError **error)
{
	struct scenario_options options = {
		.sets = sets,
		.metrics = program_metrics,
		.arguments = load_arguments,
		.filter_check = filter_check,
	};
	size_t count = 0;

	while (programs[count])
		count++;
	g_autofree const char **names = g_new0(const char *, count + 1);
	for (size_t i = 0; i < count; i++)
		names[i] = programs[i]->name;
	options.programs = names;
	return text ? scenario_parse(text, strlen(text), file, &options, error)
		    : scenario_load(file, &options, error);
}
