/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cpu: keeps its virtual CPU busy with a fixed mix of small operations whose answers are known, and
 * walks a working set of a stated size while it does.
 *
 * The published mixes of operating system benchmarks draw jobs by weight in random order; so does
 * this, with operations of about one size, so that a weight is about a share of CPU time
 * (docs/cpu.md). operation.h has the list.
 */
#include "operation.h"

#include "fmt.h"
#include "guestinfo.h"
#include "workload.h"

#include <errno.h>

struct cpu_config {
        char *operations;
        uint64_t memory_bytes;
        unsigned hugepages; /* enum memory_hugepages */
        char *directory;
        bool selected[N_OPERATIONS]; /* from operations, by cpu_check() */
};

#define CONFIG(member) offsetof(struct cpu_config, member)

static const char *const hugepages[] = {
        [MEMORY_HUGEPAGES_DEFAULT] = "default",
        [MEMORY_HUGEPAGES_YES] = "yes",
        [MEMORY_HUGEPAGES_NO] = "no",
        NULL,
};

static const struct option options[] = {
        {"memory", OPTION_SIZE, CONFIG(memory_bytes), "512M", NULL,
                "working set, shared out among the threads, all of it touched and walked",
                .min = 1 << 20},
        {"hugepages", OPTION_CHOICE, CONFIG(hugepages), "default", NULL,
                "ask for huge pages for it, ask for none, or leave it to the system",
                .choices = hugepages},
        {"operations", OPTION_STRING, CONFIG(operations), "all", "LIST",
                "names of operations or families (integer, floating, memory, system), with commas"},
        {"directory", OPTION_STRING, CONFIG(directory), "/dev/shm", "DIR",
                "where files are made and unlinked: give a tmpfs, as disks are not this role's "
                "work"},
};

enum {
        COUNT_OPERATIONS,
        COUNT_ROUNDS,
        COUNT_WRONG,
        COUNT_SYSTEM_CALL_ERRORS,
        COUNT_MEMORY_BYTES,
        COUNT_WALKED_BYTES,
        COUNT_WALKED_PASSES,
        COUNT_FIRST_OPERATION,
        N_COUNTERS = COUNT_FIRST_OPERATION + N_OPERATIONS,
};

