// What Swift's own Glibc module leaves out of the kernel's interface: event polling, process file descriptors,
// files without a name, and the limits that posix_spawn cannot set.
#ifndef SLIPWAY_LINUX_H
#define SLIPWAY_LINUX_H
#include <spawn.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

static inline int linux_pidfd_open(pid_t pid) { return (int)syscall(434, pid, 0); }
static inline int linux_memfd_create(const char *name) { return (int)syscall(SYS_memfd_create, name, 0u); }
static inline int linux_become_subreaper(void) { return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }
static inline int linux_epoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }
static inline int linux_eventfd(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }
static inline int linux_epoll_add(int poll, int fd, uint64_t token) {
    struct epoll_event event = {.events = EPOLLIN, .data = {.u64 = token}};
    return epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event);
}
static inline int linux_epoll_remove(int poll, int fd) { return epoll_ctl(poll, EPOLL_CTL_DEL, fd, 0); }
// Waits without an end for events and writes the tokens of up to `room` of them; -1 on a signal.
static inline int linux_epoll_wait(int poll, uint64_t *tokens, int room) {
    struct epoll_event events[64];
    int count = epoll_wait(poll, events, room < 64 ? room : 64, -1);
    for (int i = 0; i < count; i++) tokens[i] = events[i].data.u64;
    return count;
}
extern int pipe2(int ends[2], int flags);
// A pipe that other programs do not inherit.
static inline int linux_pipe(int *ends) { return pipe2(ends, 02000000 /* O_CLOEXEC */); }
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *, int);
extern int posix_spawn_file_actions_addchdir_np(posix_spawn_file_actions_t *, const char *);
static inline int linux_spawn_closefrom(posix_spawn_file_actions_t *actions, int fd) {
    return posix_spawn_file_actions_addclosefrom_np(actions, fd);
}
static inline int linux_spawn_chdir(posix_spawn_file_actions_t *actions, const char *path) {
    return posix_spawn_file_actions_addchdir_np(actions, path);
}
// Opens a path below a folder as if that were the root: no link and no ".." leads out, no magic link of /proc is taken.
static inline int linux_open_in_root(int root, const char *path, int flags) {
    struct { uint64_t flags, mode, resolve; } how = {.flags = (uint64_t)flags, .resolve = 0x10 | 0x02};
    return (int)syscall(437, root, path, &how, sizeof how);
}
static inline int linux_exited(int status) { return WIFEXITED(status); }
static inline int linux_exit_code(int status) { return WEXITSTATUS(status); }
static inline int linux_exit_signal(int status) { return WTERMSIG(status); }
#endif
