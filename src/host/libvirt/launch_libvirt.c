/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tiles as guests of libvirt, for a run.
 *
 *   guest_maker    a guest's domain from the template (guest_plan, placement, template, domains)
 *   guests         what becomes of each guest from its start to its end
 *   readiness      asks their control endpoints
 *   borrowed       definitions of tiles that were there before, to be put back
 *   clients        the external clients
 *   libvirt_notes  how the guests are run, for the reader of the results
 *
 * A guest in trouble does not end the run: it is named with the tail of its console, its tile is
 * not valid, and the others are measured on.
 */
#include "launch.h"

#include "borrowed.h"
#include "clients.h"
#include "clock.h"
#include "guest_maker.h"
#include "guests_internal.h"
#include "host_facts.h"
#include "libvirt_notes.h"
#include "progress.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>

/* For guests that stay when the run is over. */
#define SHUT_DOWN_NS (30 * NS_PER_S)

struct launcher {
        struct launch_config config;
        struct hosts *hosts;
        struct guest_maker maker;
        struct guests guests;
        struct borrowed borrowed;
        struct clients clients;
        struct targets targets;
        struct libvirt_notes notes;
        int epoll_fd; /* has what happens on the hosts and to the external clients */
};

/* ---- ending ---- */

static void note_error(int error, const struct why *inner, int *result, struct why *why)
{
        if (error == 0 || *result < 0)
                return;
        *result = error;
        if (why)
                *why = *inner;
}

/* Those that this run made. */
static int remove_own(struct launcher *launcher, unsigned first, unsigned last, struct why *why)
{
        int result = 0;

        for (size_t i = 0; i < launcher->guests.n_items; i++) {
                struct guest *g = &launcher->guests.items[i];
                struct why inner = {0};

                if (g->tile < first || g->tile > last ||
                        borrowed_has(&launcher->borrowed, g->host, g->name))
                        continue;
                note_error(guest_remove(&launcher->guests, g, &inner), &inner, &result, why);
                g->running = false; /* whatever could be done was */
        }
        return result;
}

static int end_tiles(struct launcher *launcher, unsigned first, unsigned last, struct why *why)
{
        struct why inner = {0};
        int result = 0;

        note_error(clients_end(&launcher->clients, first, last, &inner), &inner, &result, why);
        note_error(remove_own(launcher, first, last, &inner), &inner, &result, why);
        note_error(guests_shut_down(&launcher->guests, first, last, SHUT_DOWN_NS, -1, &inner),
                &inner, &result, why);
        note_error(borrowed_return(&launcher->borrowed, &launcher->guests, first, last, &inner),
                &inner, &result, why);
        guests_forget(&launcher->guests, first, last);
        return result;
}

static int launcher_stop(struct launcher *launcher, struct why *why)
{
        int r = end_tiles(launcher, 1, UINT32_MAX, why);

        targets_fini(&launcher->targets);
        if (r < 0 && r != -ETIME)
                progress_say(launcher->config.progress,
                        "guests may be left: see `tileload tile list`, and end them by `tileload "
                        "tile stop` or `destroy`");
        return r;
}

static int launcher_end_above(struct launcher *launcher, unsigned keep, struct why *why)
{
        int r = end_tiles(launcher, keep + 1, UINT32_MAX, why);

        targets_end_above(&launcher->targets, keep);
        return r;
}

static void launcher_free(struct launcher *launcher)
{
        if (launcher->hosts && launcher->guests.n_items)
                launcher_stop(launcher, NULL);
        guests_fini(&launcher->guests);
        borrowed_fini(&launcher->borrowed);
        placement_here_fini(&launcher->clients.here);
        guest_maker_fini(&launcher->maker);
        targets_fini(&launcher->targets);
        libvirt_notes_fini(&launcher->notes);
        hosts_free(launcher->hosts);
        if (launcher->epoll_fd >= 0)
                close(launcher->epoll_fd);
        free(launcher);
}

/* ---- making ready ---- */

static int watch_hosts(struct launcher *launcher, struct why *why)
{
        struct epoll_event event = {.events = EPOLLIN};

        launcher->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
        if (launcher->epoll_fd < 0 ||
                epoll_ctl(launcher->epoll_fd, EPOLL_CTL_ADD, hosts_fd(launcher->hosts), &event) < 0)
                return why_errno(why, -errno, "epoll", NULL);
        return 0;
}

