/*
 * Replays a fuzzer's corpus without libFuzzer: fuzz_NAME [FILE | FOLDER]...
 *
 * Each input goes in whole and then once for each of its prefixes (at most PREFIXES of them, spread evenly), for a packet
 * cut short at any byte is the commonest bad packet. The bytes stand in a heap block of exactly their length, so that
 * AddressSanitizer sees the first byte read past the end. A corpus without a single input is a failure: a replay of
 * nothing would show nothing.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PREFIXES 512

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void feed(const uint8_t *data, size_t size)
{
	uint8_t *exact = malloc(size ? size : 1);

	if (!exact)
		abort();
	memcpy(exact, data, size);
	LLVMFuzzerTestOneInput(exact, size);
	free(exact);
}

/* Returns the file's bytes, to be freed, or NULL after saying why. */
static uint8_t *slurp(const char *path, size_t size)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data = malloc(size + 1);

	if (!data)
		abort();
	if (!f || fread(data, 1, size, f) != size) {
		perror(path);
		free(data);
		data = NULL;
	}
	if (f)
		fclose(f);
	return data;
}

/* Returns the number of inputs fed, or -1 when one could not be read. */
static int replay_file(const char *path, size_t size)
{
	uint8_t *data = slurp(path, size);
	size_t step = size / PREFIXES + 1;

	if (!data)
		return -1;
	/* The last input named is the one that a crash belongs to. */
	fprintf(stderr, "%s\n", path);
	feed(data, size);
	for (size_t n = 0; n < size; n += step)
		feed(data, n);
	free(data);
	return 1;
}

static int replay(const char *path)
{
	struct dirent **entries;
	struct stat st;
	int fed = 0, count;

	if (stat(path, &st) < 0) {
		perror(path);
		return -1;
	}
	if (!S_ISDIR(st.st_mode))
		return replay_file(path, (size_t)st.st_size);
	count = scandir(path, &entries, NULL, alphasort);
	if (count < 0) {
		perror(path);
		return -1;
	}
	for (int i = 0; i < count; i++) {
		char inner[4096];
		int n = 0;

		snprintf(inner, sizeof(inner), "%s/%s", path, entries[i]->d_name);
		if (entries[i]->d_name[0] != '.')
			n = replay(inner);
		fed = n < 0 || fed < 0 ? -1 : fed + n;
		free(entries[i]);
	}
	free(entries);
	return fed;
}

int main(int argc, char **argv)
{
	int fed = 0;

	for (int i = 1; i < argc; i++) {
		int n = replay(argv[i]);

		fed = n < 0 || fed < 0 ? -1 : fed + n;
	}
	if (fed == 0)
		fprintf(stderr, "no input: put at least one into the corpus folder\n");
	printf("%d inputs replayed\n", fed < 0 ? 0 : fed);
	return fed > 0 ? 0 : 1;
}
