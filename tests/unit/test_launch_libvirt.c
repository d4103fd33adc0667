/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The libvirt launcher and the verbs of `tile`, with domains that libvirt's test driver plays,
 * roles that answer as they are told, and external clients that are the real program ($TILELOAD).
 *
 * Guest G of tile T is at 127.91.T.G, external clients at 127.T.9.1, as ever; T is 191 or 192.
 */
#include "endpoints.h"
#include "libvirt_test.h"

#include "clock.h"
#include "command.h"
#include "domains.h"
#include "guest_plan.h"
#include "launch.h"
#include "libvirt_config.h"
#include "parse.h"
#include "placement.h"
#include "progress.h"
#include "run_role.h"
#include "textfile.h"

#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/stat.h>

#define URI    "test:///default"
#define POOL   "default-pool"
#define SUBNET "127.91.0.0/16"

extern const struct launcher_ops launch_libvirt;
extern const struct command command_tile;

static const struct launcher_ops *const ops = &launch_libvirt;
static const char *program;
static double slowdown = 1;
static char results[64];
static struct endpoints *endpoints[2];

/* The test's own connection: for as long as it is open, test:///default stays as it is. */
static virConnectPtr libvirt;

/* What was said. */
static char *said;
static size_t said_size;
static struct progress progress;

static uint64_t patience_ns(unsigned seconds)
{
        return (uint64_t)(seconds * slowdown * (double)NS_PER_S);
}

static struct libvirt_config libvirt_config = {
        .connect = (char *)URI,
        .type = LIBVIRT_QEMU,
        .image = (char *)"/images",
        .pool = (char *)POOL,
        .network = (char *)"default",
        .subnet = (char *)SUBNET,
};

static struct launch_config small(void)
{
        return (struct launch_config){
                .program = program,
                .directory = results,
                .rate_per_s = 1,
                .arrival = "uniform",
                .max_in_flight = 100,
                .seed = 1,
                .ready_timeout_ns = patience_ns(30),
                .progress = &progress,
                .libvirt = &libvirt_config,
        };
}

/* ---- around each test ---- */

static int set_up(void **state)
{
        struct why why;

        strcpy(results, "/tmp/tileload-launch-XXXXXX");
        if (!mkdtemp(results) || calls_load(&why) < 0 || vir.EventRegisterDefaultImpl() < 0)
                return -1;
        libvirt = vir.ConnectOpenAuth(URI, NULL, 0);
        endpoints[0] = endpoints_new("127.91.191");
        endpoints[1] = endpoints_new("127.91.192");
        progress = (struct progress){.to = open_memstream(&said, &said_size)};
        return libvirt && progress.to ? 0 : -1;
}

static void remove_files(const char *path)
{
        DIR *directory = opendir(path);
        struct dirent *entry;

        while (directory && (entry = readdir(directory)))
                unlinkat(dirfd(directory), entry->d_name, 0);
        if (directory)
                closedir(directory);
        rmdir(path);
}

static int tear_down(void **state)
{
        char path[128];

        snprintf(path, sizeof path, "%s/logs", results);
        remove_files(path);
        remove_files(results);
        fclose(progress.to);
        free(said);
        endpoints_free(endpoints[0]);
        endpoints_free(endpoints[1]);
        vir.ConnectClose(libvirt);
        return access(results, F_OK) == 0 ? -1 : 0; /* more in it than there should be */
}

/* ---- what is there ---- */

static unsigned count_domains(void)
{
        virDomainPtr *domains;
        int n = vir.ConnectListAllDomains(libvirt, &domains, 0), ours = 0;

        for (int i = 0; i < n; i++) {
                ours += strncmp(vir.DomainGetName(domains[i]), "tileload-", 9) == 0;
                vir.DomainFree(domains[i]);
        }
        free(domains);
        return (unsigned)ours;
}

static unsigned count_volumes(void)
{
        _cleanup_(pool_free_p) virStoragePoolPtr pool = vir.StoragePoolLookupByName(libvirt, POOL);
        virStorageVolPtr *volumes;
        int n = vir.StoragePoolListAllVolumes(pool, &volumes, 0), ours = 0;

        for (int i = 0; i < n; i++) {
                ours += strncmp(vir.StorageVolGetName(volumes[i]), "tileload-", 9) == 0;
                vir.StorageVolFree(volumes[i]);
        }
        free(volumes);
        return (unsigned)ours;
}

static void assert_nothing_left(void)
{
        assert_int_equal(count_domains(), 0);
        assert_int_equal(count_volumes(), 0);
}

static bool is_running(const char *name)
{
        _cleanup_(domain_free_p) virDomainPtr domain = vir.DomainLookupByName(libvirt, name);

        return domain && vir.DomainIsActive(domain) == 1;
}

