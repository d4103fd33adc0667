/* SPDX-License-Identifier: Apache-2.0 */
#include "libvirt_test.h"

#include "console.h"
#include "domains.h"
#include "macro.h"
#include "template.h"
#include "volumes.h"

#include <errno.h>
#include <inttypes.h>

#define NAME "tileload-t3-disk"
#define DATA NAME "-data"
#define SWAP NAME "-swap"
#define POOL "default-pool" /* 100 GiB of the test driver's */

enum { MIB = 1 << 20 };

static struct hosts *hosts;

static int open_default(void **state)
{
        hosts = open_hosts("test:///default");
        return 0;
}

static int close_default(void **state)
{
        hosts_free(hosts);
        hosts = NULL;
        return 0;
}

/* ---- what is to be made ---- */

/* A domain's XML with a mark and volumes, as the template gives it. */
struct wanted {
        struct domain_xml xml;
        struct template_volume volumes[3];
};

static struct wanted *want_named(const char *domain, unsigned tile, const char *guest,
        unsigned memory_mib, const struct template_volume *volumes, size_t n)
{
        struct wanted *w = calloc(1, sizeof *w);
        char list[1024] = "";

        for (size_t i = 0; i < n; i++) {
                w->volumes[i] = volumes[i];
                snprintf(list + strlen(list), sizeof list - strlen(list),
                        "<t:volume pool='%s' name='%s'/>", volumes[i].pool, volumes[i].name);
        }
        assert_true(asprintf(&w->xml.text,
                            "<?xml version='1.0'?>\n<!-- a guest -->\n<domain type='test'>\n"
                            "<name>%s</name><memory unit='MiB'>%u</memory>"
                            "<metadata><t:guest xmlns:t='urn:tileload:guest:1' tile='%u' "
                            "name='%s' address='10.77.%u.6'>%s</t:guest></metadata>"
                            "<os><type>hvm</type></os><devices><serial type='pty'>"
                            "<log file='/default-pool/%s-console.log'/></serial></devices>"
                            "</domain>",
                            domain, memory_mib, tile, guest, tile, list, domain) > 0);
        w->xml.volumes = w->volumes;
        w->xml.n_volumes = n;
        return w;
}

static const struct template_volume both[] = {
        {(char *)POOL, (char *)DATA, 1024 * (uint64_t)MIB},
        {(char *)POOL, (char *)SWAP, 512 * (uint64_t)MIB},
};

static struct wanted *want(unsigned memory_mib)
{
        return want_named(NAME, 3, "disk", memory_mib, both, ARRAY_SIZE(both));
}

static void unwant(struct wanted *w)
{
        free(w->xml.text);
        free(w);
}

/* Expects 0 and says whether there was none. */
static bool create(struct wanted *w)
{
        struct why why = {0};
        bool made = false;

        assert_case(domains_create(hosts, 0, NAME, &w->xml, &made, &why) == 0, "%s", why.reason);
        unwant(w);
        return made;
}

static void assert_not_created(struct wanted *w, int error, const char *part)
{
        struct why why = {0};
        bool made;

        assert_case(
                domains_create(hosts, 0, NAME, &w->xml, &made, &why) == error, "%s", why.reason);
        assert_why(&why, part);
        unwant(w);
}

/* ---- what is there ---- */

static virConnectPtr connection(void)
{
        return connection_of(hosts, 0);
}

static bool has_domain(const char *name)
{
        virDomainPtr domain = vir.DomainLookupByName(connection(), name);

        domain_free_p(&domain);
        return domain != NULL;
}

static bool has_volume(const char *name)
{
        uint64_t capacity;

        return volumes_find(hosts, 0, POOL, name, &capacity, NULL) == 1;
}

/* malloc'd. */
static char *definition(const char *name)
{
        virDomainPtr domain = vir.DomainLookupByName(connection(), name);
        char *xml = vir.DomainGetXMLDesc(domain, VIR_DOMAIN_XML_INACTIVE);

        assert_non_null(xml);
        vir.DomainFree(domain);
        return xml;
}

static bool definition_has(const char *name, const char *part)
{
        char *xml = definition(name);
        bool has = strstr(xml, part);

        free(xml);
        return has;
}

static void define(const char *xml)
{
        virDomainPtr domain = vir.DomainDefineXMLFlags(connection(), xml, 0);

        assert_non_null(domain);
        vir.DomainFree(domain);
}

