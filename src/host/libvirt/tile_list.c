/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `tileload tile list`: what there is, how it is, and where it is measured.
 */
#include "clients.h"
#include "clock.h"
#include "guests_internal.h"
#include "readiness.h"
#include "tile_command.h"

#include <errno.h>
#include <string.h>

/* A role that runs answers at once. */
#define PATIENCE_NS (2 * NS_PER_S)

/* ---- the table ---- */

static bool some_silent(const struct tile_job *job, const struct readiness *readiness)
{
        for (size_t i = 0; i < job->guests.n_items; i++) {
                int asked = job->guests.items[i].asked;
                const char *text;

                if (asked >= 0 &&
                        readiness_state(readiness, (size_t)asked, &text) == READINESS_SILENT)
                        return true;
        }
        return false;
}

/* Asks all that run, at once. */
static int ask_roles(struct tile_job *job, struct readiness *readiness)
{
        uint64_t deadline_ns = clock_now_ns() + PATIENCE_NS;
        int r = 0;

        for (size_t i = 0; i < job->guests.n_items; i++) {
                struct guest *g = &job->guests.items[i];

                if (!g->running)
                        continue;
                g->asked = readiness_add(readiness, g->url);
                if (g->asked < 0)
                        return g->asked;
        }
        while (r == 0 && some_silent(job, readiness) && clock_now_ns() < deadline_ns) {
                r = readiness_wait(readiness, &job->signal_fd, 1, deadline_ns);
                if (guests_interrupted(job->signal_fd, NULL))
                        r = -EINTR;
        }
        return r;
}

static const char *role_text(const struct guest *guest, const struct readiness *readiness)
{
        const char *text;

        if (guest->asked < 0)
                return "-";
        return readiness_state(readiness, (size_t)guest->asked, &text) == READINESS_SILENT
                       ? "no answer"
                       : text;
}

static void print_table(const struct tile_job *job, const struct readiness *readiness)
{
        printf("%-4s  %-7s  %-24s  %-13s  %-15s  %-9s  %s\n", "TILE", "GUEST", "DOMAIN", "STATE",
                "ADDRESS", "ROLE", "HOST");
        for (size_t i = 0; i < job->n_domains; i++) {
                const struct domain_info *d = &job->domains[i];

                printf("%-4u  %-7s  %-24s  %-13s  %-15s  %-9s  %s\n", d->tile, guest_name(d->guest),
                        d->name, d->state, d->address, role_text(&job->guests.items[i], readiness),
                        hosts_uri(job->hosts, d->host));
        }
}

static int list(struct tile_job *job, struct why *why)
{
        struct readiness *readiness = NULL;
        int r;

        if (job->n_domains == 0) {
                puts("no guests of tileload here");
                return 0;
        }
        r = readiness_new(&readiness);
        if (r == 0)
                r = ask_roles(job, readiness);
        if (r == 0)
                print_table(job, readiness);
        readiness_free(readiness);
        return r < 0 ? why_errno(why, r, "list", NULL) : 0;
}

/* ---- --targets ---- */

static int add_target(
        struct targets *targets, unsigned tile, unsigned guest, const char *url, struct why *why)
{
        struct target target = {.tile = tile, .guest = guest, .url = (char *)url};
        int r;

        snprintf(target.role, sizeof target.role, "%s", guest_role(guest));
        r = targets_add(targets, &target);
        return r < 0 ? why_errno(why, r, "targets", NULL) : 0;
}

/* The tile's external client: nobody has made it, so its place is said with the way to start it. */
static int add_client(struct tile_job *job, struct targets *targets, const struct domain_info *web1,
        struct why *why)
{
        struct launch_config load = {
                .program = "tileload",
                .rate_per_s = 200,
                .arrival = "poisson",
                .max_in_flight = 1000,
                .seed = 1,
        };
        const char *host = job->options->libvirt.client_host;
        _cleanup_free_ char *command = NULL;
        struct role_plan plan;
        char target[96];
        int r;

        snprintf(target, sizeof target, "%s:8080", web1->address);
        r = role_plan_init_external(&plan, &load, web1->tile, target, host);
        command = r == 0 ? client_command(&plan) : NULL;
        if (!command)
                return why_errno(why, r < 0 ? r : -ENOMEM, "external client", NULL);
        progress_say(&job->progress,
                "tile %u: its external client is yours to start on %s (with --dirs if create had "
                "it):"
                "\n  %s",
                web1->tile, host ? host : "this machine", command);
        return add_target(targets, web1->tile, GUEST_EXTERNAL, plan.url, why);
}

static int write_targets(struct tile_job *job, struct why *why)
{
        struct targets targets = {0};
        int r = 0;

        if (job->n_domains == 0)
                return why_set(why, -ENOENT, "--targets", job->options->targets,
                        "not written: there are no guests to measure");
        for (size_t i = 0; r == 0 && i < job->n_domains; i++) {
                const struct domain_info *d = &job->domains[i];

                if (d->guest == GUEST_WEB1)
                        r = add_client(job, &targets, d, why);
                if (r == 0)
                        r = add_target(&targets, d->tile, d->guest, job->guests.items[i].url, why);
        }
        if (r == 0)
                r = targets_write(&targets, job->options->targets, why);
        targets_fini(&targets);
        return r;
}

int tile_list(struct tile_job *job, struct why *why)
{
        int r = list(job, why);

        if (r == 0 && job->options->targets)
                r = write_targets(job, why);
        return r;
}
