/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why it ended there, and whether its figures can be believed: resources, settling, cost, verdicts.
 */
#include "html_report.h"

#include "html.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static double number(const json_t *object, const char *key)
{
        const json_t *value = json_object_get(object, key);

        return json_is_number(value) ? json_number_value(value) : NAN;
}

static void row_begin(struct html_report *report, const struct run_step *step)
{
        char name[48];

        html_row_begin(report->to, "%s", html_step_name(report, step, name, sizeof name));
}

/* ---- what ended it ---- */

/* The busiest of a list; share() says how busy one is, NAN when that cannot be told. */
static const json_t *busiest(const json_t *list, double (*share)(const json_t *one))
{
        const json_t *most = NULL;

        for (size_t i = 0; i < json_array_size(list); i++) {
                const json_t *one = json_array_get(list, i);
                double busy = share(one);

                if (!isnan(busy) && (!most || busy > share(most)))
                        most = one;
        }
        return most;
}

static double disk_busy(const json_t *disk)
{
        return number(disk, "busy_percent");
}

static double network_bits(const json_t *network)
{
        return fmax(number(network, "received_bits_per_s"), number(network, "sent_bits_per_s"));
}

static double network_busy(const json_t *network)
{
        return network_bits(network) / number(network, "speed_bits_per_s") * 100;
}

static void disk_cells(FILE *to, const json_t *resources)
{
        const json_t *disk = busiest(json_object_get(resources, "disks"), disk_busy);

        if (disk)
                html_cell_text(to, json_string_value(json_object_get(disk, "name")));
        else
                html_cell(to, "–");
        html_number(to, disk ? disk_busy(disk) : NAN, 0);
        html_figure(to, disk ? number(disk, "await_ms") : NAN);
}

static void network_cells(FILE *to, const json_t *resources)
{
        const json_t *list = json_object_get(resources, "networks");
        const json_t *network = busiest(list, network_busy);

        if (!network)
                network = busiest(list, network_bits);
        if (network)
                html_cell_text(to, json_string_value(json_object_get(network, "name")));
        else
                html_cell(to, "–");
        html_figure(to, network ? network_bits(network) / 1e6 : NAN);
        html_number(to, network ? network_busy(network) : NAN, 0);
}

static void limits_cell(FILE *to, const struct run_step *step)
{
        fputs("<td class=\"text\">", to);
        for (size_t i = 0; i < step->n_limits; i++) {
                fputs(i ? "<br>" : "", to);
                html_prose(to, "%s", step->limits[i]);
        }
        fputs(step->n_limits ? "</td>" : "none</td>", to);
}

static void processors_row(struct html_report *report, const struct run_step *step)
{
        const json_t *all = step->resources, *clients = json_object_get(all, "clients");
        FILE *to = report->to;

        row_begin(report, step);
        html_number(to, step->host_cpu_busy_percent, 0);
        html_number(to, number(all, "cpu_busiest_percent"), 0);
        html_number(to, number(all, "cpu_steal_percent"), 1);
        html_figure(to, number(all, "memory_available_bytes") / 0x1p30);
        html_figure(to, (number(all, "swap_in_bytes_per_s") + number(all, "swap_out_bytes_per_s")) /
                                0x1p20);
        html_figure(to, number(clients, "late_share") * 100);
        limits_cell(to, step);
        html_row_end(to);
}

static void processors_table(struct html_report *report)
{
        static const struct html_column columns[] = {
                {"tiles", NULL},
                {"CPU", "% busy"},
                {"busiest CPU", "% busy"},
                {"steal", "%"},
                {"memory left", "GiB"},
                {"swapped", "MiB/s"},
                {"sent late", "% of requests"},
                {"at its limit", NULL, true},
        };

        html_table_begin(report->to, "The measuring host in each window: CPUs, memory, and what "
                                     "had no more to give");
        html_table_head(report->to, columns, ARRAY_SIZE(columns));
        for (size_t i = 0; i < report->run->n_steps; i++)
                processors_row(report, &report->run->steps[i]);
        html_table_end(report->to);
}

