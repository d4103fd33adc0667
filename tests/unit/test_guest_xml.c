/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The built-in template filled in for every guest in every way that there is: valid for libvirt,
 * and some of it against tests/golden/guest/. TILELOAD_GOLDEN_UPDATE=1 writes the golden files
 * anew: look at the difference before you commit it.
 */
#include "unit.h"

#include "guest_xml.h"
#include "mark.h"

#include <errno.h>
#include <string.h>

static const struct launch_config loads = {.rate_per_s = 200, .arrival = "poisson", .seed = 1};

static struct libvirt_config config_of(enum libvirt_type type, bool bridge)
{
        return (struct libvirt_config){
                .type = type,
                .image = (char *)"/srv/tileload",
                .pool = (char *)"tileload",
                .network = (char *)"tileload",
                .bridge = bridge ? (char *)"br0" : NULL,
                .subnet = (char *)"10.77.0.0/16",
        };
}

static const struct guest_place placed = {"0-1", "0-3,8", "/srv/pool/tileload-t3-web1.log"};
static const struct guest_place anywhere = {0};

static struct domain_xml made(
        unsigned guest, enum libvirt_type type, bool bridge, const struct guest_place *place)
{
        struct libvirt_config config = config_of(type, bridge);
        struct guest_plan plan;
        struct domain_xml xml;
        struct why why = {0};

        assert_int_equal(guest_plan_init(&plan, &config, NULL, &loads, 3, guest, NULL), 0);
        assert_case(
                guest_xml(&xml, &plan, &config, place, NULL, NULL, &why) == 0, "%s", why.reason);
        guest_plan_fini(&plan);
        return xml;
}

/* What libvirt's own schema says. The output of a failure is kept in DIRECTORY/out. */
static bool is_valid(const char *directory, const char *text)
{
        char path[64], command[256];
        FILE *f;

        snprintf(path, sizeof path, "%s/guest.xml", directory);
        snprintf(command, sizeof command, "virt-xml-validate %s domain > %s/out 2>&1", path,
                directory);
        f = fopen(path, "we");
        assert_non_null(f);
        fputs(text, f);
        fclose(f);
        return system(command) == 0;
}

static void libvirt_takes_them_all(void **state)
{
        char directory[] = "/tmp/tileload-xml.XXXXXX", command[64];

        if (system("command -v virt-xml-validate > /dev/null 2>&1") != 0) {
                print_message("virt-xml-validate is not there: install libvirt-clients\n");
                skip();
        }
        assert_non_null(mkdtemp(directory));
        assert_false(is_valid(directory, "<domain type='kvm'><name>x</name><nosuch/></domain>"));
        for (unsigned g = 1; g <= TILE_GUESTS; g++)
                for (unsigned ways = 0; ways < 8; ways++) {
                        struct domain_xml xml = made(g, ways & 1 ? LIBVIRT_QEMU : LIBVIRT_KVM,
                                ways & 2, ways & 4 ? &placed : &anywhere);

                        assert_case(is_valid(directory, xml.text), "%s/out says why not:\n%s",
                                directory, xml.text);
                        assert_null(strstr(xml.text, TEMPLATE_NAMESPACE));
                        domain_xml_fini(&xml);
                }
        snprintf(command, sizeof command, "rm -r %s", directory);
        assert_int_equal(system(command), 0);
}

static void compare(const char *name, struct domain_xml xml)
{
        static char expected[32768];
        char path[512];
        FILE *f;

        snprintf(path, sizeof path, "%s/guest/%s.xml", getenv("TILELOAD_GOLDEN"), name);
        if (getenv("TILELOAD_GOLDEN_UPDATE")) {
                f = fopen(path, "we");
                assert_non_null(f);
                fputs(xml.text, f);
                fclose(f);
        }
        f = fopen(path, "re");
        assert_non_null(f);
        expected[fread(expected, 1, sizeof expected - 1, f)] = '\0';
        fclose(f);
        assert_string_equal(xml.text, expected);
        domain_xml_fini(&xml);
}

static void as_a_reader_sees_them(void **state)
{
        compare("oltp-kvm-placed", made(GUEST_OLTP, LIBVIRT_KVM, false, &placed));
        compare("idle-qemu-bridge", made(GUEST_IDLE, LIBVIRT_QEMU, true, &anywhere));
}

