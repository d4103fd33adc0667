/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cpu's integer operations. Every expected answer here is checked by answers.py.
 */
#include "crc32c.h"
#include "operation.h"

#include <errno.h>
#include <string.h>

#define ADD_STEPS      500000
#define MULTIPLY_STEPS 180000
#define MULTIPLY_BASE  UINT64_C(6364136223846793005) /* odd: its powers never vanish */
#define DIVIDE_STEPS   30000
#define DIVIDE_PRIME   UINT64_C(4294967291) /* the largest below 2^32: products fit 64 bits */
#define DIVIDE_BASE    UINT64_C(2654435761)
#define SIEVE_LIMIT    200000
#define SEARCH_SIZE    131072
#define SEARCH_WORD    "cabbed"
#define CHECKSUM_SIZE  65536
#define SORT_NUMBERS   4096
#define QUEENS         10

struct integer_parts {
        unsigned char composite[SIEVE_LIMIT / 2]; /* of the odd number 2i + 1 */
        char text[SEARCH_SIZE];
        unsigned char bytes[CHECKSUM_SIZE];
        uint64_t shuffled[SORT_NUMBERS], sorted[SORT_NUMBERS];
};

int integer_parts_new(struct integer_parts **ret)
{
        struct integer_parts *parts = calloc(1, sizeof *parts);

        if (!parts)
                return -ENOMEM;
        for (size_t i = 0; i < SEARCH_SIZE; i++)
                parts->text[i] = (char)('a' + rng_mix(i) % 5);
        for (size_t i = 0; i < CHECKSUM_SIZE; i++)
                parts->bytes[i] = (unsigned char)rng_mix(i);
        for (size_t i = 0; i < SORT_NUMBERS; i++)
                parts->shuffled[i] = rng_mix(i);
        *ret = parts;
        return 0;
}

void integer_parts_free(struct integer_parts *parts)
{
        free(parts);
}

/* F(ADD_STEPS) modulo 2^64, F(0) = 0; the steps are even in number. answers.py: by doubling the
 * index. */
const struct expected op_integer_add_answer = {.integer = UINT64_C(0x58c0b3628a3f3705)};

int op_integer_add(struct workbench *bench, struct answer *answer)
{
        uint64_t a = opaque(0), b = opaque(1);

        for (unsigned i = 0; i < ADD_STEPS; i += 2) {
                a = opaque(a + b);
                b = opaque(a + b);
        }
        answer->integer = a;
        return 0;
}

/* MULTIPLY_BASE ^ MULTIPLY_STEPS modulo 2^64. */
const struct expected op_integer_multiply_answer = {.integer = UINT64_C(0xa76148f8d3be2881)};

int op_integer_multiply(struct workbench *bench, struct answer *answer)
{
        uint64_t base = opaque(MULTIPLY_BASE), power = opaque(1);

        for (unsigned i = 0; i < MULTIPLY_STEPS; i++)
                power = opaque(power * base);
        answer->integer = power;
        return 0;
}

/* DIVIDE_BASE ^ DIVIDE_STEPS modulo DIVIDE_PRIME. */
const struct expected op_integer_divide_answer = {.integer = UINT64_C(0x63592acd)};

int op_integer_divide(struct workbench *bench, struct answer *answer)
{
        uint64_t base = opaque(DIVIDE_BASE), prime = opaque(DIVIDE_PRIME), power = opaque(1);

        for (unsigned i = 0; i < DIVIDE_STEPS; i++)
                power = opaque(power * base % prime);
        answer->integer = power;
        return 0;
}

/* The number of primes below SIEVE_LIMIT. */
const struct expected op_sieve_answer = {.integer = 17984};

int op_sieve(struct workbench *bench, struct answer *answer)
{
        unsigned char *composite = bench->integer->composite;
        uint64_t primes = 1; /* 2, the even one */

        memset(composite, 0, SIEVE_LIMIT / 2);
        opaque_memory(composite);
        for (size_t i = 1; i < SIEVE_LIMIT / 2; i++) {
                size_t p = 2 * i + 1;

                if (composite[i])
                        continue;
                primes++;
                for (size_t k = p * p / 2; k < SIEVE_LIMIT / 2; k += p)
                        composite[k] = 1;
        }
        answer->integer = primes;
        return 0;
}

