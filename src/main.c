/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which personality is this? By the program's own name, else the first argument, else the kernel
 * command line. The one place that prints why something failed.
 */
#include "cmdline.h"
#include "command_table.h"
#include "failed.h"
#include "launch.h"
#include "memo.h"
#include "parse.h"
#include "run_role.h"
#include "say.h"
#include "table.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

/* Neither a role nor the host's: guests' units start it. */
static const struct command command_failed = {
        .name = FAILED_NAME,
        .summary = FAILED_SUMMARY,
        .run = failed_run,
        .help = failed_help,
};

struct personality {
        const struct workload *role;
        const struct command *command;
};

static bool found(struct personality p)
{
        return p.role || p.command;
}

static struct personality find(const char *name)
{
        struct personality p = {.role = workload_find(name)};

        for (const struct command *const *c = command_table; !p.role && *c; c++)
                if (strcmp((*c)->name, name) == 0)
                        p.command = *c;
        if (!found(p) && strcmp(name, command_failed.name) == 0)
                p.command = &command_failed;
        return p;
}

/* tileload-ROLE and ROLE. */
static struct personality find_by_program(const char *argv0)
{
        static const char prefix[] = "tileload-";
        const char *slash = strrchr(argv0, '/'), *name = slash ? slash + 1 : argv0;

        if (strncmp(name, prefix, sizeof prefix - 1) == 0)
                name += sizeof prefix - 1;
        return (struct personality){.role = workload_find(name)};
}

static const char *nearest(const char *name)
{
        unsigned best = UINT32_MAX, distance;
        const char *near = "";

        for (const struct workload *const *w = workload_table; *w; w++)
                if ((distance = parse_distance(name, (*w)->name)) < best) {
                        best = distance;
                        near = (*w)->name;
                }
        for (const struct command *const *c = command_table; *c; c++)
                if ((distance = parse_distance(name, (*c)->name)) < best) {
                        best = distance;
                        near = (*c)->name;
                }
        return near;
}

static void print_one(FILE *to, const char *name, const char *summary, const char *unavailable)
{
        fprintf(to, "  %-12s %s", name, summary);
        if (unavailable)
                fprintf(to, " (cannot run here: %s)", unavailable);
        fputc('\n', to);
}

static void print_list(FILE *to)
{
        fputs("Guest roles:\n", to);
        for (const struct workload *const *w = workload_table; *w; w++)
                print_one(to, (*w)->name, (*w)->summary, (*w)->unavailable);
        fputs("\nFor a guest's units:\n", to);
        print_one(to, command_failed.name, command_failed.summary, NULL);
        fputs("\nHost commands:\n", to);
        for (const struct command *const *c = command_table; *c; c++)
                print_one(to, (*c)->name, (*c)->summary, command_unavailable(*c));
        fputs("\nWhere guests run (run --launch):\n", to);
        for (const struct launcher_ops *const *l = launcher_table; *l; l++)
                print_one(to, (*l)->name, (*l)->summary, launcher_unavailable(*l));
}

static void print_help(FILE *to)
{
        fputs("Usage: tileload PERSONALITY [OPTIONS]\n"
              "       tileload PERSONALITY --help\n"
              "       tileload --list | --help | --version\n\n"
              "How many tiles of eight guests does this host carry before users notice?\n"
              "`tileload run` starts one tile on this machine and measures it.\n\n"
              "Without PERSONALITY the guest's role is taken from tileload.role= on the kernel\n"
              "command line; a link named tileload-ROLE or ROLE is that role.\n\n",
                to);
        print_list(to);
}

static bool has_argument(int argc, char *argv[], const char *argument)
{
        for (int i = 1; i < argc; i++)
                if (strcmp(argv[i], argument) == 0)
                        return true;
        return false;
}

static bool asked_for_help(int argc, char *argv[])
{
        return has_argument(argc, argv, "--help") || has_argument(argc, argv, "-h");
}

static int print_version(void)
{
        puts("tileload " TILELOAD_VERSION);
        return EXIT_DONE;
}

/* argv[0] is the personality's name or the program's. */
static int start(struct personality p, const struct cmdline *cmdline, int argc, char *argv[],
        struct why *why)
{
        bool help = asked_for_help(argc, argv);

        if (has_argument(argc, argv, "--version"))
                return print_version();
        if (p.role && help)
                return run_role_help(p.role, stdout), EXIT_DONE;
        if (p.role)
                return run_role(p.role, cmdline, argc, argv, why);
        if (p.command->unavailable) {
                why_set(why, -ENOSYS, p.command->name, NULL, "%s", p.command->unavailable);
                return EXIT_UNSUPPORTED;
        }
        if (help)
                return p.command->help(stdout), EXIT_DONE;
        return p.command->run(argc, argv, why);
}