static char *definition(const char *name)
{
        _cleanup_(domain_free_p) virDomainPtr domain = vir.DomainLookupByName(libvirt, name);

        assert_case(domain != NULL, "%s", name);
        return vir.DomainGetXMLDesc(domain, VIR_DOMAIN_XML_INACTIVE);
}

static void pull_the_plug(const char *name)
{
        _cleanup_(domain_free_p) virDomainPtr domain = vir.DomainLookupByName(libvirt, name);

        assert_case(domain != NULL, "%s", name);
        assert_int_equal(vir.DomainDestroyFlags(domain, 0), 0);
}

static void undefine(const char *name)
{
        _cleanup_(domain_free_p) virDomainPtr domain = vir.DomainLookupByName(libvirt, name);

        assert_case(domain != NULL, "%s", name);
        assert_int_equal(vir.DomainUndefineFlags(domain, 0), 0);
}

static void assert_said(const char *part)
{
        fflush(progress.to);
        assert_case(strstr(said, part), "\"%s\" is not in:\n%s", part, said);
}

/* ---- the launcher ---- */

static struct launcher *new (const struct launch_config *config)
{
        struct launcher *launcher = NULL;
        struct why why = {0};

        assert_case(ops->new (config, -1, &launcher, &why) == 0, "%s: %s", why.what, why.reason);
        return launcher;
}

static void start(struct launcher *launcher, unsigned first, unsigned last)
{
        struct why why = {0};
        int r = ops->start(launcher, first, last, -1, &why);

        fflush(progress.to);
        assert_case(r == 0, "%s: %s\n%s", why.what, why.reason, said);
}

static void stop(struct launcher *launcher)
{
        struct why why = {0};
        int r = ops->stop(launcher, &why);

        assert_case(r == 0, "%s: %s", why.what, why.reason);
}

/* What the launcher knows of a guest; the text is "" for nothing. */
static struct guest_trouble ask(
        struct launcher *launcher, unsigned tile, unsigned guest, const char *problem)
{
        struct guest_trouble trouble = {0};

        ops->trouble(launcher, tile, guest, problem, &trouble);
        free(trouble.console);
        return trouble;
}

static void tiles_come_and_go(void **state)
{
        struct launch_config config = small();
        struct launcher *launcher = new (&config);
        const struct targets *targets;
        pid_t client;

        assert_non_null(strstr(ops->notes(launcher)[0], URI ": libvirt "));
        assert_int_equal(ops->targets(launcher)->n_items, 0);
        assert_nothing_left();

        start(launcher, 191, 191);
        assert_said("tile 191 is ready after ");
        assert_int_equal(count_domains(), 8);
        assert_int_equal(count_volumes(), 6);
        start(launcher, 192, 192); /* beside it, as steps of a run do */
        assert_int_equal(count_domains(), 16);
        assert_true(is_running("tileload-t191-web1") && is_running("tileload-t192-idle"));
        targets = ops->targets(launcher);
        assert_int_equal(targets->n_items, 18);
        assert_string_equal(targets->items[0].url, "http://127.191.9.1:9477");
        assert_int_equal(targets->items[0].n_pids, 1);
        assert_string_equal(targets->items[17].url, "http://127.91.192.8:9477");
        assert_string_equal(targets->items[17].role, "idle");
        assert_int_equal(targets->items[17].n_pids, 0);
        for (unsigned g = 0; g <= TILE_GUESTS; g++)
                assert_string_equal(ask(launcher, 191, g, "").text, "");

        client = targets->items[0].pids[0];
        /* As a search goes back. The first tile does not notice. */
        assert_int_equal(ops->end_above(launcher, 191, NULL), 0);
        assert_int_equal(count_domains(), 8);
        assert_int_equal(ops->targets(launcher)->n_items, 9);
        assert_true(is_running("tileload-t191-web1"));
        start(launcher, 192, 192);
        assert_int_equal(count_domains(), 16);
        assert_int_equal(ops->targets(launcher)->n_items, 18);
        assert_int_equal(ops->targets(launcher)->items[0].pids[0], client);

        assert_int_equal(kill(client, 0), 0);
        stop(launcher);
        assert_int_equal(kill(client, 0), -1);
        assert_nothing_left();
        assert_int_equal(ops->targets(launcher)->n_items, 0);

        start(launcher, 191, 191); /* and once more */
        ops->free(launcher);       /* without a stop */
        assert_nothing_left();
}

