/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "expand.h"
#include "markers.h"

#include <errno.h>
#include <string.h>

static const struct template_value values[] = {
        {"domain", "tileload-t3-web1"},
        {"tile", "3"},
        {"address", "10.77.3.1"},
        {"pool", "disks"},
        {"odd", "a<b>&\"c\" 'd'\te"},
        {"at", "@domain@"},
        {"bridge", NULL},
        {"network", ""},
};

/* A template around some elements, on line 1. */
#define BEGIN "<domain xmlns:tileload='" TEMPLATE_NAMESPACE "'><name>@domain@</name>"
#define END   "</domain>"

/* What comes of it, without the mark. */
static void assert_fills(const char *inside, const char *guest, const char *expected)
{
        struct domain_xml xml;
        struct why why = {0};
        char text[2048], *begin, *end;

        snprintf(text, sizeof text, BEGIN "<x>%s</x>" END, inside);
        assert_case(template_fill(&xml, text, "t", values, ARRAY_SIZE(values), guest, &why) == 0,
                "%s: %s", inside, why.reason);
        begin = strstr(xml.text, "<x>");
        end = strstr(xml.text, "</x>");
        if (!begin || !end) {
                assert_string_equal(expected, "");
        } else {
                *end = '\0';
                assert_string_equal(begin + 3, expected);
        }
        domain_xml_fini(&xml);
}

static void values_are_put_in(void **state)
{
        assert_fills("@domain@", "web1", "tileload-t3-web1");
        assert_fills("a @tile@@pool@ b", "web1", "a 3disks b");
        assert_fills("@@", "web1", "@");
        assert_fills("me@@example", "web1", "me@example");
        assert_fills("@at@", "web1", "@domain@"); /* once only */
        assert_fills("<a b='@tile@-@pool@'/>", "web1", "<a b='3-disks'/>");
        assert_fills("<a b='@odd@'>@odd@</a>", "web1",
                "<a b='a&lt;b&gt;&amp;\"c\" &#39;d&#39;&#9;e'>"
                "a&lt;b&gt;&amp;\"c\" 'd'\te</a>");
}

/* Everything else stays what it was. */
static void the_rest_is_kept(void **state)
{
        assert_fills("&lt;&amp;&gt;&#65;&#x42;", "web1", "&lt;&amp;&gt;AB");
        assert_fills("<![CDATA[<&@tile@]]>", "web1", "&lt;&amp;3");
        assert_fills("a\n  b\n", "web1", "a\n  b\n");
        assert_fills("<a x='1' y=\"2\" z='&apos;\"&#10;'></a>", "web1",
                "<a x='1' y='2' z='&#39;\"&#10;'/>");
        assert_fills("<a> </a>", "web1", "<a> </a>");
        assert_fills("<!-- @nosuch@ <b> -->", "web1", "<!-- @nosuch@ <b> -->");
        assert_fills("<q:a xmlns:q='urn:q' q:b='c'><q:d/></q:a>", "web1",
                "<q:a xmlns:q='urn:q' q:b='c'><q:d/></q:a>");
        assert_fills("\xc3\xa4", "web1", "\xc3\xa4");
}

static void elements_are_chosen(void **state)
{
        const char *guests = "<a tileload:guests='web1 idle'>1</a><a tileload:guests='cpu'>2</a>";
        const char *two = "<a tileload:guests='web1' tileload:if='bridge'/>"
                          "<b tileload:guests='web1' tileload:unless='bridge'/>";

        assert_fills(guests, "web1", "<a>1</a>");
        assert_fills(guests, "idle", "<a>1</a>");
        assert_fills(guests, "cpu", "<a>2</a>");
        assert_fills(guests, "oltp", "");
        assert_fills("<a tileload:guests='\n web2\tweb1  '/>", "web1", "<a/>");
        assert_fills("<a tileload:if='pool'/><b tileload:if='bridge'>@bridge@</b>", "web1", "<a/>");
        assert_fills("<a tileload:unless='pool'/><b tileload:unless='bridge'/>", "web1", "<b/>");
        assert_fills("<a tileload:if='network'/>", "web1", ""); /* empty is not set */
        assert_fills(two, "web1", "<b/>");
        assert_fills(two, "web2", "");
        /* What is inside is left out with it, whatever it says of itself. */
        assert_fills("<a tileload:if='bridge'><b tileload:if='pool'><c/>x</b><!-- c --></a>",
                "web1", "");
}