/* Nobody says which personality: what is the most likely slip? */
static void complain_unnamed(const struct cmdline *cmdline, const char *first, struct why *why)
{
        const char *slip = NULL;

        for (size_t i = 0; i < cmdline->n_entries && !slip; i++)
                if (parse_distance(cmdline->entries[i].key, "role") <= 1) /* 2: tile, file, rate */
                        slip = cmdline->entries[i].key;
        if (slip) {
                char what[64];

                snprintf(what, sizeof what, CMDLINE_PREFIX "%.40s", slip);
                why_set(why, -ENOENT, what, NULL,
                        "unknown: the nearest valid one is " CMDLINE_PREFIX "role");
        } else if (*first) {
                why_set(why, -EINVAL, first, NULL,
                        "unknown here: no role or command is named before it (see tileload "
                        "--list), nor is tileload.role= on the kernel command line");
        } else {
                why_set(why, -EINVAL, "personality", NULL,
                        "none given: name one (see tileload --list), or set tileload.role= on the "
                        "kernel command line");
        }
}

/* The program's own options, and roles that only the kernel command line names. */
static int start_unnamed(const struct cmdline *cmdline, int argc, char *argv[], struct why *why)
{
        const char *first = argc > 1 ? argv[1] : "", *name = cmdline_get(cmdline, "role");
        struct personality p;

        if (strcmp(first, "--list") == 0)
                return print_list(stdout), EXIT_DONE;
        if (strcmp(first, "--version") == 0)
                return print_version();
        if (!name && asked_for_help(argc, argv))
                return print_help(stdout), EXIT_DONE;
        if (!name) {
                complain_unnamed(cmdline, first, why);
                return EXIT_USAGE;
        }
        p.role = workload_find(name);
        p.command = NULL;
        if (!found(p)) {
                if (find(name).command)
                        why_set(why, -ENOENT, CMDLINE_PREFIX "role", name,
                                "not a guest's role (see tileload --list)");
                else
                        why_set(why, -ENOENT, CMDLINE_PREFIX "role", name,
                                "no such role: the nearest is %s (see tileload --list)",
                                nearest(name));
                return EXIT_USAGE;
        }
        return start(p, cmdline, argc, argv, why);
}

static int choose(const struct cmdline *cmdline, int argc, char *argv[], struct why *why)
{
        struct personality p = find_by_program(argc > 0 ? argv[0] : "");

        if (found(p))
                return start(p, cmdline, argc, argv, why);
        if (argc < 2 || argv[1][0] == '-')
                return start_unnamed(cmdline, argc, argv, why);
        p = find(argv[1]);
        if (found(p))
                return start(p, cmdline, argc - 1, argv + 1, why);
        why_set(why, -ENOENT, "personality", argv[1],
                "no such role or command: the nearest is %s (see tileload --list)",
                nearest(argv[1]));
        return EXIT_USAGE;
}

/* Started without standard streams, their numbers would go to the next files opened, and our words
 * into those. */
static void fill_standard_streams(void)
{
        int fd;

        do
                fd = open("/dev/null", O_RDWR);
        while (fd >= 0 && fd <= STDERR_FILENO);
        if (fd >= 0)
                close(fd);
}

/* It reads the kernel command line by itself, as far as that can be read. */
static bool tells_of_failure(int argc, char *argv[])
{
        return argc > 1 && strcmp(argv[1], command_failed.name) == 0;
}

/* The one line, also kept for who answers in place of a role that has failed. */
static void complain(const struct why *why)
{
        char line[1024];

        why_format(why, line, sizeof line);
        for (char *c = line; *c; c++)
                if (iscntrl((unsigned char)*c))
                        *c = '?';
        memo_reason(line);
        say(SAY_ERROR, line);
}

int main(int argc, char *argv[])
{
        struct cmdline cmdline = {0};
        struct why why = {0};
        int status;

        fill_standard_streams();
        if (cmdline_read(&cmdline, &why) < 0 && !tells_of_failure(argc, argv))
                status = EXIT_USAGE;
        else
                status = choose(&cmdline, argc, argv, &why);
        cmdline_fini(&cmdline);
        if (status == EXIT_DONE && (fflush(stdout) != 0 || ferror(stdout))) {
                why_set(&why, -EIO, "standard output", NULL, "cannot be written");
                status = EXIT_FAILED;
        }
        if (status != EXIT_DONE)
                complain(&why);
        if (run_role_hangs())
                _exit(status); /* both streams are flushed by now */
        return status;
}
