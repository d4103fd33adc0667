/* SPDX-License-Identifier: Apache-2.0 */
#include "every_type.h"

#include "clock.h"
#include "fuzz.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define FRAME(member) \
        (offsetof(struct every_type, frame.member) - offsetof(struct every_type, frame))
#define ROLE(member) (offsetof(struct every_type, role.member) - offsetof(struct every_type, role))

static const char *const choices[] = {"closed", "open", "half-open", NULL};

static const struct option frame_options[] = {
        {"listen", OPTION_STRING, FRAME(listen), "9477"},
        {"tile", OPTION_COUNT, FRAME(tile), "0", .max = 100000},
};

static const struct option role_options[] = {
        {"text", OPTION_STRING, ROLE(text), "some text"},
        {"secret", OPTION_STRING, ROLE(secret), .secret = true},
        {"unset", OPTION_STRING, ROLE(unset)},
        {"count", OPTION_COUNT, ROLE(count), "7"},
        {"count-in-bounds", OPTION_COUNT, ROLE(count_in_bounds), "7", .min = 3, .max = 1000},
        {"size", OPTION_SIZE, ROLE(bytes), "512M"},
        {"size-in-bounds", OPTION_SIZE, ROLE(bytes_in_bounds), "64K", .min = 4096,
                .max = UINT64_C(1) << 40},
        {"time", OPTION_DURATION, ROLE(time_ns), "1.5s"},
        {"time-in-bounds", OPTION_DURATION, ROLE(time_in_bounds_ns), "30s", .min = NS_PER_MS,
                .max = 3600 * NS_PER_S},
        {"number", OPTION_NUMBER, ROLE(number), "0.5"},
        {"number-in-bounds", OPTION_NUMBER, ROLE(number_in_bounds), "200", .min = 1,
                .max = 1000000},
        {"share", OPTION_SHARE, ROLE(share), "30%"},
        {"on", OPTION_BOOL, ROLE(on), "yes"},
        {"off", OPTION_BOOL, ROLE(off), "no"},
        {"choice", OPTION_CHOICE, ROLE(choice), "open", .choices = choices},
        {"list", OPTION_LIST, ROLE(list), "one two"},
};

void every_type_init(struct every_type *every)
{
        struct why why = {};

        memset(every, 0xa5, sizeof *every);
        every->sets[0] = (struct option_set){
                "Frame", frame_options, ARRAY_SIZE(frame_options), &every->frame};
        every->sets[1] =
                (struct option_set){"Role", role_options, ARRAY_SIZE(role_options), &every->role};
        CHECK(option_sets_init(every->sets, ARRAY_SIZE(every->sets), &why) == 0);
}

void every_type_fini(struct every_type *every)
{
        option_sets_fini(every->sets, ARRAY_SIZE(every->sets));
}

static void check_bounds(const struct every_type *every)
{
        CHECK(every->frame.tile <= 100000);
        CHECK(every->role.count_in_bounds >= 3 && every->role.count_in_bounds <= 1000);
        CHECK(every->role.bytes_in_bounds >= 4096);
        CHECK(every->role.bytes_in_bounds <= UINT64_C(1) << 40);
        CHECK(every->role.time_in_bounds_ns >= NS_PER_MS);
        CHECK(every->role.time_in_bounds_ns <= 3600 * NS_PER_S);
        CHECK(every->role.time_ns <= INT64_MAX); /* what parse_duration_ns() takes at most */
        CHECK(every->role.number >= 0 && isfinite(every->role.number));
        CHECK(every->role.number_in_bounds >= 1 && every->role.number_in_bounds <= 1000000);
        CHECK(every->role.share >= 0 && every->role.share <= 1);
        CHECK(every->role.choice < ARRAY_SIZE(choices) - 1);
        CHECK(every->role.list && every->role.list[0] && every->role.list[0] != ' ');
        CHECK(every->frame.listen && every->role.text); /* a default is never unset again */
}

/* As good as fifteen digits are. */
static bool near(double a, double b)
{
        return fabs(a - b) <= 1e-14 * fabs(a);
}

static bool same_text(const char *a, const char *b)
{
        return a && b ? strcmp(a, b) == 0 : a == b;
}

static void check_equal(const struct every_type *a, const struct every_type *b)
{
        CHECK(same_text(a->frame.listen, b->frame.listen));
        CHECK(a->frame.tile == b->frame.tile);
        CHECK(same_text(a->role.text, b->role.text));
        CHECK(same_text(a->role.unset, b->role.unset));
        CHECK(a->role.count == b->role.count);
        CHECK(a->role.count_in_bounds == b->role.count_in_bounds);
        CHECK(a->role.bytes == b->role.bytes);
        CHECK(a->role.bytes_in_bounds == b->role.bytes_in_bounds);
        /* Exact where a double is: up to a hundred days. */
        CHECK(a->role.time_ns == b->role.time_ns ||
                (a->role.time_ns > UINT64_C(1) << 53 &&
                        near((double)a->role.time_ns, (double)b->role.time_ns)));
        CHECK(a->role.time_in_bounds_ns == b->role.time_in_bounds_ns);
        /* Denormal numbers have fewer digits to give back. */
        CHECK(near(a->role.number, b->role.number) || a->role.number < 1e-280);
        CHECK(near(a->role.number_in_bounds, b->role.number_in_bounds));
        CHECK(near(a->role.share, b->role.share) || a->role.share < 1e-280);
        CHECK(a->role.on == b->role.on && a->role.off == b->role.off);
        CHECK(a->role.choice == b->role.choice);
        CHECK(same_text(a->role.list, b->role.list));
}

/* --name=text of one option into words, unless it is unset or not shown. */
static int render(const struct option *option, const void *config, char **ret)
{
        _cleanup_free_ char *text = option_text(option, config);

        if (!text || option->secret)
                return 0;
        if (option->type == OPTION_NUMBER || option->type == OPTION_SHARE) {
                double value = *(const double *)((const char *)config + option->offset);

                if (value > 0 && value < 1e-280)
                        return 0; /* more digits than a number may have */
        }
        CHECK(asprintf(ret, "--%s=%s", option->name, text) >= 0);
        return 1;
}

void every_type_check(const struct every_type *every)
{
        char *argv[ARRAY_SIZE(frame_options) + ARRAY_SIZE(role_options)];
        struct every_type again;
        struct why why = {};
        int argc = 0;

        check_bounds(every);
        for (size_t s = 0; s < ARRAY_SIZE(every->sets); s++)
                for (size_t i = 0; i < every->sets[s].n_options; i++)
                        argc += render(
                                &every->sets[s].options[i], every->sets[s].config, &argv[argc]);
        every_type_init(&again);
        CHECK(option_sets_argv(again.sets, ARRAY_SIZE(again.sets), argc, argv, &why) == 0);
        check_equal(every, &again);
        every_type_fini(&again);
        while (argc > 0)
                free(argv[--argc]);
}

void every_type_check_failure(int error, const struct why *why)
{
        char line[sizeof *why + 16];

        CHECK(error == -EINVAL || error == -ERANGE || error == -ENOENT);
        CHECK(memchr(why->what, '\0', sizeof why->what) && why->what[0]);
        CHECK(memchr(why->value, '\0', sizeof why->value));
        CHECK(memchr(why->reason, '\0', sizeof why->reason) && why->reason[0]);
        CHECK(strlen(why_format(why, line, sizeof line)) < sizeof line);
}