/* In mid-run: said at once, and never an error. */
static void ends_are_said(void **state)
{
        struct launch_config config = small();
        struct launcher *launcher = new (&config);
        struct pollfd fd = {.fd = ops->fd(launcher), .events = POLLIN};
        uint64_t deadline_ns = clock_now_ns() + patience_ns(20);
        struct why why;

        start(launcher, 191, 191);
        pull_the_plug("tileload-t191-disk");
        assert_int_equal(kill(ops->targets(launcher)->items[0].pids[0], SIGKILL), 0);
        do {
                poll(&fd, 1, 1000);
                assert_int_equal(ops->check(launcher, &why), 0);
                fflush(progress.to);
        } while (!(strstr(said, "tile 191 disk ") && strstr(said, "tile 191 external ")) &&
                 clock_now_ns() < deadline_ns);
        assert_said("tile 191 disk was powered off (domain tileload-t191-disk)\n");
        assert_said("tile 191 external ended by signal 9 (Killed); ");
        assert_int_equal(poll(&fd, 1, 0), 0);

        assert_string_equal(ask(launcher, 191, GUEST_DISK, "does not answer").text,
                "was powered off (domain tileload-t191-disk)");
        assert_non_null(strstr(ask(launcher, 191, GUEST_EXTERNAL, "x").text, "ended by signal 9"));
        assert_string_equal(ask(launcher, 191, GUEST_CPU, "does not answer").text,
                "has its domain tileload-t191-cpu running");
        assert_string_equal(ask(launcher, 191, GUEST_CPU, "").text, "");
        stop(launcher);
        ops->free(launcher);
        assert_nothing_left();
}

/* Somebody holds a guest up for a while, so that it gives figures before and after: its tile is not
 * valid for that. */
static void trouble_is_not_forgotten(void **state)
{
        struct launch_config config = small();
        struct launcher *launcher = new (&config);
        uint64_t deadline_ns = clock_now_ns() + patience_ns(20);
        struct pollfd fd = {.fd = ops->fd(launcher), .events = POLLIN};
        virDomainPtr domain;
        struct why why;

        start(launcher, 191, 191);
        domain = vir.DomainLookupByName(libvirt, "tileload-t191-cpu");
        assert_int_equal(CALL(virDomainSuspend)(domain), 0);
        assert_int_equal(CALL(virDomainResume)(domain), 0);
        vir.DomainFree(domain);
        while (!ask(launcher, 191, GUEST_CPU, "").text[0] && clock_now_ns() < deadline_ns) {
                poll(&fd, 1, 1000);
                assert_int_equal(ops->check(launcher, &why), 0);
        }
        assert_string_equal(
                ask(launcher, 191, GUEST_CPU, "").text, "was paused (domain tileload-t191-cpu)");
        assert_string_equal(ask(launcher, 191, GUEST_IDLE, "").text, "");
        ops->free(launcher);
        assert_nothing_left();
}

/* Of two tiles one is whole: that one is measured. */
static void one_whole_tile_is_enough(void **state)
{
        struct launch_config config = small();
        struct launcher *launcher = new (&config);

        config.ready_timeout_ns = patience_ns(3);
        ops->free(launcher);
        launcher = new (&config);
        endpoints_set(endpoints[0], GUEST_DISK, "failed: no room");
        endpoints_set(endpoints[0], GUEST_OLTP, "starting");
        endpoints_set(endpoints[0], GUEST_CPU, "");
        start(launcher, 191, 192);
        assert_said("tile 191 disk failed: no room (domain tileload-t191-disk)\n");
        assert_said("tile 191 oltp is not ready after ");
        assert_said("its role says: starting (domain tileload-t191-oltp)\n");
        assert_said("tile 191 cpu is not ready after ");
        assert_said("tile 192 is ready after ");
        assert_int_equal(ops->targets(launcher)->n_items, 18);
        assert_string_equal(ask(launcher, 191, GUEST_DISK, "says that it is not ready").text,
                "failed: no room (domain tileload-t191-disk)");
        endpoints_set(endpoints[0], GUEST_OLTP, "ready"); /* too late */
        assert_non_null(strstr(ask(launcher, 191, GUEST_OLTP, "").text, "is not ready after "));
        ops->free(launcher);
        assert_nothing_left();
}

/* External clients elsewhere: that of tile 1 answers, in the place of its idle guest, and that of
 * tile 2 does not. */
static void late_clients_are_said(void **state)
{
        struct libvirt_config libvirt_options = libvirt_config;
        struct endpoints *first = endpoints_new("127.91.1"), *second = endpoints_new("127.91.2");
        struct launch_config config = small();
        struct launcher *launcher;

        libvirt_options.client_host = (char *)"127.91.1.8";
        config.libvirt = &libvirt_options;
        config.ready_timeout_ns = patience_ns(3);
        for (unsigned together = 0; together < 2; together++) {
                launcher = new (&config);
                if (!together)
                        start(launcher, 1, 1);
                start(launcher, together ? 1 : 2, 2); /* there is still one to measure */
                assert_said("tile 2 external not ready after ");
                assert_string_equal(ask(launcher, 1, GUEST_EXTERNAL, "").text, "");
                assert_non_null(strstr(
                        ask(launcher, 2, GUEST_EXTERNAL, "").text, "at http://127.91.1.8:9478: "));
                ops->free(launcher);
                assert_nothing_left();
        }
        endpoints_free(first);
        endpoints_free(second);
}

