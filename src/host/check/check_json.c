/* SPDX-License-Identifier: Apache-2.0 */
#include "formats.h"

#include "values.h"

#include <errno.h>
#include <jansson.h>

static json_t *text_or_null(const char *text)
{
        return text && *text ? json_string(text) : json_null();
}

static json_t *change_json(const struct check_change *change)
{
        static const char *const kinds[] = {
                [CHANGE_VALUE] = "value",
                [CHANGE_CHOICE] = "choice",
                [CHANGE_CONF] = "conf",
                [CHANGE_UNITS] = "units",
        };

        if (change->kind == CHANGE_UNITS)
                return json_pack("{s:s, s:s}", "kind", kinds[change->kind], "stop", change->wanted);
        return json_pack("{s:s, s:s, s:o, s:o, s:s}", "kind", kinds[change->kind], "path",
                change->path, "key", text_or_null(change->key), "found",
                text_or_null(change->found), "wanted", change->wanted);
}

static json_t *changes_json(const struct check_report *report, size_t finding)
{
        json_t *changes = json_array();

        for (size_t i = 0; i < report->n_changes; i++)
                if (report->changes[i].finding == finding &&
                        json_array_append_new(changes, change_json(&report->changes[i])) < 0) {
                        json_decref(changes);
                        return NULL;
                }
        return changes;
}

static json_t *finding_json(const struct check_report *report, size_t i)
{
        const struct check_finding *f = &report->findings[i];

        return json_pack("{s:s, s:s, s:o, s:s, s:o, s:o, s:o, s:s, s:s, s:s, s:o, s:o}", "group",
                f->group->name, "name", f->item->name, "subject", text_or_null(f->subject), "level",
                check_level_name(f->level), "present", text_or_null(f->present), "recommended",
                text_or_null(f->recommended), "note", text_or_null(f->note), "why", f->item->why,
                "risk", f->item->risk, "source", f->item->source, "study",
                text_or_null(f->item->study), "changes", changes_json(report, i));
}

static json_t *report_json(const struct check_report *report, const char *root)
{
        json_t *items = json_array(), *counts = json_object();

        for (size_t i = 0; i < report->n_findings; i++)
                if (json_array_append_new(items, finding_json(report, i)) < 0)
                        goto failed;
        for (unsigned level = 0; level < N_CHECK_LEVELS; level++)
                if (json_object_set_new(counts, check_level_name(level),
                            json_integer((json_int_t)check_count(report, level))) < 0)
                        goto failed;
        return json_pack("{s:s, s:s, s:s, s:i, s:s, s:o, s:o}", "schema", "tileload-host-check-1",
                "tileload", TILELOAD_VERSION, "root", root, "tiles", (int)report->needs.tiles,
                "tiles_as", report->needs.guests ? "guests" : "processes", "counts", counts,
                "items", items);
failed:
        json_decref(items);
        json_decref(counts);
        return NULL;
}

int check_json(const struct check_report *report, const char *root, FILE *to)
{
        char tidy[256];
        json_t *json = report_json(report, values_tidy(tidy, sizeof tidy, root));
        int r;

        if (!json)
                return -ENOMEM;
        r = json_dumpf(json, to, JSON_INDENT(2)) < 0 && !ferror(to) ? -ENOMEM : 0;
        json_decref(json);
        fputc('\n', to);
        return r;
}