static void define_foreign(const char *name)
{
        char xml[512];

        snprintf(xml, sizeof xml,
                "<domain type='test'><name>%s</name><memory>8192</memory>"
                "<os><type>hvm</type></os></domain>",
                name);
        define(xml);
}

static void make_volume(const char *name)
{
        struct template_volume volume = {(char *)POOL, (char *)name, MIB};

        assert_int_equal(volumes_make(hosts, 0, &volume, NULL), 0);
}

static struct domain_info state_of(const char *name)
{
        struct domain_info info;
        struct why why = {0};

        assert_case(domains_state(hosts, 0, name, &info, &why) == 0, "%s", why.reason);
        return info;
}

/* ---- create ---- */

static void makes_domain_and_volumes(void **state)
{
        struct domain_info info;
        uint64_t capacity;

        assert_true(create(want(256)));
        info = state_of(NAME);
        assert_int_equal(info.host, 0);
        assert_int_equal(info.tile, 3);
        assert_int_equal(info.guest, 6);
        assert_string_equal(info.name, NAME);
        assert_string_equal(info.address, "10.77.3.6");
        assert_string_equal(info.state, "shut off");
        assert_false(info.running);
        assert_int_equal(volumes_find(hosts, 0, POOL, DATA, &capacity, NULL), 1);
        assert_int_equal(capacity, 1024 * (uint64_t)MIB);
        assert_int_equal(volumes_find(hosts, 0, POOL, SWAP, &capacity, NULL), 1);
        assert_int_equal(capacity, 512 * (uint64_t)MIB);
}

static void twice_is_harmless_and_takes_changes(void **state)
{
        char *before, *after, *uuid;

        assert_true(create(want(256)));
        before = definition(NAME);
        assert_false(create(want(256)));
        after = definition(NAME);
        assert_string_equal(before, after);
        free(after);

        assert_false(create(want(512)));
        after = definition(NAME);
        assert_non_null(strstr(before, "<memory unit='KiB'>262144<"));
        assert_non_null(strstr(after, "<memory unit='KiB'>524288<"));
        uuid = strndup(strstr(before, "<uuid>"), 42);
        assert_non_null(strstr(after, uuid));
        free(uuid);
        free(before);
        free(after);
}

static void a_running_one_changes_at_its_next_start(void **state)
{
        assert_true(create(want(256)));
        assert_int_equal(domains_start(hosts, 0, NAME, NULL), 0);
        assert_false(create(want(512)));
        assert_true(state_of(NAME).running);
        assert_true(definition_has(NAME, "<memory unit='KiB'>524288<"));
        assert_int_equal(domains_power_off(hosts, 0, NAME, NULL), 0);
        assert_true(definition_has(NAME, "<memory unit='KiB'>524288<"));
}

static void leaves_a_foreign_domain_alone(void **state)
{
        struct domain_info info;
        struct why why = {0};
        char *before, *after;

        define_foreign(NAME);
        before = definition(NAME);
        assert_not_created(want(256), -EEXIST,
                "domain \"" NAME "\": test:///default: is there and was not made by tileload");
        assert_int_equal(domains_start(hosts, 0, NAME, NULL), -EEXIST);
        assert_int_equal(domains_shut_down(hosts, 0, NAME, NULL), -EEXIST);
        assert_int_equal(domains_power_off(hosts, 0, NAME, NULL), -EEXIST);
        assert_int_equal(domains_remove(hosts, 0, NAME, &why), -EEXIST);
        assert_why(&why, "was not made by tileload");
        assert_int_equal(domains_state(hosts, 0, NAME, &info, NULL), -ENOENT);
        after = definition(NAME);
        assert_string_equal(before, after);
        assert_false(has_volume(DATA));
        free(before);
        free(after);
}

static void leaves_a_foreign_volume_alone(void **state)
{
        uint64_t capacity;

        make_volume(SWAP);
        assert_not_created(want(256), -EEXIST,
                "volume \"" SWAP "\": test:///default: is there in pool " POOL
                " and does not belong to domain " NAME);
        assert_false(has_domain(NAME));
        assert_false(has_volume(DATA));
        assert_int_equal(volumes_find(hosts, 0, POOL, SWAP, &capacity, NULL), 1);
        assert_int_equal(capacity, MIB);
}

