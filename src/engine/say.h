/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines on standard error, for a person. With a syslog level in front where journald reads them: it
 * takes that off again, and passes errors and notices on to a guest's console.
 */
#pragma once

enum say_level { /* syslog's */
        SAY_ERROR = 3,
        SAY_NOTICE = 5,
};

/* `tileload: LINE`, in one write. */
void say(enum say_level level, const char *line);