/* With none there is nothing to measure: it ends at once, whoever might still get ready. */
static void no_whole_tile(void **state)
{
        struct launch_config config = small();
        struct launcher *launcher;
        uint64_t start_ns = clock_now_ns();
        struct why why = {0};

        config.ready_timeout_ns = patience_ns(600);
        launcher = new (&config);
        endpoints_set(endpoints[0], GUEST_OLTP, "starting");
        endpoints_set(endpoints[0], GUEST_DISK, "failed: no room");
        assert_int_equal(ops->start(launcher, 191, 191, -1, &why), -ECHILD);
        assert_true(clock_now_ns() - start_ns < patience_ns(60));
        assert_string_equal(why.what, "tile 191 disk");
        assert_string_equal(why.reason, "failed: no room (domain tileload-t191-disk)");
        assert_nothing_left();
        assert_int_equal(ops->targets(launcher)->n_items, 0);
        ops->free(launcher);
}

static void interrupted(void **state)
{
        struct launch_config config = small();
        struct launcher *launcher = new (&config);
        int fd = eventfd(1, EFD_CLOEXEC);
        struct why why = {0};

        assert_int_equal(ops->start(launcher, 191, 191, fd, &why), -EINTR);
        assert_nothing_left();
        close(fd);
        ops->free(launcher);
}

static void bad_options(void **state)
{
        struct libvirt_config libvirt_options = libvirt_config;
        struct launch_config config = small();
        struct launcher *launcher = NULL;
        struct why why = {0};

        config.libvirt = &libvirt_options;
        libvirt_options.subnet = (char *)"10.77.0.0";
        assert_true(ops->new (&config, -1, &launcher, &why) < 0);
        assert_string_equal(why.what, "--subnet");
        libvirt_options.subnet = (char *)"127.91.0.0/22";
        config.last_tile = 4; /* a later step's */
        assert_int_equal(ops->new (&config, -1, &launcher, &why), -ERANGE);
        assert_why(&why, "--tiles \"4\": a /22 subnet holds tiles 1 to 3");
        config.last_tile = 0;
        libvirt_options.subnet = (char *)SUBNET;
        libvirt_options.pool = (char *)"nosuch";
        launcher = new (&config);
        assert_true(ops->start(launcher, 191, 191, -1, &why) < 0);
        assert_why(&why, "nosuch");
        ops->free(launcher);
        assert_nothing_left();
}

/* ---- tile ---- */

/* Runs a verb; what it says on standard error is dropped. */
static int tile(struct why *why, const char *verb, const char *first, ...)
{
        char *argv[24] = {(char *)"tile", (char *)verb, (char *)"--connect", (char *)URI};
        int argc = 4, kept = dup(STDERR_FILENO), status;
        FILE *ignored = freopen("/dev/null", "w", stderr);
        va_list ap;

        va_start(ap, first);
        for (const char *a = first; a; a = va_arg(ap, const char *))
                argv[argc++] = (char *)a;
        va_end(ap);
        memset(why, 0, sizeof *why);
        status = ignored ? command_tile.run(argc, argv, why) : -1;
        fflush(stderr);
        dup2(kept, STDERR_FILENO);
        close(kept);
        return status;
}

#define CREATE(tiles) \
        "--tiles", tiles, "--pool", POOL, "--network", "default", "--subnet", SUBNET, "--type", \
                "qemu"

static void verbs(void **state)
{
        struct why why;

        assert_int_equal(tile(&why, "create", CREATE("191-192"), NULL), EXIT_DONE);
        assert_int_equal(count_domains(), 16);
        assert_int_equal(count_volumes(), 12);
        assert_false(is_running("tileload-t191-web1"));
        assert_int_equal(tile(&why, "create", CREATE("191"), NULL), EXIT_DONE); /* no harm */
        assert_int_equal(count_domains(), 16);
        assert_int_equal(count_volumes(), 12);

        assert_int_equal(tile(&why, "start", "--tiles", "191", NULL), EXIT_DONE);
        assert_true(is_running("tileload-t191-web1") && is_running("tileload-t191-idle"));
        assert_false(is_running("tileload-t192-web1"));
        assert_int_equal(tile(&why, "start", "--tiles", "191", NULL), EXIT_DONE);
        assert_int_equal(tile(&why, "stop", "--tiles", "191-192", NULL), EXIT_DONE);
        assert_false(is_running("tileload-t191-web1"));
        assert_int_equal(count_domains(), 16);

        assert_int_equal(tile(&why, "destroy", "--tiles", "191", NULL), EXIT_DONE);
        assert_int_equal(count_domains(), 8);
        assert_int_equal(tile(&why, "start", "--tiles", "192", "--wait=no", NULL), EXIT_DONE);
        assert_true(is_running("tileload-t192-cpu"));
        assert_int_equal(tile(&why, "destroy", "--tiles", "191-192", NULL), EXIT_DONE);
        assert_nothing_left();
}

