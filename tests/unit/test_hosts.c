/* SPDX-License-Identifier: Apache-2.0 */
#include "libvirt_test.h"

#include "clock.h"
#include "host_connect.h"
#include "host_facts.h"
#include "macro.h"
#include "textfile.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#define PATIENCE_MS 30000

static char directory[64], node[96], node_uri[128];

/* A second host of the test driver's, with two domains, of which one runs. */
static int make_node(void **state)
{
        FILE *f;

        snprintf(directory, sizeof directory, "/tmp/tileload-hosts-XXXXXX");
        if (!mkdtemp(directory))
                return -1;
        snprintf(node, sizeof node, "%s/node.xml", directory);
        snprintf(node_uri, sizeof node_uri, "test://%s", node);
        f = fopen(node, "w");
        if (!f)
                return -1;
        fprintf(f, "<node><domain type='test'><name>other</name><memory>8192</memory>"
                   "<os><type>hvm</type></os></domain></node>");
        return fclose(f);
}

static int remove_node(void **state)
{
        unlink(node);
        return rmdir(directory);
}

/* ---- connecting ---- */

static void assert_refused(const char *uris, int error, const char *part)
{
        struct hosts *hosts = NULL;
        struct why why = {0};

        assert_case(hosts_open(&hosts, uris, -1, &why) == error, "\"%s\": %s", uris, why.reason);
        assert_null(hosts);
        assert_why(&why, part);
}

static void takes_several_uris(void **state)
{
        char uris[256];
        struct hosts *hosts;

        snprintf(uris, sizeof uris, "  test:///default\t%s ", node_uri);
        hosts = open_hosts(uris);
        assert_int_equal(hosts_count(hosts), 2);
        assert_string_equal(hosts_uri(hosts, 0), "test:///default");
        assert_string_equal(hosts_uri(hosts, 1), node_uri);
        for (unsigned tile = 1; tile <= 6; tile++)
                assert_int_equal(hosts_of_tile(hosts, tile), (tile - 1) % 2);
        hosts_free(hosts);
}

static void counts_of_another_machine(void **state)
{
        struct hosts *hosts = open_hosts("test:///default");
        struct remote_counts counts;

        assert_true(hosts_all_here(hosts));
        host_counters(hosts, 0, &counts); /* whatever this driver can tell */
        assert_string_equal(counts.name, "test:///default");
        assert_true(counts.cpu_busy_ns <= counts.cpu_total_ns);
        assert_true(counts.memory_available_bytes <= counts.memory_bytes);
        hosts_free(hosts);
}

static void names_the_uri_that_fails(void **state)
{
        static const char gone[] = "qemu+unix:///system?socket=/nonexistent/libvirt-sock";
        char uris[256];

        assert_refused("", -EINVAL, "no URI of libvirt");
        assert_refused(" \t", -EINVAL, "no URI of libvirt");
        assert_refused("test:///default test:///default", -EINVAL,
                "host \"test:///default\": is given twice");
        assert_refused("nonsense:///system", -EIO, "host \"nonsense:///system\": cannot connect: ");
        assert_refused("nonsense", -EIO, "host \"nonsense\": cannot connect: ");
        assert_refused("test:///nonexistent.xml", -EIO, "/nonexistent.xml");
        assert_refused(gone, -EIO, "is libvirtd running there");
        snprintf(uris, sizeof uris, "test:///default %s", gone);
        assert_refused(uris, -EIO, gone);
}

/* ssh is told to ask nothing, whatever else the URI has to say. The program in ssh's place writes
 * down how it was called. */
