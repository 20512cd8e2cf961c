/* A disk that keeps only what was synced: loaded into a program with LD_PRELOAD, it keeps, beside the folder
 * $POWERCUT_ROOT, a shadow of it ($POWERCUT_SHADOW) that holds what a power cut at this moment would leave.
 *
 * The rules are those of POSIX, which are stricter than what a journalling file system gives as a present:
 *
 *   - a file's content is on disk as it was when fsync or fdatasync of the file was called;
 *   - a folder's names - of new files, of renamed ones, of removed ones - are on disk as they were when the folder
 *     itself was synced;
 *   - all that was there when the program started is on disk.
 *
 * The shadow holds one file for each file or folder that was synced, named by its inode and time of birth: a file's
 * content, or a folder's list of names. `root` says which of them is the root. A copy is taken before the real sync
 * begins, so that nothing written meanwhile counts, and takes the place of the last one when the sync is done, before
 * the caller learns of it: what anybody was told is safe is in the shadow. It is renamed into place, so that the
 * program may be killed at any moment.
 *
 * Other ways to sync (syncfs, msync, O_SYNC) are not known here. What came by them would count as lost: a test that
 * should pass would fail, never the other way round.
 *
 * The library goes along to `git`, the one program that writes into the data folder on the server's behalf. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *root, *shadow;
static int (*real_fsync)(int), (*real_fdatasync)(int);
static int (*real_spawn)(pid_t *, const char *, const posix_spawn_file_actions_t *, const posix_spawnattr_t *,
                         char *const[], char *const[]);
/* One sync at a time: the copy that was begun first must be in place first. */
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;

/* A shadow that is not as it should be would prove nothing. */
static void give_up(const char *what) {
    perror(what);
    abort();
}

/* What a file or folder is known by: its inode's number is used again after it is gone, with another time of birth. */
static int identify(int folder, const char *name, char key[64], unsigned *mode) {
    struct statx facts;
    int flags = AT_SYMLINK_NOFOLLOW | (*name ? 0 : AT_EMPTY_PATH);
    if (statx(folder, name, flags, STATX_BASIC_STATS | STATX_BTIME, &facts)) return -1;
    snprintf(key, 64, "%llu-%lld.%09u", (unsigned long long)facts.stx_ino, (long long)facts.stx_btime.tv_sec,
             facts.stx_btime.tv_nsec);
    *mode = facts.stx_mode;
    return 0;
}

/* Writes `MODE KEY NAME`, each ended by a zero byte, for every name in the folder. */
static void list(int descriptor, FILE *copy) {
    char path[64], key[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
    DIR *folder = opendir(path);
    if (!folder) give_up("powercut: opendir");
    for (struct dirent *entry; (entry = readdir(folder));) {
        unsigned mode;
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
        if (identify(dirfd(folder), entry->d_name, key, &mode)) continue; /* removed this moment */
        fprintf(copy, "%o %s %s%c", mode, key, entry->d_name, 0);
    }
    closedir(folder);
}

/* Copies the whole file without moving its offset. */
static void duplicate(int descriptor, FILE *copy) {
    int source = descriptor;
    /* A descriptor that only writes cannot be read from. Others are not opened again: closing a second one would take
     * back the locks that SQLite holds on the file (fcntl(2)). */
    if ((fcntl(descriptor, F_GETFL) & O_ACCMODE) == O_WRONLY) {
        char path[64];
        snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
        source = open(path, O_RDONLY | O_CLOEXEC);
    }
    off_t offset = 0;
    ssize_t count;
    while ((count = sendfile(fileno(copy), source, &offset, 1 << 30)) > 0) continue;
    if (count < 0) give_up("powercut: sendfile");
    if (source != descriptor) close(source);
}

/* Takes a copy of what is behind the descriptor, to be put in place when the sync is done. 0 when it is not ours. */
static int prepare(int descriptor, char draft[4096], char target[4096]) {
    char link[64], path[4096], key[64];
    unsigned mode;
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    size_t start = strlen(root);
    if (length < 0) return 0;
    path[length] = 0;
    if (strncmp(path, root, start) || (path[start] && path[start] != '/')) return 0;
    if (identify(descriptor, "", key, &mode) || !(S_ISREG(mode) || S_ISDIR(mode))) return 0;
    snprintf(target, 4096, "%s/%s", shadow, key);
    snprintf(draft, 4096, "%s/draft-%d-%s", shadow, getpid(), key);
    FILE *copy = fopen(draft, "we");
    if (!copy) give_up("powercut: fopen");
    if (S_ISDIR(mode)) list(descriptor, copy);
    else duplicate(descriptor, copy);
    if (fclose(copy)) give_up("powercut: fclose");
    return 1;
}

static int synced(int descriptor, int (*sync)(int)) {
    if (!shadow) return sync(descriptor);
    char draft[4096], target[4096];
    pthread_mutex_lock(&turn);
    int is_ours = prepare(descriptor, draft, target);
    int result = sync(descriptor);
    if (is_ours && (result ? unlink(draft) : rename(draft, target))) give_up("powercut: rename");
    pthread_mutex_unlock(&turn);
    return result;
}

int fsync(int descriptor) { return synced(descriptor, real_fsync); }
int fdatasync(int descriptor) { return synced(descriptor, real_fdatasync); }

/* What does a sync's work for files that count as synced already. */
static int nothing(int descriptor) { return (void)descriptor, 0; }

static int take(const char *path, const struct stat *facts, int kind, struct FTW *place) {
    (void)facts, (void)place;
    if (kind != FTW_F && kind != FTW_D) return 0;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return 0;
    synced(descriptor, nothing);
    close(descriptor);
    return 0;
}

__attribute__((constructor)) static void begin(void) {
    real_fsync = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
    real_fdatasync = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    *(void **)&real_spawn = dlsym(RTLD_NEXT, "posix_spawn");
    root = getenv("POWERCUT_ROOT");
    shadow = getenv("POWERCUT_SHADOW");
    if (!root || !shadow) return (void)(shadow = NULL);
    if (mkdir(shadow, 0700)) return; /* another process has begun it */
    mkdir(root, 0700);
    nftw(root, take, 16, FTW_PHYS);
    char path[4096], key[64];
    unsigned mode;
    snprintf(path, sizeof path, "%s/root", shadow);
    FILE *file = fopen(path, "we");
    if (!file || identify(AT_FDCWD, root, key, &mode)) give_up("powercut: root");
    fputs(key, file);
    fclose(file);
}

/* Git gets an environment of its own from the server: this one is added. */
int posix_spawn(pid_t *pid, const char *program, const posix_spawn_file_actions_t *actions,
                const posix_spawnattr_t *attributes, char *const arguments[], char *const environment[]) {
    static const char *const names[] = {"LD_PRELOAD", "POWERCUT_ROOT", "POWERCUT_SHADOW"};
    const char *end = strrchr(program, '/');
    size_t count = 0;
    if (!shadow || strcmp(end ? end + 1 : program, "git"))
        return real_spawn(pid, program, actions, attributes, arguments, environment);
    while (environment[count]) count++;
    char **all = calloc(count + 4, sizeof *all), *added[3];
    memcpy(all, environment, count * sizeof *all);
    for (int i = 0; i < 3; i++) {
        if (asprintf(&added[i], "%s=%s", names[i], getenv(names[i])) < 0) give_up("powercut: asprintf");
        all[count + i] = added[i];
    }
    int result = real_spawn(pid, program, actions, attributes, arguments, all);
    for (int i = 0; i < 3; i++) free(added[i]);
    free(all);
    return result;
}
