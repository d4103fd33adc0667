/* SPDX-License-Identifier: Apache-2.0 */
#include "parse.h"

#include "clock.h"
#include "macro.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <string.h>
#include <strings.h>

/* Reads leading digits; *ret_end is where they stop. */
static int digits(const char *text, uint64_t *ret, const char **ret_end)
{
        uint64_t value = 0;

        if (!isdigit((unsigned char)*text))
                return -EINVAL;
        for (; isdigit((unsigned char)*text); text++) {
                if (__builtin_mul_overflow(value, UINT64_C(10), &value) ||
                        __builtin_add_overflow(value, (uint64_t)(*text - '0'), &value))
                        return -ERANGE;
        }
        *ret = value;
        *ret_end = text;
        return 0;
}

int parse_u64(const char *text, uint64_t *ret)
{
        const char *end;
        uint64_t value;
        int r = digits(text, &value, &end);

        if (r < 0)
                return r;
        if (*end)
                return -EINVAL;
        *ret = value;
        return 0;
}

int parse_size(const char *text, uint64_t *ret_bytes)
{
        static const char units[] = "kmgt";
        const char *end, *unit;
        uint64_t value;
        int r = digits(text, &value, &end);

        if (r < 0)
                return r;
        if (*end && (unit = strchr(units, tolower((unsigned char)*end)))) {
                for (const char *p = units; p <= unit; p++)
                        if (__builtin_mul_overflow(value, UINT64_C(1024), &value))
                                return -ERANGE;
                end++;
                if (strcmp(end, "iB") == 0)
                        end += 2;
        }
        if (*end == 'B')
                end++;
        if (*end)
                return -EINVAL;
        *ret_bytes = value;
        return 0;
}

/* digits [. digits] without sign, exponent, hex, inf or nan, which strtod would take. */
static int decimal(const char *text, double *ret, const char **ret_end)
{
        double value = 0, scale = 1;
        const char *p = text;

        if (!isdigit((unsigned char)*p))
                return -EINVAL;
        for (; isdigit((unsigned char)*p); p++)
                value = value * 10 + (*p - '0');
        if (*p == '.') {
                if (!isdigit((unsigned char)p[1]))
                        return -EINVAL;
                for (p++; isdigit((unsigned char)*p); p++) {
                        value = value * 10 + (*p - '0');
                        scale *= 10;
                }
        }
        if (!isfinite(value) || !isfinite(scale))
                return -ERANGE;
        *ret = value / scale;
        *ret_end = p;
        return 0;
}

int parse_number(const char *text, double *ret)
{
        const char *end;
        double value;
        int r = decimal(text, &value, &end);

        if (r < 0)
                return r;
        if (*end)
                return -EINVAL;
        *ret = value;
        return 0;
}

int parse_duration_ns(const char *text, uint64_t *ret_ns)
{
        static const struct {
                const char *suffix;
                double ns;
        } units[] = {
                {"", 1e9},
                {"ns", 1},
                {"us", 1e3},
                {"ms", 1e6},
                {"s", 1e9},
                {"m", 60e9},
                {"h", 3600e9},
        };
        const char *end;
        double value;
        int r = decimal(text, &value, &end);

        if (r < 0)
                return r;
        for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
                if (strcmp(end, units[i].suffix) != 0)
                        continue;
                value = round(value * units[i].ns);
                if (value >= 0x1p63)
                        return -ERANGE;
                *ret_ns = (uint64_t)value;
                return 0;
        }
        return -EINVAL;
}

int parse_share(const char *text, double *ret)
{
        const char *end;
        double value;
        int r = decimal(text, &value, &end);

        if (r < 0)
                return r;
        if (strcmp(end, "%") == 0)
                value /= 100;
        else if (*end)
                return -EINVAL;
        if (value > 1)
                return -ERANGE;
        *ret = value;
        return 0;
}

int parse_bool(const char *text, bool *ret)
{
        static const char *const yes[] = {"yes", "true", "on", "1"};
        static const char *const no[] = {"no", "false", "off", "0"};

        for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
                bool is_yes = strcasecmp(text, yes[i]) == 0;

                if (is_yes || strcasecmp(text, no[i]) == 0) {
                        *ret = is_yes;
                        return 0;
                }
        }
        return -EINVAL;
}

int parse_range(const char *text, unsigned *ret_from, unsigned *ret_to)
{
        uint64_t from, to;
        const char *end;
        int r = digits(text, &from, &end);

        if (r < 0)
                return r;
        to = from;
        if (*end == '-') {
                r = parse_u64(end + 1, &to);
                if (r < 0)
                        return r;
        } else if (*end) {
                return -EINVAL;
        }
        if (from < 1 || to < from || to > UINT_MAX)
                return -ERANGE;
        *ret_from = (unsigned)from;
        *ret_to = (unsigned)to;
        return 0;
}

unsigned parse_distance(const char *a, const char *b)
{
        enum { CUT = 63 };
        unsigned d[CUT + 1][CUT + 1];
        size_t la = strnlen(a, CUT), lb = strnlen(b, CUT);

        for (size_t i = 0; i <= la; i++)
                d[i][0] = (unsigned)i;
        for (size_t j = 0; j <= lb; j++)
                d[0][j] = (unsigned)j;
        for (size_t i = 1; i <= la; i++) {
                for (size_t j = 1; j <= lb; j++) {
                        unsigned best = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);

                        best = MIN(best, d[i - 1][j] + 1);
                        best = MIN(best, d[i][j - 1] + 1);
                        if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                                best = MIN(best, d[i - 2][j - 2] + 1);
                        d[i][j] = best;
                }
        }
        return d[la][lb];
}
