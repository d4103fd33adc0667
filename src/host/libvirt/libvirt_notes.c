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

int libvirt_notes_add(struct libvirt_notes *notes, const char *format, ...)
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

                r = libvirt_notes_add(notes, "%s: %s", hosts_uri(maker->hosts, i),
                        host_versions(maker->hosts, i, versions, sizeof versions));
        }
        return r;
}

static int note_type(struct libvirt_notes *notes, const struct libvirt_config *config)
{
        if (config->type == LIBVIRT_KVM)
                return libvirt_notes_add(notes, "guests are of type kvm: hardware virtualization");
        return libvirt_notes_add(notes,
                "guests are of type qemu: their CPUs are emulated in software, and what "
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

static int note_image(struct libvirt_notes *notes, const struct guest_maker *maker)
{
        const struct libvirt_config *config = maker->launch->libvirt;
        const char *verity =
                maker->usrhash[0] ? "checked by dm-verity" : "not checked by dm-verity";
        char sizes[128] = "";

        if (hosts_all_here(maker->hosts))
                sizes_text(config->image, sizes, sizeof sizes);
        return libvirt_notes_add(notes, "one read-only image for all guests, %s: %s%s%s", verity,
                config->image, sizes[0] ? ": " : "", sizes);
}

static int note_clients(struct libvirt_notes *notes, const struct guest_maker *maker)
{
        const struct libvirt_config *config = maker->launch->libvirt;

        if (config->client_host)
                return libvirt_notes_add(notes,
                        "external clients run on %s, where the user started them%s",
                        config->client_host,
                        placement_file_has_external(&maker->placement.file)
                                ? "; the placement file's lines for them are not followed"
                                : "");
        return libvirt_notes_add(notes,
                "external clients are processes of the machine that measures, without "
                "limits");
}

static int note_host_placement(
        struct libvirt_notes *notes, struct guest_maker *maker, size_t host, struct why *why)
{
        _cleanup_free_ char *text = NULL;
        struct placement_host h;
        int r = guest_maker_host(maker, host, &h, why);

        if (r < 0)
                return r;
        text = placement_note(&maker->placement, &h);
        if (!text || libvirt_notes_add(notes, "%s", text) < 0)
                return why_errno(why, -ENOMEM, "notes", NULL);
        return 0;
}

/* *why is filled. */
static int note_placement(struct libvirt_notes *notes, struct guest_maker *maker, struct why *why)
{
        int r = 0;

        if (maker->placement.mode == PLACEMENT_NONE)
                return 0;
        for (size_t i = 0; r == 0 && i < hosts_count(maker->hosts); i++)
                r = note_host_placement(notes, maker, i, why);
        return r;
}

/* The measuring machine's own counters are all that is read of a machine directly. */
static int note_counters(struct libvirt_notes *notes, const struct guest_maker *maker)
{
        if (hosts_all_here(maker->hosts))
                return 0;
        return libvirt_notes_add(notes,
                "guests run on other machines: what is told of CPU, memory, disks and "
                "network is of the one that measures; of the guests' hosts libvirt tells "
                "CPU and memory");
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
        return running ? libvirt_notes_add(notes,
                                 "%u other guest%s of tileload %s running on these hosts", running,
                                 running == 1 ? "" : "s", running == 1 ? "is" : "are")
                       : 0;
}

int libvirt_notes_init(struct libvirt_notes *notes, struct guest_maker *maker, struct why *why)
{
        const struct libvirt_config *config = maker->launch->libvirt;
        int r = note_hosts(notes, maker);

        if (r == 0)
                r = note_type(notes, config);
        if (r == 0)
                r = note_image(notes, maker);
        if (r == 0)
                r = note_clients(notes, maker);
        if (r == 0)
                r = note_counters(notes, maker);
        if (r == 0)
                r = note_others(notes, maker);
        if (r < 0)
                why_errno(why, r, "notes", NULL);
        else
                r = note_placement(notes, maker, why);
        if (r < 0)
                libvirt_notes_fini(notes);
        return r;
}

void libvirt_notes_fini(struct libvirt_notes *notes)
{
        for (size_t i = 0; notes->lines && notes->lines[i]; i++)
                free((char *)notes->lines[i]);
        free(notes->lines);
        *notes = (struct libvirt_notes){0};
}