/* A command line that is too long for one guest only, and not for the first. */
static void creates_all_or_nothing(void **state)
{
        char append[GUEST_CMDLINE_MAX + 1];
        struct launch_config config = small();
        struct guest_plan plan;
        struct why why = {0};
        size_t room;

        assert_int_equal(guest_plan_init(&plan, &libvirt_config, NULL, &config, 191, 1, &why), 0);
        room = GUEST_CMDLINE_MAX - strlen(plan.cmdline) - 1;
        guest_plan_fini(&plan);
        memset(append, 'x', room);
        append[room] = '\0';
        assert_int_equal(tile(&why, "create", CREATE("191"), "--users", "5", "--think", "1s",
                                 "--append", append, NULL),
                EXIT_FAILED);
        assert_why(&why, "the kernel command line of t191-client has ");
        assert_nothing_left();
}

/* A signal ends it, whoever may still be waited for. */
static void *interrupt(void *data)
{
        poll(NULL, 0, 500);
        kill(getpid(), SIGINT);
        return NULL;
}

static void list_can_be_interrupted(void **state)
{
        pthread_t thread;
        struct why why;

        assert_int_equal(tile(&why, "create", CREATE("191"), NULL), EXIT_DONE);
        assert_int_equal(tile(&why, "start", "--tiles", "191", "--wait=no", NULL), EXIT_DONE);
        endpoints_set(endpoints[0], GUEST_CPU, "");
        assert_int_equal(pthread_create(&thread, NULL, interrupt, NULL), 0);
        assert_int_equal(tile(&why, "list", NULL), EXIT_FAILED);
        assert_string_equal(why.what, "interrupted");
        assert_string_equal(why.reason, "by SIGINT");
        pthread_join(thread, NULL);
        assert_int_equal(tile(&why, "destroy", "--tiles", "191", NULL), EXIT_DONE);
        assert_nothing_left();
}

static void start_names_who_is_not_ready(void **state)
{
        uint64_t start_ns = clock_now_ns();
        struct why why;

        assert_int_equal(tile(&why, "create", CREATE("191"), NULL), EXIT_DONE);
        endpoints_set(endpoints[0], GUEST_DISK, "failed: no room");
        endpoints_set(endpoints[0], GUEST_OLTP, "starting");
        assert_int_equal(
                tile(&why, "start", "--tiles", "191", "--ready-timeout", "2s", NULL), EXIT_FAILED);
        assert_true(clock_now_ns() - start_ns >= 2 * NS_PER_S); /* it waited for the others */
        assert_string_equal(why.what, "start");
        assert_string_equal(
                why.reason, "2 of 8 guests are not ready: tile 191 disk, tile 191 oltp");
        assert_true(is_running("tileload-t191-disk")); /* to be looked at */
        assert_int_equal(tile(&why, "destroy", "--tiles", "191", NULL), EXIT_DONE);
        assert_nothing_left();
}

static void cut_off_creates_are_seen(void **state)
{
        struct why why;

        assert_int_equal(tile(&why, "create", CREATE("191"), NULL), EXIT_DONE);
        undefine("tileload-t191-idle");
        assert_int_equal(tile(&why, "start", "--tiles", "191", NULL), EXIT_FAILED);
        assert_string_equal(why.what, "tile 191");
        assert_why(&why, "has only 7 of its 8 guests");
        assert_int_equal(tile(&why, "create", CREATE("191"), NULL), EXIT_DONE);
        assert_int_equal(count_domains(), 8);
        assert_int_equal(tile(&why, "destroy", "--tiles", "191", NULL), EXIT_DONE);
        assert_nothing_left();
}

/* ---- both ---- */

/* A run leaves tiles as it found them, though it runs them in its own way. */
static void borrowed_tiles_stay(void **state)
{
        struct launch_config config = small();
        struct launcher *launcher;
        char *before, *while_running, *after;
        struct why why;

        assert_int_equal(
                tile(&why, "create", CREATE("191"), "--disk-size", "77M", NULL), EXIT_DONE);
        before = definition("tileload-t191-disk");
        assert_non_null(strstr(before, "tileload.size=80740352"));
        config.disk_size = "16777216";
        launcher = new (&config);
        start(launcher, 191, 192);
        while_running = definition("tileload-t191-disk");
        assert_non_null(strstr(while_running, "tileload.size=16777216"));
        stop(launcher);
        after = definition("tileload-t191-disk");
        assert_string_equal(after, before);
        assert_false(is_running("tileload-t191-disk"));
        assert_int_equal(count_domains(), 8); /* tile 192 was the run's own */
        assert_int_equal(count_volumes(), 6);
        free(before);
        free(while_running);
        free(after);
        ops->free(launcher);
        assert_int_equal(tile(&why, "destroy", "--tiles", "191", NULL), EXIT_DONE);
        assert_nothing_left();
}

