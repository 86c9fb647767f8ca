#define _POSIX_C_SOURCE 200809L

#include "lstmfc/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lstmfc/text.h"

enum { LINKS_MAX = 40 };

static bool failed(Error *error, const char *path, const char *what) {
    const char *words = strerror(errno);
    char first = words[0] >= 'A' && words[0] <= 'Z' ? (char)(words[0] + ('a' - 'A')) : words[0];
    return error_at(error, errno == ENOMEM ? ERROR_MEMORY : ERROR_FILE, path, 0, 0, NULL, "%s: %c%s", what, first, first ? words + 1 : "");
}

/* ---- reading ---- */

static bool read_all(int descriptor, size_t expected, size_t limit, unsigned char **bytes, size_t *n_bytes, const char *path,
                     Error *error) {
    size_t capacity = expected + 4096, n = 0;
    unsigned char *data = malloc(capacity);
    for (;;) {
        if (!data)
            return error_memory(error, "room for a file");
        ssize_t got = read(descriptor, data + n, capacity - n - 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            failed(error, path, "cannot read");
            break;
        }
        n += (size_t)got;
        if (limit && n > limit) {
            error_at(error, ERROR_FILE, path, 0, 0, NULL, "larger than %zu bytes", limit);
            break;
        }
        if (got == 0) {
            data[n] = '\0';
            *bytes = data;
            *n_bytes = n;
            return true;
        }
        if (capacity - n - 1 > 0)
            continue;
        unsigned char *grown = capacity > SIZE_MAX / 2 ? NULL : realloc(data, capacity * 2);
        if (!grown)
            free(data);
        data = grown;
        capacity *= 2;
    }
    free(data);
    return false;
}

bool file_read(const char *path, size_t limit, unsigned char **bytes, size_t *n_bytes, Error *error) {
    bool standard = strcmp(path, "-") == 0, ok = false;
    const char *name = standard ? "<stdin>" : path;
    int descriptor = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    struct stat status;
    *bytes = NULL;
    *n_bytes = 0;
    if (descriptor < 0)
        return failed(error, name, "cannot open");
    if (fstat(descriptor, &status) != 0) {
        failed(error, name, "cannot read");
    } else if (S_ISDIR(status.st_mode)) {
        errno = EISDIR;
        failed(error, name, "cannot read");
    } else {
        size_t size =
            S_ISREG(status.st_mode) && status.st_size > 0 && (uintmax_t)status.st_size < SIZE_MAX / 2 ? (size_t)status.st_size : 0;
        if (limit && size > limit)
            error_at(error, ERROR_FILE, name, 0, 0, NULL, "larger than %zu bytes", limit);
        else
            ok = read_all(descriptor, size, limit, bytes, n_bytes, name, error);
    }
    if (!standard)
        close(descriptor);
    return ok;
}

/* ---- writing ---- */

static bool write_all(int descriptor, const void *bytes, size_t n) {
    const unsigned char *p = bytes;
    while (n > 0) {
        ssize_t put = write(descriptor, p, n < SSIZE_MAX ? n : SSIZE_MAX);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return false;
        p += put;
        n -= (size_t)put;
    }
    return true;
}

static bool write_in_place(const char *path, const void *bytes, size_t n, Error *error) {
    int descriptor = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    if (descriptor < 0)
        return failed(error, path, "cannot open");
    bool ok = write_all(descriptor, bytes, n);
    if (!ok)
        failed(error, path, "cannot write");
    if (close(descriptor) != 0 && ok)
        ok = failed(error, path, "cannot write");
    return ok;
}

/* Length of the directory part of a path, its slash included. */
static size_t directory_length(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? (size_t)(slash - path) + 1 : 0;
}

/* Follows symbolic links to the file that would be opened, even where it does not exist yet. */
static bool follow_links(const char *path, Text *target) {
    char link[PATH_MAX];
    struct stat status;
    text_puts(target, path);
    for (int i = 0; !target->failed && lstat(target->data, &status) == 0 && S_ISLNK(status.st_mode); i++) {
        ssize_t n = readlink(target->data, link, sizeof link);
        if (n < 0)
            return false;
        if (i == LINKS_MAX || n == sizeof link) {
            errno = i == LINKS_MAX ? ELOOP : ENAMETOOLONG;
            return false;
        }
        target->length = link[0] == '/' ? 0 : directory_length(target->data);
        text_append(target, link, (size_t)n);
    }
    if (target->failed)
        errno = ENOMEM;
    return !target->failed;
}