/* Each guest has the disks that its role's units look for, and no others. */
static void disks_are_those_that_the_roles_want(void **state)
{
        static const struct {
                unsigned guest;
                bool data, swap;
        } cases[] = {
                {GUEST_WEB1, false, true},
                {GUEST_WEB2, false, true},
                {GUEST_CLIENT, false, false},
                {GUEST_BACKEND, false, false},
                {GUEST_CPU, false, true},
                {GUEST_DISK, true, false},
                {GUEST_OLTP, true, true},
                {GUEST_IDLE, false, false},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                struct domain_xml xml = made(cases[i].guest, LIBVIRT_KVM, false, &anywhere);

                assert_non_null(strstr(xml.text, "<serial>usr</serial>"));
                assert_int_equal(!!strstr(xml.text, "<serial>data</serial>"), cases[i].data);
                assert_int_equal(!!strstr(xml.text, "<serial>swap</serial>"), cases[i].swap);
                assert_int_equal(xml.n_volumes, cases[i].data + cases[i].swap);
                for (size_t v = 0; v < xml.n_volumes; v++) {
                        assert_string_equal(xml.volumes[v].pool, "tileload");
                        assert_int_equal(xml.volumes[v].capacity, 1 << 30);
                }
                domain_xml_fini(&xml);
        }
}

/* Whoever looks after the domain later finds in it what was put in. */
static void the_mark_is_read_again(void **state)
{
        for (unsigned g = 1; g <= TILE_GUESTS; g++) {
                struct domain_xml xml = made(g, LIBVIRT_QEMU, false, &placed);
                char address[32];
                struct mark mark;

                assert_int_equal(mark_parse(&mark, xml.text), 0);
                assert_true(mark.ours);
                assert_int_equal(mark.tile, 3);
                assert_int_equal(mark.guest, g);
                snprintf(address, sizeof address, "10.77.3.%u", g);
                assert_string_equal(mark.address, address);
                assert_string_equal(mark.console, placed.console);
                assert_int_equal(mark.n_volumes, xml.n_volumes);
                for (size_t v = 0; v < xml.n_volumes; v++)
                        assert_true(
                                mark_has_volume(&mark, xml.volumes[v].pool, xml.volumes[v].name));
                mark_fini(&mark);
                domain_xml_fini(&xml);
        }
}

/* A user's template gets the same values; a slip in it is named by its file. */
static void a_template_of_ones_own(void **state)
{
        static const char text[] =
                "<domain type='@type@' xmlns:tileload='" TEMPLATE_NAMESPACE "'>"
                "<name>@domain@</name>"
                "<t>@host@ @tile@ @number@ @guest@ @role@ @address@ @mac@ @image@ @pool@</t>"
                "<t tileload:if='network'>@network@</t><t tileload:if='bridge'>@bridge@</t>"
                "<t tileload:if='cpus'>@cpus@ @nodes@ @console@</t>"
                "</domain>";
        struct libvirt_config config = config_of(LIBVIRT_QEMU, true);
        struct guest_plan plan;
        struct domain_xml xml;
        struct why why = {0};

        assert_int_equal(guest_plan_init(&plan, &config, NULL, &loads, 3, GUEST_WEB1, NULL), 0);
        assert_int_equal(guest_xml(&xml, &plan, &config, &placed, text, "my.xml", &why), 0);
        assert_non_null(strstr(xml.text,
                "<t>t3-web1 3 1 web1 webserver 10.77.3.1 52:54:00:4d:03:01 /srv/tileload tileload"
                "</t><t>br0</t><t>0-3,8 0-1 /srv/pool/tileload-t3-web1.log</t>"));
        domain_xml_fini(&xml);

        assert_int_equal(guest_xml(&xml, &plan, &config, &placed, "<x/>", "my.xml", &why), -EINVAL);
        assert_string_equal(why.value, "my.xml");
        guest_plan_fini(&plan);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(libvirt_takes_them_all),
                cmocka_unit_test(as_a_reader_sees_them),
                cmocka_unit_test(disks_are_those_that_the_roles_want),
                cmocka_unit_test(the_mark_is_read_again),
                cmocka_unit_test(a_template_of_ones_own),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