static void never_lets_ssh_ask(void **state)
{
        char script[128], seen[128], uris[256], text[1024];
        FILE *f;

        snprintf(script, sizeof script, "%s/ssh", directory);
        snprintf(seen, sizeof seen, "%s/seen", directory);
        f = fopen(script, "w");
        assert_non_null(f);
        fprintf(f, "#!/bin/sh\necho \"$@\" >%s\necho no way in >&2\nexit 255\n", seen);
        assert_int_equal(fclose(f), 0);
        assert_int_equal(chmod(script, 0755), 0);
        snprintf(uris, sizeof uris, "qemu+ssh://nowhere/system?command=%s", script);
        assert_refused(uris, -EIO, "does ssh -o BatchMode=yes reach that host?");
        assert_true(textfile_read(seen, text, sizeof text) > 0);
        assert_non_null(strstr(text, "BatchMode=yes"));
        assert_non_null(strstr(text, "nowhere"));
        unlink(seen);
        unlink(script);
}

static void is_there_once(void **state)
{
        struct hosts *hosts = open_hosts("test:///default");

        assert_refused("test:///default", -EBUSY, "event loop");
        hosts_free(hosts);
        hosts_free(NULL);
        hosts = open_hosts("test:///default");
        hosts_free(hosts);
}

/* ---- leaving nothing behind, and no signal to the other thread ---- */

static unsigned count_entries(const char *path)
{
        DIR *entries = opendir(path);
        unsigned n = 0;

        assert_non_null(entries);
        while (readdir(entries))
                n++;
        closedir(entries);
        return n;
}

static void ends_cleanly(void **state)
{
        unsigned threads, descriptors;

        hosts_free(open_hosts("test:///default")); /* what libvirt keeps for good */
        threads = count_entries("/proc/self/task");
        descriptors = count_entries("/proc/self/fd");
        for (int i = 0; i < 20; i++) {
                struct hosts *hosts = open_hosts("test:///default");

                assert_int_equal(count_entries("/proc/self/task"), threads + 1);
                hosts_free(hosts);
        }
        assert_int_equal(count_entries("/proc/self/task"), threads);
        assert_int_equal(count_entries("/proc/self/fd"), descriptors);
}

static void signals_come_to_us(void **state)
{
        struct hosts *hosts = open_hosts("test:///default");
        DIR *tasks = opendir("/proc/self/task");
        struct dirent *task;
        unsigned n = 0;

        while ((task = readdir(tasks))) {
                char path[300], text[4096], *mask;
                uint64_t ours = UINT64_C(1) << (SIGINT - 1) | UINT64_C(1) << (SIGTERM - 1);

                if (atoi(task->d_name) <= 0 || atoi(task->d_name) == getpid())
                        continue;
                snprintf(path, sizeof path, "/proc/self/task/%s/comm", task->d_name);
                assert_true(textfile_read(path, text, sizeof text) > 0);
                snprintf(path, sizeof path, "/proc/self/task/%s/status", task->d_name);
                assert_true(textfile_read(path, text, sizeof text) > 0);
                mask = strstr(text, "SigBlk:");
                assert_non_null(mask);
                assert_true((strtoull(mask + 7, NULL, 16) & ours) == ours);
                n++;
        }
        closedir(tasks);
        assert_true(n > 0);
        hosts_free(hosts);
}

/* ---- a daemon that takes connections and never answers ---- */

static int listen_deaf(char uri[static 160])
{
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        snprintf(address.sun_path, sizeof address.sun_path, "%s/deaf", directory);
        snprintf(uri, 160, "qemu+unix:///system?socket=%s", address.sun_path);
        assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
        assert_int_equal(listen(fd, 5), 0);
        return fd;
}

/* Who still waits for it gets an end of file. */
static void end_deaf(int fd)
{
        char path[96];

        close(fd);
        snprintf(path, sizeof path, "%s/deaf", directory);
        unlink(path);
}

/* What was given up ends by itself. */
static void await_threads(unsigned n)
{
        uint64_t deadline_ns = clock_now_ns() + PATIENCE_MS * NS_PER_MS;

        while (count_entries("/proc/self/task") != n && clock_now_ns() < deadline_ns)
                poll(NULL, 0, 10);
        assert_int_equal(count_entries("/proc/self/task"), n);
}

