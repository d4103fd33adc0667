/* SPDX-License-Identifier: Apache-2.0 */
#include "settings.h"

#include "check.h"

static int add(json_t *settings, const struct check_finding *finding)
{
        char name[128];

        if (!*finding->present || finding->item->varies)
                return 0;
        snprintf(name, sizeof name, "%s%s%s", finding->item->name, *finding->subject ? " " : "",
                finding->subject);
        return json_object_set_new(settings, name, json_string(finding->present));
}

static json_t *settings_of(const struct check_report *report)
{
        json_t *settings = json_object();

        for (size_t i = 0; i < report->n_findings; i++)
                if (add(settings, &report->findings[i]) < 0) {
                        json_decref(settings);
                        return NULL;
                }
        return settings;
}

json_t *check_settings(void)
{
        struct check_report report;
        struct why why = {0};
        struct root root;
        json_t *settings;

        if (root_open(&root, "/", &why) < 0)
                return json_object();
        if (check_look(&report, &root, 1, &why) == 0) {
                settings = settings_of(&report);
                check_report_fini(&report);
        } else {
                settings = NULL;
        }
        root_close(&root);
        return settings;
}