/* Also when the domain is ours already, and the template asks for one more. */
static void does_not_adopt_a_volume(void **state)
{
        char *before, *after;

        assert_true(create(want_named(NAME, 3, "disk", 256, both, 1)));
        before = definition(NAME);
        make_volume(SWAP);
        assert_not_created(want(512), -EEXIST, "does not belong to domain");
        after = definition(NAME);
        assert_string_equal(before, after);
        assert_int_equal(domains_remove(hosts, 0, NAME, NULL), 0);
        assert_true(has_volume(SWAP));
        assert_false(has_volume(DATA));
        free(before);
        free(after);
}

static void finishes_what_was_cut_off(void **state)
{
        struct wanted *w = want(256);

        define(w->xml.text);
        make_volume(DATA);
        unwant(w);
        assert_not_created(want(256), -EEXIST, "has 1048576 bytes and is to have 1073741824");
        assert_int_equal(volumes_remove(hosts, 0, POOL, DATA, NULL), 0);
        assert_false(create(want(256)));
        assert_true(has_volume(DATA));
        assert_true(has_volume(SWAP));
}

static void adds_a_volume_later(void **state)
{
        assert_true(create(want_named(NAME, 3, "disk", 256, both, 1)));
        assert_false(has_volume(SWAP));
        assert_false(create(want(256)));
        assert_true(has_volume(SWAP));
        assert_int_equal(domains_remove(hosts, 0, NAME, NULL), 0);
        assert_false(has_volume(DATA));
        assert_false(has_volume(SWAP));
}

static void gives_up_no_volume_in_silence(void **state)
{
        struct template_volume larger[] = {both[0], both[1]};
        char *before, *after;

        assert_true(create(want(256)));
        before = definition(NAME);
        assert_not_created(want_named(NAME, 3, "disk", 512, both, 1), -EEXIST,
                "has volume " SWAP " in pool " POOL " and is not to have it: destroy the tile");
        larger[1].capacity *= 2;
        assert_not_created(want_named(NAME, 3, "disk", 512, larger, 2), -EEXIST,
                "volume \"" SWAP "\": test:///default: has 536870912 bytes and is to have "
                "1073741824: destroy the tile first");
        after = definition(NAME);
        assert_string_equal(before, after);
        free(before);
        free(after);
}

/* Two volumes of one name: the second cannot be made, as if it had come from elsewhere meanwhile.
 * Nothing of a new domain stays, and one that was there is as it was. */
static void undoes_what_fails(void **state)
{
        static const struct template_volume more = {(char *)POOL, (char *)SWAP, MIB};
        struct template_volume volumes[] = {both[0], both[0], more};
        char *before, *after;

        assert_not_created(want_named(NAME, 3, "disk", 256, volumes, 2), -EIO,
                "volume \"" DATA "\": test:///default: cannot make it: ");
        assert_false(has_domain(NAME));
        assert_false(has_volume(DATA));

        assert_true(create(want_named(NAME, 3, "disk", 256, both, 1)));
        before = definition(NAME);
        volumes[1] = more;
        assert_not_created(want_named(NAME, 3, "disk", 512, volumes, 3), -EIO, "cannot make it: ");
        after = definition(NAME);
        assert_string_equal(before, after);
        assert_true(has_volume(DATA));
        assert_false(has_volume(SWAP));
        free(before);
        free(after);
}

static void needs_an_active_pool(void **state)
{
        struct template_volume elsewhere = {(char *)"nosuch", (char *)DATA, MIB};
        virStoragePoolPtr pool = vir.StoragePoolLookupByName(connection(), POOL);
        char *directory = NULL;
        struct why why = {0};

        assert_int_equal(volumes_pool_directory(hosts, 0, POOL, &directory, NULL), 0);
        assert_string_equal(directory, "/default-pool");
        free(directory);

        assert_not_created(want_named(NAME, 3, "disk", 256, &elsewhere, 1), -ENOENT,
                "pool \"nosuch\": test:///default: there is no such storage pool: make it "
                "(virsh -c test:///default pool-define-as nosuch dir --target ");
        assert_true(create(want(256)));
        assert_int_equal(CALL(virStoragePoolDestroy)(pool), 0);
        assert_not_created(want(256), -ENOENT,
                "pool \"" POOL "\": test:///default: is not active: start it (virsh -c "
                "test:///default pool-start " POOL ")");
        assert_int_equal(volumes_pool_directory(hosts, 0, POOL, &directory, NULL), -ENOENT);
        assert_int_equal(domains_remove(hosts, 0, NAME, &why), -ENOENT);
        assert_why(&why, "is not active");
        assert_true(has_domain(NAME)); /* it alone knows of the volumes */
        assert_int_equal(CALL(virStoragePoolCreate)(pool, 0), 0);
        assert_int_equal(domains_remove(hosts, 0, NAME, NULL), 0);
        assert_false(has_volume(DATA));
        vir.StoragePoolFree(pool);
}