/* The external clients are the only ones of these that a file may place on this machine. */
static int check_placement(struct launcher *launcher, struct why *why)
{
        struct placement_here *here = &launcher->clients.here;
        unsigned last = launcher->config.last_tile;
        int r = guest_maker_check_placement(&launcher->maker, 1, last, why);

        if (r == 0 && !launcher->clients.host)
                r = placement_here_init(here, &launcher->maker.placement, HERE_EXTERNAL, why);
        if (r == 0)
                r = placement_here_check(here, HERE_EXTERNAL, 1, last, why);
        return r;
}

static int note_placement(struct launcher *launcher, struct why *why)
{
        unsigned last = launcher->config.last_tile;
        _cleanup_free_ char *idle = placement_idle_note(&launcher->maker.placement, 1, last);
        int r = idle ? 0 : -ENOMEM;

        if (r == 0 && *idle && last)
                r = libvirt_notes_add(&launcher->notes, "%s", idle);
        if (r == 0 && launcher->clients.here.memory_free)
                r = libvirt_notes_add(&launcher->notes,
                        "external clients have their memory from any node, since this machine does "
                        "not let us bind it (set_mempolicy)");
        return r < 0 ? why_errno(why, r, "notes", NULL) : 0;
}

static int place_guests(struct launcher *launcher, struct why *why)
{
        int r = check_placement(launcher, why);

        if (r == 0)
                r = libvirt_notes_init(&launcher->notes, &launcher->maker, why);
        return r == 0 ? note_placement(launcher, why) : r;
}

static int launcher_new(const struct launch_config *config, int interrupt_fd, struct launcher **ret,
        struct why *why)
{
        struct launcher *launcher = calloc(1, sizeof *launcher);
        int r;

        if (!launcher)
                return why_errno(why, -ENOMEM, "launcher", NULL);
        launcher->config = *config;
        launcher->epoll_fd = -1;
        launcher->clients = (struct clients){
                .launch = &launcher->config,
                .host = config->libvirt->client_host,
                .epoll_fd = -1,
        };
        r = client_host_check(config->libvirt->client_host, why);
        if (r == 0)
                r = process_make_logs(config->directory, why);
        if (r == 0)
                r = hosts_open(&launcher->hosts, config->libvirt->connect, interrupt_fd, why);
        if (r == 0 && guests_init(&launcher->guests, launcher->hosts, config->progress,
                              config->directory) < 0)
                r = why_errno(why, -ENOMEM, "launcher", NULL);
        if (r == 0)
                r = guest_maker_init(&launcher->maker, &launcher->config, launcher->hosts, why);
        if (r == 0)
                r = guest_maker_check(&launcher->maker, 1, MAX(config->last_tile, 1u), why);
        if (r == 0)
                r = watch_hosts(launcher, why);
        if (r == 0)
                r = place_guests(launcher, why);
        if (r < 0) {
                launcher_free(launcher);
                return r;
        }
        launcher->clients.epoll_fd = launcher->epoll_fd;
        *ret = launcher;
        return 0;
}

/* ---- starting ---- */

/* What has come since the tiles were looked at is made by somebody else at this moment. It would be
 * measured as ours, and removed. */
static int check_new(
        struct launcher *launcher, const struct guest_plan *plan, size_t host, struct why *why)
{
        struct domain_info info;
        struct why inner;
        int r;

        if (borrowed_has(&launcher->borrowed, host, plan->domain))
                return 0;
        r = domains_state(launcher->hosts, host, plan->domain, &info, &inner);
        if (r == -ENOENT) /* or not ours: found out when it is made */
                return 0;
        if (r < 0) {
                *why = inner;
                return r;
        }
        return why_set(why, -EEXIST, "domain", plan->domain,
                "%s: was made by somebody else just now, who uses tile %u at the same time",
                hosts_uri(launcher->hosts, host), plan->tile);
}

static int make_guest(struct launcher *launcher, unsigned tile, unsigned guest, struct why *why)
{
        size_t host = hosts_of_tile(launcher->hosts, tile);
        struct guest_plan plan;
        bool made;
        int r = guest_maker_plan(&launcher->maker, &plan, tile, guest, why);

        if (r < 0)
                return r;
        r = check_new(launcher, &plan, host, why);
        if (r == 0)
                r = guest_maker_make(&launcher->maker, &plan, &made, why);
        if (r == 0 && guests_add(&launcher->guests, host, tile, guest, plan.domain, plan.address,
                              false) < 0) {
                if (made)
                        domains_remove(launcher->hosts, host, plan.domain, NULL);
                r = why_errno(why, -ENOMEM, "guest", plan.domain);
        }
        guest_plan_fini(&plan);
        return r;
}

