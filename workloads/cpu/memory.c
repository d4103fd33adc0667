/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cpu's memory operations and the working set that they walk.
 *
 * One half of the working set is a chain of cache lines, each naming the next one: a single cycle
 * through all of them in an order that no prefetcher guesses. The other half is three arrays. Every
 * operation goes on where it stopped the last time, so that in time all of the working set is
 * walked, again and again, whatever its size.
 *
 * Contents differ from page to page and from process to process (the salt is random), so that a
 * host that merges equal pages does not get this memory for nothing. What a page should hold is
 * known from its number and the salt; the answers are numbers of lines or pages found right.
 */
#include "operation.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>

#define PAGE          4096 /* of our own reckoning, on every machine */
#define LINE          64
#define PAGE_LINES    (PAGE / LINE)
#define PAGE_NUMBERS  (PAGE / sizeof(double))
#define FILL_PAGES    1024 /* at a time: 4 MiB, some 2 ms */
#define MINIMUM_PAGES 16

#define CHASE_LINES 768
#define COPY_PAGES  384
#define TRIAD_PAGES 320
#define PAGES_PAGES 2048

/* A full cycle through all numbers modulo a power of two, by the theorem of Hull and Dobell: the
 * factor is 1 modulo 4 and the summand is odd. Both are Knuth's for MMIX (The Art of Computer
 * Programming, volume 2, 3.3.4). */
#define CYCLE_FACTOR  UINT64_C(6364136223846793005)
#define CYCLE_SUMMAND UINT64_C(1442695040888963407)

struct line {
        uint64_t next;   /* the index of the line to go to */
        uint64_t check;  /* from the salt, the own index and next */
        uint64_t writes; /* how often `pages` has been here */
        uint64_t rest[5];
};
_Static_assert(sizeof(struct line) == LINE, "a line is a cache line");

/* How far an operation has come in its part of the working set, and how often around. */
struct walk {
        uint64_t at, passes;
};

struct memory_parts {
        char *map;
        uint64_t n_pages, filled_pages; /* of the whole map */
        uint64_t chain_pages, array_pages;
        struct line *lines;
        uint64_t n_lines;
        double *a, *b, *c;
        uint64_t salt;
        uint64_t line, page; /* where chase and pages stand */
        struct walk chase, pages, copy, triad;
        uint64_t walked_bytes;
};

static int advise(void *map, size_t size, enum memory_hugepages hugepages)
{
        /* `process` forks: its child must not get a copy of the page tables of all this. */
        if (madvise(map, size, MADV_DONTFORK) < 0)
                return -errno;
        if (hugepages == MEMORY_HUGEPAGES_DEFAULT)
                return 0;
        if (madvise(map, size,
                    hugepages == MEMORY_HUGEPAGES_YES ? MADV_HUGEPAGE : MADV_NOHUGEPAGE) < 0)
                return -errno;
        return 0;
}