static void no_traces(void **state)
{
        assert_fills(
                "\n  <a/>\n  <b tileload:if='bridge'/>\n  <c/>\n", "web1", "\n  <a/>\n  <c/>\n");
        assert_fills("text <b tileload:if='bridge'/> more", "web1", "text  more");
}

static void volumes_are_listed(void **state)
{
        const char *text =
                BEGIN "<devices>"
                      "<disk type='volume' tileload:capacity='1G'><driver/>"
                      "<source volume='@domain@-data' pool='@pool@'/></disk>"
                      "<disk type='volume' tileload:capacity='512M' tileload:guests='cpu'>"
                      "<source pool='@pool@' volume='@domain@-swap'/></disk>"
                      "<disk type='volume'><source pool='@pool@' volume='other'/></disk>"
                      "<disk tileload:capacity='4096' type='volume'>"
                      "<source pool='fast &amp; small' volume='x'/></disk>"
                      "</devices>" END;
        struct domain_xml xml;

        assert_int_equal(
                template_fill(&xml, text, "t", values, ARRAY_SIZE(values), "web1", NULL), 0);
        assert_int_equal(xml.n_volumes, 2);
        assert_string_equal(xml.volumes[0].pool, "disks");
        assert_string_equal(xml.volumes[0].name, "tileload-t3-web1-data");
        assert_int_equal(xml.volumes[0].capacity, 1 << 30);
        assert_string_equal(xml.volumes[1].pool, "fast & small");
        assert_string_equal(xml.volumes[1].name, "x");
        assert_int_equal(xml.volumes[1].capacity, 4096);
        assert_null(strstr(xml.text, "capacity"));
        domain_xml_fini(&xml);
        assert_null(xml.text);
}

static const char mark[] =
        "<tileload:guest xmlns:tileload='urn:tileload:guest:1' tile='3' name='web1' "
        "address='10.77.3.1'>\n"
        "      <tileload:volume pool='disks' name='v'/>\n"
        "    </tileload:guest>";

/* The mark is in the one <metadata> that there is. */
static void the_mark_is_written(void **state)
{
        static const char disk[] =
                "<disk type='volume' tileload:capacity='1G'><source pool='disks' "
                "volume='v'/></disk>";
        static const struct {
                const char *metadata, *before, *behind;
        } cases[] = {
                {"", "<metadata>\n    ", "\n  </metadata>\n</domain>\n"},
                {"<metadata/>", "<metadata>  ", "\n  </metadata><disk"},
                {"<metadata><mine xmlns='urn:m'/></metadata>", "<metadata><mine xmlns='urn:m'/>  ",
                        "\n  </metadata><disk"},
                {"<metadata tileload:if='bridge'/>", "<metadata>\n    ",
                        "\n  </metadata>\n</domain>\n"},
                {"<x><metadata/></x>", "<metadata>\n    ", "\n  </metadata>\n</domain>\n"},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                char text[1024], expected[1024];
                struct domain_xml xml;

                snprintf(text, sizeof text, BEGIN "%s%s" END, cases[i].metadata, disk);
                snprintf(expected, sizeof expected, "%s%s%s", cases[i].before, mark,
                        cases[i].behind);
                assert_int_equal(
                        template_fill(&xml, text, "t", values, ARRAY_SIZE(values), "web1", NULL),
                        0);
                assert_case(strstr(xml.text, expected), "%s\nhas not\n%s", xml.text, expected);
                assert_null(strstr(xml.text, TEMPLATE_NAMESPACE));
                domain_xml_fini(&xml);
        }
}

/* ---- what is refused ---- */

static void assert_refused(const char *text, const char *reason)
{
        struct domain_xml xml = {.n_volumes = 77};
        struct why why = {0};

        assert_case(template_fill(&xml, text, "dir/my.xml", values, ARRAY_SIZE(values), "web1",
                            &why) == -EINVAL,
                "%s", text);
        assert_string_equal(why.what, "template");
        assert_string_equal(why.value, "dir/my.xml");
        assert_case(strncmp(why.reason, reason, strlen(reason)) == 0, "%s\nis not %s", why.reason,
                reason);
        assert_int_equal(xml.n_volumes, 77); /* untouched */
        assert_int_equal(
                template_fill(&xml, text, "t", values, ARRAY_SIZE(values), "web1", NULL), -EINVAL);
}

