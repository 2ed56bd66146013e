/* results.json and the consoles. */
#include "play_world.h"

#include <sys/stat.h>
#include <unistd.h>

#include <json-glib/json-glib.h>

#include "topo/outcome/results.h"

static const char scenario[] =
	"seed: 42\n"
	"nodes:\n"
	"  a: {address: 10.0.0.1/24}\n"
	"  b: {address: 10.0.0.2/24, services: [serve]}\n"
	"links: [{name: wire, between: [a, b], delay: 50ms}]\n"
	"run:\n"
	"  - {on: a, do: send 10.0.0.2, as: first}\n"
	"  - {after: first, on: a, do: 'measure rtt_avg=0.0401 loss=0', as: second}\n"
	"expect:\n"
	"  - second: {rtt_avg: 40ms..41ms}\n"
	"  - link wire: {lost: '> 0'}\n";

/* Everything but the name of the scenario, which is that of a temporary file. */
static const char golden[] =
	"  \"seed\": 42,\n"
	"  \"virtual_seconds\": 0.2,\n"
	"  \"processes\": {\n"
	"    \"serve.b\": {\n"
	"      \"node\": \"b\",\n"
	"      \"command\": \"serve\",\n"
	"      \"start\": 0,\n"
	"      \"end\": 0.2,\n"
	"      \"exit\": 0,\n"
	"      \"console\": \"console/b.serve.txt\",\n"
	"      \"metrics\": {\"asked\": 7}\n"
	"    },\n"
	"    \"first\": {\n"
	"      \"node\": \"a\",\n"
	"      \"command\": \"send 10.0.0.2\",\n"
	"      \"start\": 0,\n"
	"      \"end\": 0,\n"
	"      \"exit\": 0,\n"
	"      \"console\": \"console/a.first.txt\",\n"
	"      \"metrics\": {}\n"
	"    },\n"
	"    \"second\": {\n"
	"      \"node\": \"a\",\n"
	"      \"command\": \"measure rtt_avg=0.0401 loss=0\",\n"
	"      \"start\": 0,\n"
	"      \"end\": 0,\n"
	"      \"exit\": 0,\n"
	"      \"console\": \"console/a.second.txt\",\n"
	"      \"metrics\": {\"rtt_avg\": 0.0401, \"loss\": 0}\n"
	"    }\n"
	"  },\n"
	"  \"links\": {\n"
	"    \"wire\": {\n"
	"      \"forward\": {\"sent\": 2, \"duplicated\": 0, \"delivered\": 2, \"lost\": 0, "
	"\"dropped\": 0, \"bytes\": 184},\n"
	"      \"reverse\": {\"sent\": 2, \"duplicated\": 0, \"delivered\": 2, \"lost\": 0, "
	"\"dropped\": 0, \"bytes\": 212},\n"
	"      \"drops\": {}\n"
	"    }\n"
	"  },\n"
	"  \"nodes\": {\n"
	"    \"a\": {\"forwarded\": 0, \"delivered\": 1, \"originated\": 1, \"drops\": {}},\n"
	"    \"b\": {\"forwarded\": 0, \"delivered\": 1, \"originated\": 1, "
	"\"drops\": {\"udp_no_port\": 1}}\n"
	"  },\n"
	"  \"expectations\": [\n"
	"    {\"text\": \"second: rtt_avg 40ms..41ms\", \"ok\": true, \"got\": \"40.1 ms\"},\n"
	"    {\"text\": \"link wire: lost > 0\", \"ok\": false, \"got\": \"0\"}\n"
	"  ],\n"
	"  \"captures\": []\n"
	"}\n";

static void test_golden(void **state)
{
	struct play_world w;
	size_t len;

	(void)state;
	world_open(&w, scenario);
	world_play(&w);
	const struct results r = {.play = w.play, .expects = w.expects};
	char *text = results_json(&r, &len);
	const char *rest = strstr(text, "  \"seed\"");
	assert_non_null(rest);
	assert_string_equal(rest, golden);
	assert_int_equal(len, strlen(text));
	assert_memory_equal(text, "{\n  \"scenario\": \"play_world_", 28);

	g_autoptr(JsonParser) parser = json_parser_new();
	assert_true(json_parser_load_from_data(parser, text, (gssize)len, NULL));
	free(text);
	world_close(&w);
}

static void test_interrupted_says_so(void **state)
{
	struct play_world w;
	size_t len;

	(void)state;
	world_open(&w, scenario);
	play_run(w.play, 2);
	play_end(w.play);
	expects_judge(w.expects, w.play);
	const struct results r = {.play = w.play, .expects = w.expects, .interrupted = true};
	char *text = results_json(&r, &len);
	assert_non_null(strstr(text, "  \"virtual_seconds\": 0,\n  \"interrupted\": true,\n"));
	free(text);
	world_close(&w);
}

static char *folder_new(void)
{
	return g_dir_make_tmp("test_topo_results_XXXXXX", NULL);
}

static void test_files(void **state)
{
	struct play_world w;
	g_autofree char *folder = folder_new();
	g_autofree char *json = g_build_filename(folder, "results.json", NULL);
	g_autofree char *console = g_build_filename(folder, "console", NULL);
	char *error = NULL;

	(void)state;
	world_open(&w, scenario);
	world_play(&w);
	const struct results r = {.play = w.play, .expects = w.expects};
	assert_true(results_write(&r, folder, &error));
	assert_true(g_file_test(json, G_FILE_TEST_IS_REGULAR));
	static const char *const files[][2] = {
		{"b.serve.txt", "good-bye\n"}, {"a.first.txt", ""}, {"a.second.txt", ""}};
	for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autofree char *path = g_build_filename(console, files[i][0], NULL), *text = NULL;

		assert_true(g_file_get_contents(path, &text, NULL, NULL));
		assert_string_equal(text, files[i][1]);
		unlink(path);
	}
	unlink(json);
	/* Nothing else lies there: the folders can be removed. */
	assert_int_equal(rmdir(console), 0);
	assert_int_equal(rmdir(folder), 0);
	world_close(&w);
}

static void test_unwritable_names_the_file(void **state)
{
	struct play_world w;
	g_autofree char *folder = folder_new();
	g_autofree char *json = g_build_filename(folder, "results.json", NULL);
	g_autofree char *inside = g_build_filename(json, "x", NULL);
	g_autofree char *part = g_build_filename(folder, ".results.json.part", NULL);
	char *error = NULL;

	(void)state;
	world_open(&w, "nodes: {a: {}, b: {}}\nlinks: [a -- b]\n");
	world_play(&w);
	const struct results r = {.play = w.play, .expects = w.expects};
	/* A folder that is not empty stands where the file should be. */
	assert_int_equal(g_mkdir_with_parents(inside, 0755), 0);
	assert_false(results_write(&r, folder, &error));
	assert_non_null(strstr(error, json));
	assert_false(g_file_test(part, G_FILE_TEST_EXISTS));
	free(error);
	rmdir(inside);
	rmdir(json);
	assert_int_equal(rmdir(folder), 0);
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_interrupted_says_so),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_unwritable_names_the_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
