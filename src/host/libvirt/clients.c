/* SPDX-License-Identifier: Apache-2.0 */
#include "clients.h"

#include "clock.h"
#include "fmt.h"
#include "guests_internal.h"
#include "progress.h"
#include "readiness.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>

#define HTTP_PORT 8080

/* A role ends within a second (run_role.h); twice that, for a host that is busy. */
#define END_PATIENCE_NS  (2 * NS_PER_S)
#define KILL_PATIENCE_NS (10 * NS_PER_S)

int client_host_check(const char *host, struct why *why)
{
        static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                   "._-";

        if (!host || (*host && host[0] != '-' && strspn(host, good) == strlen(host)))
                return 0;
        return why_set(why, -EINVAL, "--client-host", host,
                "not the name or the IPv4 address of a machine");
}

char *client_command(const struct role_plan *plan)
{
        char *text = strdup("tileload");

        for (size_t i = 1; text && plan->argv[i]; i++) {
                _cleanup_free_ char *before = text;

                if (asprintf(&text, "%s %s", before, plan->argv[i]) < 0)
                        text = NULL;
        }
        return text;
}

/* ---- starting ---- */

static int start_here(struct clients *clients, struct client *client, struct why *why)
{
        struct affinity affinity;
        struct process_config config = {
                .program = clients->launch->program,
                .argv = client->plan.argv,
                .results = clients->launch->directory,
                .directory = clients->launch->directory,
                .cgroup_fd = -1,
                .epoll_fd = clients->epoll_fd,
        };
        int r = placement_here_guest(&clients->here, client->tile, GUEST_EXTERNAL, &affinity, why);

        if (r < 0)
                return r;
        config.affinity = r > 0 ? &affinity : NULL;
        client->process = (struct process){
                .tile = client->tile,
                .number = GUEST_EXTERNAL,
                .child = CHILD_NONE,
                .notify.fd = -1,
        };
        return process_start(&client->process, &config, why);
}

static int tell_command(struct clients *clients, const struct client *client, struct why *why)
{
        _cleanup_free_ char *command = client_command(&client->plan);

        if (!command)
                return why_errno(why, -ENOMEM, "external client", NULL);
        progress_say(clients->launch->progress, "tile %u: start its external client on %s:\n  %s",
                client->tile, clients->host, command);
        return 0;
}

int clients_start(struct clients *clients, unsigned tile, const char *address, struct why *why)
{
        struct client *client = calloc(1, sizeof *client);
        char target[64];
        int r;

        if (!client)
                return why_errno(why, -ENOMEM, "external client", NULL);
        client->tile = tile;
        client->asked = -1;
        snprintf(target, sizeof target, "%s:%d", address, HTTP_PORT);
        r = role_plan_init_external(&client->plan, clients->launch, tile, target, clients->host);
        if (r < 0)
                why_errno(why, r, "external client", NULL);
        else if (clients->host)
                r = tell_command(clients, client, why);
        else
                r = start_here(clients, client, why);
        if (r < 0)
                free(client);
        else
                clients->by_tile[tile] = client;
        return r;
}

/* ---- what happens ---- */

static void in_trouble(struct clients *clients, struct client *client, const char *reason)
{
        snprintf(client->trouble, sizeof client->trouble, "%.255s", reason);
        progress_say(clients->launch->progress, "tile %u %s %s", client->tile,
                guest_name(GUEST_EXTERNAL), reason);
}

static void take_in(struct clients *clients, struct client *client)
{
        struct process *process = &client->process;
        struct why why = {0};

        process_update(process);
        client->ready = client->ready || process->ready;
        if (process_is_running(process) || process->ending || client->trouble[0])
                return;
        process_why_ended(process, -ECHILD, clients->launch->directory, &why);
        in_trouble(clients, client, why.reason);
}

void clients_update(struct clients *clients)
{
        struct epoll_event events[64];

        /* One that is readable for us has its place among the few processes. */
        if (clients->host || epoll_wait(clients->epoll_fd, events, ARRAY_SIZE(events), 0) <= 0)
                return;
        for (size_t t = 0; t < ARRAY_SIZE(clients->by_tile); t++)
                if (clients->by_tile[t])
                        take_in(clients, clients->by_tile[t]);
}

/* ---- waiting ---- */

struct await {
        struct clients *clients;
        unsigned first, last;
        struct readiness *readiness;
        struct why why; /* of the first that is not ready */
};

static int ask_all(struct await *a)
{
        for (unsigned t = a->first; a->clients->host && t <= a->last; t++) {
                struct client *client = a->clients->by_tile[t];

                client->asked = readiness_add(a->readiness, client->plan.url);
                if (client->asked < 0)
                        return client->asked;
        }
        return 0;
}

static bool is_settled(const struct await *a, struct client *client)
{
        if (client->asked >= 0)
                client->ready = readiness_state(a->readiness, (size_t)client->asked, NULL) ==
                                READINESS_READY;
        return client->ready || client->trouble[0];
}

static bool all_settled(const struct await *a)
{
        for (unsigned t = a->first; t <= a->last; t++)
                if (!is_settled(a, a->clients->by_tile[t]))
                        return false;
        return true;
}