static int make_tiles(
        struct launcher *launcher, unsigned first, unsigned last, int interrupt_fd, struct why *why)
{
        for (unsigned t = first; t <= last; t++)
                for (unsigned g = GUEST_WEB1; g <= TILE_GUESTS; g++) {
                        int r;

                        if (guests_interrupted(interrupt_fd, why))
                                return -EINTR;
                        r = make_guest(launcher, t, g, why);
                        if (r < 0)
                                return r;
                }
        return 0;
}

static int check_unused(
        struct launcher *launcher, const struct domain_info *domain, struct why *why)
{
        const char *uri = hosts_uri(launcher->hosts, domain->host);
        char tile[32];

        if (!domain->running)
                return guest_maker_check_host(launcher->hosts, domain, why);
        snprintf(tile, sizeof tile, "tile %u", domain->tile);
        return why_set(why, -EBUSY, tile, NULL,
                "runs already (domain %s on %s): end it by `tileload tile stop`, or measure it as "
                "it is by `tileload measure`",
                domain->name, uri);
}

/* Tiles that are there and off are used, and left as they were. */
static int borrow_tiles(struct launcher *launcher, unsigned first, unsigned last, struct why *why)
{
        _cleanup_free_ struct domain_info *domains = NULL;
        size_t n = 0;
        int r = domains_list(launcher->hosts, &domains, &n, why);

        for (size_t i = 0; r == 0 && i < n; i++)
                if (domains[i].tile >= first && domains[i].tile <= last)
                        r = check_unused(launcher, &domains[i], why);
        for (size_t i = 0; r == 0 && i < n; i++)
                if (domains[i].tile >= first && domains[i].tile <= last)
                        r = borrowed_add(&launcher->borrowed, launcher->hosts, &domains[i], why);
        return r;
}

static void also_guests(void *context)
{
        struct launcher *launcher = context;

        guests_take_events(&launcher->guests);
}

static int start_clients(
        struct launcher *launcher, unsigned first, unsigned last, int interrupt_fd, struct why *why)
{
        for (unsigned t = first; t <= last; t++) {
                struct guest_plan plan;
                int r = guest_maker_plan(&launcher->maker, &plan, t, GUEST_WEB1, why);

                if (r < 0)
                        return r;
                r = clients_start(&launcher->clients, t, plan.address, why);
                guest_plan_fini(&plan);
                if (r < 0)
                        return r;
        }
        return clients_await(
                &launcher->clients, first, last, interrupt_fd, also_guests, launcher, why);
}

static int add_client_target(struct launcher *launcher, unsigned tile)
{
        struct client *client = launcher->clients.by_tile[tile];
        struct target target = {.tile = tile, .guest = GUEST_EXTERNAL, .url = client->plan.url};

        snprintf(target.role, sizeof target.role, "%s", guest_role(GUEST_EXTERNAL));
        if (process_is_running(&client->process))
                target.pids[target.n_pids++] = client->process.child.pid;
        return targets_add(&launcher->targets, &target);
}

static int add_targets(struct launcher *launcher, unsigned first, unsigned last, struct why *why)
{
        int r = 0;

        for (unsigned t = first; r == 0 && t <= last; t++)
                r = add_client_target(launcher, t);
        for (size_t i = 0; r == 0 && i < launcher->guests.n_items; i++) {
                struct guest *g = &launcher->guests.items[i];
                struct target target = {.tile = g->tile, .guest = g->guest, .url = g->url};

                if (g->tile < first || g->tile > last)
                        continue;
                snprintf(target.role, sizeof target.role, "%s", guest_role(g->guest));
                r = targets_add(&launcher->targets, &target);
        }
        return r < 0 ? why_errno(why, r, "targets", NULL) : 0;
}

