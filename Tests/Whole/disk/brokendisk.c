/* A disk whose syncs fail while the file $BROKENDISK_MARK is there: loaded into a program with LD_PRELOAD. Writes succeed,
 * as they do into the system's memory. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static int is_broken(void) {
    const char *mark = getenv("BROKENDISK_MARK");
    int before = errno, found = mark && !access(mark, F_OK);
    errno = before;
    return found;
}

int fsync(int descriptor) {
    static int (*real)(int);
    if (!real) *(void **)&real = dlsym(RTLD_NEXT, "fsync");
    if (is_broken()) return errno = EIO, -1;
    return real(descriptor);
}

int fdatasync(int descriptor) {
    static int (*real)(int);
    if (!real) *(void **)&real = dlsym(RTLD_NEXT, "fdatasync");
    if (is_broken()) return errno = EIO, -1;
    return real(descriptor);
}