static void refuses_a_bad_template(void **state)
{
        struct wanted *w;

        assert_not_created(want_named("tileload-t3-cpu", 3, "disk", 256, NULL, 0), -EINVAL,
                "the template names it \"tileload-t3-cpu\": its <name> must be @domain@");
        assert_not_created(want_named(NAME, 4, "disk", 256, NULL, 0), -EINVAL, "has no mark");
        w = want(256);
        memcpy(strstr(w->xml.text, DATA), "x", 1); /* in the mark */
        assert_not_created(w, -EINVAL, "volume \"" DATA "\": is not listed in the mark");
        w = want(256);
        strcpy(strstr(w->xml.text, "</devices>"), "");
        assert_not_created(w, -EBADMSG, "is not that of a domain");
        w = want(256);
        memcpy(strstr(w->xml.text, "hvm"), "hmv", 3);
        assert_not_created(w, -EIO, "domain \"" NAME "\": test:///default: cannot define it: ");
        w = want(256);
        memcpy(strstr(w->xml.text, "<serial type"), "<sreial type", 12);
        memcpy(strstr(w->xml.text, "</serial>"), "</sreial>", 9);
        assert_not_created(w, -EIO, "cannot define it: XML document failed to validate");
        assert_false(has_domain(NAME));
}

/* What is in a pool that is gone cannot be removed: only the domain still says whose it is. */
static void forgets_no_volume_of_a_pool_that_is_gone(void **state)
{
        virStoragePoolPtr pool = vir.StoragePoolLookupByName(connection(), POOL);
        struct why why = {0};

        create(want(256));
        assert_int_equal(CALL(virStoragePoolDestroy)(pool), 0);
        assert_int_equal(CALL(virStoragePoolUndefine)(pool), 0);
        vir.StoragePoolFree(pool);
        assert_int_equal(domains_remove(hosts, 0, NAME, &why), -ENOENT);
        assert_why(&why, "pool \"" POOL "\": test:///default: there is no such storage pool");
        assert_true(has_domain(NAME));
}

/* ---- on and off ---- */

static void starts_and_stops(void **state)
{
        assert_true(create(want(256)));
        for (int i = 0; i < 2; i++) {
                assert_int_equal(domains_start(hosts, 0, NAME, NULL), i); /* 1: ran already */
                assert_true(state_of(NAME).running);
                assert_string_equal(state_of(NAME).state, "running");
        }
        for (int i = 0; i < 2; i++) {
                assert_int_equal(domains_power_off(hosts, 0, NAME, NULL), 0);
                assert_false(state_of(NAME).running);
        }
        assert_int_equal(domains_start(hosts, 0, NAME, NULL), 0);
        for (int i = 0; i < 2; i++) {
                assert_int_equal(domains_shut_down(hosts, 0, NAME, NULL), 0);
                assert_string_equal(state_of(NAME).state, "shut off");
        }
}

static void says_when_there_is_none(void **state)
{
        struct domain_info info;
        struct why why = {0};

        assert_int_equal(domains_start(hosts, 0, NAME, &why), -ENOENT);
        assert_why(&why, "domain \"" NAME "\": test:///default: there is none: make it with "
                         "tileload tile create");
        assert_int_equal(domains_shut_down(hosts, 0, NAME, NULL), -ENOENT);
        assert_int_equal(domains_power_off(hosts, 0, NAME, NULL), -ENOENT);
        assert_int_equal(domains_state(hosts, 0, NAME, &info, NULL), -ENOENT);
        assert_null(domains_console(hosts, 0, NAME, 4096));
}

