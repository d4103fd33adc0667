/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The disk role's own state, shared by its tables (disk.c) and its loop (loop.c).
 */
#pragma once

#include "aio.h"
#include "file.h"
#include "ledger.h"
#include "map.h"
#include "schedule.h"
#include "workload.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>

/* Operations move in batches of at most this many: full batches gather into convoys, and cost 10 to
 * 18 % of the I/Os per second (docs/architecture.md). */
#define DISK_BATCH 4u

struct disk_config {
        char *file;
        uint64_t size;
        uint64_t depth;
        uint64_t block;
        uint64_t sequential_block;
        double read_share;
        uint64_t random_ns, sequential_ns;
        uint64_t sync_ns;
        double max_rate; /* 0: no limit */
        bool verify_only;
        uint64_t min_sequence, findings;
};

enum disk_counter {
        DISK_OPERATIONS,
        DISK_READS,
        DISK_WRITES,
        DISK_RANDOM,
        DISK_SEQUENTIAL,
        DISK_READ_BYTES,
        DISK_WRITTEN_BYTES,
        DISK_BLOCKS_VERIFIED,
        DISK_SYNCS,
        DISK_LEDGER_ROUNDS,
        DISK_LEDGER_BYTES,
        DISK_TORN_AT_START,
        DISK_READ_ERRORS,
        DISK_WRITE_ERRORS,
        DISK_SHORT_READS,
        DISK_SHORT_WRITES,
        DISK_SYNC_ERRORS,
        DISK_LEDGER_ERRORS,
        DISK_CORRUPT_READS,
        DISK_FOREIGN_READS,
        DISK_MISPLACED_READS,
        DISK_STALE_READS,
        DISK_FILE_BYTES,
        DISK_IN_FLIGHT,
        DISK_LEDGER_SEQUENCE,
        N_DISK_COUNTERS,
};

enum disk_latency {
        DISK_OPERATION,
        DISK_READ,
        DISK_WRITE,
        DISK_SYNC,
        N_DISK_LATENCIES,
};

/* One operation in flight, or room for one. */
struct disk_slot {
        struct iocb iocb;
        struct disk_operation operation;
        void *buffer;
        uint64_t sent_ns;
};

struct disk {
        struct disk_file file;
        struct disk_map map;
        struct disk_ledger ledger;
        struct disk_schedule schedule;
        struct disk_aio aio;
        uint64_t started_ns;
        uint64_t next_ns; /* no operation begins before: --max-rate */

        struct disk_slot *slots; /* [n_slots] */
        unsigned n_slots;
        struct disk_slot **idle; /* stack of the n_idle slots without an operation */
        unsigned n_idle;
        void *buffers;

        struct iocb *batch[DISK_BATCH]; /* composed, not yet taken by the kernel */
        unsigned n_batch;

        struct iocb record; /* the ledger's operation: without data, unlike a slot's */
        bool recording;     /* it is in the batch or in flight */
        uint64_t sync_due_ns, record_sent_ns;

        struct iocb stop; /* a poll of the stop descriptor, so that it wakes the loop as well */
};

int disk_loop(struct worker *worker, struct why *why);
