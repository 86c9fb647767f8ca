/* golden.h - reading the golden numbers of tests/golden/, and comparing with them.
 *
 * A golden file is JSON written by the script of its name beside it. Places in it are paths: names and 0-based places in
 * arrays joined by dots, "cases.3.actual"; "" is the node itself. null stands for NaN, and the strings "inf" and "-inf" for the infinities.
 * Whatever is missing or of another kind ends the test program with a message: a golden test never passes by finding nothing.
 */
#ifndef LSTMFC_TEST_GOLDEN_H
#define LSTMFC_TEST_GOLDEN_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

/* Loads LSTMFC_GOLDEN_DIR/name; cJSON_Delete when done. */
cJSON *golden_load(const char *name);

/* Node at a path; belongs to the document. */
const cJSON *golden_at(const cJSON *node, const char *path);

/* Whether there is one. */
bool golden_has(const cJSON *node, const char *path);

double golden_number(const cJSON *node, const char *path);
size_t golden_size(const cJSON *node, const char *path); /* a whole number >= 0 */
const char *golden_string(const cJSON *node, const char *path);

/* Members of an array or object. */
size_t golden_count(const cJSON *node, const char *path);

/* Numbers of an array, nested ones in reading order (so a matrix comes row by row), malloc'd: free(). `n` may be NULL. An
 * empty array gives a block too. */
double *golden_array(const cJSON *node, const char *path, size_t *n);

/* |actual - expected| <= tolerance * max(|expected|, floor): relative, absolute below `floor`. NaN is close to NaN alone, an infinity to
 * itself alone. Says what differed on stderr when false, so that assert_true(golden_close(...)) is enough. */
bool golden_close(double actual, double expected, double tolerance, double floor, const char *what);

#endif