static void does_not_take_paused_for_running(void **state)
{
        virDomainPtr domain;
        struct why why = {0};

        create(want(256));
        assert_int_equal(domains_start(hosts, 0, NAME, NULL), 0);
        domain = vir.DomainLookupByName(connection(), NAME);
        assert_int_equal(CALL(virDomainSuspend)(domain), 0);
        assert_int_equal(domains_start(hosts, 0, NAME, &why), -EBUSY);
        assert_why(&why, "is paused: resume it or stop it first");
        assert_true(state_of(NAME).running);
        assert_string_equal(state_of(NAME).state, "paused");
        assert_int_equal(domains_power_off(hosts, 0, NAME, NULL), 0);
        assert_int_equal(domains_start(hosts, 0, NAME, NULL), 0);
        vir.DomainFree(domain);
}

/* ---- remove ---- */

static void removes_what_it_made_and_no_more(void **state)
{
        virDomainPtr domain;

        make_volume(NAME "-mine");
        define_foreign("tileload-t3-oltp");
        create(want(256));
        assert_int_equal(domains_start(hosts, 0, NAME, NULL), 0);
        domain = vir.DomainLookupByName(connection(), NAME);
        assert_int_equal(CALL(virDomainSuspend)(domain), 0);
        vir.DomainFree(domain);

        for (int i = 0; i < 2; i++) {
                assert_int_equal(domains_remove(hosts, 0, NAME, NULL), 0);
                assert_false(has_domain(NAME));
                assert_false(has_volume(DATA));
                assert_false(has_volume(SWAP));
                assert_true(has_volume(NAME "-mine"));
                assert_true(has_domain("tileload-t3-oltp"));
                assert_true(has_domain("test"));
        }
}

static void removes_half_of_one(void **state)
{
        struct wanted *w = want(256);

        define(w->xml.text);
        unwant(w);
        make_volume(SWAP);
        assert_int_equal(domains_remove(hosts, 0, NAME, NULL), 0);
        assert_false(has_domain(NAME));
        assert_false(has_volume(SWAP));
}

/* What others had libvirt keep for it does not hold it back. */
static void removes_with_snapshot_and_saved_state(void **state)
{
        virDomainPtr domain;
        void *snapshot;

        create(want(256));
        assert_int_equal(domains_start(hosts, 0, NAME, NULL), 0);
        domain = vir.DomainLookupByName(connection(), NAME);
        snapshot = CALL(virDomainSnapshotCreateXML)(
                domain, "<domainsnapshot><name>one</name></domainsnapshot>", 0);
        assert_non_null(snapshot);
        CALL(virDomainSnapshotFree)(snapshot);
        assert_int_equal(CALL(virDomainManagedSave)(domain, 0), 0);
        assert_int_equal(vir.DomainUndefineFlags(domain, 0), -1); /* as it would be without */
        vir.DomainFree(domain);
        assert_int_equal(domains_remove(hosts, 0, NAME, NULL), 0);
        assert_false(has_domain(NAME));
        assert_false(has_volume(DATA));
}

static void removes_its_console_log(void **state)
{
        static const char log[] = NAME "-console.log";
        static const char *const gone[] = {log, NAME "-console.log.0", NAME "-console.log.12"};
        static const char *const kept[] = {NAME "-console.logs", NAME "-console.log.old",
                NAME "-console.log.", NAME "-console.log.0.gz", "x" NAME "-console.log"};

        create(want(256));
        for (size_t i = 0; i < ARRAY_SIZE(gone); i++)
                make_volume(gone[i]);
        for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
                make_volume(kept[i]);
        assert_int_equal(domains_remove(hosts, 0, NAME, NULL), 0);
        for (size_t i = 0; i < ARRAY_SIZE(gone); i++)
                assert_case(!has_volume(gone[i]), "%s", gone[i]);
        for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
                assert_case(has_volume(kept[i]), "%s", kept[i]);
}

/* A template may have it write into any file of the pool. */
static void removes_no_file_of_another_name(void **state)
{
        struct wanted *w = want(256);

        memcpy(strstr(w->xml.text, "/" NAME "-console.log") + 1, "precious", 8);
        create(w);
        make_volume("precious-t3-disk-console.log");
        assert_int_equal(domains_remove(hosts, 0, NAME, NULL), 0);
        assert_false(has_domain(NAME));
        assert_true(has_volume("precious-t3-disk-console.log"));
}

