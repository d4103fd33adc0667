/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cpu's operations: what each of them is, and what they work with.
 *
 * How to add one: a line in OPERATIONS below, and in its family's file op_NAME() and
 * op_NAME_answer. The enumeration, the table, the counters and the names that --operations takes
 * follow from the line. An operation does the same work on every machine (its repetitions are
 * constants, never times), takes 50 to 500 us on a core of today, so that a weight means about a
 * share of CPU time and a stop is prompt, and ends with an answer that is checked.
 *
 * Answers are known from elsewhere: by mathematics, or computed another way by answers.py, which is
 * also a test: it takes the repetitions out of these sources and compares. Inputs pass through
 * opaque(), and runs are called through the table, so that no compiler can work out an answer
 * beforehand or drop the work that leads to it.
 */
#pragma once

#include "rng.h"
#include "why.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Every operation: name, family, weight, summary. Of 100 operations drawn, each comes weight times.
 *
 * The mix is ours: 28 % integer and 28 % floating point, 24 % memory, 20 % system calls. That is
 * near a mixed computing job, with more of the two things that virtualization makes dearer: misses
 * of the address translation cache (chase, pages) and entries into the kernel.
 */
#define OPERATIONS(X) \
        X(integer_add, INTEGER, 5, "Fibonacci numbers modulo 2^64: dependent additions") \
        X(integer_multiply, INTEGER, 5, "powers modulo 2^64: dependent multiplications") \
        X(integer_divide, INTEGER, 3, "powers modulo a prime: dependent 64-bit divisions") \
        X(sieve, INTEGER, 3, "primes below 200,000 by the sieve of Eratosthenes") \
        X(search, INTEGER, 3, "every occurrence of a word in 128 KiB of text") \
        X(checksum, INTEGER, 3, "CRC-32C of 64 KiB, by table") \
        X(sort, INTEGER, 3, "heapsort of 4,096 numbers") \
        X(queens, INTEGER, 3, "all ways to place ten queens on a board: recursion, branches") \
        X(real_add, FLOATING, 4, "dependent double additions") \
        X(real_multiply, FLOATING, 4, "dependent double multiplications") \
        X(real_divide, FLOATING, 4, "dependent double divisions") \
        X(newton, FLOATING, 4, "cube roots by the Newton-Raphson method") \
        X(series, FLOATING, 4, "a partial sum of the harmonic series") \
        X(matrix, FLOATING, 5, "product of two 64 x 64 matrices") \
        X(trigonometry, FLOATING, 3, "sums of sines and cosines") \
        X(chase, MEMORY, 9, "a random walk over the working set, line by line") \
        X(copy, MEMORY, 4, "a stretch of the working set copied") \
        X(triad, MEMORY, 6, "a = b + 3c over a stretch of the working set") \
        X(pages, MEMORY, 5, "one line written in each of many pages of the working set") \
        X(calls, SYSTEM, 4, "system calls that do next to nothing") \
        X(pipe, SYSTEM, 4, "messages through a pipe") \
        X(socket, SYSTEM, 3, "round trips over a pair of Unix sockets") \
        X(file, SYSTEM, 3, "a file created, unlinked, written, read and closed") \
        X(signal, SYSTEM, 2, "signals sent to oneself and handled") \
        X(map, SYSTEM, 3, "memory mapped, touched and unmapped") \
        X(process, SYSTEM, 1, "a process forked, which ends at once, and waited for")

#define X(name, family, weight, summary) OPERATION_##name,
enum operation_id { OPERATIONS(X) N_OPERATIONS };
#undef X

#define X(name, family, weight, summary) +(weight)
enum { TOTAL_WEIGHT = OPERATIONS(X) };
#undef X

enum family { FAMILY_INTEGER, FAMILY_FLOATING, FAMILY_MEMORY, FAMILY_SYSTEM, N_FAMILIES };

/* What one run came to: an operation leaves the member that it does not use at 0. */
struct answer {
        uint64_t integer;
        double real;
};

