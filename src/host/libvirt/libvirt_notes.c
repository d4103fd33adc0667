/* SPDX-License-Identifier: Apache-2.0 */
#include "libvirt_notes.h"

#include "domains.h"
#include "fmt.h"
#include "host_facts.h"
#include "libvirt_config.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

static int add(struct libvirt_notes *notes, const char *format, ...) _printf_(2, 3);

static int add(struct libvirt_notes *notes, const char *format, ...)
{
        const char **lines;
        size_t n = 0;
        char *text;
        va_list ap;
        int r;

        while (notes->lines && notes->lines[n])
                n++;
        lines = reallocarray(notes->lines, n + 2, sizeof *lines);
        if (!lines)
                return -ENOMEM;
        notes->lines = lines;
        lines[n] = lines[n + 1] = NULL;
        va_start(ap, format);
        r = vasprintf(&text, format, ap);
        va_end(ap);
        if (r < 0)
                return -ENOMEM;
        lines[n] = text;
        return 0;
}

static int note_hosts(struct libvirt_notes *notes, const struct guest_maker *maker)
{
        int r = 0;

        for (size_t i = 0; r == 0 && i < hosts_count(maker->hosts); i++) {
                char versions[96];

                r = add(notes, "%s: %s", hosts_uri(maker->hosts, i),
                        host_versions(maker->hosts, i, versions, sizeof versions));
        }
        return r;
}

static int note_type(struct libvirt_notes *notes, const struct libvirt_config *config)
{
        if (config->type == LIBVIRT_KVM)
                return add(notes, "guests are of type kvm: hardware virtualization");
        return add(notes, "guests are of type qemu: their CPUs are emulated in software, and what "
                          "is measured says nothing about hardware virtualization");
}

/* Their sizes as text, "" for what is not to be seen from here. */
static void sizes_text(const char *directory, char *text, size_t size)
{
        static const char *const names[] = {"usr.erofs", "vmlinuz", "initrd"};
        size_t used = 0;

        text[0] = '\0';
        for (size_t i = 0; i < ARRAY_SIZE(names) && used < size; i++) {
                char path[PATH_MAX], bytes[FMT_SIZE];
                struct stat st;

                snprintf(path, sizeof path, "%s/%s", directory, names[i]);
                if (stat(path, &st) == 0)
                        used += (size_t)snprintf(text + used, size - used, "%s%s %s",
                                used ? ", " : "", names[i], fmt_size(bytes, (uint64_t)st.st_size));
        }
}

/* "qemu:///system" is this machine, "qemu+ssh://host/system" another. */
static bool all_here(const struct hosts *hosts)
{
        for (size_t i = 0; i < hosts_count(hosts); i++)
                if (!strstr(hosts_uri(hosts, i), ":///"))
                        return false;
        return true;
}

static int note_image(struct libvirt_notes *notes, const struct guest_maker *maker)
{
        const struct libvirt_config *config = maker->launch->libvirt;
        const char *verity =
                maker->usrhash[0] ? "checked by dm-verity" : "not checked by dm-verity";
        char sizes[128] = "";

        if (all_here(maker->hosts))
                sizes_text(config->image, sizes, sizeof sizes);
        return add(notes, "one read-only image for all guests, %s: %s%s%s", verity, config->image,
                sizes[0] ? ": " : "", sizes);
}

static int note_clients(struct libvirt_notes *notes, const struct libvirt_config *config)
{
        if (config->client_host)
                return add(notes, "external clients run on %s, where the user started them",
                        config->client_host);
        return add(notes, "external clients are processes of the machine that measures, without "
                          "limits");
}

/* Guests of tiles that this run has nothing to do with take part of the host. */
static int note_others(struct libvirt_notes *notes, const struct guest_maker *maker)
{
        _cleanup_free_ struct domain_info *domains = NULL;
        unsigned running = 0;
        size_t n = 0;

        if (domains_list(maker->hosts, &domains, &n, NULL) < 0)
                return 0;
        for (size_t i = 0; i < n; i++)
                running += domains[i].running;
        return running ? add(notes, "%u other guest%s of tileload %s running on these hosts",
                                 running, running == 1 ? "" : "s", running == 1 ? "is" : "are")
                       : 0;
}

int libvirt_notes_init(
        struct libvirt_notes *notes, const struct guest_maker *maker, struct why *why)
{
        const struct libvirt_config *config = maker->launch->libvirt;
        int r = note_hosts(notes, maker);

        if (r == 0)
                r = note_type(notes, config);
        if (r == 0)
                r = note_image(notes, maker);
        if (r == 0)
                r = note_clients(notes, config);
        if (r == 0)
                r = note_others(notes, maker);
        if (r < 0)
                libvirt_notes_fini(notes);
        return r < 0 ? why_errno(why, r, "notes", NULL) : 0;
}

void libvirt_notes_fini(struct libvirt_notes *notes)
{
        for (size_t i = 0; notes->lines && notes->lines[i]; i++)
                free((char *)notes->lines[i]);
        free(notes->lines);
        *notes = (struct libvirt_notes){0};
}