/* ---- list ---- */

static void create_one(unsigned tile, const char *guest)
{
        char name[64];
        struct wanted *w;
        struct why why = {0};
        bool made;

        snprintf(name, sizeof name, "tileload-t%u-%s", tile, guest);
        w = want_named(name, tile, guest, 128, NULL, 0);
        assert_case(domains_create(hosts, 0, name, &w->xml, &made, &why) == 0, "%s", why.reason);
        unwant(w);
}

static void lists_ours_sorted(void **state)
{
        static const char *const expected[] = {"tileload-t2-web1", "tileload-t2-idle",
                "tileload-t10-backend", "tileload-t10-oltp"};
        struct domain_info *list;
        struct wanted *copy;
        size_t n;

        assert_int_equal(domains_list(hosts, &list, &n, NULL), 0);
        assert_int_equal(n, 0);
        free(list);

        create_one(10, "oltp");
        create_one(2, "idle");
        create_one(10, "backend");
        create_one(2, "web1");
        define_foreign("tileload-t2-web2");
        copy = want_named("tileload-t2-web1-clone", 2, "web1", 128, both, 2);
        define(copy->xml.text);
        unwant(copy);
        assert_int_equal(domains_start(hosts, 0, "tileload-t10-oltp", NULL), 0);

        assert_int_equal(domains_list(hosts, &list, &n, NULL), 0);
        assert_int_equal(n, ARRAY_SIZE(expected));
        for (size_t i = 0; i < n; i++) {
                assert_string_equal(list[i].name, expected[i]);
                assert_int_equal(list[i].running, i == 3);
        }
        assert_int_equal(list[1].tile, 2);
        assert_int_equal(list[1].guest, 8);
        assert_string_equal(list[3].state, "running");
        free(list);
}

/* Two hosts: each has its own, and the list is one. */
static void lists_all_hosts(void **state)
{
        char path[] = "/tmp/tileload-domains-XXXXXX", uris[128];
        struct domain_info *list;
        struct wanted *w;
        bool made;
        size_t n;
        int fd = mkstemp(path);

        assert_int_equal(write(fd, "<node/>", 7), 7);
        close(fd);
        hosts_free(hosts);
        snprintf(uris, sizeof uris, "test:///default test://%s", path);
        hosts = open_hosts(uris);

        create_one(1, "cpu");
        create_one(3, "cpu");
        w = want_named("tileload-t2-cpu", 2, "cpu", 128, NULL, 0);
        assert_int_equal(domains_create(hosts, 1, "tileload-t2-cpu", &w->xml, &made, NULL), 0);
        unwant(w);
        assert_int_equal(domains_start(hosts, 0, "tileload-t2-cpu", NULL), -ENOENT);

        assert_int_equal(domains_list(hosts, &list, &n, NULL), 0);
        assert_int_equal(n, 3);
        for (size_t i = 0; i < n; i++) {
                assert_int_equal(list[i].tile, i + 1);
                assert_int_equal(list[i].host, i % 2);
        }
        free(list);
        unlink(path);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, open_default, close_default)
        const struct CMUnitTest tests[] = {
                TEST(makes_domain_and_volumes),
                TEST(twice_is_harmless_and_takes_changes),
                TEST(a_running_one_changes_at_its_next_start),
                TEST(leaves_a_foreign_domain_alone),
                TEST(leaves_a_foreign_volume_alone),
                TEST(does_not_adopt_a_volume),
                TEST(finishes_what_was_cut_off),
                TEST(adds_a_volume_later),
                TEST(gives_up_no_volume_in_silence),
                TEST(undoes_what_fails),
                TEST(needs_an_active_pool),
                TEST(forgets_no_volume_of_a_pool_that_is_gone),
                TEST(refuses_a_bad_template),
                TEST(starts_and_stops),
                TEST(says_when_there_is_none),
                TEST(does_not_take_paused_for_running),
                TEST(removes_what_it_made_and_no_more),
                TEST(removes_half_of_one),
                TEST(removes_with_snapshot_and_saved_state),
                TEST(removes_its_console_log),
                TEST(removes_no_file_of_another_name),
                TEST(lists_ours_sorted),
                TEST(lists_all_hosts),
        };

        return cmocka_run_group_tests_name("domains", tests, NULL, NULL);
}
