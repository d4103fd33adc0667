/* SPDX-License-Identifier: Apache-2.0 */
/*
 * disk: asynchronous direct I/O on a file of its own, every block checked.
 *
 * A closed loop keeps --depth operations in flight: random ones of --block (reads and writes by
 * --read-share), and in between phases that stream through the file in --sequential-block pieces
 * (schedule.h). Whatever is read must be what was last written there, and acknowledged: block.h
 * says how a block proves it, map.h remembers what is expected. What a sync has made durable is
 * promised in a ledger within the file (ledger.h). On an existing file the role first reads all of
 * it, so what survived a crash is checked against the ledger before it is worked on.
 */
#include "disk.h"

#include "direct.h"
#include "macro.h"
#include "scan.h"
#include "verify.h"

#include <errno.h>

#define DEFAULT_SIZE (UINT64_C(512) << 20)

static const struct option options[] = {
        {"file", OPTION_STRING, offsetof(struct disk_config, file), "tileload-disk.dat", "PATH",
                "the file to work on; made if it is not there, kept at the end"},
        {"size", OPTION_SIZE, offsetof(struct disk_config, size), NULL, NULL,
                "size of the file, a multiple of 4K, with a header of 1 MiB or 0.2% (512M if not "
                "given)",
                .min = DISK_BLOCK_SIZE},
        {"depth", OPTION_COUNT, offsetof(struct disk_config, depth), "16", NULL,
                "operations in flight", .min = 1, .max = 1024},
        {"block", OPTION_SIZE, offsetof(struct disk_config, block), "4K", NULL,
                "size of a random operation, a multiple of 4K", .min = 4096, .max = 2 << 20},
        {"read-share", OPTION_SHARE, offsetof(struct disk_config, read_share), "70%", NULL,
                "share of reads among random operations, and among sequential phases"},
        {"random-time", OPTION_DURATION, offsetof(struct disk_config, random_ns), "4s", NULL,
                "length of a random phase (0: none)"},
        {"sequential-time", OPTION_DURATION, offsetof(struct disk_config, sequential_ns), "1s",
                NULL, "length of the sequential phase after it (0: none)"},
        {"sequential-block", OPTION_SIZE, offsetof(struct disk_config, sequential_block), "128K",
                NULL, "size of a sequential operation, a multiple of 4K", .min = 4096,
                .max = 2 << 20},
        {"sync-interval", OPTION_DURATION, offsetof(struct disk_config, sync_ns), "1s", NULL,
                "time between two fdatasync calls (0: none, and nothing new is promised)"},
        {"max-rate", OPTION_NUMBER, offsetof(struct disk_config, max_rate), "0", "PER-SECOND",
                "operations that begin each second at most (0: as many as can)", .max = 1000000},
        {"verify-only", OPTION_BOOL, offsetof(struct disk_config, verify_only), "no", NULL,
                "do not work, but check the file: is all there that was acknowledged before the "
                "last fdatasync? Changes nothing"},
        {"min-sequence", OPTION_COUNT, offsetof(struct disk_config, min_sequence), "0", NULL,
                "with --verify-only: the ledger_sequence that was last seen of the role"},
        {"findings", OPTION_COUNT, offsetof(struct disk_config, findings), "100", NULL,
                "with --verify-only: list at most so many (0: all)"},
};