static const struct counter counters[N_COUNTERS] = {
        [COUNT_OPERATIONS] = {"operations", COUNTER_WORK, "operations",
                "Operations done and found right."},
        [COUNT_ROUNDS] = {"rounds", COUNTER_EVENT, "rounds",
                "Rounds of the mix begun and ended: every operation as often as its weight."},
        [COUNT_WRONG] = {"wrong_results", COUNTER_WRONG, "operations",
                "Operations whose answer was wrong."},
        [COUNT_SYSTEM_CALL_ERRORS] = {"system_call_errors", COUNTER_ERROR, "operations",
                "Operations in which a system call failed."},
        [COUNT_MEMORY_BYTES] = {"memory_bytes", COUNTER_GAUGE, "bytes",
                "Size of the working set, as far as it has been touched."},
        [COUNT_WALKED_BYTES] = {"walked_bytes", COUNTER_EVENT, "bytes",
                "Bytes of the working set read or written by memory operations."},
        [COUNT_WALKED_PASSES] = {"walked_passes", COUNTER_EVENT, "passes",
                "Times that a worker's whole share of the working set was walked."},
#define X(name, family, weight, summary) \
        [COUNT_FIRST_OPERATION + OPERATION_##name] = {"operations_" #name, COUNTER_EVENT, \
                "operations", "Of these, " #name ": " summary "."},
        OPERATIONS(X)
#undef X
};

static const struct latency latencies[] = {
        {"operation", "Time of one operation of the mix."},
};

/* What one worker has. */
struct cpu {
        struct workbench bench;
        struct rounds rounds;
        uint64_t walked_bytes, walked_passes; /* counted so far */
};

/* The kernel grants more memory than there is and kills whoever touches it: so look first. */
static int check_memory(const struct cpu_config *config, struct why *why)
{
        char wanted[FMT_SIZE], available[FMT_SIZE];
        struct guestinfo info;

        guestinfo_read(&info);
        if (info.memory_available_bytes == 0 || config->memory_bytes < info.memory_available_bytes)
                return 0;
        return why_set(why, -ENOMEM, "--memory", fmt_size(wanted, config->memory_bytes),
                "only %s are available on this machine",
                fmt_size(available, info.memory_available_bytes));
}

static int cpu_check(void *data, struct why *why)
{
        struct cpu_config *config = data;
        int r = operations_select(config->operations, config->selected, why);

        return r < 0 ? r : check_memory(config, why);
}

/* Touches the worker's share in its own thread, so that it comes from the memory near to it. */
static int set_up_memory(struct worker *worker, struct cpu *cpu, struct why *why)
{
        const struct cpu_config *config = worker->config;
        uint64_t share = config->memory_bytes / worker->n_workers + 1, filled = 0;
        char text[FMT_SIZE];
        int r = memory_parts_new(&cpu->bench.memory, share, config->hugepages);

        if (r == -EINVAL && config->hugepages != MEMORY_HUGEPAGES_DEFAULT)
                return why_set(why, r, "--hugepages", hugepages[config->hugepages],
                        "this kernel has no transparent huge pages: leave it at default");
        if (r < 0)
                return why_errno(why, r, "--memory", fmt_size(text, config->memory_bytes));
        while (filled < memory_parts_size(cpu->bench.memory)) {
                if (worker_stopping(worker))
                        return -ECANCELED;
                filled = memory_parts_fill(cpu->bench.memory);
                worker_set(worker, COUNT_MEMORY_BYTES, filled);
        }
        return 0;
}

static int cpu_setup(struct worker *worker, struct why *why)
{
        const struct cpu_config *config = worker->config;
        const char *directory = config->selected[OPERATION_file] ? config->directory : NULL;
        struct cpu *cpu = calloc(1, sizeof *cpu);
        int r;

        if (!cpu)
                return why_errno(why, -ENOMEM, "memory", NULL);
        worker->state = cpu;
        rounds_init(&cpu->rounds, config->selected);
        r = system_parts_new(&cpu->bench.system, directory, why);
        if (r < 0)
                return r;
        r = integer_parts_new(&cpu->bench.integer);
        if (r == 0)
                r = floating_parts_new(&cpu->bench.floating);
        if (r < 0)
                return why_errno(why, r, "memory", NULL);
        return set_up_memory(worker, cpu, why);
}

static void cpu_teardown(struct worker *worker)
{
        struct cpu *cpu = worker->state;

        if (!cpu)
                return;
        integer_parts_free(cpu->bench.integer);
        floating_parts_free(cpu->bench.floating);
        memory_parts_free(cpu->bench.memory);
        system_parts_free(cpu->bench.system);
        free(cpu);
        worker->state = NULL;
}

static void count_walked(struct worker *worker, struct cpu *cpu)
{
        uint64_t bytes, passes;

        memory_parts_walked(cpu->bench.memory, &bytes, &passes);
        worker_add(worker, COUNT_WALKED_BYTES, bytes - cpu->walked_bytes);
        worker_add(worker, COUNT_WALKED_PASSES, passes - cpu->walked_passes);
        cpu->walked_bytes = bytes;
        cpu->walked_passes = passes;
}

/* A failed operation is counted and the mix goes on: what is missing here may be there again. */
static int cpu_step(struct worker *worker, struct why *why)
{
        struct cpu *cpu = worker->state;
        enum operation_id id = rounds_draw(&cpu->rounds, &worker->rng);
        int r = operation_run(&operation_table[id], &cpu->bench);

        if (operation_table[id].family == FAMILY_MEMORY)
                count_walked(worker, cpu);
        if (rounds_at_end(&cpu->rounds))
                worker_add(worker, COUNT_ROUNDS, 1);
        if (r < 0) {
                worker_add(worker, r == -EBADMSG ? COUNT_WRONG : COUNT_SYSTEM_CALL_ERRORS, 1);
                return STEP_FAILED;
        }
        worker_add(worker, COUNT_FIRST_OPERATION + id, 1);
        return STEP_DONE;
}

extern const struct workload workload_cpu;
const struct workload workload_cpu = {
        .name = "cpu",
        .summary =
                "integer, floating-point, memory and system-call operations, every answer checked",
        .flags = WORKLOAD_PACED | WORKLOAD_THREADS,
        .options = options,
        .n_options = ARRAY_SIZE(options),
        .config_size = sizeof(struct cpu_config),
        .counters = counters,
        .n_counters = N_COUNTERS,
        .latencies = latencies,
        .n_latencies = ARRAY_SIZE(latencies),
        .check = cpu_check,
        .setup = cpu_setup,
        .teardown = cpu_teardown,
        .step = cpu_step,
};
