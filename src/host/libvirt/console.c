/* SPDX-License-Identifier: Apache-2.0 */
#include "console.h"

#include "calls.h"
#include "found.h"
#include "volumes.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

/* ---- fit to be printed ---- */

enum {
        BELL = 0x07,
        ESCAPE = 0x1b,
        DELETE = 0x7f,
};

/* How many of n bytes, of which the first is ESCAPE, are one escape sequence. */
static size_t escape_length(const char *text, size_t n)
{
        size_t i = 2;

        if (n < 2)
                return n;
        switch (text[1]) {
        case '[': /* parameters, then one letter or the like */
                while (i < n && text[i] >= 0x20 && text[i] < 0x40)
                        i++;
                return MIN(i + 1, n);
        case ']': /* words to the terminal's window, up to BELL or ESCAPE \ */
        case 'P':
        case '_':
        case '^':
                while (i < n && text[i] != BELL && text[i] != ESCAPE && text[i] != '\n')
                        i++;
                if (i < n && text[i] == BELL)
                        return i + 1;
                return i + 1 < n && text[i] == ESCAPE && text[i + 1] == '\\' ? i + 2 : i;
        default:
                i = 1;
                while (i < n && text[i] >= 0x20 && text[i] < 0x30)
                        i++;
                return i < n && text[i] >= 0x30 && text[i] < DELETE ? i + 1 : i;
        }
}

