/* Worlds share nothing: several in threads of their own, and the same one twice, byte for byte. */
#include "lab.h"

#include <pthread.h>
#include <unistd.h>

#define WORLDS 4

/* A lossy transfer between sockets of ours beside programs; what came of it, in out, as text. */
static char *run(const char *out, uint64_t seed)
{
	struct nt_options o = {.size = sizeof(o), .has_seed = true, .seed = seed, .out = out};
	struct lab l = {.w = nt_load_text(TWO_HOSTS
					  "run: [{at: 0s, on: a, do: ping -i 0.1 -c 20 b}]\n"
					  "capture: all\n", "x.yaml", &o, NULL)};
	char buf[10000], *results;
	uint64_t sum = 0;
	int c, s;

	assert_non_null(l.w);
	l.a = nt_host(l.w, "a");
	l.b = nt_host(l.w, "b");
	stream_pair(&l, &c, &s);
	for (int k = 0; k < 300; k++) {
		ssize_t n;

		for (size_t i = 0; i < sizeof(buf); i++)
			buf[i] = (char)(k + (int)i);
		nt_send(l.a, c, buf, sizeof(buf), 0);
		pass(l.w, 10 * MS);
		while ((n = nt_recv(l.b, s, buf, sizeof(buf), 0)) > 0)
			for (ssize_t i = 0; i < n; i++)
				sum = sum * 31 + (uint8_t)buf[i];
	}
	assert_int_equal(nt_finish(l.w, NULL), 0);
	results = nt_results(l.w);
	size_t len = strlen(results) + 40;
	results = realloc(results, len);
	assert_non_null(results);
	snprintf(results + strlen(results), 40, "%llu\n", (unsigned long long)sum);
	nt_free(l.w);
	return results;
}

static char *folder(void)
{
	char *path = malloc(100);

	snprintf(path, 100, "%s/netarium-lib-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	assert_non_null(mkdtemp(path));
	return path;
}

static void test_twice(void **state)
{
	char *one = folder(), *two = folder(), command[500];
	char *first = run(one, 5), *second = run(two, 5), *other = run(NULL, 6);

	(void)state;
	assert_string_equal(first, second);
	assert_string_not_equal(first, other);
	snprintf(command, sizeof(command), "diff -r '%s' '%s' && test -s '%s/captures/a.pcapng' && "
		 "rm -r '%s' '%s'", one, two, one, one, two);
	assert_int_equal(system(command), 0);
	free(first);
	free(second);
	free(other);
	free(one);
	free(two);
}

static void *thread(void *arg)
{
	return run(NULL, *(uint64_t *)arg);
}

static void test_threads(void **state)
{
	pthread_t threads[WORLDS];
	uint64_t seeds[WORLDS];
	void *results[WORLDS];

	(void)state;
	for (int k = 0; k < WORLDS; k++) {
		seeds[k] = 5 + (uint64_t)(k & 1);
		assert_int_equal(pthread_create(&threads[k], NULL, thread, &seeds[k]), 0);
	}
	for (int k = 0; k < WORLDS; k++)
		assert_int_equal(pthread_join(threads[k], &results[k]), 0);
	assert_string_equal(results[0], results[2]);
	assert_string_equal(results[1], results[3]);
	assert_string_not_equal(results[0], results[1]);
	for (int k = 0; k < WORLDS; k++)
		free(results[k]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_twice),
		cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
