/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "affinity.h"
#include "macro.h"
#include "placement.h"
#include "placement_auto.h"
#include "rng.h"
#include "targets.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- files ---- */

static struct placement_file parsed(const char *text)
{
        struct placement_file file;
        struct why why = {0};

        assert_case(placement_file_parse(&file, text, "p", &why) == 0, "%s", why.reason);
        return file;
}

static void assert_rule(const struct placement_file *placement, size_t i, const char *guests,
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
        struct placement_file p = parsed("# guests nodes CPUs\n"
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
        placement_file_fini(&p);
        assert_int_equal(p.n_rules, 0);
}

static void first_match_counts(void **state)
{
        struct placement_file p = parsed("tileload-t3-* 1\n"
                                         "t*-oltp 2\n"
                                         "t3-web1 3\n"
                                         "t[12]-* 4\n"
                                         "t1-ext* 5\n"
                                         "*-external 6\n");
        static const struct {
                unsigned tile, guest;
                const char *nodes;
        } cases[] = {
                {3, GUEST_WEB1, "1"}, /* by its domain, and before line 3 */
                {4, GUEST_OLTP, "2"}, /* by its host name */
                {1, GUEST_OLTP, "2"},
                {1, GUEST_IDLE, "4"},
                {4, GUEST_IDLE, NULL},
                {33, GUEST_WEB1, NULL},
                {1, GUEST_EXTERNAL, "6"}, /* not by lines 4 and 5, which do not name it */
                {9, GUEST_EXTERNAL, "6"},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                const struct placement_rule *rule =
                        placement_file_find(&p, cases[i].tile, cases[i].guest);

                assert_case(!rule == !cases[i].nodes, "%zu", i);
                if (rule)
                        assert_string_equal(rule->nodes, cases[i].nodes);
        }
        assert_true(placement_file_has_external(&p));
        placement_file_fini(&p);
        p = parsed("t*-* 0\n* 1\n");
        assert_false(placement_file_has_external(&p));
        assert_null(placement_file_find(&p, 1, GUEST_EXTERNAL));
        placement_file_fini(&p);
}

/* A line that places nobody is easily a slip: said, by number. */
static void assert_idle(const char *text, unsigned first, unsigned last, const char *expected)
{
        struct placement p = {
                .mode = PLACEMENT_FILE,
                .path = strdup("some/file"),
                .file = parsed(text),
        };
        char *note = placement_idle_note(&p, first, last);

        assert_string_equal(note, expected);
        free(note);
        placement_fini(&p);
}

static void lines_for_nobody(void **state)
{
#define FILE_SAYS "placement file some/file: "
        struct placement none = {.mode = PLACEMENT_AUTO};
        char *note = placement_idle_note(&none, 1, 4);

        assert_string_equal(note, "");
        free(note);
        assert_idle("t*-* 0\n*-external 0\n", 1, 1, "");
        assert_idle("t1-* 0\nt2-* 0\n", 1, 2, "");
        assert_idle("# nothing\n", 1, 2, FILE_SAYS "there is no line in it");
        assert_idle("t*-olpt 0\n", 1, 1, FILE_SAYS "line 1 is for no guest of tile 1");
        assert_idle("\nweb1 0\nt1-cpu 0\nt01-cpu 0\nT1-cpu 0\n", 1, 4,
                FILE_SAYS "lines 2,4-5 are for no guest of tiles 1-4");
        assert_idle(
                "t1-* 0\nt2-* 0\nt3-* 0\n", 2, 2, FILE_SAYS "lines 1,3 are for no guest of tile 2");
        assert_idle("t*-* 0\nt*-oltp 1\n", 1, 2,
                FILE_SAYS "line 2 is only for guests that earlier lines place");
        assert_idle("t[12]-* 0\nt1-* 0\nt9-* 0\nt[23]-cpu 0\n*-cpu 1\n", 1, 3,
                FILE_SAYS "line 3 is for no guest of tiles 1-3; lines 2,5 are only for guests that "
                          "earlier lines place");
        assert_idle("*external* 0\nt1-external 1\nt* 0\n", 1, 1,
                FILE_SAYS "line 2 is only for guests that earlier lines place");
#undef FILE_SAYS
}

/* As many as one likes to read; what lies beyond the largest number is not looked at. */
static void many_lines_for_nobody(void **state)
{
        char *text, *note;
        size_t size;
        FILE *to = open_memstream(&text, &size);
        struct placement p = {.mode = PLACEMENT_FILE, .path = strdup("p")};

        for (unsigned i = 0; i < 5000; i++)
                fputs("x 0\nt1-cpu 0\n", to);
        assert_int_equal(fclose(to), 0);
        p.file = parsed(text);
        note = placement_idle_note(&p, 1, 1);
        assert_non_null(note);
        assert_ptr_equal(strstr(note, "placement file p: lines 1,3,5,"), note);
        assert_non_null(strstr(note, ",... are for no guest of tile 1; lines 4,6,"));
        assert_in_range(strlen(note), 200, 400);
        free(note);
        free(text);
        placement_fini(&p);
}

static void nothing_places_nothing(void **state)
{
        static const char *const texts[] = {"", "\n", "\n\n# nothing\n", "   "};

        for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
                struct placement_file p = parsed(texts[i]);

                assert_int_equal(p.n_rules, 0);
                assert_null(placement_file_find(&p, 1, GUEST_WEB1));
                placement_file_fini(&p);
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
                struct placement_file p = {.n_rules = 77};
                struct why why = {0};

                assert_case(placement_file_parse(&p, cases[i].text, "some/file", &why) ==
                                    cases[i].error,
                        "%s", cases[i].text);
                assert_string_equal(why.what, "placement file");
                assert_string_equal(why.value, "some/file");
                assert_case(strncmp(why.reason, cases[i].reason, strlen(cases[i].reason)) == 0,
                        "%s is not %s", why.reason, cases[i].reason);
                assert_int_equal(p.n_rules, 77); /* untouched */
                assert_int_equal(
                        placement_file_parse(&p, cases[i].text, "some/file", NULL), cases[i].error);
        }
}