/* Somebody destroys a part of a borrowed tile in mid-run: it does not come back without its disks.
 */
static void what_another_removed_stays_removed(void **state)
{
        struct launch_config config = small();
        struct launcher *launcher;
        struct why why;

        assert_int_equal(tile(&why, "create", CREATE("191"), NULL), EXIT_DONE);
        launcher = new (&config);
        start(launcher, 191, 191);
        pull_the_plug("tileload-t191-idle");
        undefine("tileload-t191-idle");
        stop(launcher);
        ops->free(launcher);
        assert_int_equal(count_domains(), 7);
        assert_int_equal(tile(&why, "destroy", "--tiles", "191", NULL), EXIT_DONE);
        assert_nothing_left();
}

static virDomainPtr define_nothing(virConnectPtr connection, const char *xml, unsigned flags)
{
        return NULL;
}

/* What cannot be put back is not lost. */
static void borrowed_definitions_are_kept(void **state)
{
        __typeof__(vir.DomainDefineXMLFlags) real = vir.DomainDefineXMLFlags;
        struct launch_config config = small();
        struct launcher *launcher;
        char path[PATH_MAX], kept[32768];
        char *before;
        struct why why;
        int r;

        assert_int_equal(
                tile(&why, "create", CREATE("191"), "--disk-size", "77M", NULL), EXIT_DONE);
        before = definition("tileload-t191-disk");
        launcher = new (&config);
        start(launcher, 191, 191);
        vir.DomainDefineXMLFlags = define_nothing;
        r = ops->stop(launcher, &why);
        vir.DomainDefineXMLFlags = real;
        assert_true(r < 0);
        assert_why(&why, "domain \"tileload-t191-web1\": " URI ": ");
        assert_non_null(strstr(why.reason, "/logs/tileload-t191-web1.xml: virsh define does it"));
        snprintf(path, sizeof path, "%s/logs/tileload-t191-disk.xml", config.directory);
        assert_true(textfile_read(path, kept, sizeof kept) > 0);
        assert_int_equal(strncmp(kept, before, strlen(kept)), 0);
        assert_non_null(strstr(kept, "</domain>"));
        free(before);
        ops->free(launcher);
        assert_int_equal(tile(&why, "destroy", "--tiles", "191", NULL), EXIT_DONE);
        assert_nothing_left();
}

static __typeof__(vir.DomainCreateWithFlags) real_create;
static __typeof__(vir.DomainIsActive) real_is_active;

static int is_not_told(virDomainPtr domain)
{
        vir.DomainIsActive = real_is_active;
        return -1;
}

/* Done, but who asked for it does not hear so. */
static int create_unheard(virDomainPtr domain, unsigned flags)
{
        vir.DomainCreateWithFlags = real_create;
        assert_int_equal(real_create(domain, flags), 0);
        vir.DomainIsActive = is_not_told;
        return -1;
}

/* The connection breaks while a borrowed guest is started: it must not stay on. */
static void unheard_starts_are_ended(void **state)
{
        struct launch_config config = small();
        struct launcher *launcher;
        struct why why = {0};
        int r;

        assert_int_equal(tile(&why, "create", CREATE("191"), NULL), EXIT_DONE);
        launcher = new (&config);
        real_create = vir.DomainCreateWithFlags;
        real_is_active = vir.DomainIsActive;
        vir.DomainCreateWithFlags = create_unheard;
        r = ops->start(launcher, 191, 191, -1, &why);
        vir.DomainCreateWithFlags = real_create;
        assert_int_equal(r, -ECHILD);
        assert_why(&why, "could not be started: ");
        ops->free(launcher);
        for (unsigned g = GUEST_WEB1; g <= TILE_GUESTS; g++) {
                char name[64];

                snprintf(name, sizeof name, "tileload-t191-%s", guest_name(g));
                assert_case(!is_running(name), "%s", name);
        }
        assert_int_equal(tile(&why, "destroy", "--tiles", "191", NULL), EXIT_DONE);
        assert_nothing_left();
}

static void running_tiles_are_refused(void **state)
{
        struct launch_config config = small();
        struct launcher *launcher;
        struct why why = {0};

        assert_int_equal(tile(&why, "create", CREATE("192"), NULL), EXIT_DONE);
        assert_int_equal(tile(&why, "start", "--tiles", "192", "--wait=no", NULL), EXIT_DONE);
        launcher = new (&config);
        assert_int_equal(ops->start(launcher, 191, 192, -1, &why), -EBUSY);
        assert_string_equal(why.what, "tile 192");
        assert_why(&why, "runs already (domain tileload-t192-web1 on " URI ")");
        assert_int_equal(count_domains(), 8);
        assert_true(is_running("tileload-t192-web1"));
        ops->free(launcher);
        assert_true(is_running("tileload-t192-web1"));
        assert_int_equal(tile(&why, "destroy", "--tiles", "192", NULL), EXIT_DONE);
        assert_nothing_left();
}

