/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "macro.h"
#include "placement.h"

#include <errno.h>
#include <string.h>

static struct placement parsed(const char *text)
{
        struct placement placement;
        struct why why = {0};

        assert_case(placement_parse(&placement, text, "p", &why) == 0, "%s", why.reason);
        return placement;
}

static void assert_rule(const struct placement *placement, size_t i, const char *guests,
        const char *nodes, const char *cpus, unsigned line)
{
        const struct placement_rule *rule = &placement->rules[i];

        assert_true(i < placement->n_rules);
        assert_string_equal(rule->guests, guests);
        assert_string_equal(rule->nodes, nodes);
        if (cpus)
                assert_string_equal(rule->cpus, cpus);
        else
                assert_null(rule->cpus);
        assert_int_equal(rule->line, line);
}

static void columns_and_separators(void **state)
{
        struct placement p = parsed("# guests nodes CPUs\n"
                                    "\n"
                                    "t*-oltp 1\n"
                                    "  t1-cpu\t0-1,3   4-7,9  # behind\r\n"
                                    "t2-cpu:1\n"
                                    "t3-cpu , 0,1 : 5\n"
                                    "t4-cpu: 1: 6\n"
                                    "   \t\n"
                                    "#t5-cpu 7\n"
                                    "t[1,3:9]-web? 0\n"
                                    "t[!] ]-x 1\n"
                                    "t\\,1 1\n"
                                    "last 8191 8191");

        assert_int_equal(p.n_rules, 9);
        assert_rule(&p, 0, "t*-oltp", "1", NULL, 3);
        assert_rule(&p, 1, "t1-cpu", "0-1,3", "4-7,9", 4);
        assert_rule(&p, 2, "t2-cpu", "1", NULL, 5);
        assert_rule(&p, 3, "t3-cpu", "0,1", "5", 6);
        assert_rule(&p, 4, "t4-cpu", "1", "6", 7);
        assert_rule(&p, 5, "t[1,3:9]-web?", "0", NULL, 10);
        assert_rule(&p, 6, "t[!] ]-x", "1", NULL, 11);
        assert_rule(&p, 7, "t\\,1", "1", NULL, 12);
        assert_rule(&p, 8, "last", "8191", "8191", 13);
        placement_fini(&p);
        assert_int_equal(p.n_rules, 0);
}

static void first_match_counts(void **state)
{
        struct placement p = parsed("tileload-t3-* 1\n"
                                    "t*-oltp 2\n"
                                    "t3-web1 3\n"
                                    "t[12]-* 4\n");
        static const struct {
                const char *domain, *host, *nodes;
        } cases[] = {
                {"tileload-t3-web1", "t3-web1", "1"}, /* by its domain, and before line 3 */
                {"tileload-t4-oltp", "t4-oltp", "2"}, /* by its host name */
                {"tileload-t1-oltp", "t1-oltp", "2"},
                {"tileload-t1-idle", "t1-idle", "4"},
                {"tileload-t4-idle", "t4-idle", NULL},
                {"tileload-t33-web1", "t33-web1", NULL},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                const struct placement_rule *rule =
                        placement_find(&p, cases[i].domain, cases[i].host);

                assert_case(!rule == !cases[i].nodes, "%s", cases[i].host);
                if (rule)
                        assert_string_equal(rule->nodes, cases[i].nodes);
        }
        placement_fini(&p);
}

static void nothing_places_nothing(void **state)
{
        static const char *const texts[] = {"", "\n", "\n\n# nothing\n", "   "};

        for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
                struct placement p = parsed(texts[i]);

                assert_int_equal(p.n_rules, 0);
                assert_null(placement_find(&p, "tileload-t1-web1", "t1-web1"));
                placement_fini(&p);
        }
}

static void refuses(void **state)
{
        static const struct {
                const char *text;
                int error;
                const char *reason;
        } cases[] = {
                {"t1-cpu\n", -EINVAL, "line 1: \"t1-cpu\" has no nodes"},
                {"\n\nt1-cpu # 1\n", -EINVAL, "line 3: \"t1-cpu\" has no nodes"},
                {"t1-cpu:\n", -EINVAL, "line 1: \"t1-cpu\" has no nodes"},
                {": 1\n", -EINVAL, "line 1: no guests"},
                {"# fine\nt* 0\nt1-cpu one\n", -EINVAL, "line 3: \"one\" are no NUMA nodes"},
                {"t1-cpu 1-0\n", -EINVAL, "line 1: \"1-0\" are no NUMA nodes"},
                {"t1-cpu 0 x\n", -EINVAL, "line 1: \"x\" are no CPUs"},
                {"t1-cpu 0 1 2\n", -EINVAL, "line 1: \"2\" is too much"},
                {"t1-cpu 0, 1\n", -EINVAL, "line 1: \"0,\" are no NUMA nodes"},
                {"t1-cpu::1\n", -EINVAL, "line 1: \"\" are no NUMA nodes"},
                {"t[1-cpu 0\n", -EINVAL, "line 1: a [ is opened and not closed"},
                {"t[] 0\n", -EINVAL, "line 1: a [ is opened and not closed"},
                {"t1-cpu 9999\n", -ERANGE, "line 1: \"9999\": NUMA nodes are numbered"},
                {"t1-cpu 0 8192\n", -ERANGE, "line 1: \"8192\": CPUs are numbered"},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                struct placement p = {.n_rules = 77};
                struct why why = {0};

                assert_case(placement_parse(&p, cases[i].text, "some/file", &why) == cases[i].error,
                        "%s", cases[i].text);
                assert_string_equal(why.what, "placement file");
                assert_string_equal(why.value, "some/file");
                assert_case(strncmp(why.reason, cases[i].reason, strlen(cases[i].reason)) == 0,
                        "%s is not %s", why.reason, cases[i].reason);
                assert_int_equal(p.n_rules, 77); /* untouched */
                assert_int_equal(
                        placement_parse(&p, cases[i].text, "some/file", NULL), cases[i].error);
        }
}

