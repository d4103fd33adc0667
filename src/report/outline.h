/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a report in words tells, in which order; text and Markdown differ in how it looks.
 */
#pragma once

#include "scaling.h"
#include "sheet.h"

struct outline_style {
        void (*answer)(FILE *to, const char *text);
        void (*heading)(FILE *to, const char *text);
        void (*item)(FILE *to, const char *text, bool first); /* of those that follow each other */
        void (*table)(const struct sheet *sheet, FILE *to);
};

/* Returns 0 or -ENOMEM with *why. */
int outline_write(const struct outline_style *style, const struct run_file *run,
        const struct scaling *scaling, FILE *to, struct why *why);