/* ---- by a file ---- */

static const char three_nodes[] =
        "<capabilities>\n"
        " <host>\n"
        "  <cpu><arch>x86_64</arch><topology sockets='2'/></cpu>\n"
        "  <topology>\n"
        "   <cells num='3'>\n"
        "    <cell id='1'>\n"
        "     <cpus num='2'><cpu id='2'/><cpu id='3'/></cpus>\n"
        "    </cell>\n"
        "    <cell id='0'>\n"
        "     <memory unit='KiB'>2097152</memory>\n"
        "     <pages unit='KiB' size='4'>524288</pages>\n"
        "     <distances><sibling id='0' value='10'/><sibling id='1' value='20'/></distances>\n"
        "     <cpus num='3'>\n"
        "      <cpu id='0' socket_id='0' core_id='0' siblings='0,4'/>\n"
        "      <cpu id='1' socket_id='0' core_id='1' siblings='1'/>\n"
        "      <cpu id='4' socket_id='0' core_id='0' siblings='0,4'/>\n"
        "     </cpus>\n"
        "    </cell>\n"
        "    <cell id='5'><memory unit='KiB'>1</memory><cpus num='0'/></cell>\n"
        "    <cell id='6'><memory unit='KiB'>0</memory><cpus num='1'><cpu id='9'/></cpus></cell>\n"
        "    <cell id='7'><memory unit='GB'>4</memory><cpus/></cell>\n"
        "   </cells>\n"
        "   <cache><bank id='9' level='3' cpus='0-4'/></cache>\n"
        "  </topology>\n"
        " </host>\n"
        " <guest><cells><cpu id='77'/></cells></guest>\n"
        "</capabilities>\n";