static const struct counter counters[N_DISK_COUNTERS] = {
        [DISK_OPERATIONS] = {"operations", COUNTER_WORK, "operations",
                "Reads verified and writes acknowledged."},
        [DISK_READS] = {"reads", COUNTER_EVENT, "operations", "Reads verified."},
        [DISK_WRITES] = {"writes", COUNTER_EVENT, "operations", "Writes acknowledged."},
        [DISK_RANDOM] = {"random_operations", COUNTER_EVENT, "operations",
                "Operations of random phases."},
        [DISK_SEQUENTIAL] = {"sequential_operations", COUNTER_EVENT, "operations",
                "Operations of sequential phases."},
        [DISK_READ_BYTES] = {"read_bytes", COUNTER_EVENT, "bytes", "Bytes of the reads verified."},
        [DISK_WRITTEN_BYTES] = {"written_bytes", COUNTER_EVENT, "bytes",
                "Bytes of the writes acknowledged."},
        [DISK_BLOCKS_VERIFIED] = {"blocks_verified", COUNTER_EVENT, "blocks",
                "Blocks of 4 KiB that were read and were exactly what was last written."},
        [DISK_SYNCS] = {"syncs", COUNTER_EVENT, "operations", "fdatasync calls that succeeded."},
        [DISK_LEDGER_ROUNDS] = {"ledger_rounds", COUNTER_EVENT, "rounds",
                "Syncs whose acknowledged generations were made durable in the ledger."},
        [DISK_LEDGER_BYTES] = {"ledger_bytes", COUNTER_EVENT, "bytes",
                "Bytes written to the ledger."},
        [DISK_TORN_AT_START] = {"torn_at_start", COUNTER_EVENT, "blocks",
                "Blocks found torn at the start, as writes under way may leave them."},
        [DISK_READ_ERRORS] = {"read_errors", COUNTER_ERROR, "operations",
                "Reads that the system failed."},
        [DISK_WRITE_ERRORS] = {"write_errors", COUNTER_ERROR, "operations",
                "Writes that the system failed."},
        [DISK_SHORT_READS] = {"short_reads", COUNTER_ERROR, "operations",
                "Reads that brought less than asked for."},
        [DISK_SHORT_WRITES] = {"short_writes", COUNTER_ERROR, "operations",
                "Writes that took less than given."},
        [DISK_SYNC_ERRORS] = {"sync_errors", COUNTER_ERROR, "operations",
                "fdatasync calls that failed."},
        [DISK_LEDGER_ERRORS] = {"ledger_errors", COUNTER_ERROR, "operations",
                "Writes and syncs of the ledger that failed."},
        [DISK_CORRUPT_READS] = {"corrupt_reads", COUNTER_WRONG, "operations",
                "Reads with a block that was torn or damaged (its checksum differs)."},
        [DISK_FOREIGN_READS] = {"foreign_reads", COUNTER_WRONG, "operations",
                "Reads with a block of another file."},
        [DISK_MISPLACED_READS] = {"misplaced_reads", COUNTER_WRONG, "operations",
                "Reads with a block that belongs elsewhere in the file."},
        [DISK_STALE_READS] = {"stale_reads", COUNTER_WRONG, "operations",
                "Reads with a block of another generation than the one last acknowledged."},
        [DISK_FILE_BYTES] = {"file_bytes", COUNTER_GAUGE, "bytes", "Size of the file."},
        [DISK_IN_FLIGHT] = {"in_flight", COUNTER_GAUGE, "operations",
                "Reads and writes in flight."},
        [DISK_LEDGER_SEQUENCE] = {"ledger_sequence", COUNTER_GAUGE, "1",
                "The last round of the ledger that is durable, with the root that counts its "
                "pages."},
};

static const struct latency latencies[N_DISK_LATENCIES] = {
        [DISK_OPERATION] = {"operation", "One read or write, from submission to completion."},
        [DISK_READ] = {"read", "One read."},
        [DISK_WRITE] = {"write", "One write."},
        [DISK_SYNC] = {"sync", "One fdatasync."},
};

static int check_multiple(const char *option, uint64_t value, struct why *why)
{
        char text[32];

        if (value % DISK_BLOCK_SIZE == 0)
                return 0;
        snprintf(text, sizeof text, "%" PRIu64, value);
        return why_set(why, -EINVAL, option, text, "must be a multiple of 4K (4096 bytes)");
}

static uint64_t min_size(const struct disk_config *config)
{
        return disk_layout_size(disk_schedule_min_blocks((unsigned)config->depth,
                (unsigned)(config->block / DISK_BLOCK_SIZE),
                (unsigned)(config->sequential_block / DISK_BLOCK_SIZE)));
}

static int disk_check(void *config_, struct why *why)
{
        struct disk_config *config = config_;
        char text[32];
        int r;

        if (config->verify_only) /* the file has all the rest */
                return 0;
        if (config->size == 0)
                config->size = DEFAULT_SIZE;
        if (!config->file || !config->file[0])
                return why_set(why, -EINVAL, "--file", NULL, "a path is needed");
        r = check_multiple("--size", config->size, why);
        if (r == 0)
                r = check_multiple("--block", config->block, why);
        if (r == 0)
                r = check_multiple("--sequential-block", config->sequential_block, why);
        if (r < 0)
                return r;
        if (config->random_ns == 0 && config->sequential_ns == 0)
                return why_set(why, -EINVAL, "--random-time", "0",
                        "nothing to do, as --sequential-time is 0 too: set one of them");
        /* A sum of two that each fit may not. */
        if (config->random_ns > UINT64_MAX / 4 || config->sequential_ns > UINT64_MAX / 4)
                return why_set(why, -ERANGE, "--random-time", NULL, "phases are too long");
        snprintf(text, sizeof text, "%" PRIu64, config->size);
        if (config->size < min_size(config))
                return why_set(why, -EINVAL, "--size", text,
                        "too small: at this --depth and block size the file must have %" PRIu64
                        " bytes (a header, and four times what is in flight)",
                        min_size(config));
        return 0;
}