static void does_not_wait_for_ever(void **state)
{
        unsigned threads = count_entries("/proc/self/task");
        unsigned descriptors = count_entries("/proc/self/fd");
        virConnectPtr connection = NULL;
        struct why why = {0};
        char uri[160];
        int fd = listen_deaf(uri);

        assert_int_equal(
                host_connect(&connection, uri, "shown", 200 * NS_PER_MS, -1, &why), -ETIMEDOUT);
        assert_null(connection);
        assert_why(&why, "host \"shown\": no answer within 200 ms: ");
        end_deaf(fd);
        await_threads(threads);
        hosts_free(open_hosts("test:///default")); /* libvirt closes in its event loop */
        assert_int_equal(count_entries("/proc/self/fd"), descriptors);
}

static void can_be_interrupted(void **state)
{
        unsigned threads = count_entries("/proc/self/task");
        int interrupt = eventfd(1, EFD_CLOEXEC);
        struct hosts *hosts = NULL;
        struct why why = {0};
        char uri[160];
        int fd = listen_deaf(uri);

        assert_int_equal(hosts_open(&hosts, uri, interrupt, &why), -EINTR);
        assert_null(hosts);
        assert_why(&why, "interrupted: by a signal");
        end_deaf(fd);
        await_threads(threads);
        hosts = open_hosts("test:///default"); /* nothing is in its way */
        hosts_free(hosts);
        close(interrupt);
}

/* ---- events ---- */

static struct host_event next_event(struct hosts *hosts)
{
        struct pollfd fd = {.fd = hosts_fd(hosts), .events = POLLIN};
        struct host_event event;

        while (hosts_next_event(hosts, &event) == 0)
                assert_int_equal(poll(&fd, 1, PATIENCE_MS), 1);
        return event;
}

static void assert_event(struct hosts *hosts, size_t host, enum host_event_what what,
        const char *domain, const char *text)
{
        uint64_t now_ns = clock_now_ns();
        struct host_event event = next_event(hosts);

        assert_int_equal(event.host, host);
        assert_string_equal(event.text, text);
        assert_int_equal(event.what, what);
        assert_string_equal(event.domain, domain);
        assert_true(event.at_ns <= clock_now_ns());
        assert_true(event.at_ns + 60 * NS_PER_S > now_ns);
}

static void tells_what_happens(void **state)
{
        char uris[256];
        struct hosts *hosts;
        virDomainPtr test, other;
        struct host_event event;
        struct pollfd fd;

        snprintf(uris, sizeof uris, "test:///default %s", node_uri);
        hosts = open_hosts(uris);
        fd = (struct pollfd){.fd = hosts_fd(hosts), .events = POLLIN};
        assert_int_equal(hosts_next_event(hosts, &event), 0);
        assert_int_equal(poll(&fd, 1, 0), 0);

        test = vir.DomainLookupByName(connection_of(hosts, 0), "test");
        other = vir.DomainLookupByName(connection_of(hosts, 1), "other");
        assert_int_equal(vir.DomainShutdownFlags(test, 0), 0);
        assert_event(hosts, 0, HOST_DOMAIN_STOPPED, "test", "shut down or rebooted by itself");
        assert_int_equal(vir.DomainCreateWithFlags(test, 0), 0);
        assert_event(hosts, 0, HOST_DOMAIN_STARTED, "test", "was started");
        assert_int_equal(CALL(virDomainSuspend)(test), 0);
        assert_event(hosts, 0, HOST_DOMAIN_PAUSED, "test", "was paused");
        assert_int_equal(CALL(virDomainResume)(test), 0);
        assert_int_equal(vir.DomainDestroyFlags(other, 0), 0);
        assert_event(hosts, 1, HOST_DOMAIN_STOPPED, "other", "was powered off");
        assert_int_equal(CALL(virDomainManagedSave)(test, 0), 0);
        assert_event(hosts, 0, HOST_DOMAIN_STOPPED, "test", "was saved and put off");

        assert_int_equal(hosts_next_event(hosts, &event), 0);
        assert_int_equal(poll(&fd, 1, 0), 0);
        vir.DomainFree(test);
        vir.DomainFree(other);
        hosts_free(hosts);
}