static void capabilities_are_read(void **state)
{
        static const struct {
                unsigned id;
                const char *cpus, *cores;
                uint64_t memory;
        } expected[] = {
                {0, "0-1,4", "0-1", UINT64_C(2) << 30},
                {1, "2-3", "2-3", TOPOLOGY_MEMORY_UNKNOWN},
                {5, "", "", 1024},
                {6, "9", "9", 0},
                {7, "", "", TOPOLOGY_MEMORY_UNKNOWN},
        };
        struct topology t;

        assert_int_equal(topology_capabilities(&t, three_nodes, "u", NULL), 0);
        assert_int_equal(t.n_nodes, ARRAY_SIZE(expected));
        for (size_t i = 0; i < t.n_nodes; i++) {
                char *cpus = number_set_text(&t.nodes[i].cpus);
                char *cores = number_set_text(&t.nodes[i].cores);

                assert_int_equal(t.nodes[i].id, expected[i].id);
                assert_string_equal(cpus, expected[i].cpus);
                assert_string_equal(cores, expected[i].cores);
                assert_true(t.nodes[i].memory_bytes == expected[i].memory);
                free(cpus);
                free(cores);
        }
        assert_int_equal(t.nodes[0].n_distances, 2);
        topology_fini(&t);
}

static void capabilities_that_are_none(void **state)
{
        static const char *const texts[] = {
                "",
                "<capabilities>",
                "<c><cells><cell id='x'/></cells></c>",
                "<c><cells><cell/></cells></c>",
                "<c><cells><cell id='0'><cpus><cpu id='8192'/></cpus></cell></cells></c>",
                "<c><cells><cell id='0'><cpus><cpu/></cpus></cell></cells></c>",
                "<c><cells><cell id='0'><d><sibling id='0' value='x'/></d></cell></cells></c>",
        };
        struct topology t = {.n_nodes = 77};
        struct why why = {0};

        for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
                assert_case(topology_capabilities(&t, texts[i], "qemu:///system", &why) == -EINVAL,
                        "%s", texts[i]);
                assert_string_equal(why.value, "qemu:///system");
                assert_int_equal(t.n_nodes, 77);
        }
}

/* A placement that a file of this text would give. */
static struct placement by_file(const char *text)
{
        return (struct placement){
                .mode = PLACEMENT_FILE,
                .path = strdup("some/file"),
                .file = parsed(text),
        };
}

static int place(const char *line, const char *capabilities, struct place *ret, struct why *why)
{
        static const struct placement_guest guest = {.tile = 1, .guest = GUEST_CPU, .turn = 1};
        struct topology t;
        struct placement_host host = {.topology = &t, .name = "qemu:///system"};
        struct placement p = by_file(line);
        int r;

        assert_int_equal(topology_capabilities(&t, capabilities, "u", NULL), 0);
        r = placement_place(&p, &host, &guest, ret, why);
        topology_fini(&t);
        placement_fini(&p);
        return r;
}

static void places_by_file(void **state)
{
        static const struct {
                const char *line, *nodes, *cpus;
        } cases[] = {
                {"t1-cpu 0", "0", "0-1,4"},
                {"t1-cpu 1", "1", "2-3"},
                {"t1-cpu 0-1", "0-1", "0-4"},
                {"t1-cpu 1,0", "0-1", "0-4"},
                {"t1-cpu 1,5", "1,5", "2-3"}, /* one that has memory only, as well */
                {"t1-cpu 5,6", "5", "9"},     /* one that has CPUs only lends them */
                {"t1-cpu 1 4,1", "1", "1,4"}, /* another node's CPUs, if one wants */
                {"t1-cpu 5 0-4", "5", "0-4"},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                struct place p = {0};
                struct why why = {0};

                assert_case(place(cases[i].line, three_nodes, &p, &why) == 1, "%s", why.reason);
                assert_string_equal(p.nodes, cases[i].nodes);
                assert_string_equal(p.cpus, cases[i].cpus);
                place_fini(&p);
        }
}

