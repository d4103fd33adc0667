/* SPDX-License-Identifier: Apache-2.0 */
#include "verify.h"

#include "direct.h"
#include "file.h"
#include "fmt.h"
#include "judge.h"
#include "macro.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>

struct range {
        uint32_t oldest, newest;
};

/* Consecutive blocks of one verdict: one line. */
struct run {
        enum disk_verdict verdict;
        uint64_t first, n; /* n 0: none */
        struct range found, promised;
        int error;
};

struct verify {
        const struct disk_verify_config *config;
        struct disk_file file;
        struct disk_ledger ledger;
        FILE *findings;
        uint64_t n_lines, n_unlisted;
        uint64_t n_blocks[N_DISK_VERDICTS];
        uint64_t n_file_faults; /* of the file and the ledger themselves */
        struct run run;
};

/* ---- lines ---- */

static void list(struct verify *v, const char *format, ...) _printf_(2, 3);
static void list(struct verify *v, const char *format, ...)
{
        va_list arguments;

        if (v->config->max_lines && v->n_lines >= v->config->max_lines) {
                v->n_unlisted++;
                return;
        }
        v->n_lines++;
        va_start(arguments, format);
        vfprintf(v->findings, format, arguments);
        va_end(arguments);
        fputc('\n', v->findings);
}

static const char *range_text(char text[static FMT_SIZE], struct range range)
{
        if (range.oldest == range.newest)
                snprintf(text, FMT_SIZE, "%" PRIu32, range.oldest);
        else
                snprintf(text, FMT_SIZE, "%" PRIu32 " to %" PRIu32, range.oldest, range.newest);
        return text;
}

static void run_detail(const struct run *run, char *text, size_t size)
{
        char found[FMT_SIZE], promised[FMT_SIZE];

        range_text(found, run->found);
        range_text(promised, run->promised);
        switch (run->verdict) {
        case DISK_LOST:
                snprintf(text, size, "generation %s where %s was acknowledged", found, promised);
                break;
        case DISK_TORN:
                snprintf(text, size,
                        "parts of several generations, none older than the %s that was "
                        "acknowledged",
                        promised);
                break;
        case DISK_UNREADABLE:
                snprintf(text, size, "%s", disk_error_text(run->error));
                break;
        default:
                snprintf(text, size, "generation %s was acknowledged", promised);
        }
}

static void list_run(struct verify *v)
{
        const struct run *run = &v->run;
        char size[FMT_SIZE], detail[160];

        if (run->n == 0)
                return;
        run_detail(run, detail, sizeof detail);
        list(v, "%s: offset %" PRIu64 ", %" PRIu64 " block%s (%s): %s",
                disk_verdict_name(run->verdict), disk_layout_block(&v->file.layout, run->first),
                run->n, run->n == 1 ? "" : "s", fmt_size(size, run->n * DISK_BLOCK_SIZE), detail);
        v->run.n = 0;
}

/* ---- blocks ---- */

static void range_add(struct range *range, uint32_t generation)
{
        if (disk_generation_older(generation, range->oldest))
                range->oldest = generation;
        if (disk_generation_older(range->newest, generation))
                range->newest = generation;
}

static int look_at_block(void *context, uint64_t block, const void *piece, int error)
{
        struct verify *v = context;
        struct run *run = &v->run;
        uint32_t promised = v->ledger.promised[block], generation;
        enum disk_verdict verdict = disk_judge(piece, v->file.id, block, promised, &generation);

        v->n_blocks[verdict]++;
        if (run->n > 0 && (verdict != run->verdict || error != run->error))
                list_run(v);
        if (verdict < DISK_FIRST_FAULT)
                return 0;
        if (run->n == 0)
                *run = (struct run){
                        .verdict = verdict,
                        .first = block,
                        .found = {generation, generation},
                        .promised = {promised, promised},
                        .error = error,
                };
        run->n++;
        range_add(&run->found, generation);
        range_add(&run->promised, promised);
        return 0;
}

/* ---- the file and its ledger ---- */

static void list_lost_pages(struct verify *v)
{
        const struct disk_layout *layout = &v->file.layout;

        for (uint64_t i = 0; i < layout->n_pages; i++) {
                uint64_t first = i * DISK_PAGE_BLOCKS,
                         end = MIN(first + DISK_PAGE_BLOCKS, layout->n_blocks);

                if (!disk_ledger_page_lost(&v->ledger, i))
                        continue;
                v->n_file_faults++;
                list(v,
                        "ledger: offsets %" PRIu64 " and %" PRIu64
                        ": neither copy of a page is readable: what was acknowledged of the blocks "
                        "at offsets %" PRIu64 " to %" PRIu64 " is not known",
                        disk_layout_page(layout, i, 0), disk_layout_page(layout, i, 1),
                        disk_layout_block(layout, first), disk_layout_block(layout, end - 1));
        }
}

