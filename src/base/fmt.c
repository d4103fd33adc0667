/* SPDX-License-Identifier: Apache-2.0 */
#include "fmt.h"

#include "clock.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Three significant digits, as a measured figure deserves. */
static int decimals_of(double value)
{
        return value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
}

char *fmt_duration(char text[static FMT_SIZE], uint64_t ns)
{
        double us = (double)ns / 1e3, ms = (double)ns / 1e6, s = (double)ns / 1e9;

        if (ns < NS_PER_US)
                snprintf(text, FMT_SIZE, "%" PRIu64 " ns", ns);
        else if (us < 999.5)
                snprintf(text, FMT_SIZE, "%.*f us", decimals_of(us), us);
        else if (ms < 999.5)
                snprintf(text, FMT_SIZE, "%.*f ms", decimals_of(ms), ms);
        else if (s < 119.5)
                snprintf(text, FMT_SIZE, "%.*f s", decimals_of(s), s);
        else
                snprintf(text, FMT_SIZE, "%.0f m %02.0f s", floor(round(s) / 60),
                        fmod(round(s), 60));
        return text;
}

char *fmt_size(char text[static FMT_SIZE], uint64_t bytes)
{
        static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
        double value = (double)bytes;
        unsigned unit = 0;

        while (value >= 1023.5 && unit < 4) {
                value /= 1024;
                unit++;
        }
        if (unit == 0)
                snprintf(text, FMT_SIZE, "%" PRIu64 " B", bytes);
        else
                snprintf(text, FMT_SIZE, "%.*f %s", value < 99.95 ? 1 : 0, value, units[unit]);
        return text;
}

char *fmt_number(char text[static FMT_SIZE], double value, int decimals)
{
        char plain[FMT_SIZE];
        size_t whole, in = 0, out = 0;

        if (fabs(value) >= 1e15) {
                snprintf(text, FMT_SIZE, "%.3e", value);
                return text;
        }
        snprintf(plain, sizeof plain, "%.*f", decimals > 6 ? 6 : decimals, value);
        whole = strcspn(plain, ".");
        if (plain[0] == '-' && plain[1 + strspn(plain + 1, "0.")] == '\0')
                in = 1; /* a minus that rounding left with nothing but zeros */
        while (plain[in]) {
                text[out++] = plain[in++];
                if (in < whole && (whole - in) % 3 == 0 && plain[in - 1] != '-')
                        text[out++] = ',';
        }
        text[out] = '\0';
        return text;
}