static void what_cannot_be_had(void **state)
{
        static const char nothing[] = "<capabilities/>";
        static const struct {
                const char *line, *capabilities, *reason;
        } cases[] = {
                {"t1-cpu 2", three_nodes,
                        "line 1: qemu:///system has no node 2; its nodes are 0-1,5-7"},
                {"\n\nt* 0-3", three_nodes,
                        "line 3: qemu:///system has no node 2; its nodes are 0-1,5-7"},
                {"t* 5", three_nodes, "line 1: node 5 of qemu:///system: no CPUs that may be used"},
                {"t* 5,7", three_nodes, "line 1: nodes 5,7 of qemu:///system: no CPUs"},
                {"t* 6", three_nodes, "line 1: node 6 of qemu:///system: no memory that may"},
                {"t* 0 5-6", three_nodes,
                        "line 1: qemu:///system has no CPU 5, or it is offline; there are 0-4,9"},
                {"t* 0", nothing, "line 1: qemu:///system says nothing of its nodes: write CPUs"},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                struct place p = {.nodes = (char *)"untouched"};
                struct why why = {0};

                assert_case(place(cases[i].line, cases[i].capabilities, &p, &why) == -ENOENT,
                        "%s: %s", cases[i].line, why.reason);
                assert_string_equal(why.what, "placement file");
                assert_string_equal(why.value, "some/file");
                assert_case(strncmp(why.reason, cases[i].reason, strlen(cases[i].reason)) == 0,
                        "%s is not %s", why.reason, cases[i].reason);
                assert_string_equal(p.nodes, "untouched");
                assert_int_equal(place(cases[i].line, cases[i].capabilities, &p, NULL), -ENOENT);
        }
}

static void hosts_that_say_nothing(void **state)
{
        struct place p = {0};

        assert_int_equal(place("t1-cpu 3 4-5", "<capabilities/>", &p, NULL), 1);
        assert_string_equal(p.cpus, "4-5");
        place_fini(&p);
        assert_int_equal(place("t2-* 3", "<capabilities/>", &p, NULL), 0); /* not for this one */
}

/* ---- what --placement takes ---- */

static void options(void **state)
{
        static const struct {
                const char *option;
                enum placement_mode mode;
        } modes[] = {
                {NULL, PLACEMENT_NONE},
                {"auto", PLACEMENT_AUTO},
                {"spread", PLACEMENT_SPREAD},
                {"pack", PLACEMENT_PACK},
        };
        struct placement p;
        struct why why = {0};
        char fifo[64];
        int r;

        for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
                assert_int_equal(placement_init(&p, modes[i].option, &why), 0);
                assert_int_equal(p.mode, modes[i].mode);
                assert_null(p.path);
                placement_fini(&p);
        }
        assert_int_equal(placement_init(&p, "Auto", &why), -ENOENT);
        assert_string_equal(why.reason, "neither auto, spread nor pack, nor a file that is there");
        assert_int_equal(placement_init(&p, "./auto", &why), -ENOENT); /* a file */
        assert_string_equal(why.reason, "No such file or directory");
        assert_int_equal(placement_init(&p, "/", &why), -EISDIR);
        snprintf(fifo, sizeof fifo, "/tmp/tileload-placement-%d", getpid());
        assert_int_equal(mkfifo(fifo, 0600), 0);
        r = placement_init(&p, fifo, &why); /* does not wait for a writer */
        unlink(fifo);
        assert_int_equal(r, 0);
        assert_int_equal(p.file.n_rules, 0);
        placement_fini(&p);
        assert_int_equal(placement_init(&p, "/dev/null", &why), 0);
        assert_int_equal(p.mode, PLACEMENT_FILE);
        assert_int_equal(p.file.n_rules, 0);
        placement_fini(&p);
}

/* ---- auto, spread, pack ---- */

static struct topology random_topology(struct rng *rng)
{
        struct topology t = {0};
        unsigned n = 1 + (unsigned)rng_below(rng, 5), cpu = 0;

        for (unsigned i = 0; i < n; i++) {
                size_t node;

                assert_int_equal(topology_add_node(&t, i * 2, &node), 0);
                t.nodes[node].memory_bytes = rng_below(rng, 6) ? rng_below(rng, 99) << 30 : 0;
                for (uint64_t c = rng_below(rng, 20); c > 0; c--)
                        topology_add_cpu(&t, node, cpu++, NULL);
                cpu += (unsigned)rng_below(rng, 3); /* some are offline */
        }
        return t;
}

/* Within the host, and on a node with memory. Returns the node's index. */
static size_t assert_in_host(const struct topology *t, const struct place *place)
{
        struct number_set cpus, nodes;
        const struct topology_node *node;

        assert_int_equal(number_set_parse(&cpus, place->cpus), 0);
        assert_int_equal(number_set_beyond(&cpus, &t->cpus), NUMBER_SET_NONE);
        assert_int_equal(number_set_parse(&nodes, place->nodes), 0);
        assert_int_equal(number_set_count(&nodes), 1);
        node = topology_find(t, number_set_next(&nodes, 0));
        assert_non_null(node);
        assert_true(node->memory_bytes > 0);
        return (size_t)(node - t->nodes);
}