int memory_parts_new(struct memory_parts **ret, uint64_t bytes, enum memory_hugepages hugepages)
{
        struct memory_parts *parts;
        int r;

        if (bytes > SIZE_MAX / 2)
                return -ENOMEM;
        parts = calloc(1, sizeof *parts);
        if (!parts)
                return -ENOMEM;
        parts->n_pages = MAX((bytes + PAGE - 1) / PAGE, (uint64_t)MINIMUM_PAGES);
        parts->array_pages = parts->n_pages / 6;
        parts->chain_pages = parts->n_pages - 3 * parts->array_pages;
        parts->n_lines = parts->chain_pages * PAGE_LINES;
        parts->map = mmap(NULL, memory_parts_size(parts), PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (parts->map == MAP_FAILED) {
                parts->map = NULL;
                r = -errno;
                goto fail;
        }
        r = advise(parts->map, memory_parts_size(parts), hugepages);
        if (r < 0)
                goto fail;
        if (getrandom(&parts->salt, sizeof parts->salt, 0) != sizeof parts->salt) {
                r = -EIO;
                goto fail;
        }
        parts->lines = (struct line *)parts->map;
        parts->a = (double *)(parts->map + parts->chain_pages * PAGE);
        parts->b = parts->a + parts->array_pages * PAGE_NUMBERS;
        parts->c = parts->b + parts->array_pages * PAGE_NUMBERS;
        *ret = parts;
        return 0;
fail:
        memory_parts_free(parts);
        return r;
}

void memory_parts_free(struct memory_parts *parts)
{
        if (!parts)
                return;
        if (parts->map)
                munmap(parts->map, memory_parts_size(parts));
        free(parts);
}

uint64_t memory_parts_size(const struct memory_parts *parts)
{
        return parts->n_pages * PAGE;
}

void *memory_parts_map(const struct memory_parts *parts)
{
        return parts->map;
}

void memory_parts_walked(
        const struct memory_parts *parts, uint64_t *ret_bytes, uint64_t *ret_passes)
{
        *ret_bytes = parts->walked_bytes;
        *ret_passes = MIN(parts->chase.passes, parts->triad.passes);
}

/* The successor in a cycle through [0, n): that in the cycle through the next power of two, passing
 * over what lies outside. */
static uint64_t successor(uint64_t at, uint64_t n)
{
        uint64_t mask = ~UINT64_C(0) >> __builtin_clzll(n);

        do
                at = (at * CYCLE_FACTOR + CYCLE_SUMMAND) & mask;
        while (at >= n);
        return at;
}

static uint64_t line_check(const struct memory_parts *parts, uint64_t line, uint64_t next)
{
        return ((parts->salt + line) * CYCLE_FACTOR) ^ next;
}

/* Number i of a page of b is base_b + i, of c base_c + 2i: whole numbers below 2^33, so that
 * everything computed from them is exact, fused or not. */
static void page_bases(
        const struct memory_parts *parts, uint64_t page, double *ret_b, double *ret_c)
{
        uint64_t bits = rng_mix(parts->salt ^ page);

        *ret_b = (double)(uint32_t)bits;
        *ret_c = (double)(bits >> 32);
}

static void fill_numbers(double *page, double base, double step)
{
        for (size_t i = 0; i < PAGE_NUMBERS; i++)
                page[i] = base + step * (double)i;
}

static void fill_page(struct memory_parts *parts, uint64_t page)
{
        double base_b, base_c;

        if (page < parts->chain_pages) {
                for (uint64_t i = page * PAGE_LINES; i < (page + 1) * PAGE_LINES; i++) {
                        uint64_t next = successor(i, parts->n_lines);

                        parts->lines[i] = (struct line){
                                .next = next,
                                .check = line_check(parts, i, next),
                        };
                }
                return;
        }
        page -= parts->chain_pages;
        page_bases(parts, page % parts->array_pages, &base_b, &base_c);
        /* a, b and c lie behind each other. */
        if (page < parts->array_pages)
                fill_numbers(parts->a + page * PAGE_NUMBERS, -base_b, 1);
        else if (page < 2 * parts->array_pages)
                fill_numbers(parts->a + page * PAGE_NUMBERS, base_b, 1);
        else
                fill_numbers(parts->a + page * PAGE_NUMBERS, base_c, 2);
}

uint64_t memory_parts_fill(struct memory_parts *parts)
{
        uint64_t end = MIN(parts->filled_pages + FILL_PAGES, parts->n_pages);

        while (parts->filled_pages < end)
                fill_page(parts, parts->filled_pages++);
        return parts->filled_pages * PAGE;
}

/* Moves on by n of size; returns true when that ends a pass. */
static bool walk_on(struct walk *walk, uint64_t n, uint64_t size)
{
        walk->at += n;
        if (walk->at < size)
                return false;
        walk->at = 0;
        walk->passes++;
        return true;
}

/* Follows n links; returns how many lines were right. Only the load tells where to go next: the
 * check is worked out beside it, while that load is under way. */
static uint64_t follow(struct memory_parts *parts, uint64_t n)
{
        uint64_t at = parts->line, right = 0;

        for (; n; n--) {
                uint64_t next = parts->lines[at].next;

                right += parts->lines[at].check == line_check(parts, at, next);
                at = next < parts->n_lines ? next : 0;
        }
        parts->line = at;
        return right;
}

const struct expected op_chase_answer = {.integer = CHASE_LINES};

int op_chase(struct workbench *bench, struct answer *answer)
{
        struct memory_parts *parts = bench->memory;
        uint64_t right = 0;

        opaque_memory(parts->map);
        for (uint64_t left = CHASE_LINES; left;) {
                uint64_t n = MIN(left, parts->n_lines - parts->chase.at);

                right += follow(parts, n);
                left -= n;
                /* As many steps as there are lines, from line 0, must lead back to it. */
                if (walk_on(&parts->chase, n, parts->n_lines) && parts->line != 0) {
                        parts->line = 0;
                        right = 0;
                }
        }
        parts->walked_bytes += CHASE_LINES * LINE;
        answer->integer = right;
        return 0;
}

const struct expected op_pages_answer = {.integer = PAGES_PAGES};

/* One line of each page of the chain, another one in every pass: after 64 passes, all of them. The
 * order of the pages is random, too, but worked out, so that many misses are under way at once. */
int op_pages(struct workbench *bench, struct answer *answer)
{
        struct memory_parts *parts = bench->memory;
        uint64_t right = 0;

        opaque_memory(parts->map);
        for (unsigned i = 0; i < PAGES_PAGES; i++) {
                uint64_t page = parts->page, pass = parts->pages.passes;
                struct line *line = &parts->lines[page * PAGE_LINES + (page + pass) % PAGE_LINES];

                right += line->writes++ == pass / PAGE_LINES;
                parts->page = successor(page, parts->chain_pages);
                walk_on(&parts->pages, 1, parts->chain_pages);
        }
        parts->walked_bytes += PAGES_PAGES * LINE;
        answer->integer = right;
        return 0;
}

static uint64_t bits_of(double number)
{
        uint64_t bits;

        memcpy(&bits, &number, sizeof bits);
        return bits;
}

/* Is every number i of the page base + step i, to the last bit? In four parts, as one addition
 * would wait for the other. */
static bool page_right(const double *page, double base, double step)
{
        double want[4] = {base, base + step, base + 2 * step, base + 3 * step};
        uint64_t differing = 0;

        for (size_t i = 0; i < PAGE_NUMBERS; i += 4) {
                for (size_t k = 0; k < 4; k++) {
                        differing |= bits_of(page[i + k]) ^ bits_of(want[k]);
                        want[k] += 4 * step;
                }
        }
        return differing == 0;
}

const struct expected op_copy_answer = {.integer = COPY_PAGES};

/* a = b, by the C library's memcpy(). */
int op_copy(struct workbench *bench, struct answer *answer)
{
        struct memory_parts *parts = bench->memory;
        uint64_t right = 0;

        for (unsigned i = 0; i < COPY_PAGES; i++) {
                uint64_t page = parts->copy.at;
                double *a = parts->a + page * PAGE_NUMBERS, base_b, base_c;

                memcpy(a, parts->b + page * PAGE_NUMBERS, PAGE);
                opaque_memory(a);
                page_bases(parts, page, &base_b, &base_c);
                right += page_right(a, base_b, 1);
                walk_on(&parts->copy, 1, parts->array_pages);
        }
        parts->walked_bytes += COPY_PAGES * 2 * PAGE;
        answer->integer = right;
        return 0;
}

static void triad_page(double *restrict a, const double *restrict b, const double *restrict c)
{
        for (size_t i = 0; i < PAGE_NUMBERS; i++)
                a[i] = b[i] + 3 * c[i];
}

const struct expected op_triad_answer = {.integer = TRIAD_PAGES};

/* a = b + 3c, the kernel of that name in McCalpin's STREAM. */
int op_triad(struct workbench *bench, struct answer *answer)
{
        struct memory_parts *parts = bench->memory;
        uint64_t right = 0;

        for (unsigned i = 0; i < TRIAD_PAGES; i++) {
                uint64_t page = parts->triad.at, at = page * PAGE_NUMBERS;
                double *a = parts->a + at, base_b, base_c;

                triad_page(a, parts->b + at, parts->c + at);
                opaque_memory(a);
                page_bases(parts, page, &base_b, &base_c);
                right += page_right(a, base_b + 3 * base_c, 1 + 3 * 2);
                walk_on(&parts->triad, 1, parts->array_pages);
        }
        parts->walked_bytes += TRIAD_PAGES * 3 * PAGE;
        answer->integer = right;
        return 0;
}
