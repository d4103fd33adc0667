/* SPDX-License-Identifier: Apache-2.0 */
#include "words.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

enum {
        HOST_FIELD = 4, /* of ip=, counted from 0 */
};

int words_get(const char *cmdline, const char *key, char *value, size_t size)
{
        size_t key_length = strlen(key);
        int r = -ENOENT;

        for (const char *p = cmdline; *p;) {
                size_t length;

                while (isspace((unsigned char)*p))
                        p++;
                for (length = 0; p[length] && !isspace((unsigned char)p[length]);)
                        length++;
                if (length > key_length && strncmp(p, key, key_length) == 0 &&
                        p[key_length] == '=') {
                        size_t n = length - key_length - 1;

                        r = n < size ? 0 : -ERANGE;
                        if (r == 0) {
                                memcpy(value, p + key_length + 1, n);
                                value[n] = '\0';
                        }
                }
                p += length;
        }
        return r;
}

/* The field with that number, between colons that stand outside brackets. NULL: there is none. */
static const char *field(const char *text, unsigned number, size_t *ret_length)
{
        const char *start = text;
        bool bracket = false;

        for (;; text++) {
                if (*text == '[')
                        bracket = true;
                else if (*text == ']')
                        bracket = false;
                if (*text && (*text != ':' || bracket))
                        continue;
                if (number-- == 0) {
                        *ret_length = (size_t)(text - start);
                        return start;
                }
                if (!*text)
                        return NULL;
                start = text + 1;
        }
}

static bool is_host_name(const char *name)
{
        if (name[0] == '-' || name[0] == '.')
                return false;
        for (; *name; name++)
                if (!isalnum((unsigned char)*name) && *name != '-' && *name != '.')
                        return false;
        return true;
}

int words_host_name(const char *cmdline, char name[WORDS_HOST_SIZE], struct why *why)
{
        char ip[256];
        const char *host;
        size_t length = 0;
        int r = words_get(cmdline, "ip", ip, sizeof ip);

        if (r == -ERANGE)
                return why_set(why, -EINVAL, "ip=", NULL, "is too long");
        host = r == 0 ? field(ip, HOST_FIELD, &length) : NULL;
        if (!host || length == 0) {
                strcpy(name, WORDS_HOST_DEFAULT);
                return 0;
        }
        ip[host - ip + (ptrdiff_t)length] = '\0';
        if (length >= WORDS_HOST_SIZE || !is_host_name(host))
                return why_set(why, -EINVAL, "host name in ip=", host,
                        "must be letters, digits, '-' and '.', at most %d of them",
                        WORDS_HOST_SIZE - 1);
        strcpy(name, host);
        return 0;
}