/* No node has to hold more guests than it has GiB while another one has room. */
static void assert_memory(const struct topology *t, const uint64_t *guests)
{
        uint64_t over = 0, room = 0;

        for (size_t i = 0; i < t->n_nodes; i++) {
                uint64_t fit = t->nodes[i].memory_bytes >> 30;

                over = MAX(over, guests[i] > fit ? guests[i] - fit : 0);
                room += guests[i] && guests[i] < fit ? fit - guests[i] : 0;
        }
        assert_case(!over || room < TILE_GUESTS, "%d over, room for %d", (int)over, (int)room);
}

static void always_within_the_host(void **state)
{
        struct rng rng;

        rng_init(&rng, 4, 0);
        for (unsigned round = 0; round < 300; round++) {
                enum placement_mode mode = PLACEMENT_AUTO + round % 3;
                struct topology t = random_topology(&rng);
                uint64_t guests[5] = {0};

                for (unsigned n = 1; n <= 12; n++) {
                        size_t first = 0;
                        bool whole = true;

                        for (unsigned g = 1; g <= TILE_GUESTS; g++) {
                                struct place place = {0};
                                size_t node;
                                int r = placement_auto(&place, mode, &t, n, g);

                                if (r == -ENOENT)
                                        goto next;
                                assert_int_equal(r, 0);
                                node = assert_in_host(&t, &place);
                                guests[node]++;
                                first = g == 1 ? node : first;
                                whole = whole && node == first;
                                place_fini(&place);
                        }
                        assert_memory(&t, guests);
                        if (mode != PLACEMENT_SPREAD && t.nodes[first].memory_bytes >> 30 >= 8u * n)
                                assert_true(whole);
                }
        next:
                topology_fini(&t);
        }
}

/* Nodes that are alike get alike: tiles with auto, guests with spread; pack uses as few as it can.
 */
static void evenly(void **state)
{
        struct topology t = {0};

        for (unsigned i = 0; i < 4; i++) {
                size_t node;

                assert_int_equal(topology_add_node(&t, i, &node), 0);
                t.nodes[node].memory_bytes = UINT64_C(512) << 30;
                for (unsigned c = 0; c < 16; c++)
                        topology_add_cpu(&t, node, 16 * i + c, NULL);
        }
        for (enum placement_mode mode = PLACEMENT_AUTO; mode <= PLACEMENT_PACK; mode++) {
                uint64_t guests[4] = {0}, kinds[4][TILE_GUESTS + 1] = {{0}};

                for (unsigned n = 1; n <= 32; n++) {
                        uint64_t least = UINT64_MAX, most = 0;
                        unsigned used = 0;

                        for (unsigned g = 1; g <= TILE_GUESTS; g++) {
                                struct place place;
                                size_t node;

                                assert_int_equal(placement_auto(&place, mode, &t, n, g), 0);
                                node = assert_in_host(&t, &place);
                                guests[node]++;
                                kinds[node][g]++;
                                place_fini(&place);
                        }
                        for (unsigned i = 0; i < 4; i++) {
                                least = MIN(least, guests[i]);
                                most = MAX(most, guests[i]);
                                used += guests[i] > 0;
                        }
                        if (mode == PLACEMENT_AUTO)
                                assert_in_range(most - least, 0, TILE_GUESTS);
                        else if (mode == PLACEMENT_SPREAD)
                                assert_int_equal(most, least);
                        else
                                assert_int_equal(used, MIN((n + 1) / 2, 4u));
                }
                /* Each kind of guest is as often on one node as on another. */
                for (unsigned i = 0; i < 4; i++)
                        for (unsigned g = 1; g <= TILE_GUESTS; g++)
                                assert_int_equal(kinds[i][g], 8);
        }
        topology_fini(&t);
}

