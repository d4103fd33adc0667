/* SPDX-License-Identifier: Apache-2.0 */
#include "database.h"

#include "database_options.h"
#include "tile_plan.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#define PROGRAM "mariadbd"

enum {
        TMPDIR_ARGUMENT = 3, /* its place in argv */
};

/* ---- which program, which user ---- */

static bool is_program(const char *path)
{
        struct stat st;

        return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

/* In the directories of a list like $PATH. Relative ones are passed over. */
static bool find_in(const char *directories, char *path, size_t size)
{
        for (const char *d = directories; *d;) {
                size_t length = strcspn(d, ":");
                int n = snprintf(path, size, "%.*s/" PROGRAM, (int)length, d);

                if (d[0] == '/' && n > 0 && (size_t)n < size && is_program(path))
                        return true;
                d += length;
                d += *d == ':';
        }
        return false;
}

static int find_program(struct database *database, struct why *why)
{
        const char *named = getenv("TILELOAD_MARIADBD"), *path = getenv("PATH");

        if (named && *named) {
                if (strlen(named) >= sizeof database->program || named[0] != '/' ||
                        !is_program(named))
                        return why_set(why, -ENOENT, "TILELOAD_MARIADBD", named,
                                "not the absolute path of a program");
                strcpy(database->program, named);
                return 0;
        }
        if (find_in(path ? path : "", database->program, sizeof database->program) ||
                find_in("/usr/sbin:/usr/libexec:/usr/bin:/usr/local/sbin:/usr/local/libexec",
                        database->program, sizeof database->program))
                return 0;
        return why_set(why, -ENOENT, "guest 7 (oltp)", NULL,
                "no database server found: install mariadb-server-core (or the mariadb-server of "
                "your distribution), or name its " PROGRAM " in TILELOAD_MARIADBD");
}

static int find_user(struct database *database, struct why *why)
{
        static const char *const names[] = {"mysql", "nobody"};

        if (geteuid() != 0)
                return 0;
        for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
                const struct passwd *user = getpwnam(names[i]);

                if (!user || user->pw_uid == 0)
                        continue;
                snprintf(database->user, sizeof database->user, "%s", names[i]);
                database->uid = user->pw_uid;
                database->gid = user->pw_gid;
                return 0;
        }
        return why_set(why, -ENOENT, "database server", NULL,
                "does not run as root, and there is neither a user mysql nor a user nobody");
}

int database_find(struct database *database, struct why *why)
{
        int r;

        *database = (struct database){0};
        r = find_program(database, why);
        return r < 0 ? r : find_user(database, why);
}

void database_set_memory(struct database *database, uint64_t bytes)
{
        snprintf(database->buffer_pool, sizeof database->buffer_pool,
                "--innodb-buffer-pool-size=%" PRIu64, bytes);
        snprintf(database->log_file, sizeof database->log_file, "--innodb-log-file-size=%" PRIu64,
                bytes);
}

/* ---- its directory ---- */

static int give(const struct database *database, int fd)
{
        return database->user[0] && fchown(fd, database->uid, database->gid) < 0 ? -errno : 0;
}

static int make_part(const struct database *database, int directory_fd, const char *name)
{
        _cleanup_close_ int fd = -1;

        if (mkdirat(directory_fd, name, 0700) < 0)
                return -errno;
        fd = openat(directory_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        return fd < 0 ? -errno : give(database, fd);
}

int database_prepare(const struct database *database, int directory_fd, struct why *why)
{
        int r = give(database, directory_fd);

        if (r == 0)
                r = make_part(database, directory_fd, "data");
        if (r == 0)
                r = make_part(database, directory_fd, "tmp");
        return r < 0 ? why_errno(why, r, "database directory", NULL) : 0;
}

/* ---- the server ---- */

/*
 * Tuned by systemd/database-options, which the guests' unit has, too.
 *
 * The server insists on an absolute data directory and goes to it, but as another user it may not
 * be able to come there by its path: results are often below /root. /proc/self/cwd is a door that
 * needs no path. It starts in the data directory, and all other names are relative to that.
 */
void database_arguments(const struct database *database, const char *argv[DATABASE_ARGUMENTS])
{
        static const char *const arguments[] = {
                "--no-defaults", /* nothing of the host's own configuration; must be the first */
                "--datadir=/proc/self/cwd",
                "--tmpdir=../tmp",
                "--socket=../" DATABASE_SOCKET,
                "--pid-file=mysqld.pid",
                DATABASE_OPTIONS,
                NULL,
        };
        size_t end = ARRAY_SIZE(arguments);

        static_assert(ARRAY_SIZE(arguments) + 2 < DATABASE_ARGUMENTS, "argv is too short");

        argv[0] = database->program;
        memcpy(&argv[1], arguments, sizeof arguments);
        if (database->buffer_pool[0]) { /* of two the last one counts */
                argv[end++] = database->buffer_pool;
                argv[end++] = database->log_file;
                argv[end] = NULL;
        }
        /* A temporary table that goes to disk is opened by its whole path, and the server crashes
         * if it cannot be resolved: as another user, only a directory that everybody can reach will
         * do. What is there is gone with the query. */
        if (database->user[0])
                argv[TMPDIR_ARGUMENT] = "--tmpdir=/tmp";
}

/* Between fork and exec: system calls only. */
int database_enter(const void *context)
{
        const struct database *database = context;

        if (chdir("data") < 0)
                return -errno;
        if (!database->user[0])
                return 0;
        if (setgroups(1, &database->gid) < 0 || setgid(database->gid) < 0 ||
                setuid(database->uid) < 0)
                return -errno;
        return 0;
}
