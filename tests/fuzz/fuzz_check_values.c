/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any text as what a kernel's file may hold: what is said of it fits together, and nothing of it
 * comes to people but printable ASCII.
 */
#include "fuzz.h"
#include "values.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

static void check_choice(const char *text)
{
        char chosen[32] = "untouched";
        int r = values_chosen(text, chosen, sizeof chosen);

        CHECK(r == 0 || r == -EINVAL || r == -ENAMETOOLONG);
        if (r < 0) {
                CHECK(strcmp(chosen, "untouched") == 0);
                return;
        }
        CHECK(*chosen && !strpbrk(chosen, " \t\n"));
        CHECK(values_offers(text, chosen));
}

static void check_numbers(const char *text)
{
        uint64_t numbers[4], again[4];
        char written[128];
        size_t used = 0;
        int n = values_numbers(text, numbers, 4);

        CHECK(n == -EINVAL || (n >= 1 && n <= 4));
        for (int i = 0; i < n; i++)
                used += (size_t)snprintf(
                        written + used, sizeof written - used, "\t%" PRIu64, numbers[i]);
        if (n < 0)
                return;
        CHECK(values_numbers(written, again, 4) == n);
        CHECK(memcmp(numbers, again, (size_t)n * sizeof *numbers) == 0);
}

static void check_tidy(const char *text)
{
        char tidy[64], again[64];

        CHECK(values_tidy(tidy, sizeof tidy, text) == tidy);
        CHECK(strlen(tidy) < sizeof tidy);
        CHECK(values_is_plain(tidy) && !strchr(tidy, '\t') && !strstr(tidy, "  "));
        CHECK(strcmp(values_tidy(again, sizeof again, tidy), tidy) == 0);
}

static void check_field(const char *text)
{
        const char *field = values_field(text, "MemTotal");

        CHECK(!field || (field > text && field <= text + strlen(text)));
        CHECK(!field || strstr(text, "MemTotal"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        char *text = strndup((const char *)data, size);

        CHECK(text);
        check_choice(text);
        check_numbers(text);
        check_tidy(text);
        check_field(text);
        if (values_is_plain(text))
                CHECK(!strchr(text, '\n'));
        free(text);
        return 0;
}
