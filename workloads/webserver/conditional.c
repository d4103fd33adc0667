/* SPDX-License-Identifier: Apache-2.0 */
#include "conditional.h"

#include "macro.h"

#include <errno.h>
#include <string.h>

bool conditional_names(const char *list, const char *etag)
{
        size_t length = strlen(etag);
        const char *at = list + strspn(list, " \t,");

        if (at[0] == '*')
                return at[1 + strspn(at + 1, " \t")] == '\0';
        while (*at) {
                const char *end;

                if (at[0] == 'W' && at[1] == '/')
                        at += 2;
                end = *at == '"' ? strchr(at + 1, '"') : NULL;
                if (!end)
                        return false;
                end++;
                if ((size_t)(end - at) == length && memcmp(at, etag, length) == 0)
                        return true;
                end += strspn(end, " \t");
                if (*end && *end != ',')
                        return false;
                at = end + strspn(end, " \t,");
        }
        return false;
}

int conditional_date(const char *text, time_t *ret_s)
{
        static const char *const forms[] = {
                "%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", /* RFC 850 */
                "%a %b %e %H:%M:%S %Y",                                   /* asctime() */
        };

        for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
                struct tm tm = {};
                const char *end = strptime(text, forms[i], &tm);

                if (end && *end == '\0') {
                        *ret_s = timegm(&tm);
                        return 0;
                }
        }
        return -EINVAL;
}
