/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any text as a file of libvirt's: refused with a line number, or what is found does not change by
 * a comment in front, and goes when the text does.
 */
#include "fuzz.h"
#include "libvirt_conf.h"

#include <errno.h>
#include <string.h>

#define KEY "max_workers"

static int look(const char *text, uint64_t *ret)
{
        struct why why = {0};
        int r = libvirt_conf_number(text, KEY, "file", ret, &why);

        CHECK(r == 0 || r == 1 || r == -EINVAL || r == -EBADMSG);
        CHECK((r < 0) == (strncmp(why.reason, "line ", strlen("line ")) == 0));
        CHECK(libvirt_conf_number(text, KEY, "file", ret, NULL) == r);
        return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static const char set[] = KEY " = 4711\n", comment[] = "# " KEY " = 1\n";
        char *text = strndup((const char *)data, size), *longer;
        uint64_t value = 77, again = 77;
        int r;

        CHECK(text);
        r = look(text, &value);
        CHECK(r == 1 || value == 77);

        longer = malloc(strlen(text) + sizeof set + sizeof comment);
        CHECK(longer);
        sprintf(longer, "%s%s", comment, text);
        CHECK(look(longer, &again) == r && again == value);
        /* The first setting counts, wherever the rest can be understood. */
        sprintf(longer, "%s%s", set, text);
        again = 77;
        CHECK(look(longer, &again) == (r == -EBADMSG ? -EBADMSG : 1));
        CHECK(again == (r == -EBADMSG ? 77 : 4711));
        free(longer);
        free(text);
        return 0;
}