static void check_ledger(struct verify *v, enum disk_ledger_fault fault)
{
        uint64_t counted = v->ledger.sequence; /* its root is there: so were all of its pages */

        list_lost_pages(v);
        if (fault == DISK_LEDGER_NO_ROOT)
                list(v,
                        "ledger: offsets %" PRIu64 " and %" PRIu64
                        ": neither root is readable: updates that were lost would not be noticed",
                        disk_layout_root(0), disk_layout_root(1));
        if (fault == DISK_LEDGER_UPDATE_LOST)
                list(v,
                        "ledger: an update of it was lost: its pages are not those that its root "
                        "(sequence %" PRIu64 ") counts",
                        v->ledger.sequence);
        v->n_file_faults += fault == DISK_LEDGER_NO_ROOT || fault == DISK_LEDGER_UPDATE_LOST;
        if (counted < v->config->min_sequence) {
                v->n_file_faults++;
                list(v, "ledger: sequence %" PRIu64 " where %" PRIu64 " was acknowledged", counted,
                        v->config->min_sequence);
        }
}

static void check_length(struct verify *v, uint64_t length)
{
        uint64_t size = v->file.layout.size;

        if (length != size) {
                v->n_file_faults++;
                list(v, "length: the file is %" PRIu64 " bytes long but was made with %" PRIu64,
                        length, size);
        }
        if (v->config->size && v->config->size != size)
                fprintf(v->findings,
                        "note: the file was made with %" PRIu64 " bytes, and --size is %" PRIu64
                        "\n",
                        size, v->config->size);
}

/* ---- the sum ---- */

static void summarize(const struct verify *v)
{
        const uint64_t *n = v->n_blocks;

        if (v->n_unlisted)
                fprintf(v->findings,
                        "%" PRIu64 " more lines are left out: --findings=0 lists all\n",
                        v->n_unlisted);
        if (n[DISK_UNPROMISED])
                fprintf(v->findings,
                        "note: %" PRIu64 " blocks hold anything, as a write of them had failed: "
                        "nothing was promised of them\n",
                        n[DISK_UNPROMISED]);
        fprintf(v->findings, "%" PRIu64 " blocks checked: %" PRIu64 " torn, %" PRIu64 " lost",
                v->file.layout.n_blocks, n[DISK_TORN], n[DISK_LOST]);
        for (unsigned i = DISK_LOST + 1; i < N_DISK_VERDICTS; i++)
                if (n[i])
                        fprintf(v->findings, ", %" PRIu64 " %s", n[i], disk_verdict_name(i));
        fprintf(v->findings,
                ", %" PRIu64 " newer than the last acknowledged sync (sequence %" PRIu64 ")\n",
                n[DISK_KEPT_NEWER], v->ledger.sequence);
}

/* "2 blocks torn, 1 lost". */
static int conclude(const struct verify *v, struct why *why)
{
        _cleanup_free_ char *text = NULL;
        size_t size;
        uint64_t n = 0;
        FILE *to = open_memstream(&text, &size);

        if (!to)
                return why_errno(why, -ENOMEM, "--file", v->file.path);
        for (unsigned i = DISK_FIRST_FAULT; i < N_DISK_VERDICTS; i++) {
                if (v->n_blocks[i] == 0)
                        continue;
                fprintf(to, "%s%" PRIu64 " %s",
                        n ? ", " : "blocks not as acknowledged: ", v->n_blocks[i],
                        disk_verdict_name(i));
                n += v->n_blocks[i];
        }
        if (n > 0 && n == v->n_blocks[DISK_TORN])
                fputs(" (and none lost: a write that was under way may leave that)", to);
        if (v->n_file_faults)
                fprintf(to, "%sthe file or its ledger is not as it was left", n ? "; " : "");
        if (fclose(to) != 0)
                return why_errno(why, -ENOMEM, "--file", v->file.path);
        if (n == 0 && v->n_file_faults == 0)
                return 0;
        why_set(why, -EBADMSG, "--file", v->file.path, "%s", text);
        return 1;
}

static int verify(struct verify *v, const struct stop *stop, uint64_t length, struct why *why)
{
        enum disk_ledger_fault fault;
        int r;

        check_length(v, length);
        r = disk_file_ledger(&v->file, &v->ledger, stop, &fault, why);
        if (r < 0)
                return r;
        check_ledger(v, fault);
        r = disk_walk(v->file.fd, v->file.layout.data_offset, v->file.layout.n_blocks,
                look_at_block, v, stop);
        if (r < 0)
                return why_errno(why, r, "--file", v->file.path);
        list_run(v);
        summarize(v);
        return conclude(v, why);
}

int disk_verify(const struct disk_verify_config *config, const struct stop *stop, FILE *findings,
        struct why *why)
{
        struct verify v = {.config = config, .findings = findings};
        uint64_t length;
        int r = disk_file_open_reading(&v.file, config->path, &length, why);

        if (r < 0)
                return r;
        r = verify(&v, stop, length, why);
        disk_ledger_fini(&v.ledger);
        disk_file_close(&v.file);
        return r;
}
