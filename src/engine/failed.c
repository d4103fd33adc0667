/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The role itself may have failed for its command line, so that this takes from it what it can read
 * and passes over all else: of a bad word another program has complained.
 */
#include "failed.h"

#include "cmdline.h"
#include "control.h"
#include "herald.h"
#include "net.h"
#include "notify.h"
#include "option.h"
#include "run_role.h"
#include "signals.h"
#include "textfile.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>

#define EVERYWHERE "9477"

struct failed_config {
        char *reason;
        char *listen;
        uint64_t tile, guest;
        bool verbose;
};

#define FIELD(member) offsetof(struct failed_config, member)

static const struct option options[] = {
        {"reason", OPTION_STRING, FIELD(reason), NULL, "FILE",
                "its first line says why the role has failed"},
        {"listen", OPTION_STRING, FIELD(listen), EVERYWHERE, "ADDRESS:PORT",
                "where /metrics, /stats.json and /healthz are served"},
        {"tile", OPTION_COUNT, FIELD(tile), "0", NULL, "number of this guest's tile, 0 for none",
                .max = 100000},
        {"guest", OPTION_COUNT, FIELD(guest), "0", NULL, "number of this guest in its tile",
                .max = 100000},
        {"verbose", OPTION_BOOL, FIELD(verbose), "no", NULL,
                "say the reason on standard error, too"},
};

struct failed {
        struct failed_config config;
        struct option_set set;
        struct workload role; /* the failed one: its name, and nothing to count */
        struct identity identity;
        char name[32];
        char reason[600];
        bool known; /* the role has said the reason itself */
        struct control control;
        struct herald herald;
};

/* What comes from outside must neither break a line nor be no UTF-8. */
static void make_plain(char *text)
{
        text[strcspn(text, "\n")] = '\0';
        for (; *text; text++)
                if (*text < ' ' || *text > '~')
                        *text = '?';
}

static void take_key(struct failed *failed, const struct cmdline *cmdline, const char *key)
{
        const char *value = cmdline_get(cmdline, key);

        if (!value || (strcmp(key, "listen") == 0 && net_check(value, key, NULL) < 0))
                return;
        option_sets_apply(&failed->set, 1, CMDLINE_PREFIX, key, value, NULL);
}

static void take_cmdline(struct failed *failed)
{
        struct cmdline cmdline = {0};
        const char *role = NULL;

        if (cmdline_read(&cmdline, NULL) == 0) {
                take_key(failed, &cmdline, "listen");
                take_key(failed, &cmdline, "tile");
                take_key(failed, &cmdline, "guest");
                role = cmdline_get(&cmdline, "role");
        }
        snprintf(failed->name, sizeof failed->name, "%s", role ? role : "unknown");
        make_plain(failed->name);
        cmdline_fini(&cmdline);
}

/* ---- why ---- */

static const char *from_environment(const char *name)
{
        const char *value = getenv(name);

        return value ? value : "";
}

static bool read_reason(const char *path, char *text, size_t size)
{
        ssize_t n = path ? textfile_read(path, text, size) : -ENOENT;

        if (n <= 0)
                return false;
        make_plain(text);
        return *text;
}

/* systemd tells who is started for a unit's failure how its main process ended: systemd.exec(5),
 * $MONITOR_*. Returns whether the reason is the role's own. */
static bool find_reason(const char *path, char *text, size_t size)
{
        const char *result = from_environment("MONITOR_SERVICE_RESULT");
        const char *code = from_environment("MONITOR_EXIT_CODE");
        const char *status = from_environment("MONITOR_EXIT_STATUS");
        const char *unit = from_environment("MONITOR_UNIT");

        if (strcmp(result, "success") == 0)
                /* It has not failed itself: a file is from an earlier start. */
                snprintf(text, size,
                        "%s could not be started, as something that it needs has failed: see "
                        "the console, or systemctl --failed",
                        unit);
        else if (read_reason(path, text, size))
                return true;
        else if (strcmp(result, "oom-kill") == 0)
                snprintf(text, size, "killed by the kernel: out of memory");
        else if (strcmp(code, "killed") == 0 || strcmp(code, "dumped") == 0)
                snprintf(text, size, "killed by SIG%s%s", status,
                        strcmp(result, "timeout") == 0 ? ", as it did not end in time" : "");
        else if (strcmp(code, "exited") == 0)
                snprintf(text, size, "ended with status %s, without a reason", status);
        else
                snprintf(text, size, "for an unknown reason%s%s: see journalctl -u tileload",
                        *result ? ", " : "", result);
        make_plain(text);
        return false;
}

