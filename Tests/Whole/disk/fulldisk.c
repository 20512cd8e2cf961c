/* A disk that is full while the file $FULLDISK_MARK is there: loaded into a program with LD_PRELOAD, it lets no byte be
 * written to any file below $FULLDISK_ROOT meanwhile. What is there can be read, replaced in name, and removed. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int is_full(int descriptor) {
    const char *mark = getenv("FULLDISK_MARK"), *root = getenv("FULLDISK_ROOT");
    char link[64], path[4096];
    int before = errno;
    if (!mark || !root || access(mark, F_OK)) return errno = before, 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    errno = before;
    if (length < 0) return 0;
    path[length] = 0;
    return !strncmp(path, root, strlen(root));
}

ssize_t write(int descriptor, const void *bytes, size_t count) {
    static ssize_t (*real)(int, const void *, size_t);
    if (!real) *(void **)&real = dlsym(RTLD_NEXT, "write");
    if (is_full(descriptor)) return errno = ENOSPC, -1;
    return real(descriptor, bytes, count);
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t count, off64_t offset) {
    static ssize_t (*real)(int, const void *, size_t, off64_t);
    if (!real) *(void **)&real = dlsym(RTLD_NEXT, "pwrite64");
    if (is_full(descriptor)) return errno = ENOSPC, -1;
    return real(descriptor, bytes, count, offset);
}

ssize_t pwrite(int descriptor, const void *bytes, size_t count, off_t offset) {
    return pwrite64(descriptor, bytes, count, offset);
}
