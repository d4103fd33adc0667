/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the run was made: enough to make it again, and to know what not to compare it with.
 */
#include "html_report.h"

#include "fmt.h"
#include "html.h"

#include <errno.h>
#include <math.h>
#include <string.h>

/* ---- names and values ---- */

static const struct html_column two_columns[] = {{"what", NULL}, {"value", NULL, true}};

static void pairs_begin(struct html_report *report, const char *caption)
{
        html_table_begin(report->to, "%s", caption);
        html_table_head(report->to, two_columns, ARRAY_SIZE(two_columns));
}

static void pair(struct html_report *report, const char *name, const char *value)
{
        html_row_begin(report->to, "%s", name);
        html_cell_text(report->to, value && *value ? value : "–");
        html_row_end(report->to);
}

static void pair_duration(struct html_report *report, const char *name, double ms)
{
        char text[FMT_SIZE];

        pair(report, name,
                ms >= 0 && ms < 1e12 ? fmt_duration(text, (uint64_t)llround(ms * 1e6)) : NULL);
}

static void pair_percent(struct html_report *report, const char *name, double share)
{
        char text[64];

        snprintf(text, sizeof text, "%g %%", share * 100);
        pair(report, name, text);
}

/* Every text of an object; what is null is not there. */
static void texts(struct html_report *report, const char *caption, const json_t *object)
{
        const char *name;
        json_t *value;

        if (!json_object_size(object))
                return;
        pairs_begin(report, caption);
        json_object_foreach((json_t *)object, name, value)
                pair(report, name, json_string_value(value));
        html_table_end(report->to);
}

static double number(const json_t *object, const char *key)
{
        const json_t *value = json_object_get(object, key);

        return json_is_number(value) ? json_number_value(value) : NAN;
}

static const char *text_of(const json_t *object, const char *key)
{
        return json_string_value(json_object_get(object, key));
}

/* ---- the parts ---- */

static void host(struct html_report *report, const json_t *manifest)
{
        static const struct {
                const char *key, *name;
        } facts[] = {
                {"hostname", "host name"},
                {"os", "distribution"},
                {"kernel", "kernel"},
                {"kernel_version", "kernel build"},
                {"machine", "architecture"},
                {"cpu_model", "CPU model"},
                {"cpu_governor", "CPU governor"},
                {"clocksource", "clock source"},
                {"transparent_hugepages", "transparent huge pages"},
                {"ksm_run", "kernel same-page merging"},
                {"numa_balancing", "NUMA balancing"},
                {"swappiness", "swappiness"},
                {"kernel_options", "kernel options"},
        };
        const json_t *all = json_object_get(manifest, "host");
        char text[FMT_SIZE];

        pairs_begin(report,
                "The host that measured; with processes as guests also the one that was "
                "measured");
        for (size_t i = 0; i < ARRAY_SIZE(facts); i++)
                pair(report, facts[i].name, text_of(all, facts[i].key));
        pair(report, "CPUs", fmt_number(text, number(all, "cpus"), 0));
        pair(report, "NUMA nodes", fmt_number(text, number(all, "numa_nodes"), 0));
        pair(report, "memory", fmt_size(text, (uint64_t)number(all, "memory_bytes")));
        pair(report, "is itself a virtual machine",
                json_is_true(json_object_get(all, "is_virtual_machine")) ? "yes" : "no");
        html_table_end(report->to);
        texts(report, "Mitigations of the host's CPU", json_object_get(all, "mitigations"));
        texts(report, "Settings, as host-check reads them", json_object_get(all, "settings"));
}

static bool is_plain(const char *word)
{
        return *word && word[strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                          "0123456789-_./:=,@%+")] == '\0';
}

/* As a shell takes it. */
static void put_word(FILE *to, const char *word)
{
        if (is_plain(word)) {
                fputs(word, to);
                return;
        }
        fputc('\'', to);
        for (; *word; word++)
                if (*word == '\'')
                        fputs("'\\''", to);
                else
                        fputc(*word, to);
        fputc('\'', to);
}

static int command_line(struct html_report *report, const json_t *words)
{
        _cleanup_free_ char *line = NULL;
        size_t size;
        FILE *to = open_memstream(&line, &size);

        if (!to)
                return -ENOMEM;
        fputs("tileload", to);
        for (size_t i = 0; i < json_array_size(words); i++) {
                fputc(' ', to);
                put_word(to, json_string_value(json_array_get(words, i)));
        }
        if (fclose(to) != 0)
                return -ENOMEM;
        fputs("<p>The command:</p>\n<pre><code>", report->to);
        html_text(report->to, line);
        fputs("</code></pre>\n", report->to);
        return 0;
}

