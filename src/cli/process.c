#define _POSIX_C_SOURCE 200809L

#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { IN, OUT, COMPLAINTS, STREAMS }; /* also the child's descriptors */

/* Pipes to the three streams: ours[i] is our end, theirs[i] the child's; -1 = closed. */
typedef struct Pipes {
    int ours[STREAMS], theirs[STREAMS];
} Pipes;

bool process_exists(const char *program) {
    const char *path = getenv("PATH");
    bool found = false;
    for (const char *at = path; at && !found; at = strchr(at, ':') ? strchr(at, ':') + 1 : NULL) {
        Text file = {0};
        const size_t n = strcspn(at, ":");
        text_append(&file, at, n);
        text_printf(&file, "%s%s", n ? "/" : "./", program);
        found = !file.failed && access(file.data, X_OK) == 0;
        text_free(&file);
    }
    return found;
}

static void shut(int *descriptor) {
    if (*descriptor >= 0) close(*descriptor);
    *descriptor = -1;
}

static void pipes_close(Pipes *pipes) {
    for (int i = 0; i < STREAMS; i++) {
        shut(&pipes->ours[i]);
        shut(&pipes->theirs[i]);
    }
}

/* The same file under a number that is none of the child's streams: ours may be closed. */
static bool lift(int *descriptor, int from) {
    *descriptor = fcntl(from, F_DUPFD_CLOEXEC, STREAMS);
    close(from);
    return *descriptor >= 0;
}

static bool pipes_open(Pipes *pipes) {
    *pipes = (Pipes){{-1, -1, -1}, {-1, -1, -1}};
    for (int i = 0; i < STREAMS; i++) {
        int ends[2];
        if (pipe(ends) != 0) return false;
        const bool lifted = lift(&pipes->ours[i], ends[i == IN]);
        if (!lift(&pipes->theirs[i], ends[i != IN]) || !lifted || fcntl(pipes->ours[i], F_SETFL, O_NONBLOCK) != 0) return false;
    }
    return true;
}

static int start(const Pipes *pipes, const char *const *argv, pid_t *pid) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t defaults;
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    int failure = posix_spawn_file_actions_init(&actions);
    if (failure) return failure;
    failure = posix_spawnattr_init(&attributes);
    if (!failure) {
        posix_spawnattr_setsigdefault(&attributes, &defaults);
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
        for (int i = 0; !failure && i < STREAMS; i++) failure = posix_spawn_file_actions_adddup2(&actions, pipes->theirs[i], i);
        if (!failure) failure = posix_spawnp(pid, argv[0], &actions, &attributes, (char *const *)(uintptr_t)argv, environ);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    return failure;
}

static bool transient(void) {
    return errno == EAGAIN || errno == EINTR;
}

/* Writes what fits; closes behind the last byte, or where nobody reads. */
static void feed(int *descriptor, const Text *input, size_t *done) {
    const ssize_t n = *done < input->length ? write(*descriptor, input->data + *done, input->length - *done) : 0;
    if (n > 0) *done += (size_t)n;
    if ((n < 0 && !transient()) || *done == input->length) shut(descriptor);
}

static void drain(int *descriptor, Text *text) {
    char buffer[1 << 14];
    const ssize_t n = read(*descriptor, buffer, sizeof buffer);
    if (n > 0) text_append(text, buffer, (size_t)n);
    else if (n == 0 || !transient()) shut(descriptor);
}

static void talk(Pipes *pipes, const Text *input, Text *out, Text *complaints) {
    size_t done = 0;
    while (pipes->ours[OUT] >= 0 || pipes->ours[COMPLAINTS] >= 0) {
        struct pollfd wanted[STREAMS];
        for (int i = 0; i < STREAMS; i++) wanted[i] = (struct pollfd){.fd = pipes->ours[i], .events = i == IN ? POLLOUT : POLLIN};
        if (poll(wanted, STREAMS, -1) < 0 && errno != EINTR) return;
        if (wanted[IN].revents) feed(&pipes->ours[IN], input, &done);
        if (wanted[OUT].revents) drain(&pipes->ours[OUT], out);
        if (wanted[COMPLAINTS].revents) drain(&pipes->ours[COMPLAINTS], complaints);
    }
}

static int wait_for(pid_t pid) {
    int status = 0;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR) return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool process_run(const char *const *argv, const Text *input, Text *out, Text *complaints, int *status, Error *error) {
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    struct sigaction before;
    Pipes pipes;
    pid_t pid = -1;
    int failure = pipes_open(&pipes) ? start(&pipes, argv, &pid) : EMFILE;
    for (int i = 0; i < STREAMS; i++) shut(&pipes.theirs[i]);
    if (!failure) {
        /* a program that ends early must not end us */
        sigaction(SIGPIPE, &ignore, &before);
        talk(&pipes, input, out, complaints);
        sigaction(SIGPIPE, &before, NULL);
    }
    pipes_close(&pipes);
    if (failure) return error_set(error, ERROR_FILE, NULL, "cannot run '%s': %s", argv[0], strerror(failure));
    *status = wait_for(pid);
    return !(out->failed || complaints->failed) || error_memory(error, "a program's output");
}