static int start_tiles(
        struct launcher *launcher, unsigned first, unsigned last, int interrupt_fd, struct why *why)
{
        struct guests_start start = {
                .first = first,
                .last = last,
                .timeout_ns = launcher->config.ready_timeout_ns,
                .wait = true,
                .whole_tile = true,
                .alone = true,
                .interrupt_fd = interrupt_fd,
        };
        int r = borrow_tiles(launcher, first, last, why);

        if (r == 0)
                r = make_tiles(launcher, first, last, interrupt_fd, why);
        if (r == 0)
                r = guests_start(&launcher->guests, &start, why);
        if (r == 0)
                r = start_clients(launcher, first, last, interrupt_fd, why);
        return r;
}

static int launcher_start(
        struct launcher *launcher, unsigned first, unsigned last, int interrupt_fd, struct why *why)
{
        char text[1024];
        struct why left = {0};
        int r = start_tiles(launcher, first, last, interrupt_fd, why);

        if (r == 0)
                r = add_targets(launcher, first, last, why);
        if (r < 0 && end_tiles(launcher, first, last, &left) < 0)
                progress_say(launcher->config.progress, "%s", why_format(&left, text, sizeof text));
        return r;
}

/* ---- while they run ---- */

static const struct targets *launcher_targets(struct launcher *launcher)
{
        return &launcher->targets;
}

static int launcher_fd(struct launcher *launcher)
{
        return launcher->epoll_fd;
}

static int launcher_check(struct launcher *launcher, struct why *why)
{
        clients_update(&launcher->clients);
        guests_take_events(&launcher->guests);
        return 0;
}

static int client_trouble(const struct launcher *launcher, unsigned tile, struct guest_trouble *ret)
{
        const struct client *client = launcher->clients.by_tile[tile];

        if (!client || !client->trouble[0])
                return 0;
        snprintf(ret->text, sizeof ret->text, "%s", client->trouble);
        return 1;
}

/* Of one that no event told of. */
static void describe(struct launcher *launcher, const struct guest *g, char *text, size_t size)
{
        struct domain_info info;
        struct why why = {0};
        int r = guests_reach(&launcher->guests, g->host, &why);

        if (r == 0)
                r = domains_state(launcher->hosts, g->host, g->name, &info, &why);
        if (r < 0)
                snprintf(text, size, "has a domain %s of which nothing is known: %.120s", g->name,
                        why.reason);
        else
                snprintf(text, size, "has its domain %s %s", g->name, info.state);
}

static int launcher_trouble(struct launcher *launcher, unsigned tile, unsigned guest,
        const char *problem, struct guest_trouble *ret)
{
        struct guest *g = guests_find(&launcher->guests, tile, guest);

        *ret = (struct guest_trouble){0};
        if (tile > TILE_PLAN_MAX_TILE)
                return 0;
        if (guest == GUEST_EXTERNAL)
                return client_trouble(launcher, tile, ret);
        /* What was said of it holds, also if it gave figures at both ends of the window: one that
         * was late, or that somebody paused for a while. */
        if (!g || (!problem[0] && !g->trouble[0]))
                return 0;
        if (g->trouble[0])
                snprintf(ret->text, sizeof ret->text, "%s", g->trouble);
        else
                describe(launcher, g, ret->text, sizeof ret->text);
        ret->console = guests_console_tail(&launcher->guests, g);
        return 1;
}

static const char *const *launcher_notes(struct launcher *launcher)
{
        return launcher->notes.lines;
}

static size_t launcher_remotes(struct launcher *launcher, struct remote_counts *ret, size_t max)
{
        size_t n = MIN(hosts_count(launcher->hosts), max);

        if (hosts_all_here(launcher->hosts))
                return 0;
        for (size_t i = 0; i < n; i++)
                host_counters(launcher->hosts, i, &ret[i]);
        return n;
}

static const struct placement *launcher_placement(struct launcher *launcher)
{
        return &launcher->maker.placement;
}

extern const struct launcher_ops launch_libvirt;
const struct launcher_ops launch_libvirt = {
        .name = "libvirt",
        .summary = "guests of libvirt, on this host or others",
        .missing = libvirt_missing,
        .new = launcher_new,
        .free = launcher_free,
        .start = launcher_start,
        .stop = launcher_stop,
        .end_above = launcher_end_above,
        .targets = launcher_targets,
        .fd = launcher_fd,
        .check = launcher_check,
        .trouble = launcher_trouble,
        .remotes = launcher_remotes,
        .notes = launcher_notes,
        .placement = launcher_placement,
};
