/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "macro.h"
#include "mark.h"

#include <errno.h>
#include <string.h>

#define MARK(tile, guest) \
        "<metadata><a:guest xmlns:a='urn:tileload:guest:1' tile='" tile "' name='" guest \
        "' address='10.77.3.1'>" \
        "<a:volume pool='p' name='data'/><a:volume pool='q' name='s&amp;p'/>" \
        "</a:guest></metadata>"
#define DOMAIN(name, inner) "<domain type='test'><name>" name "</name>" inner "</domain>"

static struct mark parsed(const char *xml)
{
        struct mark mark;

        assert_case(mark_parse(&mark, xml) == 0, "%s", xml);
        return mark;
}

static void reads_what_is_there(void **state)
{
        static const char xml[] =
                "<?xml version='1.0'?>\n<!-- <domain> -->\n<domain type='test'\n id='7'>"
                "<name>tileload-t3-web1</name><uuid>u</uuid>" MARK(
                        "3", "web1") "<devices><disk><log file='/no'/></disk>"
                                     "<serial type='pty'><log append='off' "
                                     "file='/p/tileload-t3-web1.log'/></serial>"
                                     "<console type='pty'><log "
                                     "file='/p/other'/></console></devices></domain>";
        struct mark mark = parsed(xml);

        assert_string_equal(mark.name, "tileload-t3-web1");
        assert_true(mark.ours);
        assert_int_equal(mark.tile, 3);
        assert_int_equal(mark.guest, 1);
        assert_string_equal(mark.address, "10.77.3.1");
        assert_int_equal(mark.n_volumes, 2);
        assert_true(mark_has_volume(&mark, "p", "data"));
        assert_true(mark_has_volume(&mark, "q", "s&p"));
        assert_false(mark_has_volume(&mark, "p", "s&p"));
        assert_false(mark_has_volume(&mark, "q", "data"));
        assert_string_equal(mark.console, "/p/tileload-t3-web1.log");
        assert_true(mark.has_uuid);
        assert_memory_equal(xml + mark.inside, "<name>", 6);
        mark_fini(&mark);
}

static void needs_no_mark(void **state)
{
        struct mark mark = parsed(DOMAIN("other", "<devices/>"));

        assert_string_equal(mark.name, "other");
        assert_false(mark.ours);
        assert_int_equal(mark.n_volumes, 0);
        assert_null(mark.console);
        assert_false(mark.has_uuid);
        mark_fini(&mark);
}

/* A mark that says another guest than the name, or nothing sensible, does not make a domain ours.
 */
static void is_not_misled(void **state)
{
        static const char *const foreign[] = {
                DOMAIN("tileload-t3-web1-clone", MARK("3", "web1")),
                DOMAIN("tileload-t4-web1", MARK("3", "web1")),
                DOMAIN("tileload-t3-web2", MARK("3", "web1")),
                DOMAIN("tileload-t3-web9", MARK("3", "web9")),
                DOMAIN("tileload-t3-external", MARK("3", "external")),
                DOMAIN("tileload-t0-web1", MARK("0", "web1")),
                DOMAIN("tileload-t03-web1", MARK("03", "web1")),
                DOMAIN("tileload-t-3-web1", MARK("-3", "web1")),
                DOMAIN("tileload-t4294967299-web1", MARK("4294967299", "web1")),
                DOMAIN("", MARK("3", "web1")),
                /* elsewhere, in another namespace, in none */
                DOMAIN("tileload-t3-web1", "<devices>" MARK("3", "web1") "</devices>"),
                DOMAIN("tileload-t3-web1",
                        "<metadata><guest tile='3' name='web1' address='a'/></metadata>"),
                DOMAIN("tileload-t3-web1",
                        "<metadata><a:guest xmlns:a='urn:other' tile='3' name='web1' "
                        "address='a'/></metadata>"),
                DOMAIN("tileload-t3-web1",
                        "<metadata><x><a:guest xmlns:a='urn:tileload:guest:1' tile='3' "
                        "name='web1' address='a'/></x></metadata>"),
                DOMAIN("tileload-t3-web1",
                        "<metadata><a:guest xmlns:a='urn:tileload:guest:1' tile='3' "
                        "name='web1'/></metadata>"),
        };

        for (size_t i = 0; i < ARRAY_SIZE(foreign); i++) {
                struct mark mark = parsed(foreign[i]);

                assert_case(!mark.ours, "%s", foreign[i]);
                mark_fini(&mark);
        }
}

static void refuses_what_is_no_domain(void **state)
{
        static const char *const bad[] = {"", "x", "<domain>", "<network/>",
                "<domain><name>a</domain>", "<domain/><domain/>", "<a:domain xmlns:a='urn:x'/>"};
        struct mark mark;

        for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
                assert_case(mark_parse(&mark, bad[i]) == -EBADMSG, "%s", bad[i]);
}

/* However deep or long. */
static void any_size_is_safe(void **state)
{
        enum { DEPTH = 1000, LENGTH = 5000 };
        char *xml = malloc(100 + DEPTH * 8 + LENGTH), *at = xml;
        struct mark mark;

        at = stpcpy(at, "<domain><name>");
        memset(at, 'n', LENGTH);
        at = stpcpy(at + LENGTH, "</name>");
        for (int i = 0; i < DEPTH; i++)
                at = stpcpy(at, "<x>");
        for (int i = 0; i < DEPTH; i++)
                at = stpcpy(at, "</x>");
        strcpy(at, "</domain>");
        mark = parsed(xml);
        assert_false(mark.ours);
        mark_fini(&mark);
        free(xml);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(reads_what_is_there),
                cmocka_unit_test(needs_no_mark),
                cmocka_unit_test(is_not_misled),
                cmocka_unit_test(refuses_what_is_no_domain),
                cmocka_unit_test(any_size_is_safe),
        };

        return cmocka_run_group_tests_name("mark", tests, NULL, NULL);
}
