/* SPDX-License-Identifier: Apache-2.0 */
#include "resume_same.h"

#include "clock.h"
#include "guestinfo.h"
#include "macro.h"
#include "run_options.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>

#define WHAT "--resume"

static const char *text_of(const json_t *object, const char *key)
{
        const char *text = json_string_value(json_object_get(object, key));

        return text ? text : "unknown";
}

/* ---- files ---- */

/* The inverse of manifest_time(), in whole seconds. 0: not such a time. */
static time_t started_s(const json_t *manifest)
{
        struct tm tm = {0};
        const char *end = strptime(text_of(manifest, "started"), "%Y-%m-%dT%H:%M:%S", &tm);
        time_t s = end ? timegm(&tm) : 0;

        return s > 0 ? s : 0;
}

/* What cannot be seen from here (a path of another machine) is not looked at. The second in which
 * the run began is none in which a file was changed: its files were made just before. */
static int check_file(
        const json_t *manifest, const char *path, const char *directory, struct why *why)
{
        struct stat st;

        if (stat(path, &st) < 0 || st.st_mtime <= started_s(manifest))
                return 0;
        return why_set(why, -EXDEV, WHAT, directory,
                "%.200s was changed after that run had begun: start a new run", path);
}

int resume_same_files(const json_t *manifest, const char *directory, struct why *why)
{
        static const struct {
                const char *option, *inside; /* a file, or one in a directory */
        } named[] = {
                {"placement", NULL},
                {"template", NULL},
                {"image", "usr.erofs"},
                {"image", "vmlinuz"},
                {"image", "initrd"},
        };
        const json_t *options = json_object_get(manifest, "options");
        int r = 0;

        for (size_t i = 0; r == 0 && i < ARRAY_SIZE(named); i++) {
                const char *value = json_string_value(json_object_get(options, named[i].option));
                char path[PATH_MAX];

                if (!value)
                        continue;
                snprintf(path, sizeof path, "%s%s%s", value, named[i].inside ? "/" : "",
                        named[i].inside ? named[i].inside : "");
                r = check_file(manifest, path, directory, why);
        }
        return r;
}

/* ---- program and host ---- */

int resume_same_program(const json_t *manifest, const char *directory, struct why *why)
{
        const char *version = text_of(manifest, "tileload_version");
        char path[PATH_MAX];
        ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);

        if (strcmp(version, TILELOAD_VERSION) != 0)
                return why_set(why, -EXDEV, WHAT, directory,
                        "was begun by tileload %s, and this is %s: start a new run", version,
                        TILELOAD_VERSION);
        path[MAX(n, 0)] = '\0';
        return check_file(manifest, path, directory, why);
}

int resume_same_host(const json_t *manifest, const char *directory, struct why *why)
{
        const json_t *host = json_object_get(manifest, "host");
        json_int_t cpus = json_integer_value(json_object_get(host, "cpus"));
        const char *name = text_of(host, "hostname"), *kernel = text_of(host, "kernel");
        struct guestinfo info;
        struct utsname here;

        uname(&here);
        guestinfo_read(&info);
        if (strcmp(name, here.nodename) != 0)
                return why_set(why, -EXDEV, WHAT, directory,
                        "was begun on the host %s, and this is %s: start a new run", name,
                        here.nodename);
        if (strcmp(kernel, here.release) != 0)
                return why_set(why, -EXDEV, WHAT, directory,
                        "was begun with the kernel %s, and this is %s: start a new run", kernel,
                        here.release);
        if (cpus != (json_int_t)info.vcpus)
                return why_set(why, -EXDEV, WHAT, directory,
                        "was begun on %lld CPUs, and there are %u now: start a new run",
                        (long long)cpus, info.vcpus);
        return 0;
}

/* ---- options ---- */

/* Defaults and profiles are the program's, and no words of the command line. */
int resume_same_options(
        const json_t *manifest, const json_t *options, const char *directory, struct why *why)
{
        const json_t *before = json_object_get(manifest, "options");
        const char *key;
        json_t *value;

        json_object_foreach((json_t *)options, key, value)
        {
                const char *was = json_string_value(json_object_get(before, key));
                const char *is = json_string_value(value);
                char word[64];

                snprintf(word, sizeof word, "--%s", key);
                if (run_option_goes_with_resume(word) || (was && strcmp(was, is) == 0))
                        continue;
                return why_set(why, -EXDEV, WHAT, directory,
                        "was begun with %s \"%.60s\", which its command line does not mean any "
                        "more (\"%.60s\"): start a new run",
                        word, was ? was : "", is);
        }
        return 0;
}
