/* file.h - the only place that reads whole files and writes them.
 *
 * Writing is all or nothing: a temporary file in the same directory, fsync, rename over the target, fsync of the
 * directory. Whoever reads sees the old file or the new one. A target that is a device or a pipe (/dev/stdout, a
 * FIFO) is written in place.
 */
#ifndef LSTMFC_FILE_H
#define LSTMFC_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lstmfc/error.h"

/* Reads `path` ("-" = standard input) whole into a heap block with a NUL behind it; the caller frees it.
 * Limit in bytes (0 = none); ERROR_FILE where it cannot be read, is a directory or is larger than the limit. */
bool file_read(const char *path, size_t limit, unsigned char **bytes, size_t *n_bytes, Error *error);

/* Writes n bytes as the whole new content of `path`. ERROR_FILE with errno's words where it cannot. */
bool file_write(const char *path, const void *bytes, size_t n, Error *error);

/* Appends one record (with its newline) by a single write(2) to `path`, made where absent. */
bool file_append(const char *path, const void *bytes, size_t n, Error *error);

/* A lock beside `path` (`path`.lock), held until file_unlock or the process's end. Waits at most `seconds`
 * (0 = do not wait); ERROR_LOCKED where another run holds it. */
typedef struct FileLock {
    int descriptor; /* -1 = none */
} FileLock;
bool file_lock(FileLock *lock, const char *path, double seconds, Error *error);
void file_unlock(FileLock *lock);

/* SHA-256 (FIPS 180-4) of n bytes as 64 lower-case hex digits and a NUL. */
typedef struct FileHash {
    uint32_t state[8];
    uint64_t n_bytes;
    unsigned char block[64];
} FileHash;
void file_hash_init(FileHash *hash);
void file_hash_add(FileHash *hash, const void *bytes, size_t n);
void file_hash_finish(FileHash *hash, char hex[65]);

#endif