static void devices_row(struct html_report *report, const struct run_step *step)
{
        const json_t *all = step->resources, *tcp = json_object_get(all, "tcp");

        row_begin(report, step);
        disk_cells(report->to, all);
        network_cells(report->to, all);
        html_figure(report->to, number(tcp, "retransmitted") / number(tcp, "segments_sent") * 100);
        html_row_end(report->to);
}

static void devices_table(struct html_report *report)
{
        static const struct html_column columns[] = {
                {"tiles", NULL},
                {"busiest disk", NULL, true},
                {"busy", "%"},
                {"wait", "ms"},
                {"busiest network", NULL, true},
                {"traffic", "Mbit/s"},
                {"of its speed", "%"},
                {"TCP sent again", "% of segments"},
        };

        html_table_begin(report->to, "The measuring host in each window: disks and networks");
        html_table_head(report->to, columns, ARRAY_SIZE(columns));
        for (size_t i = 0; i < report->run->n_steps; i++)
                devices_row(report, &report->run->steps[i]);
        html_table_end(report->to);
}

static const struct {
        const char *kind, *words, *sentence;
} ends[] = {
        {"last step", "the last step", "All the steps that were asked for were measured."},
        {"invalid", "a step that was not valid",
                "The first step that was not valid ended the run."},
        {"no gain", "hardly any gain",
                "The run ended when another tile added hardly any throughput."},
        {"search", "the search", "The search has found the largest number of valid tiles."},
};

const char *html_end_words(const struct run_file *run)
{
        for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
                if (strcmp(run->ended_kind, ends[i].kind) == 0)
                        return ends[i].words;
        return NULL;
}

static void ending(struct html_report *report)
{
        const struct run_file *run = report->run;

        if (!run->complete)
                html_note(report, "The run did not come to its end: %s.", run->incomplete_reason);
        for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
                if (strcmp(run->ended_kind, ends[i].kind) == 0)
                        html_note(report, "%s", ends[i].sentence);
        if (run->ended_by && run->ended_resource[0]) {
                html_note(report, "What was at its limit then: %s.", run->ended_by);
        } else if (run->ended_by && strcmp(run->ended_kind, "last step") != 0) {
                html_note(report,
                        "The reason: %s. No resource of the host is known to have been at "
                        "its limit.",
                        run->ended_by);
        }
}

static bool any_guest_hosts(const struct run_file *run)
{
        for (size_t i = 0; i < run->n_steps; i++)
                if (json_array_size(json_object_get(run->steps[i].resources, "guest_hosts")))
                        return true;
        return false;
}

static void guest_hosts_rows(struct html_report *report, const struct run_step *step)
{
        const json_t *hosts = json_object_get(step->resources, "guest_hosts");

        for (size_t i = 0; i < json_array_size(hosts); i++) {
                const json_t *host = json_array_get(hosts, i);

                row_begin(report, step);
                html_cell_text(report->to, json_string_value(json_object_get(host, "name")));
                html_number(report->to, number(host, "cpu_busy_percent"), 0);
                html_figure(report->to, number(host, "memory_available_bytes") / 0x1p30);
                html_figure(report->to, number(host, "memory_bytes") / 0x1p30);
                html_row_end(report->to);
        }
}

static void guest_hosts_table(struct html_report *report)
{
        static const struct html_column columns[] = {
                {"tiles", NULL},
                {"host", NULL, true},
                {"CPU", "% busy"},
                {"memory left", "GiB"},
                {"of", "GiB"},
        };

        html_table_begin(report->to, "What the other hosts with guests used of themselves");
        html_table_head(report->to, columns, ARRAY_SIZE(columns));
        for (size_t i = 0; i < report->run->n_steps; i++)
                guest_hosts_rows(report, &report->run->steps[i]);
        html_table_end(report->to);
}

void html_end(struct html_report *report)
{
        html_section_begin(report, "end", "What ended it");
        ending(report);
        processors_table(report);
        devices_table(report);
        if (any_guest_hosts(report->run))
                guest_hosts_table(report);
        html_note(report, "Of several disks and networks the busiest is shown; run.json has all. A "
                          "dash is what the host does not tell.");
        html_section_end(report);
}

/* ---- settling ---- */