static void give_up(struct await *a, struct client *client)
{
        uint64_t timeout_ns = a->clients->launch->ready_timeout_ns;
        char took[FMT_SIZE], reason[256];
        const char *text;
        struct why why = {0};

        if (client->asked < 0) {
                process_why_late(&client->process, -ETIMEDOUT, a->clients->launch->directory,
                        timeout_ns, &why);
                in_trouble(a->clients, client, why.reason);
                return;
        }
        readiness_state(a->readiness, (size_t)client->asked, &text);
        snprintf(reason, sizeof reason, "not ready after %s at %s: %.80s",
                fmt_duration(took, timeout_ns), client->plan.url, text);
        in_trouble(a->clients, client, reason);
}

/* Is there one to measure, among those of earlier steps, too? */
static bool some_ready(const struct clients *clients)
{
        for (size_t t = 0; t < ARRAY_SIZE(clients->by_tile); t++) {
                const struct client *client = clients->by_tile[t];

                if (client && client->ready && !client->trouble[0])
                        return true;
        }
        return false;
}

/* Returns 0, or -ECHILD when there is nobody to measure. */
static int conclude(struct await *a, struct why *why)
{
        const struct client *first = a->clients->by_tile[a->first];
        char title[sizeof why->what];

        for (unsigned t = a->first; t <= a->last; t++)
                if (!is_settled(a, a->clients->by_tile[t]))
                        give_up(a, a->clients->by_tile[t]);
        if (some_ready(a->clients))
                return 0;
        snprintf(title, sizeof title, "tile %u %s", first->tile, guest_name(GUEST_EXTERNAL));
        return why_set(why, -ECHILD, title, NULL, "%s", first->trouble);
}

static int await_all(struct await *a, int interrupt_fd, void (*also)(void *context), void *context,
        struct why *why)
{
        uint64_t deadline_ns = clock_now_ns() + a->clients->launch->ready_timeout_ns;
        int fds[] = {a->clients->epoll_fd, interrupt_fd};

        while (!all_settled(a) && clock_now_ns() < deadline_ns) {
                int r = readiness_wait(a->readiness, fds, interrupt_fd < 0 ? 1 : 2, deadline_ns);

                if (r < 0)
                        return why_errno(why, r, "external clients", NULL);
                if (guests_interrupted(interrupt_fd, why))
                        return -EINTR;
                clients_update(a->clients);
                also(context);
        }
        return conclude(a, why);
}

int clients_await(struct clients *clients, unsigned first, unsigned last, int interrupt_fd,
        void (*also)(void *context), void *context, struct why *why)
{
        struct await a = {.clients = clients, .first = first, .last = last};
        int r = readiness_new(&a.readiness);

        if (r == 0)
                r = ask_all(&a);
        if (r < 0)
                why_errno(why, r, "external clients", NULL);
        else
                r = await_all(&a, interrupt_fd, also, context, why);
        for (unsigned t = first; t <= last; t++)
                clients->by_tile[t]->asked = -1;
        readiness_free(a.readiness);
        return r;
}

/* ---- ending ---- */

/* The first that still runs, or NULL; signal (0: none) goes to all. */
static struct client *signal_all(struct clients *clients, unsigned first, unsigned last, int signal)
{
        struct client *running = NULL;

        for (unsigned t = first; t <= last; t++) {
                struct client *client = clients->by_tile[t];

                if (!client || !process_is_running(&client->process))
                        continue;
                client->process.ending = true;
                process_update(&client->process);
                if (!process_is_running(&client->process))
                        continue;
                running = running ? running : client;
                if (signal)
                        child_signal(&client->process.child, signal);
        }
        return running;
}

static struct client *end_by(
        struct clients *clients, unsigned first, unsigned last, int signal, uint64_t within_ns)
{
        uint64_t deadline_ns = clock_now_ns() + within_ns, now_ns;
        struct client *running = signal_all(clients, first, last, signal);

        while (running && (now_ns = clock_now_ns()) < deadline_ns) {
                struct pollfd fd = {.fd = running->process.child.fd, .events = POLLIN};

                poll(&fd, 1, clock_poll_timeout_ms(now_ns, deadline_ns));
                running = signal_all(clients, first, last, 0);
        }
        return running;
}

static int end_all(struct clients *clients, unsigned first, unsigned last, struct why *why)
{
        char title[sizeof why->what], patience[FMT_SIZE];
        struct client *late = end_by(clients, first, last, SIGTERM, END_PATIENCE_NS);

        if (!late)
                return 0;
        process_title(&late->process, title, sizeof title);
        late = end_by(clients, first, last, SIGKILL, KILL_PATIENCE_NS);
        if (late)
                return why_set(why, -ETIME, title, NULL,
                        "still runs, as process %d, although it was killed",
                        (int)late->process.child.pid);
        return why_set(why, -ETIME, title, NULL, "did not end within %s and was killed",
                fmt_duration(patience, END_PATIENCE_NS));
}

int clients_end(struct clients *clients, unsigned first, unsigned last, struct why *why)
{
        int r;

        last = MIN(last, (unsigned)TILE_PLAN_MAX_TILE);
        r = end_all(clients, first, last, why);
        for (unsigned t = first; t <= last; t++) {
                struct client *client = STEAL_PTR(clients->by_tile[t]);

                if (client)
                        process_fini(&client->process);
                free(client);
        }
        return r;
}