static void hosts_without_nodes(void **state)
{
        static const struct placement_guest guest = {.tile = 1, .guest = 1, .turn = 1};
        struct topology t = {0};
        struct placement_host host = {.topology = &t, .name = "qemu:///system"};
        struct placement p;
        struct place at;
        struct why why = {0};
        size_t node;

        assert_int_equal(placement_init(&p, "auto", NULL), 0);
        assert_int_equal(placement_place(&p, &host, &guest, &at, &why), -ENOENT);
        assert_string_equal(why.reason,
                "qemu:///system says nothing of its nodes and CPUs: write a file with "
                "the CPUs");
        assert_int_equal(topology_add_node(&t, 0, &node), 0); /* neither CPUs nor memory */
        assert_int_equal(placement_place(&p, &host, &guest, &at, &why), -ENOENT);
        assert_string_equal(why.reason,
                "qemu:///system has no node with both CPUs and memory that may be used");
        topology_fini(&t);
        placement_fini(&p);
}

/* ---- what is recorded ---- */

static void assert_json(const struct placement *p, const char *expected)
{
        json_t *json;
        char *text;

        assert_int_equal(placement_json(p, NULL, &json, NULL), 0);
        text = json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY);
        assert_string_equal(text, expected);
        free(text);
        json_decref(json);
}

static void records(void **state)
{
        static const struct {
                unsigned tile, guest;
                const char *nodes, *cpus;
        } places[] = {
                {2, 1, "0", "1"},
                {1, 8, "0", "2"},
                {1, 1, "0", "3"},
                {2, 8, "0", "4"},
                {1, 8, "1", "5"}, /* again */
                {1, 0, "0-1", "6"},
        };
        struct placement p;

        assert_int_equal(placement_init(&p, NULL, NULL), 0);
        assert_json(&p, "null");
        assert_int_equal(placement_init(&p, "spread", NULL), 0);
        assert_json(&p, "{\"mode\":\"spread\",\"path\":null,\"memory_bound\":true,\"guests\":{}}");
        for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
                struct place at = {(char *)places[i].nodes, (char *)places[i].cpus};

                assert_int_equal(placement_record(&p, places[i].tile, places[i].guest, &at), 0);
        }
        p.memory_free = true;
        assert_json(&p, "{\"mode\":\"spread\",\"path\":null,\"memory_bound\":false,\"guests\":{"
                        "\"t1-external\":{\"nodes\":\"0-1\",\"cpus\":\"6\"},"
                        "\"t1-web1\":{\"nodes\":\"0\",\"cpus\":\"3\"},"
                        "\"t1-idle\":{\"nodes\":\"1\",\"cpus\":\"5\"},"
                        "\"t2-web1\":{\"nodes\":\"0\",\"cpus\":\"1\"},"
                        "\"t2-idle\":{\"nodes\":\"0\",\"cpus\":\"4\"}}}");
        placement_fini(&p);
        p = by_file("t* 0");
        assert_json(&p, "{\"mode\":\"file\",\"path\":\"some/file\",\"memory_bound\":true,"
                        "\"guests\":{}}");
        placement_fini(&p);
}

/* A run that goes on: what was placed before stays on record, and may not be elsewhere now. */
static void goes_on(void **state)
{
        static const struct {
                const char *before;
                int error;
                const char *guests;
        } cases[] = {
                {"null", 0, "{\"t2-cpu\":{\"nodes\":\"0\",\"cpus\":\"1\"}}"},
                {"{\"memory_bound\":true,\"guests\":{\"t1-cpu\":{\"nodes\":\"0\",\"cpus\":\"0\"}}}",
                        0,
                        "{\"t1-cpu\":{\"nodes\":\"0\",\"cpus\":\"0\"},"
                        "\"t2-cpu\":{\"nodes\":\"0\",\"cpus\":\"1\"}}"},
                {"{\"memory_bound\":true,\"guests\":{\"t2-cpu\":{\"nodes\":\"0\",\"cpus\":\"1\"}}}",
                        0, "{\"t2-cpu\":{\"nodes\":\"0\",\"cpus\":\"1\"}}"},
                {"{\"memory_bound\":true,\"guests\":{\"t2-cpu\":{\"nodes\":\"0\",\"cpus\":\"0-1\"}}"
                 "}",
                        -EXDEV, "would have t2-cpu elsewhere than in the windows"},
                {"{\"memory_bound\":false,\"guests\":{}}", -EXDEV,
                        "memory was not bound to nodes in the windows"},
        };
        struct place at = {(char *)"0", (char *)"1"};
        struct placement p;

        assert_int_equal(placement_init(&p, "auto", NULL), 0);
        assert_int_equal(placement_record(&p, 2, GUEST_CPU, &at), 0);
        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                json_t *before = json_loads(cases[i].before, JSON_DECODE_ANY, NULL), *json = NULL;
                struct why why = {0};
                char *text;

                assert_non_null(before);
                assert_int_equal(placement_json(&p, before, &json, &why), cases[i].error);
                text = json_dumps(json_object_get(json, "guests"), JSON_COMPACT);
                if (cases[i].error)
                        assert_case(
                                strncmp(why.reason, cases[i].guests, strlen(cases[i].guests)) == 0,
                                "%s", why.reason);
                else
                        assert_string_equal(text, cases[i].guests);
                free(text);
                json_decref(json);
                json_decref(before);
        }
        placement_fini(&p);
}