/* libvirt's test driver plays a host of two nodes with eight CPUs each. */
static void assert_on_node(const char *domain, const char *node, const char *cpus)
{
        char *xml = definition(domain), memory[64], vcpu[64];

        snprintf(memory, sizeof memory, "<memory mode='strict' nodeset='%s'/>", node);
        snprintf(vcpu, sizeof vcpu, " cpuset='%s'>1</vcpu>", cpus);
        assert_case(strstr(xml, memory) && strstr(xml, vcpu), "%s", xml);
        free(xml);
}

static void guests_are_placed(void **state)
{
        struct launch_config config = small();
        const struct placement *placement;
        struct launcher *launcher;
        struct why why;

        assert_int_equal(
                tile(&why, "create", CREATE("191-192"), "--placement", "auto", NULL), EXIT_DONE);
        assert_on_node("tileload-t191-web1", "0", "0-7");
        assert_on_node("tileload-t191-idle", "0", "0-7");
        assert_on_node("tileload-t192-web1", "1", "8-15");
        assert_int_equal(tile(&why, "destroy", "--tiles", "191-192", NULL), EXIT_DONE);

        config.placement = "spread";
        launcher = new (&config);
        placement = ops->placement(launcher);
        assert_int_equal(placement->n_placed, 0);
        start(launcher, 191, 191);
        assert_int_equal(placement->n_placed, 8);
        for (unsigned g = 1; g <= TILE_GUESTS; g++) {
                const struct placed *placed = &placement->placed[g - 1];
                char domain[64];

                assert_int_equal(placed->tile, 191);
                assert_int_equal(placed->guest, g);
                snprintf(domain, sizeof domain, "tileload-t191-%s", guest_name(g));
                assert_on_node(domain, placed->place.nodes, placed->place.cpus);
                assert_string_equal(
                        placed->place.cpus, strcmp(placed->place.nodes, "0") == 0 ? "0-7" : "8-15");
                if (g > 1) /* they take turns */
                        assert_string_not_equal(placed->place.nodes, placed[-1].place.nodes);
        }
        stop(launcher);
        ops->free(launcher);
        assert_nothing_left();
}

static char *write_placement(const char *lines)
{
        static char path[128];
        FILE *f;

        snprintf(path, sizeof path, "%s/placement", results);
        f = fopen(path, "we");
        assert_true(f && fputs(lines, f) != EOF && fclose(f) == 0);
        return path;
}

/* The external client is a process of this machine, and by its own line only. */
static void external_clients_are_placed(void **state)
{
        struct launch_config config = small();
        const struct placement *placement;
        struct launcher *launcher;
        char lines[64];
        cpu_set_t may;
        int cpu = 0;

        assert_int_equal(sched_getaffinity(0, sizeof may, &may), 0);
        while (!CPU_ISSET(cpu, &may))
                cpu++;
        snprintf(lines, sizeof lines, "t191-c* 1 9\nt*-external 0 %d\n", cpu);
        config.placement = write_placement(lines);
        launcher = new (&config);
        placement = ops->placement(launcher);
        start(launcher, 191, 191);
        assert_int_equal(placement->n_placed, 3);
        assert_int_equal(placement->placed[0].guest, GUEST_EXTERNAL);
        assert_int_equal(atoi(placement->placed[0].place.cpus), cpu);
        assert_int_equal(
                sched_getaffinity(ops->targets(launcher)->items[0].pids[0], sizeof may, &may), 0);
        assert_true(CPU_COUNT(&may) == 1 && CPU_ISSET(cpu, &may));
        assert_on_node("tileload-t191-client", "1", "9");
        assert_on_node("tileload-t191-cpu", "1", "9");
        stop(launcher);
        ops->free(launcher);
        assert_nothing_left();
}

/* Before anything is made, whichever tile it is about. */
static void what_cannot_be_placed_is_refused(void **state)
{
        struct launch_config config = small();
        struct launcher *launcher = NULL;
        struct why why = {0};

        config.placement = write_placement("t[1-8]-* 0\nt9-disk 2\n");
        config.last_tile = 9;
        assert_int_equal(ops->new (&config, -1, &launcher, &why), -ENOENT);
        assert_string_equal(why.what, "placement file");
        assert_why(&why, "line 2: " URI " has no node 2; its nodes are 0-1");
        assert_int_equal(tile(&why, "create", CREATE("9"), "--placement", config.placement, NULL),
                EXIT_FAILED);
        assert_why(&why, "line 2: " URI " has no node 2; its nodes are 0-1");
        config.placement = write_placement("t[1-8]-* 0 0-16\n");
        assert_int_equal(ops->new (&config, -1, &launcher, &why), -ENOENT);
        assert_why(&why, "line 1: " URI " has no CPU 16, or it is offline; there are 0-15");
        assert_nothing_left();
}