static void refuses_wrong_keys(void **state)
{
        assert_refused(BEGIN "\n<a>\n\n@nosuch@</a>" END, "line 4: @nosuch@ is not known");
        assert_refused(
                BEGIN "\n<a>@adress@</a>" END, "line 2: @adress@ is not known; is it @address@?");
        assert_refused(BEGIN "\n\n<a b='1'\n c='@nosuch@'/>" END, "line 3: @nosuch@ is not known");
        assert_refused(BEGIN "\n<a>me@example</a>" END, "line 2: a single @");
        assert_refused(BEGIN "<a>@</a>" END, "line 1: a single @");
        assert_refused(BEGIN "<a>@Tile@</a>" END, "line 1: a single @");
        assert_refused(BEGIN "\n<a>@bridge@</a>" END,
                "line 2: @bridge@ has no value here: put tileload:if=\"bridge\"");
        assert_refused(BEGIN "\n<a>@network@</a>" END, "line 2: @network@ has no value here");
        /* A slip is found whichever guest is made. */
        assert_refused(BEGIN "<a tileload:guests='idle'>\n@nosuch@</a>" END,
                "line 2: @nosuch@ is not known");
        assert_refused(BEGIN "<a tileload:guests='idle'><b\nc='@nosuch@'/></a>" END,
                "line 1: @nosuch@ is not known");
}

static void refuses_wrong_markers(void **state)
{
        assert_refused(BEGIN "\n<a tileload:guest='web1'/>" END,
                "line 2: tileload:guest is no marker; there are tileload:guests");
        assert_refused(BEGIN "<a tileload:guests='web3'/>" END,
                "line 1: tileload:guests: \"web3\" is not a guest");
        assert_refused(BEGIN "<a tileload:guests='external'/>" END,
                "line 1: tileload:guests: \"external\" is not a guest");
        assert_refused(BEGIN "<a tileload:guests='web1,web2'/>" END,
                "line 1: tileload:guests: \"web1,web2\" is not a guest");
        assert_refused(BEGIN "<a tileload:guests=' '/>" END, "line 1: tileload:guests is empty");
        assert_refused(BEGIN "<a tileload:if='brigde'/>" END,
                "line 1: tileload:if: \"brigde\" is not known; is it \"bridge\"?");
        assert_refused(BEGIN "<a tileload:unless=''/>" END, "line 1: tileload:unless: \"\" is not");
        assert_refused(BEGIN "<a tileload:if='bridge'><b tileload:if='x'/></a>" END,
                "line 1: tileload:if: \"x\" is not known");
        assert_refused(BEGIN "<tileload:guest/>" END, "line 1: <tileload:guest>: elements");
        assert_refused(BEGIN "<a xmlns:tileload='urn:x'/>" END, "line 1: xmlns:tileload is");
}

static void refuses_wrong_capacities(void **state)
{
        static const char *const sizes[] = {"", "0", "1X", "-1", "lots", "1 G"};

        for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
                char text[512], reason[128];

                snprintf(text, sizeof text,
                        BEGIN "<disk type='volume' tileload:capacity='%s'>"
                              "<source pool='a' volume='b'/></disk>" END,
                        sizes[i]);
                snprintf(reason, sizeof reason, "line 1: tileload:capacity: \"%s\" is not a size",
                        sizes[i]);
                assert_refused(text, reason);
        }
        assert_refused(BEGIN "<disk type='file' tileload:capacity='1G'/>" END,
                "line 1: tileload:capacity goes on a <disk type='volume'> only");
        assert_refused(BEGIN "<disk tileload:capacity='1G'/>" END,
                "line 1: tileload:capacity goes on a <disk type='volume'> only");
        assert_refused(BEGIN "<memory type='volume' tileload:capacity='1G'/>" END,
                "line 1: tileload:capacity goes on a <disk type='volume'> only");
        assert_refused(BEGIN "\n<disk type='volume' tileload:capacity='1G'>\n</disk>" END,
                "line 2: a disk with tileload:capacity needs <source");
        assert_refused(BEGIN
                "<disk type='volume' tileload:capacity='1G'><source pool='a'/></disk>" END,
                "line 1: a disk with tileload:capacity needs <source");
        assert_refused(BEGIN "<disk type='volume' tileload:capacity='1G'>"
                             "<x><source pool='a' volume='b'/></x></disk>" END,
                "line 1: a disk with tileload:capacity needs <source");
}

