/* SPDX-License-Identifier: Apache-2.0 */
#include "cmdline.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>

void cmdline_fini(struct cmdline *cmdline)
{
        for (size_t i = 0; i < cmdline->n_entries; i++) {
                free(cmdline->entries[i].key);
                free(cmdline->entries[i].value);
        }
        free(cmdline->entries);
        *cmdline = (struct cmdline){0};
}

/* The first space outside quotes. A quote that stays open takes all the rest, as in the kernel. */
static const char *word_end(const char *p, bool *ret_open)
{
        bool quoted = false;

        for (; *p; p++) {
                if (*p == '"')
                        quoted = !quoted;
                else if (!quoted && isspace((unsigned char)*p))
                        break;
        }
        *ret_open = quoted;
        return p;
}

static struct cmdline_entry *find(const struct cmdline *cmdline, const char *key)
{
        for (size_t i = 0; i < cmdline->n_entries; i++)
                if (strcmp(cmdline->entries[i].key, key) == 0)
                        return &cmdline->entries[i];
        return NULL;
}

static struct cmdline_entry *append(struct cmdline *cmdline, const char *key)
{
        struct cmdline_entry *entries, *entry;

        entries = reallocarray(cmdline->entries, cmdline->n_entries + 1, sizeof *entries);
        if (!entries)
                return NULL;
        cmdline->entries = entries;
        entry = &entries[cmdline->n_entries];
        *entry = (struct cmdline_entry){.key = strdup(key)};
        if (!entry->key)
                return NULL;
        cmdline->n_entries++;
        return entry;
}

static int set(struct cmdline *cmdline, const char *key, const char *value)
{
        struct cmdline_entry *entry = find(cmdline, key);
        char *copy = NULL;

        if (value) {
                copy = strdup(value);
                if (!copy)
                        return -ENOMEM;
        }
        if (!entry)
                entry = append(cmdline, key);
        if (!entry) {
                free(copy);
                return -ENOMEM;
        }
        free(entry->value);
        entry->value = copy;
        return 0;
}

/* One word, writable, without the blanks around it. */
static int take_word(struct cmdline *cmdline, char *word, struct why *why)
{
        char *key, *equals, *end = word + strlen(word), *value = NULL;
        bool quoted = word[0] == '"'; /* "tileload.key=a b" */

        word += quoted;
        equals = strchr(word, '=');
        if (equals) {
                *equals = '\0';
                value = equals + 1;
                if (*value == '"') { /* tileload.key="a b" */
                        quoted = true;
                        value++;
                }
        }
        /* However many quotes came off in front, one comes off behind, as in the kernel. */
        if (quoted && end > (value ? value : word) && end[-1] == '"')
                end[-1] = '\0';
        if (strncmp(word, CMDLINE_PREFIX, strlen(CMDLINE_PREFIX)) != 0)
                return 0;
        key = word + strlen(CMDLINE_PREFIX);
        if (!*key)
                return why_set(why, -EINVAL, "kernel command line", word,
                        "a key must follow the dot: write " CMDLINE_PREFIX "KEY=VALUE");
        for (char *p = key; *p; p++)
                if (*p == '_')
                        *p = '-';
        return set(cmdline, key, value);
}

/* Others' words are not our business, unless one swallows ours. */
static int complain_of_open_quote(const char *text, struct why *why)
{
        size_t length = strlen(text);
        _cleanup_free_ char *shown = NULL;

        while (length > 0 && isspace((unsigned char)text[length - 1]))
                length--; /* the newline that ends the line */
        shown = strndup(text, length);
        return why_set(why, -EINVAL, "kernel command line", shown,
                "a double quote is opened and not closed");
}

int cmdline_parse(struct cmdline *cmdline, const char *text, struct why *why)
{
        struct cmdline parsed = {0};
        int r = 0;

        while (r == 0) {
                _cleanup_free_ char *word = NULL;
                const char *end;
                bool open;

                while (isspace((unsigned char)*text))
                        text++;
                if (!*text)
                        break;
                end = word_end(text, &open);
                if (open && strstr(text, CMDLINE_PREFIX)) {
                        r = complain_of_open_quote(text, why);
                        break;
                }
                word = strndup(text, (size_t)(end - text));
                r = word ? take_word(&parsed, word, why) : -ENOMEM;
                text = end;
        }
        if (r == -ENOMEM)
                why_errno(why, r, "kernel command line", NULL);
        if (r < 0) {
                cmdline_fini(&parsed);
                return r;
        }
        *cmdline = parsed;
        return 0;
}

/* The first of a list of paths like $PATH that is there; if there is none, what opening the last
 * one came to. */
static FILE *open_first(const char *paths, char *path, size_t size)
{
        FILE *f = NULL;

        while (!f && *paths) {
                size_t length = strcspn(paths, ":");

                snprintf(path, size, "%.*s", (int)length, paths);
                f = fopen(path, "re");
                if (!f && errno != ENOENT)
                        break;
                paths += length;
                paths += *paths == ':';
        }
        return f;
}

int cmdline_read(struct cmdline *cmdline, struct why *why)
{
        const char *paths = getenv("TILELOAD_CMDLINE");
        bool named = paths && *paths;
        _cleanup_fclose_ FILE *f = NULL;
        _cleanup_free_ char *text = NULL;
        char path[PATH_MAX] = "";
        size_t size = 0;

        errno = ENOENT;
        f = open_first(named ? paths : "/proc/cmdline", path, sizeof path);
        if (!f) {
                if (errno == ENOENT && !named) { /* a chroot without /proc */
                        *cmdline = (struct cmdline){0};
                        return 0;
                }
                return why_errno(why, -errno, "kernel command line", path);
        }
        if (getdelim(&text, &size, '\0', f) < 0) {
                if (ferror(f))
                        return why_errno(why, -errno, "kernel command line", path);
                *cmdline = (struct cmdline){0}; /* an empty file */
                return 0;
        }
        return cmdline_parse(cmdline, text, why);
}

const char *cmdline_get(const struct cmdline *cmdline, const char *key)
{
        const struct cmdline_entry *entry = find(cmdline, key);

        return entry ? entry->value : NULL;
}
