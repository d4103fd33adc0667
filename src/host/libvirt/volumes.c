/* SPDX-License-Identifier: Apache-2.0 */
#include "volumes.h"

#include "calls.h"
#include "template.h"

#include <errno.h>
#include <expat.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

/* ---- pools ---- */

/* What a pool's XML says of its kind. */
struct pool_kind {
        char type[32];
        char directory[4096]; /* of its target */
        bool in_target, in_path;
};

static bool has_files(const struct pool_kind *kind)
{
        return strcmp(kind->type, "dir") == 0 || strcmp(kind->type, "fs") == 0 ||
               strcmp(kind->type, "netfs") == 0;
}

static void on_start(void *data, const XML_Char *name, const XML_Char **attributes)
{
        struct pool_kind *kind = data;

        if (strcmp(name, "pool") == 0) {
                for (; *attributes; attributes += 2)
                        if (strcmp(attributes[0], "type") == 0)
                                snprintf(kind->type, sizeof kind->type, "%s", attributes[1]);
        } else if (strcmp(name, "target") == 0) {
                kind->in_target = true;
        } else {
                kind->in_path = kind->in_target && strcmp(name, "path") == 0;
        }
}

static void on_end(void *data, const XML_Char *name)
{
        struct pool_kind *kind = data;

        kind->in_path = false;
        if (strcmp(name, "target") == 0)
                kind->in_target = false;
}

static void on_text(void *data, const XML_Char *text, int length)
{
        struct pool_kind *kind = data;
        size_t used = strlen(kind->directory);

        if (kind->in_path)
                snprintf(kind->directory + used, sizeof kind->directory - used, "%.*s", length,
                        text);
}

static int read_kind(virStoragePoolPtr pool, const char *name, const char *uri,
        struct pool_kind *ret, struct why *why)
{
        _cleanup_free_ char *xml = vir.StoragePoolGetXMLDesc(pool, 0);
        XML_Parser parser;
        enum XML_Status status;

        *ret = (struct pool_kind){0};
        if (!xml)
                return calls_why(why, "pool", name, uri, "look at it");
        parser = XML_ParserCreate(NULL);
        if (!parser)
                return why_errno(why, -ENOMEM, "pool", name);
        XML_SetUserData(parser, ret);
        XML_SetElementHandler(parser, on_start, on_end);
        XML_SetCharacterDataHandler(parser, on_text);
        status = XML_Parse(parser, xml, (int)strlen(xml), true);
        XML_ParserFree(parser);
        if (status != XML_STATUS_OK)
                return why_set(why, -EBADMSG, "pool", name, "%s: its description is no XML", uri);
        return 0;
}

static int check_active(virStoragePoolPtr pool, const char *name, const char *uri, struct why *why)
{
        int active = vir.StoragePoolIsActive(pool);

        if (active < 0)
                return calls_why(why, "pool", name, uri, "look at it");
        if (active == 0)
                return why_set(why, -ENOENT, "pool", name,
                        "%s: is not active: start it (virsh -c %s pool-start %s)", uri, uri, name);
        return 0;
}

static int no_pool(const char *name, const char *uri, struct why *why)
{
        if (calls_last_code() != VIR_ERR_NO_STORAGE_POOL)
                return calls_why(why, "pool", name, uri, "find it");
        return why_set(why, -ENOENT, "pool", name,
                "%s: there is no such storage pool: make it (virsh -c %s pool-define-as %s dir "
                "--target DIRECTORY, then pool-build, pool-start and pool-autostart %s)",
                uri, uri, name, name);
}

static int find_pool(
        struct hosts *hosts, size_t host, const char *name, virStoragePoolPtr *ret, struct why *why)
{
        const char *uri = hosts_uri(hosts, host);
        virConnectPtr connection;
        int r = hosts_connection(hosts, host, &connection, why);

        if (r < 0)
                return r;
        *ret = vir.StoragePoolLookupByName(connection, name);
        if (!*ret)
                return no_pool(name, uri, why);
        r = check_active(*ret, name, uri, why);
        if (r < 0) {
                vir.StoragePoolFree(*ret);
                *ret = NULL;
        }
        return r;
}

int volumes_pool_directory(
        struct hosts *hosts, size_t host, const char *pool, char **ret, struct why *why)
{
        _cleanup_(pool_free_p) virStoragePoolPtr found = NULL;
        struct pool_kind kind;
        int r = find_pool(hosts, host, pool, &found, why);

        if (r < 0)
                return r;
        r = read_kind(found, pool, hosts_uri(hosts, host), &kind, why);
        if (r < 0)
                return r;
        if (!has_files(&kind) || !kind.directory[0]) {
                *ret = NULL;
                return 0;
        }
        *ret = strdup(kind.directory);
        return *ret ? 0 : why_errno(why, -ENOMEM, "pool", pool);
}

static bool lies_in(const char *path, const char *directory)
{
        size_t n = strlen(directory);
        const char *slash = strrchr(path, '/');

        while (n > 1 && directory[n - 1] == '/')
                n--;
        return slash && (size_t)(slash - path) == n && strncmp(path, directory, n) == 0;
}