/* What it should have come to. tolerance is relative and 0 where the arithmetic is exact; where it
 * is not, it bounds the rounding of that many steps, whatever the order of evaluation, fused
 * multiply-adds and the last bits of the mathematical library. */
struct expected {
        uint64_t integer;
        double real, tolerance;
};

/* All that one worker's operations work with: a part for each family, from its file. */
struct workbench {
        struct integer_parts *integer;
        struct floating_parts *floating;
        struct memory_parts *memory;
        struct system_parts *system;
};

struct operation {
        const char *name;
        enum family family;
        unsigned weight;
        const char *summary;
        /* Returns 0 with the answer set, or -errno of the system call that failed. */
        int (*run)(struct workbench *bench, struct answer *answer);
        const struct expected *expected;
};

#define X(name, family, weight, summary) \
        int op_##name(struct workbench *bench, struct answer *answer); \
        extern const struct expected op_##name##_answer;
OPERATIONS(X)
#undef X

extern const struct operation operation_table[N_OPERATIONS];

/* Runs one operation and checks its answer. Returns 0, -EBADMSG when the answer is wrong, or -errno
 * of a system call. */
int operation_run(const struct operation *operation, struct workbench *bench);

/* --operations: names of operations and families, separated by commas; "all". Sets *selected
 * whole. Returns 0, or -EINVAL with *why filled. */
int operations_select(const char *list, bool selected[static N_OPERATIONS], struct why *why);

/* Draws operations in rounds: within one, each selected operation comes exactly as often as its
 * weight says, in random order. */
struct rounds {
        uint8_t deck[TOTAL_WEIGHT];
        unsigned n, drawn;
};
void rounds_init(struct rounds *rounds, const bool selected[static N_OPERATIONS]);
enum operation_id rounds_draw(struct rounds *rounds, struct rng *rng);
/* Was the operation drawn last the last one of its round? */
bool rounds_at_end(const struct rounds *rounds);

/* Families' parts. Each is made in the thread that works with it and returns 0 or -errno; freeing
 * NULL does nothing. */
int integer_parts_new(struct integer_parts **ret);
void integer_parts_free(struct integer_parts *parts);

int floating_parts_new(struct floating_parts **ret);
void floating_parts_free(struct floating_parts *parts);

enum memory_hugepages {
        MEMORY_HUGEPAGES_DEFAULT, /* whatever the system does unasked */
        MEMORY_HUGEPAGES_YES,
        MEMORY_HUGEPAGES_NO,
};

/* Maps a working set of at least that many bytes. Operations may run once it is filled: call
 * memory_parts_fill(), which touches some more megabytes in a few milliseconds and returns the
 * bytes touched so far, until that is memory_parts_size(). */
int memory_parts_new(struct memory_parts **ret, uint64_t bytes, enum memory_hugepages hugepages);
uint64_t memory_parts_fill(struct memory_parts *parts);
uint64_t memory_parts_size(const struct memory_parts *parts);
void *memory_parts_map(const struct memory_parts *parts); /* for tests, which damage it */
void memory_parts_free(struct memory_parts *parts);

/* Bytes that the memory operations have read or written, and how often they have been all over the
 * working set: chase and triad between them touch every line of it. Both only grow. */
void memory_parts_walked(
        const struct memory_parts *parts, uint64_t *ret_bytes, uint64_t *ret_passes);

/* directory: where `file` works; NULL when that is not to run. */
int system_parts_new(struct system_parts **ret, const char *directory, struct why *why);
void system_parts_free(struct system_parts *parts);

/* The same value, but the compiler cannot know it. */
static inline uint64_t opaque(uint64_t value)
{
        __asm__ volatile("" : "+r"(value));
        return value;
}

static inline double opaque_real(double value)
{
        __asm__ volatile("" : "+m"(value));
        return value;
}

/* Whatever the memory behind a pointer holds may have been read and written: stores before are
 * made, and loads after are not answered from registers. */
static inline void opaque_memory(void *at)
{
        __asm__ volatile("" : : "r"(at) : "memory");
}
