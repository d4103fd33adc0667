/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is read of a machine, and where guests go then: tests/golden/placement/NAME.tree has the
 * files of a machine, one line each (lines of one file add up), NAME.txt what comes of them. With
 * TILELOAD_GOLDEN_UPDATE=1 the latter are written anew: look at the difference.
 */
#include "unit.h"

#include "macro.h"
#include "placement.h"
#include "targets.h"
#include "textfile.h"
#include "topology.h"

#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <sched.h>
#include <string.h>
#include <sys/stat.h>

enum {
        TILES = 6,
};

/* ---- a machine of files ---- */

static char root[64];

static int make_root(void **state)
{
        strcpy(root, "/tmp/tileload-topology-XXXXXX");
        return mkdtemp(root) ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
        return remove(path);
}

static int remove_root(void **state)
{
        return nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void add_line(const char *path, const char *line)
{
        char full[PATH_MAX];
        FILE *f;

        snprintf(full, sizeof full, "%s/%s", root, path);
        for (char *p = full + strlen(root) + 1; (p = strchr(p, '/')); *p++ = '/') {
                *p = '\0';
                mkdir(full, 0777);
        }
        f = fopen(full, "ae");
        assert_non_null(f);
        fprintf(f, "%s\n", line);
        assert_int_equal(fclose(f), 0);
}

static void add_tree(const char *name)
{
        char path[PATH_MAX], *text, *rest, *line, *colon;
        struct why why = {0};

        snprintf(path, sizeof path, "%s/placement/%s.tree", getenv("TILELOAD_GOLDEN"), name);
        assert_case(textfile_load(&text, "tree", path, &why) == 0, "%s: %s", path, why.reason);
        rest = text;
        while ((line = strsep(&rest, "\n"))) {
                if (!*line || *line == '#')
                        continue;
                colon = strstr(line, ": ");
                assert_case(colon, "%s: %s", path, line);
                *colon = '\0';
                add_line(line, colon + 2);
        }
        free(text);
}

/* ---- what comes of it ---- */

static void write_topology(const struct topology *topology, FILE *to)
{
        for (size_t i = 0; i < topology->n_nodes; i++) {
                const struct topology_node *node = &topology->nodes[i];
                char *cpus = number_set_text(&node->cpus), *cores = number_set_text(&node->cores);

                fprintf(to, "node %u: CPUs %s, cores %s, ", node->id, *cpus ? cpus : "none",
                        *cores ? cores : "none");
                if (node->memory_bytes == TOPOLOGY_MEMORY_UNKNOWN)
                        fputs("memory unknown\n", to);
                else
                        fprintf(to, "memory %.1f GiB\n", (double)node->memory_bytes / (1 << 30));
                free(cpus);
                free(cores);
        }
}

/* "0 0 0 0 1 1 1 1": the nodes of a tile's guests; CPUs where they are new. */
static void write_tile(const struct placement *placement, const struct placement_host *host,
        unsigned tile, char said[][64], FILE *to)
{
        fprintf(to, "  tile %u:", tile);
        for (unsigned g = GUEST_WEB1; g <= TILE_GUESTS; g++) {
                struct placement_guest guest = {.tile = tile, .guest = g, .turn = tile};
                struct place place;
                struct why why = {0};
                unsigned node;

                assert_case(placement_place(placement, host, &guest, &place, &why) == 1, "%s",
                        why.reason);
                node = (unsigned)strtoul(place.nodes, NULL, 10);
                assert_non_null(topology_find(host->topology, node));
                fprintf(to, " %s", place.nodes);
                if (!said[node][0])
                        fprintf(to, " (CPUs %s)", place.cpus);
                else
                        assert_string_equal(said[node], place.cpus);
                snprintf(said[node], sizeof said[node], "%s", place.cpus);
                place_fini(&place);
        }
        fputc('\n', to);
}

static void write_placements(const struct topology *topology, FILE *to)
{
        const struct placement_host host = {.topology = topology, .name = "it"};

        for (unsigned mode = PLACEMENT_AUTO; mode <= PLACEMENT_PACK; mode++) {
                struct placement placement;
                char said[8][64] = {{0}}, *note;

                assert_int_equal(placement_init(&placement, placement_mode_name(mode), NULL), 0);
                note = placement_note(&placement, &host);
                fprintf(to, "%s\n", note);
                free(note);
                for (unsigned t = 1; t <= TILES; t++)
                        write_tile(&placement, &host, t, said, to);
                placement_fini(&placement);
        }
}

static void compare(const char *name, const char *text)
{
        char path[PATH_MAX], *expected;
        struct why why = {0};

        snprintf(path, sizeof path, "%s/placement/%s.txt", getenv("TILELOAD_GOLDEN"), name);
        if (getenv("TILELOAD_GOLDEN_UPDATE")) {
                FILE *f = fopen(path, "we");

                assert_true(f && fputs(text, f) != EOF && fclose(f) == 0);
        }
        assert_case(
                textfile_load(&expected, "golden", path, &why) == 0, "%s: %s", path, why.reason);
        assert_string_equal(text, expected);
        free(expected);
}

static void check_tree(const char *name)
{
        struct topology topology;
        struct why why = {0};
        char *text;
        size_t size;
        FILE *to = open_memstream(&text, &size);

        assert_int_equal(make_root(NULL), 0);
        add_tree(name);
        assert_case(topology_read(&topology, root, &why) == 0, "%s: %s %s", name, why.value,
                why.reason);
        write_topology(&topology, to);
        write_placements(&topology, to);
        assert_int_equal(fclose(to), 0);
        compare(name, text);
        free(text);
        topology_fini(&topology);
        remove_root(NULL);
}

static void machines(void **state)
{
        static const char *const names[] = {"one-node", "no-numa", "two-nodes-smt", "four-nodes",
                "offline", "memoryless", "memory-only", "cpuset", "cpuset-memory", "little-memory"};

        for (size_t i = 0; i < ARRAY_SIZE(names); i++)
                check_tree(names[i]);
}

/* ---- what is not as it should be ---- */

static void refuses(void **state)
{
        static const struct {
                const char *files[3][2];
                int error;
                const char *value, *reason;
        } cases[] = {
                {{{"proc/self/status", "x"}}, -ENOENT, "sys/devices/system/cpu/online",
                        "No such file"},
                {{{"sys/devices/system/cpu/online", "zero"}}, -EINVAL,
                        "sys/devices/system/cpu/online", "\"zero\": not numbers and ranges"},
                {{{"sys/devices/system/cpu/online", "0-8192"}}, -ERANGE,
                        "sys/devices/system/cpu/online", "\"0-8192\": not numbers"},
                {{{"sys/devices/system/cpu/online", "0-3"},
                         {"proc/self/status", "Name:\tx\nCpus_allowed_list:\t4-7"}},
                        -ENOENT, "", "none of the CPUs that are online may be used"},
                {{{"sys/devices/system/cpu/online", "0-3"},
                         {"proc/self/status", "Name:\tx\nCpus_allowed_list:\tall\n"}},
                        -EINVAL, "proc/self/status", "\"all\": not numbers and ranges"},
                {{{"sys/devices/system/cpu/online", "0-3"},
                         {"sys/devices/system/node/node0/meminfo", "MemTotal: 1 kB"}},
                        -ENOENT, "node/node0/cpulist", "No such file"},
                {{{"sys/devices/system/cpu/online", "0-3"},
                         {"sys/devices/system/node/node0/cpulist", "0-3"},
                         {"sys/devices/system/cpu/cpu2/topology/thread_siblings_list", "-2"}},
                        -EINVAL, "cpu2/topology/thread_siblings_list", "\"-2\": not numbers"},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                struct topology topology = {.n_nodes = 77};
                struct why why = {0};

                assert_int_equal(make_root(NULL), 0);
                for (size_t f = 0; f < 3 && cases[i].files[f][0]; f++)
                        add_line(cases[i].files[f][0], cases[i].files[f][1]);
                assert_case(topology_read(&topology, root, &why) == cases[i].error, "%zu: %s", i,
                        why.reason);
                assert_case(strstr(why.value, cases[i].value), "%zu: %s", i, why.value);
                assert_case(strncmp(why.reason, cases[i].reason, strlen(cases[i].reason)) == 0,
                        "%zu: %s", i, why.reason);
                assert_int_equal(topology.n_nodes, 77); /* untouched */
                assert_true(topology_read(&topology, root, NULL) < 0);
                remove_root(NULL);
        }
}

/* This machine, whatever it is: what it says is what the process may use. */
static void this_machine(void **state)
{
        struct topology topology;
        struct why why = {0};
        uint64_t memory = 0;
        cpu_set_t may;

        assert_case(topology_read(&topology, "", &why) == 0, "%s: %s", why.value, why.reason);
        assert_int_equal(sched_getaffinity(0, sizeof may, &may), 0);
        for (unsigned n = 0; n < CPU_SETSIZE; n++)
                assert_case(number_set_has(&topology.cpus, n) == !!CPU_ISSET(n, &may), "CPU %u", n);
        for (size_t i = 0; i < topology.n_nodes; i++)
                memory += topology.nodes[i].memory_bytes;
        assert_in_range(memory / 1024, 1 << 10, UINT64_MAX / 1024);
        topology_fini(&topology);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(machines),
                cmocka_unit_test(refuses),
                cmocka_unit_test(this_machine),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
