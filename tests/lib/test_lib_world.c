/* A world from its text to its results: errors as sentences, options, files, what nt_free() leaves. */
#include "lab.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#define PING \
	TWO_HOSTS \
	"duration: 5s\n" \
	"run: [{on: a, do: ping -c 3 b, as: first}]\n" \
	"expect: [{first: {received: 3}}, {first: {received: 4}}]\n"

static char *folder(void)
{
	static char path[100];

	snprintf(path, sizeof(path), "%s/netarium-lib-XXXXXX",
		 getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	assert_non_null(mkdtemp(path));
	return path;
}

static int entries(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *e;
	int n = 0;

	assert_non_null(d);
	while ((e = readdir(d)))
		n += strcmp(e->d_name, ".") && strcmp(e->d_name, "..");
	closedir(d);
	return n;
}

static void remove_all(const char *path)
{
	char command[200];

	snprintf(command, sizeof(command), "rm -r '%s'", path);
	assert_int_equal(system(command), 0);
}

static void test_wrong(void **state)
{
	char *why = NULL;

	(void)state;
	assert_null(nt_load_text("nodes: {a: {knd: host}}\n", "x.yaml", NULL, &why));
	assert_non_null(strstr(why, "x.yaml:1:"));
	free(why);
	assert_null(nt_load("/nowhere/at/all.yaml", NULL, &why));
	assert_non_null(strstr(why, "/nowhere/at/all.yaml"));
	free(why);
	assert_null(nt_load_text("nodes: 1", "x.yaml", NULL, NULL));
	nt_free(NULL);
}

static void test_options(void **state)
{
	const char *sets[] = {"links.wire.loss=100%", NULL};
	struct nt_options o = {.size = sizeof(o), .sets = sets, .has_seed = true, .seed = 77};
	struct nt_world *w = nt_load_text(PING, "x.yaml", &o, NULL);
	char *results;

	(void)state;
	assert_non_null(w);
	assert_int_equal(nt_advance_to(w, 5 * S), 0);
	assert_int_equal(nt_finish(w, NULL), 0);
	assert_int_equal(nt_failed(w), 2);
	results = nt_results(w);
	assert_non_null(strstr(results, "\"seed\": 77"));
	free(results);
	nt_free(w);

	sets[0] = "links.nowire.loss=1%";
	assert_null(nt_load_text(PING, "x.yaml", &o, NULL));
}

/* A program compiled when the struct was shorter: what is behind its size is not looked at. */
static void test_options_of_an_older_header(void **state)
{
	struct nt_options o = {.size = offsetof(struct nt_options, out), .out = "/dev/null/no"};
	struct nt_world *w = nt_load_text(PING, "x.yaml", &o, NULL);

	(void)state;
	assert_non_null(w);
	nt_free(w);
}

static void test_results(void **state)
{
	struct nt_world *w = world_of_text(PING);
	char *results;

	(void)state;
	assert_false(nt_over(w));
	errno = 0;
	assert_null(nt_results(w));
	assert_int_equal(errno, EINVAL);
	assert_int_equal(nt_failed(w), 0);
	assert_int_equal(nt_advance_to(w, 5 * S), 0);
	assert_true(nt_over(w));
	assert_int_equal(nt_finish(w, NULL), 0);
	assert_int_equal(nt_failed(w), 1);
	results = nt_results(w);
	assert_non_null(strstr(results, "\"received\": 3"));
	assert_null(strstr(results, "interrupted"));
	free(results);
	assert_errno(nt_finish(w, NULL), EINVAL);
	assert_errno(nt_advance_to(w, 6 * S), EINVAL);
	nt_free(w);
}

static void test_cut_off(void **state)
{
	struct nt_world *w = world_of_text(PING);
	char *results;

	(void)state;
	pass(w, 2 * S);
	assert_int_equal(nt_finish(w, NULL), 0);
	results = nt_results(w);
	assert_non_null(strstr(results, "\"interrupted\": true"));
	free(results);
	nt_free(w);
}

static void test_files(void **state)
{
	char *path = folder(), file[200], *why = NULL;
	struct nt_options o = {.size = sizeof(o), .out = path};
	struct nt_world *w = nt_load_text(PING, "x.yaml", &o, NULL), *other;
	struct stat st;

	(void)state;
	assert_non_null(w);
	/* Who else wants to write there is told. */
	other = nt_load_text(PING, "x.yaml", &o, &why);
	assert_null(other);
	assert_non_null(strstr(why, "another run is writing there"));
	free(why);
	assert_int_equal(nt_advance_to(w, 5 * S), 0);
	assert_int_equal(nt_finish(w, NULL), 0);
	nt_free(w);
	for (int i = 0; i < 3; i++) {
		static const char *const names[] = {"results.json", "captures/a.pcapng",
						    "console/a.first.txt"};

		snprintf(file, sizeof(file), "%s/%s", path, names[i]);
		assert_int_equal(stat(file, &st), 0);
		assert_true(st.st_size > 0);
	}
	/* And again, now that the first is gone. */
	w = nt_load_text(PING, "x.yaml", &o, NULL);
	assert_non_null(w);
	nt_free(w);
	remove_all(path);
}

static void test_unfinished_leaves_nothing(void **state)
{
	char *path = folder(), inner[200], *why = NULL;
	struct nt_options o = {.size = sizeof(o), .out = inner};
	struct nt_world *w;

	(void)state;
	snprintf(inner, sizeof(inner), "%s/run", path);
	/* A connection that is over by then, too. */
	w = nt_load_text(TWO_HOSTS "run:\n  - {on: b, do: nc -l 80}\n"
			 "  - {on: a, do: nc -N --send-bytes 1000 b 80}\nseries: all\n", "x.yaml", &o, NULL);
	assert_non_null(w);
	pass(w, 2 * S);
	assert_int_equal(entries(path), 1);
	nt_free(w);
	assert_int_equal(entries(path), 0);
	/* A folder that cannot be made. */
	o.out = "/dev/null/run";
	assert_null(nt_load_text(PING, "x.yaml", &o, &why));
	assert_non_null(strstr(why, "/dev/null"));
	free(why);
	remove_all(path);
}

/* Series: time that the caller moves, past the last thing that happens and on again. */
static void test_series(void **state)
{
	char *path = folder(), file[200], line[200];
	struct nt_options o = {.size = sizeof(o), .out = path};
	struct nt_world *w = nt_load_text(TWO_HOSTS "run: [{on: a, do: ping -c 1 b, as: first}, "
					  "{at: 3s, on: a, do: ping -c 1 b}]\n"
					  "series: [{what: links, every: 100ms}]\n", "x.yaml", &o, NULL);
	double at, throughput;
	char *results;
	int rows = 0;
	FILE *f;

	(void)state;
	assert_non_null(w);
	assert_int_equal(nt_advance_to(w, 2 * S + 7 * MS), 0);
	assert_int_equal(nt_now(w), 2 * S + 7 * MS);
	assert_int_equal(nt_advance_to(w, 9 * S + 1), 0);
	assert_int_equal(nt_now(w), 9 * S + 1);
	assert_int_equal(nt_finish(w, NULL), 0);
	results = nt_results(w);
	assert_non_null(strstr(results, "\"file\": \"series/link-wire-forward.csv\""));
	free(results);
	nt_free(w);
	snprintf(file, sizeof(file), "%s/series/link-wire-forward.csv", path);
	f = fopen(file, "r");
	assert_non_null(f);
	/* Two bursts of looks that saw something, between quiet ones; the last row is the end. */
	while (fgets(line, sizeof(line), f))
		rows++;
	assert_in_range(rows, 6, 20);
	/* Its rate is that of the time since the row before it: a ping and its ARP in six seconds. */
	assert_int_equal(sscanf(line, "%lf,100000000,%lf,", &at, &throughput), 2);
	assert_true(at == 9.000000001 && throughput > 0 && throughput < 1000);
	fclose(f);
	remove_all(path);
}

static void test_hosts(void **state)
{
	struct nt_world *w = world_of_text("nodes: {a: {}, s: {kind: switch}, r: {kind: router}}\n"
					   "links: [a -- s, s -- r]\n");

	(void)state;
	assert_string_equal(nt_host_name(nt_host(w, "a")), "a");
	assert_ptr_equal(nt_host_world(nt_host(w, "r")), w);
	assert_ptr_equal(nt_host(w, "a"), nt_host(w, "a"));
	errno = 0;
	assert_null(nt_host(w, "nobody"));
	assert_int_equal(errno, ENOENT);
	assert_null(nt_host(w, "s"));
	nt_free(w);
}

static void test_lookup(void **state)
{
	struct nt_world *w = world_of_text("nodes: {a: {hosts: {db: 192.0.2.7}}, b: {}, c: {names: none}}\n"
					   "links: [a -- b, b -- c]\n");
	struct nt_host *a = nt_host(w, "a");
	struct sockaddr_storage at;
	char text[64];

	(void)state;
	assert_int_equal(nt_lookup(a, "db", AF_UNSPEC, 80, &at), sizeof(struct sockaddr_in));
	struct sockaddr_in *in = (struct sockaddr_in *)&at;
	assert_string_equal(inet_ntop(AF_INET, &in->sin_addr, text, sizeof(text)), "192.0.2.7");
	assert_int_equal(ntohs(in->sin_port), 80);
	assert_int_equal(nt_lookup(a, "b", AF_INET6, 53, &at), sizeof(struct sockaddr_in6));
	assert_int_equal(ntohs(((struct sockaddr_in6 *)&at)->sin6_port), 53);
	assert_int_equal(nt_lookup(a, "2001:db8::1", AF_UNSPEC, 0, &at), sizeof(struct sockaddr_in6));
	errno = 0;
	assert_int_equal(nt_lookup(a, "10.0.0.1", AF_INET6, 0, &at), 0);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(nt_lookup(a, "nobody", AF_UNSPEC, 0, &at), 0);
	assert_int_equal(nt_lookup(nt_host(w, "c"), "a", AF_UNSPEC, 0, &at), 0);
	nt_free(w);
}

static void test_version(void **state)
{
	int major, minor, patch;

	(void)state;
	assert_int_equal(sscanf(nt_version(), "%d.%d.%d", &major, &minor, &patch), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_options_of_an_older_header),
		cmocka_unit_test(test_results),
		cmocka_unit_test(test_cut_off),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_unfinished_leaves_nothing),
		cmocka_unit_test(test_series),
		cmocka_unit_test(test_hosts),
		cmocka_unit_test(test_lookup),
		cmocka_unit_test(test_version),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
