/* Files are whole under their name or are not there at all. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <glib.h>
#include <glib/gstdio.h>

#include "capture/file.h"

static char *folder;

static int setup(void **state)
{
	(void)state;
	folder = g_dir_make_tmp("netarium-file-XXXXXX", NULL);
	return folder ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	rmdir(folder); /* each test leaves it empty */
	int left = access(folder, F_OK) == 0;
	g_free(folder);
	return left ? -1 : 0;
}

static char *path_of(const char *name)
{
	return g_build_filename(folder, name, NULL);
}

static void expect_text(const char *path, const char *want, size_t len)
{
	char *got;
	gsize n;

	assert_true(g_file_get_contents(path, &got, &n, NULL));
	assert_int_equal(n, len);
	assert_memory_equal(got, want, len);
	g_free(got);
	g_unlink(path);
}

static void test_whole(void **state)
{
	char *path = path_of("a.txt"), *part = path_of(".a.txt.part");
	char *large = g_strnfill(100000, 'x');
	struct file *f = file_new(path);
	GString *want = g_string_new("");
	char *error = NULL, back[7];

	(void)state;
	for (int i = 0; i < 5000; i++) {
		file_printf(f, "line %d\n", i);
		g_string_append_printf(want, "line %d\n", i);
	}
	file_write(f, large, 100000);
	file_print(f, "end");
	g_string_append_len(want, large, 100000);
	g_string_append(want, "end");
	assert_int_equal(file_size(f), want->len);
	file_rewrite(f, 7, "LINE", 4);
	memcpy(want->str + 7, "LINE", 4);
	assert_int_equal(file_read_back(f, 7, back, 7), 7);
	assert_memory_equal(back, "LINE 1\n", 7);
	assert_int_equal(file_read_back(f, want->len - 3, back, 7), 3);
	file_print(f, "!"); /* writing goes on at the end */
	g_string_append(want, "!");
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(access(part, F_OK), 0);
	assert_true(file_commit(f, &error));
	assert_null(error);
	assert_int_equal(access(part, F_OK), -1);
	expect_text(path, want->str, want->len);
	g_string_free(want, TRUE);
	g_free(large);
	g_free(part);
	g_free(path);
}

static void test_empty_and_put(void **state)
{
	char *path = path_of("b");

	(void)state;
	assert_true(file_commit(file_new(path), NULL));
	expect_text(path, "", 0);
	assert_true(file_put(path, "one", 3, NULL));
	assert_true(file_put(path, "other", 5, NULL)); /* replaces it */
	expect_text(path, "other", 5);
	g_free(path);
}

static void test_abort(void **state)
{
	char *path = path_of("c");
	struct file *f = file_new(path);
	char *large = g_strnfill(100000, 'x');

	(void)state;
	file_write(f, large, 100000);
	file_abort(f);
	assert_int_equal(access(path, F_OK), -1);
	file_abort(file_new(path));
	file_abort(NULL);
	g_free(large);
	g_free(path);
}

/* With thrifty files a process needs no descriptor for each. */
static void test_thrifty(void **state)
{
	enum { COUNT = 50 };
	struct file *files[COUNT];
	char *large = g_strnfill(40000, 'y'), *path;
	int before = dup(0), after;

	(void)state;
	close(before);
	for (int i = 0; i < COUNT; i++) {
		char name[16];

		snprintf(name, sizeof(name), "t%d", i);
		path = path_of(name);
		files[i] = file_new(path);
		file_thrifty(files[i]);
		file_write(files[i], large, 20000);
		g_free(path);
	}
	after = dup(0);
	close(after);
	assert_int_equal(before, after);
	for (int i = 0; i < COUNT; i++) {
		char name[16];

		snprintf(name, sizeof(name), "t%d", i);
		path = path_of(name);
		file_write(files[i], large, 20000);
		assert_true(file_commit(files[i], NULL));
		expect_text(path, large, 40000);
		g_free(path);
	}
	g_free(large);
}

/* /dev/full says of every write that the disk is full. */
static void test_full(void **state)
{
	char *path = path_of("d.json"), *part = path_of(".d.json.part"), *error = NULL;
	char *want = g_strdup_printf("%s: No space left on device", path);
	struct file *f;

	(void)state;
	assert_int_equal(symlink("/dev/full", part), 0);
	assert_false(file_put(path, "x", 1, &error));
	assert_string_equal(error, want);
	free(error);
	assert_int_equal(access(path, F_OK), -1);

	/* The failure sticks, and costs nothing more. */
	char *large = g_strnfill(100000, 'x');
	assert_int_equal(symlink("/dev/full", part), 0);
	f = file_new(path);
	file_write(f, large, 100000);
	assert_string_equal(file_error(f), want);
	file_write(f, large, 100000);
	file_print(f, "x");
	file_rewrite(f, 0, "x", 1);
	assert_int_equal(file_read_back(f, 0, large, 1), 0);
	file_fail(f, EIO);
	assert_false(file_commit(f, &error));
	assert_string_equal(error, want);
	free(error);
	assert_int_equal(access(path, F_OK), -1);
	g_free(large);
	g_free(want);
	g_free(part);
	g_free(path);
}

static void test_no_place(void **state)
{
	char *path = path_of("no/such/folder"), *error = NULL;
	char *want = g_strdup_printf("%s: No such file or directory", path);

	(void)state;
	assert_false(file_put(path, "x", 1, &error));
	assert_string_equal(error, want);
	free(error);
	g_free(want);
	g_free(path);

	/* The name is taken by a folder. */
	path = path_of("taken");
	want = g_strdup_printf("%s: Is a directory", path);
	g_mkdir(path, 0777);
	assert_false(file_put(path, "x", 1, &error));
	assert_string_equal(error, want);
	free(error);
	rmdir(path);
	g_free(want);
	g_free(path);
}

static void test_folder(void **state)
{
	char *deep = path_of("x/y//z"), *middle = path_of("x/y"), *top = path_of("x");
	char *file = path_of("x/file"), *below = path_of("x/file/z"), *error = NULL;
	char *want = g_strdup_printf("%s: Not a directory", file);
	bool made = false;

	(void)state;
	assert_true(file_folder(deep, &made, &error));
	assert_true(made);
	assert_true(file_folder(deep, &made, &error));
	assert_false(made);
	assert_true(file_folder("/", &made, &error));
	assert_true(file_put(file, "", 0, NULL));
	assert_false(file_folder(below, &made, &error));
	assert_string_equal(error, want);
	free(error);
	assert_false(file_folder(file, &made, &error));
	assert_string_equal(error, want);
	free(error);
	assert_false(made);
	unlink(file);
	rmdir(deep);
	rmdir(middle);
	rmdir(top);
	g_free(want);
	g_free(below);
	g_free(file);
	g_free(top);
	g_free(middle);
	g_free(deep);
}

#define FILE_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FILE_TEST(test_whole),
		FILE_TEST(test_empty_and_put),
		FILE_TEST(test_abort),
		FILE_TEST(test_thrifty),
		FILE_TEST(test_full),
		FILE_TEST(test_no_place),
		FILE_TEST(test_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
