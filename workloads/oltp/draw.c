/* SPDX-License-Identifier: Apache-2.0 */
#include "draw.h"

#include "crc32c.h"

#include <math.h>
#include <string.h>

#define GROUP_DIGITS  11
#define GROUP_MODULUS UINT64_C(100000000000) /* 10^11 */
#define C_GROUPS      10
#define PAD_GROUPS    5

/* Where the last group of a c begins: all before it, with the dash, is covered by its check. */
#define CHECK_OFFSET ((C_GROUPS - 1) * (GROUP_DIGITS + 1))

#define GAUSSIAN_DRAWS 12
#define SPECIAL_SHARE  0.75
#define SPECIAL_WIDTH  0.01

/* ln(h) / ln(1 - h) for h = 0.2: u^7.2 puts 80 % of the draws below 0.2. */
#define PARETO_POWER 7.212567438871862

const char *const draw_distribution_names[] = {"uniform", "special", "gaussian", "pareto", NULL};

/* Position 0 <= x < 1 within the table to an id; rounding must not lead past the last row. */
static uint32_t id_at(double x, uint32_t n)
{
        uint32_t offset = (uint32_t)(x * n);

        return 1 + (offset < n ? offset : n - 1);
}

static double unit_gaussian(struct rng *rng)
{
        double sum = 0;

        for (unsigned i = 0; i < GAUSSIAN_DRAWS; i++)
                sum += rng_unit(rng);
        return sum / GAUSSIAN_DRAWS;
}

static double unit_special(struct rng *rng)
{
        if (rng_unit(rng) >= SPECIAL_SHARE)
                return unit_gaussian(rng);
        return 0.5 + SPECIAL_WIDTH * (rng_unit(rng) - 0.5);
}

uint32_t draw_id(enum draw_distribution distribution, uint32_t n, struct rng *rng)
{
        switch (distribution) {
        case DRAW_UNIFORM:
                break;
        case DRAW_SPECIAL:
                return id_at(unit_special(rng), n);
        case DRAW_GAUSSIAN:
                return id_at(unit_gaussian(rng), n);
        case DRAW_PARETO:
                return id_at(pow(rng_unit(rng), PARETO_POWER), n);
        }
        return 1 + (uint32_t)rng_below(rng, n);
}

static void write_group(char *to, uint64_t value)
{
        for (unsigned i = GROUP_DIGITS; i-- > 0; value /= 10)
                to[i] = (char)('0' + value % 10);
}

/* n groups, each 11 digits of a 64-bit mix; a dash follows each but, when last, the last. */
static void write_groups(char *to, unsigned n, bool last, uint64_t seed)
{
        for (unsigned i = 0; i < n; i++) {
                write_group(to, rng_mix(seed + i) % GROUP_MODULUS);
                to += GROUP_DIGITS;
                if (i + 1 < n || !last)
                        *to++ = '-';
        }
}

static void write_check(char *to, const char *c, uint32_t table, uint32_t id)
{
        uint64_t row = rng_mix((uint64_t)table << 32 | id);

        write_group(to, rng_mix(row ^ crc32c(0, c, CHECK_OFFSET)) % GROUP_MODULUS);
}

void draw_c(char c[static DRAW_C_SIZE], uint32_t table, uint32_t id, uint64_t seed)
{
        write_groups(c, C_GROUPS - 1, false, seed);
        write_check(c + CHECK_OFFSET, c, table, id);
}

void draw_pad(char pad[static DRAW_PAD_SIZE], uint64_t seed)
{
        /* Not the groups of the c of the same seed. */
        write_groups(pad, PAD_GROUPS, true, seed + C_GROUPS);
}

bool draw_c_matches(const char *c, size_t size, uint32_t table, uint32_t id)
{
        char check[GROUP_DIGITS];

        if (size != DRAW_C_SIZE)
                return false;
        write_check(check, c, table, id);
        return memcmp(c + CHECK_OFFSET, check, GROUP_DIGITS) == 0;
}
