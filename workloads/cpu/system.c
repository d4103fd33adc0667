/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cpu's system calls. The role has several threads, so these keep to what is safe there: a forked
 * child does nothing but end; a signal goes to the thread that sent it; descriptors and names
 * belong to one worker each.
 */
#include "operation.h"

#include "clock.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#define CALLS_PAIRS        400
#define PIPE_MESSAGES      150
#define SOCKET_ROUND_TRIPS 40
#define FILE_FILES         4
#define FILE_BLOCKS        8
#define SIGNAL_SIGNALS     60
#define MAP_PAGES          64
#define PROCESS_PROCESSES  1

#define MESSAGE_WORDS 64 /* 512 bytes: a pipe takes that in one piece (PIPE_BUF) */
#define BLOCK_WORDS   512
#define MESSAGE_SIZE  (MESSAGE_WORDS * sizeof(uint64_t))
#define BLOCK_SIZE    (BLOCK_WORDS * sizeof(uint64_t))

struct system_parts {
        int pipe[2], sockets[2];
        int directory;
        char file[48];
        pid_t pid;
        size_t page_size;
};

/* Signals that this thread has handled since it last set this to 0. */
static __thread volatile sig_atomic_t signals_handled;

static void signal_handle(int number)
{
        signals_handled++;
}

/* A real-time signal that nobody else here uses; the handler is the same for every worker. */
static int signal_number(void)
{
        return SIGRTMAX - 3;
}

static int signal_prepare(void)
{
        struct sigaction action = {.sa_handler = signal_handle, .sa_flags = SA_RESTART};
        sigset_t set;

        sigemptyset(&action.sa_mask);
        sigemptyset(&set);
        sigaddset(&set, signal_number());
        if (sigaction(signal_number(), &action, NULL) < 0)
                return -errno;
        /* Whoever started us may have it ignored, and then there is no child to wait for. */
        if (signal(SIGCHLD, SIG_DFL) == SIG_ERR)
                return -errno;
        return -pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

static int open_directory(struct system_parts *parts, const char *directory, struct why *why)
{
        uint64_t unique;
        int fd;

        if (getrandom(&unique, sizeof unique, 0) != sizeof unique)
                return why_errno(why, -EIO, "random number", NULL);
        snprintf(parts->file, sizeof parts->file, ".tileload-cpu-%016llx",
                (unsigned long long)unique);
        parts->directory = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (parts->directory < 0)
                return why_errno(why, -errno, "--directory", directory);
        /* Better said now than counted later. */
        fd = openat(parts->directory, parts->file, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (fd < 0)
                return why_errno(why, -errno, "--directory", directory);
        close(fd);
        if (unlinkat(parts->directory, parts->file, 0) < 0)
                return why_errno(why, -errno, "--directory", directory);
        return 0;
}

static int open_parts(struct system_parts *parts, const char *directory, struct why *why)
{
        int r;

        if (pipe2(parts->pipe, O_CLOEXEC) < 0)
                return why_errno(why, -errno, "pipe", NULL);
        /* Messages with edges: what is sent as one is received as one. */
        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, parts->sockets) < 0)
                return why_errno(why, -errno, "socket pair", NULL);
        r = signal_prepare();
        if (r < 0)
                return why_errno(why, r, "signal", NULL);
        return directory ? open_directory(parts, directory, why) : 0;
}

int system_parts_new(struct system_parts **ret, const char *directory, struct why *why)
{
        struct system_parts *parts = malloc(sizeof *parts);
        int r;

        if (!parts)
                return why_errno(why, -ENOMEM, "memory", NULL);
        *parts = (struct system_parts){
                .pipe = {-1, -1},
                .sockets = {-1, -1},
                .directory = -1,
                .pid = getpid(),
                .page_size = (size_t)sysconf(_SC_PAGESIZE),
        };
        r = open_parts(parts, directory, why);
        if (r < 0) {
                system_parts_free(parts);
                return r;
        }
        *ret = parts;
        return 0;
}

void system_parts_free(struct system_parts *parts)
{
        if (!parts)
                return;
        close_p(&parts->pipe[0]);
        close_p(&parts->pipe[1]);
        close_p(&parts->sockets[0]);
        close_p(&parts->sockets[1]);
        close_p(&parts->directory);
        free(parts);
}

/* What a transfer came to: 0 when it was all of it. */
static int whole(ssize_t moved, size_t size)
{
        if (moved < 0)
                return -errno;
        return (size_t)moved == size ? 0 : -EIO;
}

static int write_whole(int fd, const void *data, size_t size)
{
        return whole(TEMP_FAILURE_RETRY(write(fd, data, size)), size);
}

static int read_whole(int fd, void *data, size_t size)
{
        return whole(TEMP_FAILURE_RETRY(read(fd, data, size)), size);
}

static void message_fill(uint64_t *words, size_t n, uint64_t first)
{
        for (size_t i = 0; i < n; i++)
                words[i] = first + i;
}

static bool message_right(const uint64_t *words, size_t n, uint64_t first)
{
        for (size_t i = 0; i < n; i++)
                if (words[i] != first + i)
                        return false;
        return true;
}

/* Answers are numbers of right ones, unless said otherwise. */
const struct expected op_calls_answer = {.integer = 2 * CALLS_PAIRS};

/* By number, as the C library answers some without entering the kernel. */
int op_calls(struct workbench *bench, struct answer *answer)
{
        uint64_t right = 0, last_ns = 0;

        for (unsigned i = 0; i < CALLS_PAIRS; i++) {
                struct timespec now;
                uint64_t now_ns;

                right += syscall(SYS_getpid) == bench->system->pid;
                if (syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now) < 0)
                        return -errno;
                now_ns = (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
                right += now_ns >= last_ns;
                last_ns = now_ns;
        }
        answer->integer = right;
        return 0;
}

