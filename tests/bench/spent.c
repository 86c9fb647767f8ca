/* spent - runs a command and says on file descriptor 3 what it took: seconds, CPU seconds, peak resident kB, exit status.
 *
 * usage: spent COMMAND [ARG...]
 * Small on purpose: a child's peak memory begins at what its parent had resident, which hides a few MB behind an interpreter.
 */
#define _DEFAULT_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double seconds(struct timeval t) {
    return (double)t.tv_sec + 1e-6 * (double)t.tv_usec;
}

int main(int argc, char **argv) {
    int status = 0;
    struct rusage use;
    if (argc < 2 || fcntl(3, F_SETFD, FD_CLOEXEC) < 0) {
        return 2;
    }
    const double start = now();
    const pid_t child = fork();
    if (child == 0) {
        execvp(argv[1], argv + 1);
        _exit(127);
    }
    if (child < 0 || wait4(child, &status, 0, &use) < 0) {
        return 1;
    }
    dprintf(3, "%.6f %.6f %ld %d\n", now() - start, seconds(use.ru_utime) + seconds(use.ru_stime), use.ru_maxrss,
            WIFEXITED(status) ? WEXITSTATUS(status) : 128);
    return 0;
}