/* ---- the kernel ---- */

/* In a process of its own, which ends with what went wrong. */
static int enter_and_look(const struct affinity *affinity, unsigned cpu)
{
        int status;
        pid_t pid = fork();

        if (pid == 0) {
                cpu_set_t now;
                int r = affinity_enter(affinity);

                if (r < 0)
                        _exit(-r);
                if (sched_getaffinity(0, sizeof now, &now) < 0)
                        _exit(100);
                _exit(CPU_COUNT(&now) == 1 && CPU_ISSET(cpu, &now) ? 0 : 101);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status));
        return WEXITSTATUS(status);
}

static void affinity(void **state)
{
        struct topology t;
        struct affinity a;
        char cpu[16], node[16];
        struct place place = {.cpus = cpu, .nodes = node};
        unsigned last = 0;
        int r;

        assert_int_equal(topology_read(&t, "", NULL), 0);
        for (unsigned n = 0; n <= NUMBER_SET_MAX; n++)
                last = number_set_has(&t.cpus, n) ? n : last;
        snprintf(cpu, sizeof cpu, "%u", last);
        for (size_t i = 0; i < t.n_nodes; i++)
                if (t.nodes[i].memory_bytes)
                        snprintf(node, sizeof node, "%u", t.nodes[i].id);
        topology_fini(&t);

        assert_int_equal(affinity_init(&a, &place, true), 0);
        r = affinity_try_memory(&a);
        assert_true(r == 0 || r == -EPERM || r == -ENOSYS);
        a.memory = r == 0;
        assert_int_equal(enter_and_look(&a, last), 0);
        if (a.memory) { /* a node that no machine has */
                memset(a.nodes, 0, sizeof a.nodes);
                a.nodes[AFFINITY_WORDS - 1] = 1;
                assert_int_equal(affinity_try_memory(&a), -EINVAL);
                assert_int_equal(enter_and_look(&a, last), EINVAL);
        }
        memset(a.cpus, 0, sizeof a.cpus);
        assert_int_equal(enter_and_look(&a, last), EINVAL);

        strcpy(cpu, "x");
        assert_int_equal(affinity_init(&a, &place, true), -EINVAL);
        strcpy(cpu, "0");
        strcpy(node, "8192");
        assert_int_equal(affinity_init(&a, &place, true), -ERANGE);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(columns_and_separators),
                cmocka_unit_test(first_match_counts),
                cmocka_unit_test(lines_for_nobody),
                cmocka_unit_test(many_lines_for_nobody),
                cmocka_unit_test(nothing_places_nothing),
                cmocka_unit_test(refuses),
                cmocka_unit_test(capabilities_are_read),
                cmocka_unit_test(capabilities_that_are_none),
                cmocka_unit_test(places_by_file),
                cmocka_unit_test(what_cannot_be_had),
                cmocka_unit_test(hosts_that_say_nothing),
                cmocka_unit_test(options),
                cmocka_unit_test(always_within_the_host),
                cmocka_unit_test(evenly),
                cmocka_unit_test(hosts_without_nodes),
                cmocka_unit_test(records),
                cmocka_unit_test(goes_on),
                cmocka_unit_test(affinity),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