/* A new file in the directory of `target`; its name is left in `temporary`. */
static int open_temporary(const char *target, Text *temporary) {
    int descriptor = -1;
    errno = EEXIST;
    for (unsigned i = 0; descriptor < 0 && errno == EEXIST && i < 10000; i++) {
        temporary->length = 0;
        text_append(temporary, target, directory_length(target));
        text_printf(temporary, ".lstmfc-%ld-%u.tmp", (long)getpid(), i);
        if (temporary->failed) {
            errno = ENOMEM;
            return -1;
        }
        descriptor = open(temporary->data, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    }
    return descriptor;
}

/* The new file gets owner and permissions of the one it replaces; the owner only where we may. */
static bool copy_permissions(int descriptor, const struct stat *old) {
    struct stat now;
    if (fstat(descriptor, &now) != 0)
        return false;
    bool same = now.st_uid == old->st_uid && now.st_gid == old->st_gid;
    if (!same)
        same = fchown(descriptor, old->st_uid, old->st_gid) == 0;
    mode_t mode = old->st_mode & (same ? 07777 : 0777);
    return (now.st_mode & 07777) == mode || fchmod(descriptor, mode) == 0;
}

static void sync_directory(const char *path) {
    Text name = {0};
    text_append(&name, path, directory_length(path));
    text_puts(&name, ".");
    int descriptor = name.failed ? -1 : open(name.data, O_RDONLY | O_CLOEXEC);
    if (descriptor >= 0) {
        fsync(descriptor); /* some file systems cannot; the content itself is safe by then */
        close(descriptor);
    }
    text_free(&name);
}

static bool replace(const char *path, const char *target, const struct stat *old, const void *bytes, size_t n, Error *error) {
    Text temporary = {0};
    bool ok = false;
    int descriptor = open_temporary(target, &temporary);
    if (descriptor < 0) {
        failed(error, path, "cannot write");
        goto done;
    }
    ok = (!old || copy_permissions(descriptor, old)) && write_all(descriptor, bytes, n) && fsync(descriptor) == 0;
    if (!ok)
        failed(error, path, "cannot write");
    if (close(descriptor) != 0 && ok)
        ok = failed(error, path, "cannot write");
    if (ok && rename(temporary.data, target) != 0)
        ok = failed(error, path, "cannot replace");
    if (ok)
        sync_directory(target);
    else
        unlink(temporary.data);
done:
    text_free(&temporary);
    return ok;
}

static bool starts(const char *path, const char *prefix) {
    return strncmp(path, prefix, strlen(prefix)) == 0;
}

bool file_write(const char *path, const void *bytes, size_t n, Error *error) {
    struct stat status;
    Text target = {0};
    bool ok = false, exists = stat(path, &status) == 0;
    if (exists && S_ISDIR(status.st_mode)) {
        errno = EISDIR;
        return failed(error, path, "cannot write");
    }
    /* A descriptor by name stays the file that the shell opened, even where that is a regular one. */
    bool descriptor = starts(path, "/dev/std") || starts(path, "/dev/fd/") || starts(path, "/proc/");
    if (exists && (descriptor || !S_ISREG(status.st_mode)))
        return write_in_place(path, bytes, n, error);
    if (!follow_links(path, &target) || (exists && access(path, W_OK) != 0))
        failed(error, path, "cannot write");
    else
        ok = replace(path, target.data, exists ? &status : NULL, bytes, n, error);
    text_free(&target);
    return ok;
}

bool file_append(const char *path, const void *bytes, size_t n, Error *error) {
    int descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    struct stat status;
    ssize_t put;
    if (descriptor < 0)
        return failed(error, path, "cannot open");
    do
        put = write(descriptor, bytes, n);
    while (put < 0 && errno == EINTR);
    bool ok = put >= 0 && (size_t)put == n;
    if (put < 0)
        failed(error, path, "cannot write");
    if (put >= 0 && !ok) {
        off_t end = lseek(descriptor, 0, SEEK_CUR);
        bool last = end >= put && fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) && status.st_size == end;
        bool undone = last && ftruncate(descriptor, end - put) == 0;
        error_at(error, ERROR_FILE, path, 0, 0, NULL, "cannot write: only %zd of %zu bytes fitted%s", put, n,
                 undone ? "" : " and stand there");
    }
    if (close(descriptor) != 0 && ok)
        ok = failed(error, path, "cannot write");
    return ok;
}

/* ---- locking ---- */

static double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static bool try_lock(int descriptor) {
    struct flock lock;
    memset(&lock, 0, sizeof lock);
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    return fcntl(descriptor, F_SETLK, &lock) == 0;
}

