/* SPDX-License-Identifier: Apache-2.0 */
#include "libvirt_conf.h"

#include "parse.h"

#include <errno.h>
#include <string.h>

#define NUMBER "-0123456789"

struct reader {
        const char *at;
        const char *path;
        unsigned line;
        struct why *why;
};

static int complain(const struct reader *reader, int error, const char *what)
{
        return why_set(reader->why, error, reader->path, NULL, "line %u: %s", reader->line, what);
}

static bool is_name(char c, bool first)
{
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
               (!first && c >= '0' && c <= '9');
}

static void skip(struct reader *reader)
{
        reader->line += *reader->at == '\n';
        reader->at++;
}

static void skip_blanks(struct reader *reader)
{
        reader->at += strspn(reader->at, " \t\r");
}

/* Blanks, comments, and ends of lines. */
static void skip_space(struct reader *reader)
{
        for (;;) {
                skip_blanks(reader);
                if (*reader->at == '#')
                        reader->at += strcspn(reader->at, "\n");
                else if (*reader->at == '\n')
                        skip(reader);
                else
                        return;
        }
}

/* 'text', "text" within a line, and """text""" over several. */
static int skip_string(struct reader *reader)
{
        const char quote = *reader->at;

        if (strncmp(reader->at, "\"\"\"", 3) == 0) {
                reader->at += 3;
                while (*reader->at && strncmp(reader->at, "\"\"\"", 3) != 0)
                        skip(reader);
                if (!*reader->at)
                        return complain(
                                reader, -EBADMSG, "a text that begins with \"\"\" does not end");
                reader->at += 3;
                return 0;
        }
        reader->at++;
        while (*reader->at && *reader->at != '\n' && *reader->at != quote)
                reader->at++;
        if (*reader->at != quote)
                return complain(reader, -EBADMSG, "a quoted text does not end on its line");
        reader->at++;
        return 0;
}

static int skip_list(struct reader *reader)
{
        reader->at++;
        for (;;) {
                int r = 0;

                skip_space(reader);
                switch (*reader->at) {
                case ']':
                        reader->at++;
                        return 0;
                case ',':
                        reader->at++;
                        break;
                case '\'':
                case '"':
                        r = skip_string(reader);
                        break;
                default:
                        if (!strspn(reader->at, NUMBER))
                                return complain(reader, -EBADMSG,
                                        "a list that libvirt would not understand");
                        reader->at += strspn(reader->at, NUMBER);
                }
                if (r < 0)
                        return r;
        }
}

struct setting {
        const char *key;
        size_t key_length;
        bool is_number;
        char number[32]; /* if it is one */
};

static int take_value(struct reader *reader, struct setting *setting)
{
        size_t length;

        if (*reader->at == '"' || *reader->at == '\'')
                return skip_string(reader);
        if (*reader->at == '[')
                return skip_list(reader);
        length = strspn(reader->at, NUMBER);
        if (length == 0 || length >= sizeof setting->number)
                return complain(
                        reader, -EBADMSG, "no value behind the = that libvirt would understand");
        memcpy(setting->number, reader->at, length);
        setting->number[length] = '\0';
        setting->is_number = true;
        reader->at += length;
        return 0;
}

/* One `key = value`, up to the end of its line or a comment. */
static int take_setting(struct reader *reader, struct setting *ret)
{
        struct setting setting = {.key = reader->at};
        int r;

        if (!is_name(*reader->at, true))
                return complain(reader, -EBADMSG, "neither a setting nor a comment");
        while (is_name(*reader->at, false))
                reader->at++;
        setting.key_length = (size_t)(reader->at - setting.key);
        skip_blanks(reader);
        if (*reader->at != '=')
                return complain(reader, -EBADMSG, "a setting without =");
        reader->at++;
        skip_blanks(reader);
        r = take_value(reader, &setting);
        if (r < 0)
                return r;
        skip_blanks(reader);
        if (*reader->at && *reader->at != '\n' && *reader->at != '#')
                return complain(reader, -EBADMSG, "more than one value");
        *ret = setting;
        return 0;
}

int libvirt_conf_number(
        const char *text, const char *key, const char *path, uint64_t *ret, struct why *why)
{
        struct reader reader = {.at = text, .path = path, .line = 1, .why = why};
        uint64_t value = 0;
        int found = 0;

        for (skip_space(&reader); *reader.at; skip_space(&reader)) {
                struct setting setting = {0};
                int r = take_setting(&reader, &setting);

                if (r < 0)
                        return r;
                if (found || setting.key_length != strlen(key) ||
                        memcmp(setting.key, key, setting.key_length) != 0)
                        continue;
                found = 1;
                if (!setting.is_number || parse_u64(setting.number, &value) < 0)
                        found = complain(
                                &reader, -EINVAL, "not a number that this setting could have");
        }
        if (found == 1)
                *ret = value;
        return found;
}
