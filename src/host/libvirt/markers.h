/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The markers on one element of a template: template.h says what they mean.
 */
#pragma once

#include "expand.h"

#define MARKER_PREFIX      "tileload:"
#define MARKER_DECLARATION "xmlns:tileload"

struct markers {
        bool keep;
        uint64_t capacity; /* 0: none */
};

/* attributes: names and values in turn, NULL at the end. Returns 0, or -EINVAL with the reason. */
int markers_read(struct markers *ret, const struct expand *expand, const char *guest,
        const char *element, const char *const *attributes, char reason[static 256]);

/* Is this attribute one that is not for libvirt? */
bool markers_are(const char *attribute);