/* ---- somebody else, at the same time ---- */

static __typeof__(vir.DomainDefineXMLFlags) real_define;

static void define_his(void)
{
        _cleanup_(domain_free_p) virDomainPtr domain = real_define(libvirt,
                "<domain type='test'><name>tileload-t191-cpu</name><memory>8192</memory><metadata>"
                "<t:guest xmlns:t='urn:tileload:guest:1' tile='191' name='cpu' "
                "address='127.91.191.5'/></metadata><os><type>hvm</type></os></domain>",
                0);

        assert_non_null(domain);
}

static virDomainPtr define_after_him(virConnectPtr connection, const char *xml, unsigned flags)
{
        vir.DomainDefineXMLFlags = real_define;
        define_his();
        return real_define(connection, xml, flags);
}

static int create_after_him(virDomainPtr domain, unsigned flags)
{
        _cleanup_(domain_free_p) virDomainPtr his =
                vir.DomainLookupByName(libvirt, "tileload-t191-cpu");

        vir.DomainCreateWithFlags = real_create;
        assert_int_equal(real_create(his, 0), 0);
        return real_create(domain, flags);
}

/* Neither taken over nor removed. */
static void made_by_another_meanwhile(void **state)
{
        struct launch_config config = small();
        struct launcher *launcher = new (&config);
        struct why why = {0};
        char *after;
        int r;

        real_define = vir.DomainDefineXMLFlags;
        vir.DomainDefineXMLFlags = define_after_him;
        r = ops->start(launcher, 191, 191, -1, &why);
        vir.DomainDefineXMLFlags = real_define;
        assert_int_equal(r, -EEXIST);
        assert_why(&why, "domain \"tileload-t191-cpu\": " URI ": was made by somebody else");
        ops->free(launcher);
        assert_int_equal(count_domains(), 1);
        assert_int_equal(count_volumes(), 0);
        after = definition("tileload-t191-cpu");
        assert_non_null(strstr(after, "<memory unit='KiB'>8192<"));
        free(after);
        assert_int_equal(tile(&why, "destroy", "--tiles", "191", NULL), EXIT_DONE);
        assert_nothing_left();
}

static void started_by_another_meanwhile(void **state)
{
        struct launch_config config = small();
        struct launcher *launcher;
        struct why why = {0};
        int r;

        assert_int_equal(tile(&why, "create", CREATE("191"), NULL), EXIT_DONE);
        launcher = new (&config);
        real_create = vir.DomainCreateWithFlags;
        vir.DomainCreateWithFlags = create_after_him;
        r = ops->start(launcher, 191, 191, -1, &why);
        vir.DomainCreateWithFlags = real_create;
        assert_int_equal(r, -EBUSY);
        assert_why(&why, "domain \"tileload-t191-cpu\": " URI ": was started by somebody else");
        ops->free(launcher);
        assert_true(is_running("tileload-t191-cpu"));
        assert_false(is_running("tileload-t191-web1"));
        assert_int_equal(tile(&why, "destroy", "--tiles", "191", NULL), EXIT_DONE);
        assert_nothing_left();
}

int main(void)
{
        const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
                TEST(tiles_come_and_go),
                TEST(ends_are_said),
                TEST(trouble_is_not_forgotten),
                TEST(one_whole_tile_is_enough),
                TEST(late_clients_are_said),
                TEST(no_whole_tile),
                TEST(interrupted),
                TEST(bad_options),
                TEST(verbs),
                TEST(creates_all_or_nothing),
                TEST(list_can_be_interrupted),
                TEST(start_names_who_is_not_ready),
                TEST(cut_off_creates_are_seen),
                TEST(borrowed_tiles_stay),
                TEST(borrowed_definitions_are_kept),
                TEST(what_another_removed_stays_removed),
                TEST(unheard_starts_are_ended),
                TEST(running_tiles_are_refused),
                TEST(guests_are_placed),
                TEST(external_clients_are_placed),
                TEST(what_cannot_be_placed_is_refused),
                TEST(made_by_another_meanwhile),
                TEST(started_by_another_meanwhile),
        };
        const char *factor = getenv("TILELOAD_TEST_SLOWDOWN");

        program = getenv("TILELOAD");
        if (!program) {
                fputs("skipped: TILELOAD does not name the program\n", stderr);
                return 77;
        }
        if (factor)
                parse_number(factor, &slowdown);
        return cmocka_run_group_tests(tests, NULL, NULL);
}
