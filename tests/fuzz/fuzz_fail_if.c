/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any text as conditions on a comparison: refused with a reason, or conditions that keep what
 * fail_if.h says of them, each of which is read again from its own text.
 */
#include "fail_if.h"
#include "fuzz.h"

#include <errno.h>
#include <math.h>
#include <string.h>

static void check_again(const struct fail_if *c)
{
        struct fail_if_list again;

        CHECK(fail_if_parse(&again, c->text, NULL) == 0);
        CHECK(again.n == 1);
        CHECK(again.items[0].name == c->name && again.items[0].metric == c->metric);
        CHECK(again.items[0].tiles == c->tiles && again.items[0].op == c->op);
        CHECK(again.items[0].is_change == c->is_change && again.items[0].bound == c->bound);
        CHECK(strcmp(again.items[0].text, c->text) == 0);
        fail_if_free(&again);
}

static void check_condition(const struct fail_if *c)
{
        CHECK(c->name < COMPARE_NAMES && c->metric <= FAIL_IF_TILES);
        CHECK(c->metric != FAIL_IF_TILES || (c->name == COMPARE_TOTAL && c->tiles == 0));
        CHECK(c->op <= FAIL_IF_AT_MOST);
        CHECK(isfinite(c->bound) && c->bound >= (c->is_change ? -1 : 0));
        CHECK(!c->is_change || (c->metric != COMPARE_ERRORS && c->metric != COMPARE_MAX));
        check_again(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        char *text = strndup((const char *)data, size);
        struct fail_if_list list;
        struct why why = {0};
        int r;

        CHECK(text);
        r = fail_if_parse(&list, text, &why);
        CHECK(r == 0 || r == -EINVAL);
        if (r < 0) {
                CHECK(strcmp(why.what, "--fail-if") == 0 && why.reason[0]);
        } else {
                for (size_t i = 0; i < list.n; i++)
                        check_condition(&list.items[i]);
                fail_if_free(&list);
        }
        free(text);
        return 0;
}
