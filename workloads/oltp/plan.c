/* SPDX-License-Identifier: Apache-2.0 */
#include "plan.h"

const char *const transaction_kind_names[] = {
        "read-write", "read-only", "write-only", "point-select", NULL};

#define ALL_READS \
        [POINT_SELECT] = 10, [SIMPLE_RANGE] = 1, [SUM_RANGE] = 1, [ORDER_RANGE] = 1, \
        [DISTINCT_RANGE] = 1
#define ALL_WRITES [INDEX_UPDATE] = 1, [NON_INDEX_UPDATE] = 1, [DELETE] = 1, [INSERT] = 1

const struct transaction_shape transaction_shapes[N_TRANSACTION_KINDS] = {
        [READ_WRITE] = {.bracketed = true, .repeat = {ALL_READS, ALL_WRITES}},
        [READ_ONLY] = {.bracketed = true, .repeat = {ALL_READS}},
        [WRITE_ONLY] = {.bracketed = true, .repeat = {ALL_WRITES}},
        [SINGLE_SELECT] = {.bracketed = false, .repeat = {[POINT_SELECT] = 1}},
};

static uint32_t draw_table(const struct plan_config *config, struct rng *rng)
{
        return 1 + (uint32_t)rng_below(rng, config->n_tables);
}

static uint32_t draw_row(const struct plan_config *config, struct rng *rng)
{
        return draw_id(config->distribution, config->n_rows, rng);
}

static void draw_range(struct operation *operation, const struct plan_config *config)
{
        uint32_t below = config->n_rows - operation->id + 1; /* rows from id to the table's end */

        operation->last_id = operation->id + config->range_size - 1;
        operation->covered = config->range_size < below ? config->range_size : below;
        /* The c of no two rows are equal (draw.h), so DISTINCT takes none away. */
        operation->answer = operation->statement == SUM_RANGE ? 1 : operation->covered;
}

/* What differs from statement to statement, id and table being drawn. */
static void complete(struct operation *operation, const struct plan_config *config, struct rng *rng)
{
        operation->covered = operation->answer = 1;
        switch (operation->statement) {
        case SIMPLE_RANGE:
        case SUM_RANGE:
        case ORDER_RANGE:
        case DISTINCT_RANGE:
                draw_range(operation, config);
                break;
        case NON_INDEX_UPDATE:
                operation->text_seed = rng_u64(rng) ^ config->text_salt;
                break;
        case INSERT:
                operation->k = draw_row(config, rng);
                operation->text_seed = rng_u64(rng) ^ config->text_salt;
                break;
        case POINT_SELECT:
        case INDEX_UPDATE:
        case DELETE:
        case N_STATEMENTS:
                break;
        }
}

void plan_draw(struct plan *plan, const struct plan_config *config, struct rng *rng)
{
        plan->shape = &transaction_shapes[config->kind];
        plan->n_operations = 0;
        for (enum statement s = 0; s < N_STATEMENTS; s++) {
                /* The table is drawn once for a run of equal statements, as sysbench does. */
                uint32_t table = plan->shape->repeat[s] > 0 ? draw_table(config, rng) : 0;

                for (unsigned i = 0; i < plan->shape->repeat[s]; i++) {
                        struct operation *o = &plan->operations[plan->n_operations++];

                        *o = (struct operation){.statement = s, .table = table};
                        if (s == INSERT) { /* puts back what the DELETE before it took */
                                o->table = o[-1].table;
                                o->id = o[-1].id;
                        } else {
                                o->id = draw_row(config, rng);
                        }
                        complete(o, config, rng);
                }
        }
}
