/* SPDX-License-Identifier: Apache-2.0 */
/*
 * create, start, stop and destroy.
 */
#include "guest_maker.h"
#include "guests_internal.h"
#include "tile_command.h"

#include <errno.h>
#include <string.h>

/* ---- create ---- */

static int create_one(
        struct guest_maker *maker, unsigned tile, unsigned guest, bool *ret_made, struct why *why)
{
        struct guest_plan plan;
        int r = guest_maker_plan(maker, &plan, tile, guest, why);

        if (r < 0)
                return r;
        r = guest_maker_make(maker, &plan, ret_made, why);
        guest_plan_fini(&plan);
        return r;
}

static int create_tile(
        struct tile_job *job, struct guest_maker *maker, unsigned tile, struct why *why)
{
        const char *uri = hosts_uri(job->hosts, hosts_of_tile(job->hosts, tile));
        unsigned made = 0, done = 0;
        int r = 0;

        for (unsigned g = GUEST_WEB1; r == 0 && g <= TILE_GUESTS; g++) {
                bool new = false;

                r = guests_interrupted(job->signal_fd, why) ? -EINTR : 0;
                if (r == 0)
                        r = create_one(maker, tile, g, &new, why);
                done += r == 0;
                made += new;
        }
        if (r < 0) {
                if (done)
                        progress_say(&job->progress,
                                "tile %u: only %u of %d guests are as wanted on %s: another create "
                                "goes on with it",
                                tile, done, TILE_GUESTS, uri);
                return r;
        }
        if (made)
                progress_say(&job->progress, "tile %u: %u guest%s made on %s", tile, made,
                        made == 1 ? "" : "s", uri);
        else
                progress_say(&job->progress,
                        "tile %u: was on %s already; how its guests are run is as given now", tile,
                        uri);
        return 0;
}

static int check_placement(struct tile_job *job, struct guest_maker *maker, struct why *why)
{
        const struct tile_options *o = job->options;
        _cleanup_free_ char *idle = placement_idle_note(&maker->placement, o->first, o->last);
        int r = guest_maker_check_placement(maker, o->first, o->last, why);

        if (r == 0 && !idle)
                return why_errno(why, -ENOMEM, "--placement", NULL);
        if (r == 0 && *idle)
                progress_say(&job->progress, "note: %s", idle);
        return r;
}

int tile_create(struct tile_job *job, struct why *why)
{
        const struct tile_options *o = job->options;
        struct launch_config config = {
                .seed = o->seed,
                .placement = o->placement,
                .libvirt = &o->libvirt,
        };
        struct guest_load_texts texts;
        struct guest_maker maker;
        int r = 0;

        guest_loads_fill(&config, &o->loads, &texts);
        for (size_t i = 0; r == 0 && i < job->n_domains; i++)
                r = guest_maker_check_host(job->hosts, &job->domains[i], why);
        if (r == 0)
                r = guest_maker_init(&maker, &config, job->hosts, why);
        if (r < 0)
                return r;
        r = guest_maker_check(&maker, o->first, o->last, why);
        if (r == 0)
                r = check_placement(job, &maker, why);
        for (unsigned t = o->first; r == 0 && t <= o->last; t++)
                r = create_tile(job, &maker, t, why);
        guest_maker_fini(&maker);
        return r;
}

/* ---- start ---- */

static int check_created(const struct tile_job *job, struct why *why)
{
        for (unsigned t = job->options->first; t <= job->options->last; t++) {
                unsigned n = tile_guests(job, t);
                char tile[32];

                snprintf(tile, sizeof tile, "tile %u", t);
                if (n == 0)
                        return why_set(why, -ENOENT, tile, NULL,
                                "is not there: make it by `tileload tile create`");
                if (n < TILE_GUESTS)
                        return why_set(why, -ENOENT, tile, NULL,
                                "has only %u of its %d guests: a create was cut off, let another "
                                "one end it",
                                n, TILE_GUESTS);
                if (n > TILE_GUESTS)
                        return why_set(why, -EEXIST, tile, NULL,
                                "is there more than once, on several hosts: destroy it");
        }
        return 0;
}