/* ---- serving ---- */

static int take(void *context, enum snapshot_detail detail, struct snapshot *snapshot)
{
        struct failed *failed = context;
        int r;

        *snapshot = (struct snapshot){
                .workload = &failed->role,
                .identity = &failed->identity,
                .sets = &failed->set,
                .n_sets = 1,
                .state = ROLE_FAILED,
                .detail = failed->reason,
        };
        r = cells_init(&snapshot->sum, 0, 0);
        if (r < 0)
                return r;
        snapshot->taken_ns = clock_now_ns();
        snapshot->taken_real_ns = clock_real_ns();
        if (detail != SNAPSHOT_SUMS)
                guestinfo_read(&snapshot->guest);
        return 0;
}

/* Until a signal. */
static void serve(struct failed *failed, int signal_fd)
{
        struct pollfd fds[] = {
                {.fd = httpd_fd(&failed->control.httpd), .events = POLLIN},
                {.fd = signal_fd, .events = POLLIN},
        };

        while (!fds[1].revents) {
                poll(fds, ARRAY_SIZE(fds), httpd_timeout_ms(&failed->control.httpd));
                httpd_run(&failed->control.httpd);
        }
}

/* The address may be what the role has failed for. */
static int listen_somewhere(struct failed *failed, struct why *why)
{
        const char *address = failed->config.listen;
        char line[sizeof why->what + sizeof why->value + sizeof why->reason];
        int r = control_start(&failed->control, address, take, failed, why);

        if (r == 0 || strcmp(address, EVERYWHERE) == 0)
                return r;
        herald_say(&failed->herald, "%s; so it listens at " EVERYWHERE,
                why_format(why, line, sizeof line));
        return control_start(&failed->control, EVERYWHERE, take, failed, why);
}

static void tell(const struct failed *failed)
{
        char text[sizeof failed->reason + 64];

        if (failed->known)
                herald_say(&failed->herald, "failed for good; /healthz tells the reason above");
        else
                herald_say(&failed->herald, "failed: %s", failed->reason);
        snprintf(text, sizeof text, "READY=1\nSTATUS=%s failed: %s", failed->name, failed->reason);
        notify_send(text);
}

static int work(struct failed *failed, struct why *why)
{
        int fd = signals_catch();

        if (fd < 0)
                return why_errno(why, fd, "signals", NULL), EXIT_FAILED;
        failed->known = find_reason(failed->config.reason, failed->reason, sizeof failed->reason);
        failed->role.name = failed->name;
        identity_init(
                &failed->identity, (unsigned)failed->config.tile, (unsigned)failed->config.guest);
        herald_init(&failed->herald, failed->name, failed->identity.tile, failed->identity.guest,
                failed->config.verbose);
        if (listen_somewhere(failed, why) < 0)
                return EXIT_FAILED;
        tell(failed);
        serve(failed, fd);
        notify_send("STOPPING=1");
        control_stop(&failed->control);
        return EXIT_DONE;
}

static struct option_set set_of(struct failed_config *config)
{
        return (struct option_set){"Options", options, ARRAY_SIZE(options), config};
}

int failed_run(int argc, char *argv[], struct why *why)
{
        struct failed failed = {0};
        int status = EXIT_USAGE;

        failed.set = set_of(&failed.config);
        if (option_sets_init(&failed.set, 1, why) == 0) {
                take_cmdline(&failed);
                if (option_sets_argv(&failed.set, 1, argc - 1, argv + 1, why) == 0 &&
                        net_check(failed.config.listen, "--listen", why) == 0)
                        status = work(&failed, why);
        }
        option_sets_fini(&failed.set, 1);
        return status;
}

void failed_help(FILE *to)
{
        struct failed_config config;
        struct option_set set = set_of(&config);

        fputs("Usage: tileload " FAILED_NAME " [OPTIONS]\n\n" FAILED_NAME ": " FAILED_SUMMARY "\n\n"
              "Started by a guest's units (docs/systemd.md). Also takes listen, tile and guest "
              "from\n"
              "the kernel command line, and from systemd how the role has ended.\n\n",
                to);
        if (option_sets_init(&set, 1, NULL) == 0)
                option_sets_help(&set, 1, to);
        option_sets_fini(&set, 1);
}