bool file_lock(FileLock *lock, const char *path, double seconds, Error *error) {
    const struct timespec pause = {0, 20000000};
    Text name = {0};
    bool ok = false;
    text_printf(&name, "%s.lock", path);
    lock->descriptor = name.failed ? -1 : open(name.data, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (name.failed) {
        error_memory(error, "the name of a lock");
        goto done;
    }
    if (lock->descriptor < 0) {
        failed(error, name.data, "cannot lock");
        goto done;
    }
    double until = seconds_now() + seconds;
    while (!(ok = try_lock(lock->descriptor))) {
        if (errno != EACCES && errno != EAGAIN && errno != EINTR) {
            failed(error, name.data, "cannot lock");
        } else if (seconds_now() >= until) {
            error_at(error, ERROR_LOCKED, path, 0, 0, "wait with --lock-wait SECONDS", "another run holds the lock");
        } else if (nanosleep(&pause, NULL) == 0) {
            continue;
        } else {
            error_at(error, ERROR_STOPPED, path, 0, 0, NULL, "stopped while waiting for the lock");
        }
        break;
    }
    if (!ok)
        file_unlock(lock);
done:
    text_free(&name);
    return ok;
}

void file_unlock(FileLock *lock) {
    if (lock->descriptor >= 0)
        close(lock->descriptor);
    lock->descriptor = -1;
}

/* ---- SHA-256 (FIPS 180-4) ---- */

static uint32_t rotate(uint32_t x, int n) {
    return x >> n | x << (32 - n);
}

static void hash_block(uint32_t state[8], const unsigned char *block) {
    static const uint32_t k[64] = {
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be,
        0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa,
        0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85,
        0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3,
        0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f,
        0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};
    uint32_t w[64], s[8];
    for (int i = 0; i < 16; i++, block += 4)
        w[i] = (uint32_t)block[0] << 24 | (uint32_t)block[1] << 16 | (uint32_t)block[2] << 8 | (uint32_t)block[3];
    for (int i = 16; i < 64; i++) {
        uint32_t a = w[i - 15], b = w[i - 2];
        w[i] = w[i - 16] + w[i - 7] + (rotate(a, 7) ^ rotate(a, 18) ^ a >> 3) + (rotate(b, 17) ^ rotate(b, 19) ^ b >> 10);
    }
    memcpy(s, state, sizeof s);
    /* The eight words change roles from round to round; naming them anew is cheaper than moving them. */
#define ROUND(a, b, c, d, e, f, g, h, i)                                                                                              \
    h += (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & f) ^ (~e & g)) + k[i] + w[i];                                         \
    d += h;                                                                                                                           \
    h += (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))
    for (int i = 0; i < 64; i += 8) {
        ROUND(s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7], i);
        ROUND(s[7], s[0], s[1], s[2], s[3], s[4], s[5], s[6], i + 1);
        ROUND(s[6], s[7], s[0], s[1], s[2], s[3], s[4], s[5], i + 2);
        ROUND(s[5], s[6], s[7], s[0], s[1], s[2], s[3], s[4], i + 3);
        ROUND(s[4], s[5], s[6], s[7], s[0], s[1], s[2], s[3], i + 4);
        ROUND(s[3], s[4], s[5], s[6], s[7], s[0], s[1], s[2], i + 5);
        ROUND(s[2], s[3], s[4], s[5], s[6], s[7], s[0], s[1], i + 6);
        ROUND(s[1], s[2], s[3], s[4], s[5], s[6], s[7], s[0], i + 7);
    }
#undef ROUND
    for (int i = 0; i < 8; i++)
        state[i] += s[i];
}

void file_hash_init(FileHash *hash) {
    static const uint32_t start[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    memset(hash, 0, sizeof *hash);
    memcpy(hash->state, start, sizeof start);
}

void file_hash_add(FileHash *hash, const void *bytes, size_t n) {
    const unsigned char *p = bytes;
    size_t used = (size_t)(hash->n_bytes % 64);
    hash->n_bytes += n;
    while (n > 0) {
        size_t part = used == 0 && n >= 64 ? 64 : n < 64 - used ? n : 64 - used;
        if (part == 64) {
            hash_block(hash->state, p);
        } else {
            memcpy(hash->block + used, p, part);
            used += part;
            if (used == 64)
                hash_block(hash->state, hash->block);
            used %= 64;
        }
        p += part;
        n -= part;
    }
}

void file_hash_finish(FileHash *hash, char hex[65]) {
    static const char digits[] = "0123456789abcdef";
    unsigned char end[8];
    uint64_t bits = hash->n_bytes * 8;
    for (int i = 0; i < 8; i++)
        end[i] = (unsigned char)(bits >> (56 - 8 * i));
    file_hash_add(hash, "\x80", 1);
    while (hash->n_bytes % 64 != 56)
        file_hash_add(hash, "", 1);
    file_hash_add(hash, end, sizeof end);
    for (int i = 0; i < 64; i++)
        hex[i] = digits[hash->state[i / 8] >> (28 - 4 * (i % 8)) & 15];
    hex[64] = '\0';
}
