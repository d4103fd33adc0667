/* SPDX-License-Identifier: Apache-2.0 */
#include "markers.h"

#include "parse.h"
#include "targets.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#define BLANKS " \t\r\n"

struct reading {
        const struct expand *expand;
        const char *guest, *element;
        const char *const *attributes;
        char *reason;
};

static int refuse(const struct reading *reading, const char *format, ...) _printf_(2, 3);

static int refuse(const struct reading *reading, const char *format, ...)
{
        va_list ap;

        va_start(ap, format);
        vsnprintf(reading->reason, 256, format, ap);
        va_end(ap);
        return -EINVAL;
}

static bool is_word(const char *word, size_t size, const char *name)
{
        return strlen(name) == size && memcmp(word, name, size) == 0;
}

static bool is_guest(const char *word, size_t size)
{
        for (unsigned guest = 1; guest <= TILE_GUESTS; guest++)
                if (is_word(word, size, guest_name(guest)))
                        return true;
        return false;
}

/* tileload:guests="web1 idle" */
static int read_guests(const struct reading *reading, const char *words, bool *keep)
{
        const char *p = words + strspn(words, BLANKS);
        bool among = false;

        if (!*p)
                return refuse(reading, MARKER_PREFIX "guests is empty");
        while (*p) {
                size_t size = strcspn(p, BLANKS);

                if (!is_guest(p, size))
                        return refuse(reading,
                                MARKER_PREFIX "guests: \"%.*s\" is not a guest; there are web1, "
                                              "web2, client, backend, cpu, disk, oltp and idle",
                                (int)MIN(size, (size_t)64), p);
                among = among || is_word(p, size, reading->guest);
                p += size;
                p += strspn(p, BLANKS);
        }
        *keep = *keep && among;
        return 0;
}

/* tileload:if="bridge", tileload:unless="bridge" */
static int read_condition(
        const struct reading *reading, const char *marker, const char *key, bool set, bool *keep)
{
        const char *value;

        if (!expand_find(reading->expand, key, strlen(key), &value))
                return refuse(reading, "%s: \"%.64s\" is not known; is it \"%s\"?", marker, key,
                        expand_nearest(reading->expand, key));
        *keep = *keep && (value != NULL) == set;
        return 0;
}

/* tileload:capacity="1G" */
static int read_capacity(const struct reading *reading, const char *text, uint64_t *ret)
{
        bool is_volume = false;

        for (size_t i = 0; reading->attributes[i]; i += 2)
                if (strcmp(reading->attributes[i], "type") == 0)
                        is_volume = strcmp(reading->attributes[i + 1], "volume") == 0;
        if (strcmp(reading->element, "disk") != 0 || !is_volume)
                return refuse(
                        reading, MARKER_PREFIX "capacity goes on a <disk type='volume'> only");
        if (parse_size(text, ret) < 0 || *ret == 0)
                return refuse(reading,
                        MARKER_PREFIX "capacity: \"%.64s\" is not a size: write 512M or 1G", text);
        return 0;
}

static int read_marker(
        const struct reading *reading, struct markers *markers, const char *name, const char *value)
{
        if (strcmp(name, MARKER_PREFIX "guests") == 0)
                return read_guests(reading, value, &markers->keep);
        if (strcmp(name, MARKER_PREFIX "if") == 0)
                return read_condition(reading, name, value, true, &markers->keep);
        if (strcmp(name, MARKER_PREFIX "unless") == 0)
                return read_condition(reading, name, value, false, &markers->keep);
        if (strcmp(name, MARKER_PREFIX "capacity") == 0)
                return read_capacity(reading, value, &markers->capacity);
        return refuse(reading,
                "%.64s is no marker; there are " MARKER_PREFIX "guests, " MARKER_PREFIX
                "if, " MARKER_PREFIX "unless and " MARKER_PREFIX "capacity",
                name);
}

int markers_read(struct markers *ret, const struct expand *expand, const char *guest,
        const char *element, const char *const *attributes, char reason[static 256])
{
        struct reading reading = {expand, guest, element, attributes, reason};

        *ret = (struct markers){.keep = true};
        for (size_t i = 0; attributes[i]; i += 2) {
                int r = 0;

                if (strncmp(attributes[i], MARKER_PREFIX, strlen(MARKER_PREFIX)) == 0)
                        r = read_marker(&reading, ret, attributes[i], attributes[i + 1]);
                if (r < 0)
                        return r;
        }
        return 0;
}

bool markers_are(const char *attribute)
{
        return strcmp(attribute, MARKER_DECLARATION) == 0 ||
               strncmp(attribute, MARKER_PREFIX, strlen(MARKER_PREFIX)) == 0;
}
