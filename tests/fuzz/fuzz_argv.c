/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any words, each ended by a NUL, as a program's arguments for tables with every type of option.
 */
#include "every_type.h"
#include "fuzz.h"

#include <string.h>

enum { MAX_WORDS = 256 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        char *words = malloc(size + 1), *argv[MAX_WORDS];
        struct every_type every;
        struct why why = {};
        int argc = 0, r;

        CHECK(words);
        memcpy(words, data, size);
        words[size] = '\0';
        for (char *p = words; p < words + size && argc < MAX_WORDS; p += strlen(p) + 1)
                argv[argc++] = p;

        every_type_init(&every);
        r = option_sets_argv(every.sets, ARRAY_SIZE(every.sets), argc, argv, &why);
        if (r < 0)
                every_type_check_failure(r, &why);
        every_type_check(&every);
        every_type_fini(&every);
        free(words);
        return 0;
}
