/* SPDX-License-Identifier: Apache-2.0 */
#include "files.h"

#include "conditional.h"
#include "crc32c.h"
#include "fmt.h"
#include "guestinfo.h"
#include "macro.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>

/* The contents follow from the names and never change: the day on which they were so defined. */
#define LAST_MODIFIED   "Wed, 01 Jan 2025 00:00:00 GMT"
#define LAST_MODIFIED_S 1735689600

static struct fileset_name name_of(size_t index)
{
        unsigned in_dir = (unsigned)(index % FILESET_FILES_PER_DIR);

        return (struct fileset_name){
                .dir = (unsigned)(index / FILESET_FILES_PER_DIR),
                .class = in_dir / FILESET_FILES_PER_CLASS,
                .file = 1 + in_dir % FILESET_FILES_PER_CLASS,
        };
}

static size_t directory_size(void)
{
        size_t size = 0;

        for (size_t i = 0; i < FILESET_FILES_PER_DIR; i++)
                size += fileset_size(name_of(i));
        return size;
}

static int file_init(struct file *file, struct fileset_name name, unsigned char *content)
{
        struct MHD_Response *response;

        file->size = fileset_size(name);
        fileset_fill(name, 0, content, file->size);
        snprintf(file->etag, sizeof file->etag, "\"%zx-%08x\"", file->size,
                crc32c(0, content, file->size));
        response = MHD_create_response_from_buffer(file->size, content, MHD_RESPMEM_PERSISTENT);
        file->response = response;
        if (!response ||
                MHD_add_response_header(response, MHD_HTTP_HEADER_ETAG, file->etag) != MHD_YES ||
                MHD_add_response_header(response, MHD_HTTP_HEADER_LAST_MODIFIED, LAST_MODIFIED) !=
                        MHD_YES ||
                MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
                        "application/octet-stream") != MHD_YES)
                return -ENOMEM;
        return 0;
}

/* The kernel would grant more memory than there is and kill us while it is filled. */
static int allocate(struct files *files, struct why *why)
{
        size_t n = (size_t)files->dirs * FILESET_FILES_PER_DIR;
        char dirs[FMT_SIZE], needed[FMT_SIZE], available[FMT_SIZE];
        struct guestinfo info;
        void *memory;

        guestinfo_read(&info);
        snprintf(dirs, sizeof dirs, "%u", files->dirs);
        if (info.memory_available_bytes && files->memory_size > info.memory_available_bytes)
                goto no_memory;
        files->files = calloc(n, sizeof *files->files);
        memory = mmap(NULL, files->memory_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                -1, 0);
        if (memory == MAP_FAILED || !files->files)
                goto no_memory;
        files->memory = memory;
        return 0;

no_memory:
        return why_set(why, -ENOMEM, "--dirs", dirs,
                "the file set needs %s of memory, and %s are available: use fewer directories",
                fmt_size(needed, files->memory_size),
                fmt_size(available, info.memory_available_bytes));
}

int files_init(struct files *files, unsigned dirs, const struct stop *stop, struct why *why)
{
        size_t n = (size_t)dirs * FILESET_FILES_PER_DIR;
        unsigned char *content;
        int r;

        files->dirs = dirs;
        files->memory_size = dirs * directory_size();
        r = allocate(files, why);
        content = files->memory;
        for (size_t i = 0; i < n && r == 0; i++) {
                r = file_init(&files->files[i], name_of(i), content);
                if (r < 0)
                        return why_errno(why, r, "--dirs", NULL);
                content += files->files[i].size;
                if (stop_requested(stop))
                        r = -ECANCELED;
        }
        return r;
}

void files_fini(struct files *files)
{
        size_t n = (size_t)files->dirs * FILESET_FILES_PER_DIR;

        for (size_t i = 0; files->files && i < n; i++)
                if (files->files[i].response)
                        MHD_destroy_response(files->files[i].response);
        free(files->files);
        if (files->memory)
                munmap(files->memory, files->memory_size);
        *files = (struct files){};
}

const struct file *files_find(const struct files *files, const char *path)
{
        struct fileset_name name;

        if (!fileset_parse(path, files->dirs, &name))
                return NULL;
        return &files->files[(size_t)name.dir * FILESET_FILES_PER_DIR +
                             name.class * FILESET_FILES_PER_CLASS + name.file - 1];
}

struct conditions {
        const char *etag;
        bool has_tags, tag_matches;
        const char *since; /* If-Modified-Since */
};

static enum MHD_Result look_at_header(
        void *context, enum MHD_ValueKind kind, const char *key, const char *value)
{
        struct conditions *conditions = context;

        /* Both names begin with "If-"; most headers of most requests end here. */
        if ((key[0] | 0x20) != 'i' || !value)
                return MHD_YES;
        if (strcasecmp(key, MHD_HTTP_HEADER_IF_NONE_MATCH) == 0) {
                conditions->has_tags = true;
                conditions->tag_matches =
                        conditions->tag_matches || conditional_names(value, conditions->etag);
        } else if (strcasecmp(key, MHD_HTTP_HEADER_IF_MODIFIED_SINCE) == 0) {
                conditions->since = value;
        }
        return MHD_YES;
}

bool file_unchanged(const struct file *file, struct MHD_Connection *connection)
{
        struct conditions conditions = {.etag = file->etag};
        time_t since_s;

        MHD_get_connection_values(connection, MHD_HEADER_KIND, look_at_header, &conditions);
        if (conditions.has_tags) /* then the date does not count (RFC 9110, 13.1.3) */
                return conditions.tag_matches;
        return conditions.since && conditional_date(conditions.since, &since_s) == 0 &&
               since_s >= LAST_MODIFIED_S;
}