void html_settling(struct html_report *report)
{
        static const struct html_column columns[] = {
                {"tiles", NULL},
                {"started", NULL, true},
                {"warm-up", "s"},
                {"window", "s"},
                {"settled", NULL, true},
                {"still changing", NULL, true},
        };
        FILE *to = report->to;

        html_section_begin(report, "settling", "Had it settled?");
        html_note(report,
                "A window begins when all roles work at a steady rate. Where the longest "
                "warm-up was not enough for that, it is said here, and the step's figures "
                "may belong to a host that was still on its way.");
        html_table_begin(to, "Warm-up and window of each step");
        html_table_head(to, columns, ARRAY_SIZE(columns));
        for (size_t i = 0; i < report->run->n_steps; i++) {
                const struct run_step *step = &report->run->steps[i];

                row_begin(report, step);
                html_cell_text(to, step->started);
                html_number(to, step->warmup_s, 1);
                html_number(to, step->duration_s, 1);
                html_cell(to, "%s", step->interrupted ? "cut short" : step->settled ? "yes" : "no");
                html_cell(to, "%s", step->unsettled ? step->unsettled : "–");
                html_row_end(to);
        }
        html_table_end(to);
        html_section_end(report);
}

/* ---- what measuring cost ---- */

void html_cost(struct html_report *report)
{
        static const struct html_column columns[] = {
                {"tiles", NULL},
                {"measuring", "% of all CPUs"},
                {"measuring", "s of CPU"},
                {"answering", "% of all CPUs"},
                {"answering", "s of CPU"},
                {"rounds of readings", NULL},
                {"a round, average", "ms"},
                {"a round, longest", "ms"},
        };
        const json_t *steps = json_object_get(report->run->json, "steps");
        FILE *to = report->to;

        html_section_begin(report, "cost", "What measuring cost");
        html_note(report,
                "The program that measures reads every guest once a second, and every guest "
                "has to answer: this is what both cost the host. A dash is what cannot be "
                "told, as with guests in virtual machines.");
        html_table_begin(to,
                "Cost of measuring in each window: measuring with its warm-up, answering without");
        html_table_head(to, columns, ARRAY_SIZE(columns));
        for (size_t i = 0; i < report->run->n_steps; i++) {
                const struct run_step *step = &report->run->steps[i];
                const json_t *harness = json_object_get(json_array_get(steps, i), "harness");

                row_begin(report, step);
                html_figure(to, step->harness_cpu_percent);
                html_figure(to, number(harness, "cpu_s"));
                html_figure(to, number(harness, "answering_cpu_percent_of_host"));
                html_figure(to, number(harness, "answering_cpu_s"));
                html_number(to, number(harness, "scrape_rounds"), 0);
                html_figure(to, number(harness, "round_mean_ms"));
                html_figure(to, number(harness, "round_max_ms"));
                html_row_end(to);
        }
        html_table_end(to);
        html_section_end(report);
}

/* ---- tiles that were not valid ---- */

static void invalid_rows(struct html_report *report, const struct run_step *step)
{
        for (size_t t = 0; t < step->n_tile_results; t++) {
                const struct run_tile *tile = &step->tile_results[t];

                for (size_t i = 0; i < tile->n_reasons; i++) {
                        row_begin(report, step);
                        html_number(report->to, tile->tile, 0);
                        html_cell(report->to, "%s", tile->reasons[i]);
                        html_row_end(report->to);
                }
        }
}

static size_t count_invalid(const struct run_file *run)
{
        size_t n = 0;

        for (size_t i = 0; i < run->n_steps; i++)
                for (size_t t = 0; t < run->steps[i].n_tile_results; t++)
                        n += run->steps[i].tile_results[t].n_reasons;
        return n;
}

void html_invalid(struct html_report *report)
{
        static const struct html_column columns[] = {
                {"tiles", NULL}, {"tile", NULL}, {"why it is not valid", NULL, true}};

        html_section_begin(report, "invalid", "Tiles that were not valid");
        if (count_invalid(report->run)) {
                html_table_begin(report->to, "Every reason of every tile");
                html_table_head(report->to, columns, ARRAY_SIZE(columns));
                for (size_t i = 0; i < report->run->n_steps; i++)
                        invalid_rows(report, &report->run->steps[i]);
                html_table_end(report->to);
        } else {
                html_note(report, "None: every tile of every step kept all limits.");
        }
        html_section_end(report);
}
