/* stop.h - SIGINT and SIGTERM as a wish to stop, for work that can say no half-written file.
 */
#ifndef LSTMFC_CLI_STOP_H
#define LSTMFC_CLI_STOP_H

#include <signal.h>

/* From now on the first SIGINT or SIGTERM only sets what is returned; a second one ends the process at once. */
const volatile sig_atomic_t *stop_watch(void);

/* Ends the process by the signal that was caught; returns where there was none. */
void stop_raise(void);

#endif
