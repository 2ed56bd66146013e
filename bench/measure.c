/*
 * Runs a command and says what it took: measure RESULT COMMAND [ARGUMENT]...
 *
 * Writes one line into the file RESULT: user and sys CPU seconds, wall seconds, the peak resident set in KiB (all of the
 * command and of the children it waited for) and its exit status. The command's own output goes where it always goes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec * 1e-6;
}

static double wall(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

int main(int argc, char **argv)
{
	struct rusage usage;
	double start = wall();
	int status;
	pid_t child;
	FILE *out;

	if (argc < 3) {
		fprintf(stderr, "usage: measure RESULT COMMAND [ARGUMENT]...\n");
		return 2;
	}
	child = fork();
	if (child == 0) {
		execvp(argv[2], argv + 2);
		perror(argv[2]);
		_exit(127);
	}
	if (child < 0 || wait4(child, &status, 0, &usage) < 0) {
		perror("measure");
		return 3;
	}
	status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	out = fopen(argv[1], "w");
	if (!out || fprintf(out, "user=%.3f sys=%.3f wall=%.3f peak_kib=%ld exit=%d\n", seconds(usage.ru_utime),
			    seconds(usage.ru_stime), wall() - start, usage.ru_maxrss, status) < 0 || fclose(out)) {
		perror(argv[1]);
		return 3;
	}
	return status;
}