/* How often SEARCH_WORD stands in the text, plus 2^20 times where it stands first. */
const struct expected op_search_answer = {.integer = UINT64_C(0x4ad0000b)};

/* Horspool's algorithm (Software: Practice and Experience 10, 1980): look at the last letter under
 * the word, and move the word until a letter of its own stands there. */
int op_search(struct workbench *bench, struct answer *answer)
{
        enum { LENGTH = sizeof SEARCH_WORD - 1 };
        const char *text = bench->integer->text;
        uint64_t found = 0, first = 0;
        size_t move[256];

        for (size_t i = 0; i < ARRAY_SIZE(move); i++)
                move[i] = LENGTH;
        for (size_t i = 0; i + 1 < LENGTH; i++)
                move[(unsigned char)SEARCH_WORD[i]] = LENGTH - 1 - i;
        for (size_t at = 0; at + LENGTH <= SEARCH_SIZE;) {
                if (memcmp(text + at, SEARCH_WORD, LENGTH) == 0) {
                        first = found++ ? first : at;
                }
                at += move[(unsigned char)text[at + LENGTH - 1]];
        }
        answer->integer = found + (first << 20);
        return 0;
}

/* answers.py: bit by bit, with the polynomial as RFC 3720 gives it. */
const struct expected op_checksum_answer = {.integer = UINT64_C(0x8f2c9cbd)};

int op_checksum(struct workbench *bench, struct answer *answer)
{
        answer->integer = crc32c_table((uint32_t)opaque(0), bench->integer->bytes, CHECKSUM_SIZE);
        return 0;
}

static void sift_down(uint64_t *heap, size_t at, size_t n)
{
        uint64_t value = heap[at];

        for (size_t child; (child = 2 * at + 1) < n; at = child) {
                if (child + 1 < n && heap[child + 1] > heap[child])
                        child++;
                if (heap[child] <= value)
                        break;
                heap[at] = heap[child];
        }
        heap[at] = value;
}

/* The sum of i times the i-th smallest number, i from 1, modulo 2^64. */
const struct expected op_sort_answer = {.integer = UINT64_C(0xf413c910f982de4)};

/* Heapsort (Williams, CACM 7, 1964, algorithm 232; Floyd's way of building the heap). */
int op_sort(struct workbench *bench, struct answer *answer)
{
        uint64_t *heap = bench->integer->sorted, sum = 0;

        memcpy(heap, bench->integer->shuffled, sizeof bench->integer->shuffled);
        for (size_t i = SORT_NUMBERS / 2; i-- > 0;)
                sift_down(heap, i, SORT_NUMBERS);
        for (size_t n = SORT_NUMBERS - 1; n > 0; n--) {
                uint64_t largest = heap[0];

                heap[0] = heap[n];
                heap[n] = largest;
                sift_down(heap, 0, n);
        }
        for (size_t i = 0; i < SORT_NUMBERS; i++)
                sum += (i + 1) * heap[i];
        answer->integer = sum;
        return 0;
}

/* Known: 724 (OEIS A000170). */
const struct expected op_queens_answer = {.integer = 724};

/* Rows are bits: taken, and attacked along each of the two diagonals. */
static unsigned place_queens(unsigned taken, unsigned left, unsigned right)
{
        unsigned all = (1u << QUEENS) - 1, ways = 0;

        if (taken == all)
                return 1;
        for (unsigned open = all & ~(taken | left | right); open; open &= open - 1) {
                unsigned row = open & -open;

                ways += place_queens(taken | row, (left | row) << 1, (right | row) >> 1);
        }
        return ways;
}

int op_queens(struct workbench *bench, struct answer *answer)
{
        answer->integer = place_queens((unsigned)opaque(0), 0, 0);
        return 0;
}