static int disk_prepare(const void *config_, const struct stop *stop, struct why *why)
{
        const struct disk_config *config = config_;

        return disk_file_prepare(config->file, config->size, stop, why);
}

static int disk_cleanup(const void *config_, const struct stop *stop, struct why *why)
{
        const struct disk_config *config = config_;

        return disk_file_remove(config->file, why);
}

static bool disk_audit_asked(const void *config_)
{
        const struct disk_config *config = config_;

        return config->verify_only;
}

static int disk_audit(const void *config_, const struct stop *stop, FILE *findings, struct why *why)
{
        const struct disk_config *config = config_;
        struct disk_verify_config verify = {
                .path = config->file,
                .size = config->size,
                .min_sequence = config->min_sequence,
                .max_lines = config->findings,
        };

        return disk_verify(&verify, stop, findings, why);
}

static int out_of_memory(struct why *why)
{
        return why_set(why, -ENOMEM, "disk", NULL,
                "out of memory: lower --depth, --sequential-block or --size");
}

/* Slot i works in the i-th piece of one buffer, each as long as the longest operation. */
static int setup_slots(struct disk *disk, const struct disk_config *config, struct why *why)
{
        size_t stride = MAX(config->block, config->sequential_block);
        unsigned depth = (unsigned)config->depth;

        disk->slots = calloc(depth, sizeof *disk->slots);
        disk->idle = calloc(depth, sizeof *disk->idle);
        disk->buffers = disk_buffer_new(depth * stride);
        if (!disk->slots || !disk->idle || !disk->buffers)
                return out_of_memory(why);
        for (unsigned i = 0; i < depth; i++) {
                disk->slots[i].buffer = (char *)disk->buffers + i * stride;
                disk->idle[i] = &disk->slots[i];
        }
        disk->n_slots = disk->n_idle = depth;
        return 0;
}

static int disk_setup(struct worker *worker, struct why *why)
{
        const struct disk_config *config = worker->config;
        struct disk *disk = calloc(1, sizeof *disk);
        uint64_t n_torn;
        int r;

        if (!disk)
                return out_of_memory(why);
        worker->state = disk;
        disk->file.fd = -1;
        r = disk_file_open(&disk->file, config->file, config->size, why);
        if (r < 0)
                return r;
        r = disk_scan(&disk->file, &disk->ledger, &disk->map, &n_torn, worker->stop, why);
        if (r == 0)
                r = setup_slots(disk, config, why);
        if (r == 0) /* and one for the ledger, one for the stop */
                r = disk_aio_init(&disk->aio, disk->n_slots + 2, why);
        if (r < 0)
                return r;
        disk->schedule.config = (struct disk_schedule_config){
                .n_blocks = disk->map.n_blocks,
                .random_blocks = (unsigned)(config->block / DISK_BLOCK_SIZE),
                .sequential_blocks = (unsigned)(config->sequential_block / DISK_BLOCK_SIZE),
                .read_share = config->read_share,
                .random_ns = config->random_ns,
                .sequential_ns = config->sequential_ns,
        };
        worker_set(worker, DISK_FILE_BYTES, config->size);
        worker_set(worker, DISK_LEDGER_SEQUENCE, disk->ledger.counted);
        worker_add(worker, DISK_TORN_AT_START, n_torn);
        return 0;
}

static void disk_teardown(struct worker *worker)
{
        struct disk *disk = worker->state;

        if (!disk)
                return;
        disk_aio_fini(&disk->aio); /* first: the kernel writes into what is freed below */
        disk_file_close(&disk->file);
        disk_ledger_fini(&disk->ledger);
        disk_map_fini(&disk->map);
        free(disk->buffers);
        free(disk->idle);
        free(disk->slots);
        free(disk);
        worker->state = NULL;
}

extern const struct workload workload_disk;
const struct workload workload_disk = {
        .name = "disk",
        .summary = "asynchronous direct disk I/O, every block checked",
        .options = options,
        .n_options = ARRAY_SIZE(options),
        .config_size = sizeof(struct disk_config),
        .counters = counters,
        .n_counters = ARRAY_SIZE(counters),
        .latencies = latencies,
        .n_latencies = ARRAY_SIZE(latencies),
        .check = disk_check,
        .prepare = disk_prepare,
        .cleanup = disk_cleanup,
        .audit_asked = disk_audit_asked,
        .audit = disk_audit,
        .setup = disk_setup,
        .teardown = disk_teardown,
        .loop = disk_loop,
};