/* ---- CPUs of nodes ---- */

static const char two_nodes[] =
        "<capabilities>\n"
        " <host>\n"
        "  <cpu><arch>x86_64</arch><topology sockets='2'/></cpu>\n"
        "  <topology>\n"
        "   <cells num='3'>\n"
        "    <cell id='0'>\n"
        "     <memory unit='KiB'>1</memory>\n"
        "     <distances><sibling id='0' value='10'/><sibling id='1' value='20'/></distances>\n"
        "     <cpus num='3'>\n"
        "      <cpu id='0' socket_id='0' core_id='0' siblings='0,4'/>\n"
        "      <cpu id='1' socket_id='0' core_id='1' siblings='1'/>\n"
        "      <cpu id='4' socket_id='0' core_id='0' siblings='0,4'/>\n"
        "     </cpus>\n"
        "    </cell>\n"
        "    <cell id='1'>\n"
        "     <cpus num='2'><cpu id='2'/><cpu id='3'/></cpus>\n"
        "    </cell>\n"
        "    <cell id='5'><memory unit='KiB'>1</memory><cpus num='0'/></cell>\n"
        "   </cells>\n"
        "   <cache><bank id='9' level='3' cpus='0-4'/></cache>\n"
        "  </topology>\n"
        " </host>\n"
        " <guest><cells><cpu id='77'/></cells></guest>\n"
        "</capabilities>\n";

static void cpus_of_nodes(void **state)
{
        static const struct {
                const char *nodes, *cpus;
        } cases[] = {
                {"0", "0-1,4"}, {"1", "2-3"}, {"0-1", "0-4"}, {"1,0", "0-4"},
                {"1,5", "2-3"}, /* one that has memory only, as well */
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                char *cpus = NULL;
                struct why why = {0};

                assert_case(placement_cpus(&cpus, cases[i].nodes, two_nodes, "u", &why) == 0, "%s",
                        why.reason);
                assert_string_equal(cpus, cases[i].cpus);
                free(cpus);
        }
}

static void nodes_that_cannot_be_had(void **state)
{
        static const struct {
                const char *nodes, *capabilities;
                int error;
                const char *reason;
        } cases[] = {
                {"2", two_nodes, -ENOENT, "qemu:///system has no node 2; its nodes are 0-1,5"},
                {"0-3", two_nodes, -ENOENT, "qemu:///system has no node 2; its nodes are 0-1,5"},
                {"5", two_nodes, -ENOENT, "they have no CPUs on qemu:///system"},
                {"0", "<capabilities/>", -ENOENT, "qemu:///system says nothing of its nodes"},
                {"0", "<capabilities>", -EINVAL, "not understood"},
                {"0", "", -EINVAL, "not understood"},
                {"0", "<c><cells><cell id='x'/></cells></c>", -EINVAL, "not understood"},
                {"0", "<c><cells><cell/></cells></c>", -EINVAL, "not understood"},
                {"0", "<c><cells><cell id='0'><cpus><cpu id='8192'/></cpus></cell></cells></c>",
                        -EINVAL, "not understood"},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                char *cpus = NULL;
                struct why why = {0};

                assert_case(placement_cpus(&cpus, cases[i].nodes, cases[i].capabilities,
                                    "qemu:///system", &why) == cases[i].error,
                        "%s: %s", cases[i].capabilities, why.reason);
                assert_case(strncmp(why.reason, cases[i].reason, strlen(cases[i].reason)) == 0,
                        "%s is not %s", why.reason, cases[i].reason);
                assert_null(cpus);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(columns_and_separators),
                cmocka_unit_test(first_match_counts),
                cmocka_unit_test(nothing_places_nothing),
                cmocka_unit_test(refuses),
                cmocka_unit_test(cpus_of_nodes),
                cmocka_unit_test(nodes_that_cannot_be_had),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