const struct expected op_pipe_answer = {.integer = PIPE_MESSAGES};

int op_pipe(struct workbench *bench, struct answer *answer)
{
        const struct system_parts *parts = bench->system;
        uint64_t sent[MESSAGE_WORDS], received[MESSAGE_WORDS] = {0}, right = 0;

        for (unsigned i = 0; i < PIPE_MESSAGES; i++) {
                int r;

                message_fill(sent, MESSAGE_WORDS, i);
                r = write_whole(parts->pipe[1], sent, MESSAGE_SIZE);
                if (r == 0)
                        r = read_whole(parts->pipe[0], received, MESSAGE_SIZE);
                if (r < 0)
                        return r;
                right += message_right(received, MESSAGE_WORDS, i);
        }
        answer->integer = right;
        return 0;
}

const struct expected op_socket_answer = {.integer = SOCKET_ROUND_TRIPS};

/* There and, one higher, back again. */
int op_socket(struct workbench *bench, struct answer *answer)
{
        const int *sockets = bench->system->sockets;
        uint64_t message[MESSAGE_WORDS], right = 0;

        for (unsigned i = 0; i < SOCKET_ROUND_TRIPS; i++) {
                int r;

                message_fill(message, MESSAGE_WORDS, i);
                r = write_whole(sockets[0], message, MESSAGE_SIZE);
                if (r == 0)
                        r = read_whole(sockets[1], message, MESSAGE_SIZE);
                for (size_t k = 0; k < MESSAGE_WORDS; k++)
                        message[k]++;
                if (r == 0)
                        r = write_whole(sockets[1], message, MESSAGE_SIZE);
                memset(message, 0, MESSAGE_SIZE);
                if (r == 0)
                        r = read_whole(sockets[0], message, MESSAGE_SIZE);
                if (r < 0)
                        return r;
                right += message_right(message, MESSAGE_WORDS, i + 1);
        }
        answer->integer = right;
        return 0;
}

const struct expected op_file_answer = {.integer = FILE_FILES * FILE_BLOCKS};

static int file_blocks(int fd, uint64_t first, uint64_t *right)
{
        uint64_t block[BLOCK_WORDS];
        int r;

        for (unsigned i = 0; i < FILE_BLOCKS; i++) {
                message_fill(block, BLOCK_WORDS, first + i);
                r = write_whole(fd, block, BLOCK_SIZE);
                if (r < 0)
                        return r;
        }
        if (lseek(fd, 0, SEEK_SET) < 0)
                return -errno;
        for (unsigned i = 0; i < FILE_BLOCKS; i++) {
                r = read_whole(fd, block, BLOCK_SIZE);
                if (r < 0)
                        return r;
                *right += message_right(block, BLOCK_WORDS, first + i);
        }
        return 0;
}

/* The name goes before the contents come: a role that is killed leaves nothing behind. */
int op_file(struct workbench *bench, struct answer *answer)
{
        const struct system_parts *parts = bench->system;
        uint64_t right = 0;

        for (unsigned i = 0; i < FILE_FILES; i++) {
                _cleanup_close_ int fd = openat(
                        parts->directory, parts->file, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
                int r;

                if (fd < 0)
                        return -errno;
                if (unlinkat(parts->directory, parts->file, 0) < 0)
                        return -errno;
                r = file_blocks(fd, i, &right);
                if (r < 0)
                        return r;
        }
        answer->integer = right;
        return 0;
}

const struct expected op_signal_answer = {.integer = SIGNAL_SIGNALS};

/* A signal that a thread sends to itself is handled before the call returns (POSIX, kill()). */
int op_signal(struct workbench *bench, struct answer *answer)
{
        signals_handled = 0;
        for (unsigned i = 0; i < SIGNAL_SIGNALS; i++) {
                int r = pthread_kill(pthread_self(), signal_number());

                if (r != 0)
                        return -r;
        }
        answer->integer = (uint64_t)signals_handled;
        return 0;
}

const struct expected op_map_answer = {.integer = MAP_PAGES};

/* A new page must be all zero where we look, and keep what is written. */
int op_map(struct workbench *bench, struct answer *answer)
{
        size_t page_size = bench->system->page_size, size = MAP_PAGES * page_size;
        uint64_t right = 0;
        char *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        if (map == MAP_FAILED)
                return -errno;
        for (size_t i = 0; i < MAP_PAGES; i++) {
                uint64_t *word = (uint64_t *)(map + i * page_size);
                bool fresh = *word == 0;

                *word = fresh ? i + 1 : 0;
        }
        opaque_memory(map);
        for (size_t i = 0; i < MAP_PAGES; i++)
                right += *(uint64_t *)(map + i * page_size) == i + 1;
        if (munmap(map, size) < 0)
                return -errno;
        answer->integer = right;
        return 0;
}

const struct expected op_process_answer = {.integer = PROCESS_PROCESSES};

/* The working set is not inherited (memory.c), so this costs about what a small process costs. Its
 * child only ends, which is all that a child of a process with threads may do without thinking. */
int op_process(struct workbench *bench, struct answer *answer)
{
        uint64_t right = 0;

        for (unsigned i = 0; i < PROCESS_PROCESSES; i++) {
                int code = (int)(opaque(i) % 100 + 7), status;
                pid_t pid = fork();

                if (pid < 0)
                        return -errno;
                if (pid == 0)
                        _exit(code);
                if (TEMP_FAILURE_RETRY(waitpid(pid, &status, 0)) != pid)
                        return -errno;
                right += WIFEXITED(status) && WEXITSTATUS(status) == code;
        }
        answer->integer = right;
        return 0;
}
