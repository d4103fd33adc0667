/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The mark of a guest's domain, written: template.h has its form, mark.h reads it.
 */
#pragma once

#include "expand.h"

/* expand has tile and address, xml the volumes. */
void mark_write(
        FILE *to, const struct expand *expand, const char *guest, const struct domain_xml *xml);