/* How many bytes are one printable character of UTF-8 beyond ASCII; 0: they are none. */
static size_t utf8_length(const char *text, size_t n)
{
        const unsigned char *c = (const unsigned char *)text;
        size_t length = c[0] >= 0xf0 ? 4 : c[0] >= 0xe0 ? 3 : 2;
        static const uint32_t least[] = {[2] = 0xa0, [3] = 0x800, [4] = 0x10000};
        uint32_t code;

        if (c[0] < 0xc2 || c[0] > 0xf4 || length > n)
                return 0;
        code = c[0] & (0xffu >> (length + 1));
        for (size_t i = 1; i < length; i++) {
                if ((c[i] & 0xc0) != 0x80)
                        return 0;
                code = code << 6 | (c[i] & 0x3f);
        }
        if (code < least[length] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
                return 0;
        return length;
}

size_t console_clean(char *text, size_t n)
{
        size_t to = 0;

        for (size_t i = 0; i < n;) {
                unsigned char c = (unsigned char)text[i];
                size_t taken = 1, kept = 0;

                if (c == ESCAPE)
                        taken = escape_length(text + i, n - i);
                else if (c == '\n' || c == '\t' || (c >= 0x20 && c < DELETE))
                        kept = 1;
                else if (c > DELETE)
                        kept = utf8_length(text + i, n - i);
                memmove(text + to, text + i, kept);
                to += kept;
                i += MAX(taken, kept);
        }
        text[to] = '\0';
        return to;
}

/* ---- from the host ---- */

static const char *base_name(const char *path)
{
        const char *slash = strrchr(path, '/');

        return slash ? slash + 1 : path;
}

/* The log as a volume of the pool that its directory is. */
static virStorageVolPtr find_log(struct hosts *hosts, size_t host, const char *path)
{
        _cleanup_(pool_free_p) virStoragePoolPtr pool = NULL;

        if (volumes_pool_of_file(hosts, host, path, &pool, NULL) != 1)
                return NULL;
        /* A pool does not see by itself what others put into its directory. */
        vir.StoragePoolRefresh(pool, 0);
        return vir.StorageVolLookupByName(pool, base_name(path));
}

/* Up to n bytes. Returns how many came. */
static size_t receive(virStreamPtr stream, char *text, size_t n)
{
        size_t done = 0;

        while (done < n) {
                int got = vir.StreamRecv(stream, text + done, n - done);

                if (got == 0) {
                        vir.StreamFinish(stream);
                        return done;
                }
                if (got < 0)
                        break;
                done += (size_t)got;
        }
        vir.StreamAbort(stream);
        return done;
}

static size_t download(virStorageVolPtr log, virConnectPtr connection, unsigned long long from,
        char *text, size_t n)
{
        virStreamPtr stream = vir.StreamNew(connection, 0);
        size_t done = 0;

        if (!stream)
                return 0;
        if (vir.StorageVolDownload(log, stream, from, n, 0) == 0)
                done = receive(stream, text, n);
        vir.StreamFree(stream);
        return done;
}

/* The last bytes of the log: malloc'd, with room for a NUL. */
static char *read_end(virStorageVolPtr log, virConnectPtr connection, size_t max, size_t *ret_n)
{
        virStorageVolInfo info;
        char *text;
        size_t n;

        if (vir.StorageVolGetInfo(log, &info) < 0)
                return NULL;
        n = MIN((unsigned long long)max, info.capacity);
        text = malloc(n + 1);
        if (text)
                *ret_n = n > 0 ? download(log, connection, info.capacity - n, text, n) : 0;
        return text;
}

char *domains_console(struct hosts *hosts, size_t host, const char *name, size_t max)
{
        _cleanup_(found_fini) struct found found = {0};
        _cleanup_(volume_free_p) virStorageVolPtr log = NULL;
        virConnectPtr connection;
        char *text, *line;
        size_t n = 0;

        if (found_init(&found, hosts, host, name, NULL) < 0 || !found.mark.console ||
                hosts_connection(hosts, host, &connection, NULL) < 0)
                return NULL;
        log = find_log(hosts, host, found.mark.console);
        text = log ? read_end(log, connection, max, &n) : NULL;
        if (!text)
                return NULL;
        /* What was cut off in its middle is no line. */
        line = n == max ? memchr(text, '\n', n) : NULL;
        if (line) {
                n -= (size_t)(line + 1 - text);
                memmove(text, line + 1, n);
        }
        if (console_clean(text, n) == 0) {
                free(text);
                return NULL;
        }
        return text;
}

/* ---- removing ---- */

/* "x.log" itself, or an older one of it as virtlogd calls it: "x.log.0". */
static bool is_log(const char *volume, const char *log)
{
        size_t n = strlen(log);

        if (strncmp(volume, log, n) != 0)
                return false;
        if (volume[n] == '\0')
                return true;
        if (volume[n++] != '.' || volume[n] == '\0')
                return false;
        return volume[n + strspn(volume + n, "0123456789")] == '\0';
}

static int remove_volume(virStorageVolPtr volume, const char *uri, struct why *why)
{
        if (vir.StorageVolDelete(volume, 0) == 0 || calls_last_code() == VIR_ERR_NO_STORAGE_VOL)
                return 0;
        return calls_why(why, "console log", vir.StorageVolGetName(volume), uri, "remove it");
}

static int remove_logs(virStoragePoolPtr pool, const char *log, const char *uri, struct why *why)
{
        virStorageVolPtr *volumes;
        int n, r = 0;

        if (vir.StoragePoolRefresh(pool, 0) < 0)
                return calls_why(why, "console log", log, uri, "find it");
        n = vir.StoragePoolListAllVolumes(pool, &volumes, 0);
        if (n < 0)
                return calls_why(why, "console log", log, uri, "find it");
        for (int i = 0; i < n; i++) {
                const char *name = vir.StorageVolGetName(volumes[i]);

                if (r == 0 && name && is_log(name, log))
                        r = remove_volume(volumes[i], uri, why);
                volume_free_p(&volumes[i]);
        }
        free(volumes);
        return r;
}

int console_remove(struct hosts *hosts, size_t host, const struct mark *mark, struct why *why)
{
        _cleanup_(pool_free_p) virStoragePoolPtr pool = NULL;
        const char *log = mark->console ? base_name(mark->console) : "";
        size_t n = strlen(mark->name);
        int r;

        if (strncmp(log, mark->name, n) != 0 || (log[n] != '.' && log[n] != '-'))
                return 0;
        r = volumes_pool_of_file(hosts, host, mark->console, &pool, why);
        return r <= 0 ? r : remove_logs(pool, log, hosts_uri(hosts, host), why);
}
