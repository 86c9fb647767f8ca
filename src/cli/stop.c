#define _POSIX_C_SOURCE 200809L

#include "stop.h"

#include <stddef.h>

/* A signal handler has nowhere else to write. */
static volatile sig_atomic_t caught;

static void catch(int signal_number) {
    caught = signal_number;
}

const volatile sig_atomic_t *stop_watch(void) {
    static const int wanted[] = {SIGINT, SIGTERM};
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        struct sigaction action = {.sa_handler = catch, .sa_flags = (int)SA_RESETHAND};
        struct sigaction before;
        sigemptyset(&action.sa_mask);
        if (sigaction(wanted[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN) sigaction(wanted[i], &action, NULL);
    }
    return &caught;
}

void stop_raise(void) {
    int signal_number = (int)caught;
    if (!signal_number) return;
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}