static void limits(struct html_report *report)
{
        const json_t *all = report->run->limits;

        pairs_begin(report, "What a tile had to keep to be valid");
        pair_duration(report, "average response time, at most", number(all, "max_average_ms"));
        pair_duration(report, "95th percentile, at most", number(all, "max_p95_ms"));
        pair_duration(report, "99th percentile, at most", number(all, "max_p99_ms"));
        pair_percent(report, "failed operations, at most", number(all, "max_error_share"));
        pair_percent(report, "answered of the offered requests, at least",
                number(all, "min_achieved_share"));
        pair_duration(report, "standstill of a guest, at most", number(all, "max_standstill_ms"));
        html_table_end(report->to);
}

static void placement(struct html_report *report)
{
        static const struct html_column columns[] = {
                {"guest", NULL}, {"NUMA nodes", NULL, true}, {"CPUs", NULL, true}};
        const json_t *all = report->run->placement;
        const char *path = text_of(all, "path"), *name;
        json_t *place;

        if (!all) {
                html_note(report, "Guests were not bound to CPUs or to NUMA nodes.");
                return;
        }
        html_table_begin(report->to, "Placement: %s%s%s%s", text_of(all, "mode"), path ? " " : "",
                path ? path : "",
                json_is_true(json_object_get(all, "memory_bound")) ? "; memory bound to the nodes"
                                                                   : "");
        html_table_head(report->to, columns, ARRAY_SIZE(columns));
        json_object_foreach(json_object_get(all, "guests"), name, place)
        {
                const char *nodes = text_of(place, "nodes"), *cpus = text_of(place, "cpus");

                html_row_begin(report->to, "%s", name);
                html_cell_text(report->to, nodes ? nodes : "any");
                html_cell_text(report->to, cpus ? cpus : "any");
                html_row_end(report->to);
        }
        html_table_end(report->to);
}

/* What each role was told, of the first tile: the others differ in addresses. */
static void roles(struct html_report *report)
{
        const struct run_step *step = report->run->n_steps ? &report->run->steps[0] : NULL;

        for (size_t i = 0; step && i < step->tile_results[0].n_guests; i++) {
                const struct run_guest *guest = &step->tile_results[0].guests[i];
                char caption[96];

                snprintf(caption, sizeof caption, "Options of %s (role %s) in tile %u", guest->name,
                        guest->role, step->tile_results[0].tile);
                texts(report, caption, guest->config);
        }
}

static void resumptions(struct html_report *report)
{
        const json_t *all = json_object_get(report->run->json, "resumed");

        for (size_t i = 0; i < json_array_size(all); i++) {
                const char *time = json_string_value(json_array_get(all, i));

                if (time)
                        html_note(report, "It was cut off, and went on at %s.", time);
        }
}

static void notes(struct html_report *report)
{
        const json_t *all = report->run->notes;

        if (!json_array_size(all))
                return;
        fputs("<ul class=\"notes\">\n", report->to);
        for (size_t i = 0; i < json_array_size(all); i++) {
                fputs("<li>", report->to);
                html_prose(report->to, "%s", json_string_value(json_array_get(all, i)));
                fputs("</li>\n", report->to);
        }
        fputs("</ul>\n", report->to);
}

static const char *launched(const struct run_file *run)
{
        static const struct {
                const char *launch, *words;
        } ways[] = {
                {"process", "guests as processes of this host"},
                {"libvirt", "guests of libvirt"},
                {"none", "guests that something else had started"},
        };

        for (size_t i = 0; i < ARRAY_SIZE(ways); i++)
                if (strcmp(run->launch, ways[i].launch) == 0)
                        return ways[i].words;
        return run->launch;
}

int html_manifest(struct html_report *report)
{
        const struct run_file *run = report->run;
        const json_t *manifest = run->manifest;
        int r;

        html_section_begin(report, "manifest", "How it was run");
        html_note(report,
                "tileload %s, %s%s%s, started %s. Runs whose options or roles differ measure "
                "different things.",
                text_of(manifest, "tileload_version"), launched(run),
                run->profile[0] ? ", profile " : "", run->profile, text_of(manifest, "started"));
        resumptions(report);
        notes(report);
        r = command_line(report, json_object_get(manifest, "command_line"));
        limits(report);
        html_details_begin(report, "", "The host");
        host(report, manifest);
        html_details_end(report);
        html_details_begin(report, "", "All options of the command");
        texts(report, "Options as they were in force", json_object_get(manifest, "options"));
        html_details_end(report);
        html_details_begin(report, "", "Where guests ran");
        placement(report);
        html_details_end(report);
        html_details_begin(report, "", "What each role was told");
        roles(report);
        html_details_end(report);
        html_section_end(report);
        return r;
}