/* "tile 1 disk, tile 2 oltp". Returns text. */
static char *name_troubled(const struct tile_job *job, char *text, size_t size)
{
        size_t used = 0;

        text[0] = '\0';
        for (size_t i = 0; i < job->guests.n_items && used < size; i++) {
                const struct guest *g = &job->guests.items[i];

                if (g->trouble[0])
                        used += (size_t)snprintf(text + used, size - used, "%stile %u %s",
                                used ? ", " : "", g->tile, guest_name(g->guest));
        }
        return text;
}

int tile_start(struct tile_job *job, struct why *why)
{
        const struct tile_options *o = job->options;
        struct guests_start start = {
                .first = o->first,
                .last = o->last,
                .timeout_ns = o->ready_timeout_ns,
                .wait = o->wait,
                .interrupt_fd = job->signal_fd,
        };
        const struct guest *first;
        char names[sizeof why->reason - 64];
        size_t n;
        int r = check_created(job, why);

        if (r < 0)
                return r;
        progress_say(&job->progress, "starting %zu guests", job->guests.n_items);
        r = guests_start(&job->guests, &start, why);
        if (r == -EINTR)
                progress_say(&job->progress, "guests that were started go on");
        if (r < 0)
                return r;
        n = guests_in_trouble(&job->guests, o->first, o->last, &first);
        return n ? why_set(why, -ECHILD, "start", NULL, "%zu of %zu guests %s: %s", n,
                           job->guests.n_items, o->wait ? "are not ready" : "did not start",
                           name_troubled(job, names, sizeof names))
                 : 0;
}

/* ---- stop and destroy ---- */

/* Says of each tile whether there is anything to do. */
static void say_absent(struct tile_job *job)
{
        for (unsigned t = job->options->first; t <= job->options->last; t++)
                if (tile_guests(job, t) == 0)
                        progress_say(&job->progress, "tile %u: is not there", t);
}

static unsigned running_guests(const struct tile_job *job, unsigned tile)
{
        unsigned n = 0;

        for (size_t i = 0; i < job->n_domains; i++)
                n += job->domains[i].tile == tile && job->domains[i].running;
        return n;
}

int tile_stop(struct tile_job *job, struct why *why)
{
        const struct tile_options *o = job->options;
        unsigned running = 0;
        int r;

        say_absent(job);
        for (unsigned t = o->first; t <= o->last; t++) {
                running += running_guests(job, t);
                if (tile_guests(job, t) && !running_guests(job, t))
                        progress_say(&job->progress, "tile %u: is off", t);
        }
        if (!running)
                return 0;
        progress_say(&job->progress, "shutting down %u guest%s", running, running == 1 ? "" : "s");
        r = guests_shut_down(
                &job->guests, o->first, o->last, o->stop_timeout_ns, job->signal_fd, why);
        if (r == -ETIME) /* said; they are off, which is what was asked for */
                r = 0;
        if (r == 0)
                progress_say(&job->progress, "all are off");
        return r;
}

int tile_destroy(struct tile_job *job, struct why *why)
{
        const struct tile_options *o = job->options;
        int result = 0;

        say_absent(job);
        for (unsigned t = o->first; t <= o->last; t++) {
                unsigned n = tile_guests(job, t);
                char uris[256];
                int r;

                if (n == 0)
                        continue;
                if (guests_interrupted(job->signal_fd, result < 0 ? NULL : why))
                        return result < 0 ? result : -EINTR;
                r = guests_remove(&job->guests, t, t, result < 0 ? NULL : why);
                if (r == 0)
                        progress_say(&job->progress, "tile %u: removed from %s", t,
                                tile_uris(job, t, uris, sizeof uris));
                result = result < 0 ? result : r;
        }
        return result;
}