/* As volumes_pool_of_file(), for one pool. */
static int holds_file(virStoragePoolPtr pool, const char *path, const char *uri, struct why *why)
{
        struct pool_kind kind;
        int r = read_kind(pool, vir.StoragePoolGetName(pool), uri, &kind, why);

        if (r < 0) /* perhaps it went meanwhile */
                return calls_last_code() == VIR_ERR_NO_STORAGE_POOL ? 0 : r;
        return has_files(&kind) && lies_in(path, kind.directory);
}

int volumes_pool_of_file(
        struct hosts *hosts, size_t host, const char *path, virStoragePoolPtr *ret, struct why *why)
{
        const char *uri = hosts_uri(hosts, host);
        virConnectPtr connection;
        virStoragePoolPtr *pools;
        int n, r = hosts_connection(hosts, host, &connection, why);

        if (r < 0)
                return r;
        n = vir.ConnectListAllStoragePools(
                connection, &pools, VIR_CONNECT_LIST_STORAGE_POOLS_ACTIVE);
        if (n < 0)
                return calls_why(why, "host", NULL, uri, "list its storage pools");
        for (int i = 0; i < n; i++) {
                if (r == 0)
                        r = holds_file(pools[i], path, uri, why);
                if (r == 1 && pools[i])
                        *ret = STEAL_PTR(pools[i]);
                pool_free_p(&pools[i]);
        }
        free(pools);
        return r;
}

/* ---- volumes ---- */

int volumes_find(struct hosts *hosts, size_t host, const char *pool, const char *name,
        uint64_t *ret_capacity, struct why *why)
{
        const char *uri = hosts_uri(hosts, host);
        _cleanup_(pool_free_p) virStoragePoolPtr found = NULL;
        _cleanup_(volume_free_p) virStorageVolPtr volume = NULL;
        virStorageVolInfo info;
        int r = find_pool(hosts, host, pool, &found, why);

        if (r < 0)
                return r;
        volume = vir.StorageVolLookupByName(found, name);
        if (volume && vir.StorageVolGetInfo(volume, &info) < 0) {
                /* Somebody may have removed its file, which a pool does not see by itself. */
                vir.StoragePoolRefresh(found, 0);
                vir.StorageVolFree(volume);
                volume = vir.StorageVolLookupByName(found, name);
                if (volume && vir.StorageVolGetInfo(volume, &info) < 0)
                        return calls_why(why, "volume", name, uri, "look at it");
        }
        if (!volume)
                return calls_last_code() == VIR_ERR_NO_STORAGE_VOL
                               ? 0
                               : calls_why(why, "volume", name, uri, "find it");
        *ret_capacity = info.capacity;
        return 1;
}

static void put_escaped(FILE *to, const char *text)
{
        for (; *text; text++)
                if (strchr("<>&'\"", *text))
                        fprintf(to, "&#%d;", *text);
                else
                        putc(*text, to);
}

/* malloc'd; NULL: no memory. */
static char *volume_xml(const struct template_volume *volume, bool sparse)
{
        char *text = NULL;
        size_t size;
        FILE *to = open_memstream(&text, &size);

        if (!to)
                return NULL;
        fprintf(to, "<volume><name>");
        put_escaped(to, volume->name);
        /* A logical volume that is allocated in part only would fail when that is full. */
        fprintf(to, "</name><capacity unit='bytes'>%" PRIu64 "</capacity>", volume->capacity);
        fprintf(to, "<allocation unit='bytes'>%" PRIu64 "</allocation>",
                sparse ? 0 : volume->capacity);
        fprintf(to, "<target><format type='raw'/></target></volume>");
        if (fclose(to) != 0) {
                free(text);
                return NULL;
        }
        return text;
}

int volumes_make(
        struct hosts *hosts, size_t host, const struct template_volume *volume, struct why *why)
{
        const char *uri = hosts_uri(hosts, host);
        _cleanup_(pool_free_p) virStoragePoolPtr pool = NULL;
        _cleanup_(volume_free_p) virStorageVolPtr made = NULL;
        _cleanup_free_ char *xml = NULL;
        struct pool_kind kind;
        int r = find_pool(hosts, host, volume->pool, &pool, why);

        if (r < 0)
                return r;
        r = read_kind(pool, volume->pool, uri, &kind, why);
        if (r < 0)
                return r;
        xml = volume_xml(volume, has_files(&kind));
        if (!xml)
                return why_errno(why, -ENOMEM, "volume", volume->name);
        made = vir.StorageVolCreateXML(pool, xml, 0);
        if (!made)
                return calls_why(why, "volume", volume->name, uri, "make it");
        return 0;
}

int volumes_remove(
        struct hosts *hosts, size_t host, const char *pool, const char *name, struct why *why)
{
        const char *uri = hosts_uri(hosts, host);
        _cleanup_(pool_free_p) virStoragePoolPtr found = NULL;
        _cleanup_(volume_free_p) virStorageVolPtr volume = NULL;
        int r = find_pool(hosts, host, pool, &found, why);

        if (r < 0)
                return r;
        volume = vir.StorageVolLookupByName(found, name);
        if (volume && vir.StorageVolDelete(volume, 0) == 0)
                return 0;
        if (calls_last_code() == VIR_ERR_NO_STORAGE_VOL)
                return 0;
        return calls_why(why, "volume", name, uri, "remove it");
}