static void refuses_other_documents(void **state)
{
        assert_refused("", "line 1: not well-formed XML: no element found");
        assert_refused("domain", "line 1: not well-formed XML");
        assert_refused(BEGIN "\n<a>\n<b>\n</a>" END, "line 4: not well-formed XML: mismatched tag");
        assert_refused(BEGIN, "line 1: not well-formed XML: no element found");
        assert_refused(BEGIN END "\n<domain/>", "line 2: not well-formed XML: junk");
        assert_refused(BEGIN "<a b='1' b='2'/>" END, "line 1: not well-formed XML: duplicate");
        assert_refused(BEGIN "&nbsp;" END, "line 1: not well-formed XML: undefined entity");
        assert_refused(BEGIN "\xff" END, "line 1: not well-formed XML");
        assert_refused(BEGIN "<?do this?>" END, "line 1: a processing instruction, <?do ...?>");
        assert_refused("<network/>", "line 1: the outermost element is <network>, not <domain>");
        assert_refused("<domain><name>@domain@</name></domain>",
                "line 1: <domain> must declare xmlns:tileload='" TEMPLATE_NAMESPACE "'");
        assert_refused("<domain xmlns:tileload='urn:x'/>", "line 1: <domain> must declare");
        assert_refused("<domain xmlns:tileload='" TEMPLATE_NAMESPACE
                       "' tileload:guests='idle'><name>@domain@</name></domain>",
                "line 1: <domain> cannot be left out");
}

/* The domain's name is what it is found by. */
static void refuses_other_names(void **state)
{
        static const char *const names[] = {"<name>mine</name>", "<name/>", "<name>@tile@</name>",
                "<name> @domain@</name>", "<name>@domain@<a/></name>"};

        for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
                char text[256];

                snprintf(text, sizeof text, "<domain xmlns:tileload='%s'>%s</domain>",
                        TEMPLATE_NAMESPACE, names[i]);
                assert_refused(text, "line 1: <name> must be @domain@");
        }
        assert_refused("<domain xmlns:tileload='" TEMPLATE_NAMESPACE "'><title>x</title></domain>",
                "line 1: the domain has no name");
        assert_refused("<domain xmlns:tileload='" TEMPLATE_NAMESPACE
                       "'><x><name>@domain@</name></x></domain>",
                "line 1: the domain has no name");
}

static void refuses_what_can_be_there_once(void **state)
{
        assert_refused(BEGIN "\n<name>@domain@</name>" END, "line 2: a second <name>");
        assert_refused(BEGIN "<metadata/>\n<metadata/>" END, "line 2: a second <metadata>");
        /* ... for each guest. */
        assert_fills("</x><metadata tileload:guests='cpu'/><metadata tileload:guests='web1'/><x>",
                "cpu", "");
}

/* A few bytes that would become gigabytes, and files of the host in the guest's description. */
static void refuses_entities(void **state)
{
        assert_refused("<!DOCTYPE d [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;'>]>\n"
                       "<domain>&b;</domain>",
                "line 1: a document type declaration");
        assert_refused("<!DOCTYPE d [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><domain>&a;</domain>",
                "line 1: a document type declaration");
        assert_refused(
                "<!DOCTYPE domain SYSTEM 'x.dtd'><domain/>", "line 1: a document type declaration");
}

static void refuses_values_that_xml_cannot_hold(void **state)
{
        static const char *const wrong[] = {
                "\x01", "\x1b[0m", "\xff", "\xc3", "\xed\xa0\x80", "\xef\xbf\xbf"};

        for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
                struct template_value with[] = {
                        {"domain", "d"}, {"tile", "1"}, {"address", "a"}, {"append", wrong[i]}};
                struct domain_xml xml;
                struct why why = {0};

                assert_case(template_fill(&xml, BEGIN END, "t", with, ARRAY_SIZE(with), "web1",
                                    &why) == -EINVAL,
                        "case %zu", i);
                assert_string_equal(why.what, "append");
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(values_are_put_in),
                cmocka_unit_test(the_rest_is_kept),
                cmocka_unit_test(elements_are_chosen),
                cmocka_unit_test(no_traces),
                cmocka_unit_test(volumes_are_listed),
                cmocka_unit_test(the_mark_is_written),
                cmocka_unit_test(refuses_wrong_keys),
                cmocka_unit_test(refuses_wrong_markers),
                cmocka_unit_test(refuses_wrong_capacities),
                cmocka_unit_test(refuses_other_documents),
                cmocka_unit_test(refuses_other_names),
                cmocka_unit_test(refuses_what_can_be_there_once),
                cmocka_unit_test(refuses_entities),
                cmocka_unit_test(refuses_values_that_xml_cannot_hold),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
