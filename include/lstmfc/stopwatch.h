/* stopwatch.h - how long things take.
 */
#ifndef LSTMFC_STOPWATCH_H
#define LSTMFC_STOPWATCH_H

/* Seconds of a clock that only goes forward, from no particular beginning: only differences mean anything. */
double stopwatch_now(void);

#endif