/* More than any first guess of how many. */
static void loses_no_event(void **state)
{
        enum { ROUNDS = 200 };
        struct hosts *hosts = open_hosts("test:///default");
        virDomainPtr test = vir.DomainLookupByName(connection_of(hosts, 0), "test");

        for (int i = 0; i < ROUNDS; i++) {
                assert_int_equal(vir.DomainDestroyFlags(test, 0), 0);
                assert_int_equal(vir.DomainCreateWithFlags(test, 0), 0);
        }
        for (int i = 0; i < ROUNDS; i++) {
                assert_event(hosts, 0, HOST_DOMAIN_STOPPED, "test", "was powered off");
                assert_event(hosts, 0, HOST_DOMAIN_STARTED, "test", "was started");
        }
        vir.DomainFree(test);
        hosts_free(hosts);
}

/* ---- a connection that ends ---- */

static __typeof__(vir.ConnectRegisterCloseCallback) real_register;
static virConnectCloseFunc on_close;
static void *on_close_data;

static int register_and_note(
        virConnectPtr connection, virConnectCloseFunc function, void *data, virFreeCallback free_it)
{
        on_close = function;
        on_close_data = data;
        return real_register(connection, function, data, free_it);
}

/* The test driver's never end: libvirt's word for it is given here. */
static void says_what_is_lost_and_connects_again(void **state)
{
        virConnectPtr before, after;
        struct host_event event;
        struct hosts *hosts;
        virDomainPtr test;

        real_register = vir.ConnectRegisterCloseCallback;
        vir.ConnectRegisterCloseCallback = register_and_note;
        hosts = open_hosts("test:///default");
        before = connection_of(hosts, 0);
        assert_ptr_equal(connection_of(hosts, 0), before);
        assert_int_equal(CALL(virConnectRef)(before), 0); /* so that the next is another */
        on_close(before, VIR_CONNECT_CLOSE_REASON_EOF, on_close_data);
        assert_event(hosts, 0, HOST_LOST, "", "closed the connection");
        assert_int_equal(hosts_next_event(hosts, &event), 0);

        after = connection_of(hosts, 0);
        assert_ptr_not_equal(after, before);
        vir.ConnectRegisterCloseCallback = real_register;
        test = vir.DomainLookupByName(after, "test");
        assert_int_equal(vir.DomainDestroyFlags(test, 0), 0); /* and is heard of, once */
        assert_event(hosts, 0, HOST_DOMAIN_STOPPED, "test", "was powered off");
        assert_int_equal(hosts_next_event(hosts, &event), 0);
        vir.DomainFree(test);
        vir.ConnectClose(before);
        hosts_free(hosts);
}

/* Freed while events are on their way. */
static void ends_amid_events(void **state)
{
        for (int i = 0; i < 20; i++) {
                struct hosts *hosts = open_hosts("test:///default");
                virDomainPtr test = vir.DomainLookupByName(connection_of(hosts, 0), "test");

                for (int j = 0; j < i; j++) {
                        vir.DomainDestroyFlags(test, 0);
                        vir.DomainCreateWithFlags(test, 0);
                }
                vir.DomainFree(test);
                hosts_free(hosts);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(takes_several_uris),
                cmocka_unit_test(counts_of_another_machine),
                cmocka_unit_test(names_the_uri_that_fails),
                cmocka_unit_test(never_lets_ssh_ask),
                cmocka_unit_test(is_there_once),
                cmocka_unit_test(ends_cleanly),
                cmocka_unit_test(signals_come_to_us),
                cmocka_unit_test(does_not_wait_for_ever),
                cmocka_unit_test(can_be_interrupted),
                cmocka_unit_test(tells_what_happens),
                cmocka_unit_test(loses_no_event),
                cmocka_unit_test(says_what_is_lost_and_connects_again),
                cmocka_unit_test(ends_amid_events),
        };

        return cmocka_run_group_tests_name("hosts", tests, make_node, remove_node);
}
