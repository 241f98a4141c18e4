/* The row program (computation.md step 6).
 *
 *   level           of a column 0; of a step the highest of its registers', and one more where parties have to talk for
 *                   it
 *
 *   each level      TIMES of all its products with one factor that the spine knows,
 *                   MULTIPLY of all its other products,
 *                   LESS of all its comparisons, x < 0 as x < t with t = 0,
 *                   then what each holder makes of these alone, in the order of the steps
 *
 * The registers of one run lie one behind the other; a run of only one takes them as they are. */
#include "crypto/stats/row_program.h"

#include <string.h>

#include "crypto/stats/player.h"

enum { PRODUCT_PIECE_WORDS = 1 << 18, LESS_PIECE_CELLS = 1 << 17 };

typedef enum step_kind { STEP_LEFT_OUT, STEP_LOCAL, STEP_TIMES, STEP_MULTIPLY, STEP_LESS } step_kind;

/* What all three parties know beforehand. */
typedef struct program {
    const sch_table_shape *shape;
    size_t rows;
    size_t first; /* the register of step 0 */
    uint16_t deepest;
    uint16_t level[SCH_MAX_REGISTERS];
    bool known[SCH_MAX_REGISTERS];    /* to the spine */
    uint16_t uses[SCH_MAX_REGISTERS]; /* that are still to come */
    step_kind kind[SCH_MAX_ROW_STEPS];
} program;

/* Of steps that count, and of the table. */
static void count_uses(uint16_t uses[static SCH_MAX_REGISTERS], const sch_table_shape *shape)
{
    size_t first = sch_table_register(shape, shape->data_owners);
    memset(uses, 0, SCH_MAX_REGISTERS * sizeof *uses);
    for (size_t j = 0; j < shape->columns; j++) {
        uses[shape->column[j]]++;
    }
    for (size_t s = shape->steps; s-- > 0;) {
        if (uses[first + s] > 0) {
            uses[shape->step[s].a]++;
            uses[shape->step[s].b]++;
        }
    }
}

void sch_row_program_needs(bool needed[static SCH_MAX_REGISTERS], const sch_table_shape *shape)
{
    uint16_t uses[SCH_MAX_REGISTERS];
    count_uses(uses, shape);
    for (size_t r = 0; r < SCH_MAX_REGISTERS; r++) {
        needed[r] = uses[r] > 0;
    }
}

static step_kind kind_of(const program *p, const sch_row_step *step)
{
    if (step->op == SCH_ROW_LINEAR || (p->known[step->a] && p->known[step->b])) {
        return STEP_LOCAL;
    }
    if (step->op == SCH_ROW_NEGATIVE) {
        return STEP_LESS;
    }
    return p->known[step->a] || p->known[step->b] ? STEP_TIMES : STEP_MULTIPLY;
}

static void init_program(program *p, const sch_table_shape *shape, size_t rows)
{
    *p = (program){.shape = shape, .rows = rows, .first = sch_table_register(shape, shape->data_owners)};
    for (size_t r = 0; r < shape->spine_columns; r++) {
        p->known[r] = true;
    }
    count_uses(p->uses, shape);
    for (size_t s = 0; s < shape->steps; s++) {
        const sch_row_step *step = &shape->step[s];
        size_t r = p->first + s;
        p->kind[s] = p->uses[r] == 0 ? STEP_LEFT_OUT : kind_of(p, step);
        p->known[r] = p->known[step->a] && p->known[step->b];
        uint16_t level = p->level[step->a] > p->level[step->b] ? p->level[step->a] : p->level[step->b];
        p->level[r] = (uint16_t)(level + (p->kind[s] > STEP_LOCAL));
        if (p->kind[s] != STEP_LEFT_OUT && p->level[r] > p->deepest) {
            p->deepest = p->level[r];
        }
    }
}

void sch_registers_clear(sch_registers *registers)
{
    for (size_t r = 0; r < SCH_MAX_REGISTERS; r++) {
        sch_ring_clear(&registers->reg[r]);
    }
}

/* ---- what a holder does alone ---- */

/* The share of a register, or NULL where it is 0 because the other holder knows the value. */
static const uint64_t *share_of(const sch_registers *registers, size_t r)
{
    return registers->reg[r].word;
}

/* out = factor_a a + factor_b b + constant; one: this holder's share of 1. */
static void combine(uint64_t *out, const program *p, const sch_row_step *step, const sch_registers *registers,
                    uint64_t one)
{
    const uint64_t *a = share_of(registers, step->a);
    const uint64_t *b = share_of(registers, step->b);
    uint64_t factor_a = (uint64_t)step->factor_a;
    uint64_t factor_b = (uint64_t)step->factor_b;
    uint64_t constant = (uint64_t)step->constant * one;
    for (size_t i = 0; i < p->rows; i++) {
        out[i] = constant;
    }
    for (size_t i = 0; a != NULL && i < p->rows; i++) {
        out[i] += factor_a * a[i];
    }
    for (size_t i = 0; b != NULL && i < p->rows; i++) {
        out[i] += factor_b * b[i];
    }
}

/* A register was used once; after the last time it goes. */
static void release(program *p, sch_registers *registers, size_t r)
{
    p->uses[r]--;
    if (p->uses[r] == 0 && registers != NULL) {
        sch_ring_clear(&registers->reg[r]);
    }
}

static void release_inputs(program *p, sch_registers *registers, size_t s)
{
    release(p, registers, p->shape->step[s].a);
    release(p, registers, p->shape->step[s].b);
}

static sch_err run_local(const sch_player *player, program *p, sch_registers *registers, size_t s)
{
    sch_err err = SCH_NONE;
    const sch_row_step *step = &p->shape->step[s];
    sch_ring *out = registers == NULL ? NULL : &registers->reg[p->first + s];
    bool is_here = out != NULL && (player->part == SCH_PLAYS_A || !p->known[p->first + s]);
    if (is_here) {
        SCH_TRY(sch_ring_init(out, p->rows, 1));
        if (step->op == SCH_ROW_PRODUCT) {
            const uint64_t *a = share_of(registers, step->a);
            const uint64_t *b = share_of(registers, step->b);
            for (size_t i = 0; i < p->rows; i++) {
                out->word[i] = a[i] * b[i];
            }
        } else {
            combine(out->word, p, step, registers, sch_player_one(player));
        }
        for (size_t i = 0; step->op == SCH_ROW_NEGATIVE && i < p->rows; i++) {
            out->word[i] >>= 63;
        }
    }
    release_inputs(p, registers, s);
out:
    return err;
}

/* ---- what takes a run ---- */

/* The words of one run at a holder. */
typedef struct operands {
    sch_ring x, y, out; /* one register behind the other; empty where registers serve as they are */
} operands;

static void clear_operands(operands *o)
{
    sch_ring_clear(&o->x);
    sch_ring_clear(&o->y);
    sch_ring_clear(&o->out);
}

/* The factors of a product: x is the one that the spine knows, where it knows one. */
static void factors_of(const program *p, size_t s, size_t *x, size_t *y)
{
    const sch_row_step *step = &p->shape->step[s];
    bool swap = p->known[step->b];
    *x = swap ? step->b : step->a;
    *y = swap ? step->a : step->b;
}

static sch_err gather(uint64_t *words, const sch_ring *reg, size_t rows)
{
    if (reg->count == rows && rows > 0) {
        memcpy(words, reg->word, rows * sizeof *words);
    }
    return sch_check(reg->count == rows, SCH_BUG, "a register is not there");
}

static sch_err multiply(sch_player *player, program *p, sch_registers *registers, const size_t *s, size_t count)
{
    sch_err err = SCH_NONE;
    bool known = p->kind[s[0]] == STEP_TIMES;
    size_t words = count * p->rows;
    size_t x = 0;
    size_t y = 0;
    operands o = {0};
    uint64_t *z = NULL;
    const uint64_t *x_words = NULL;
    const uint64_t *y_words = NULL;
    if (registers != NULL && count == 1) {
        factors_of(p, s[0], &x, &y);
        sch_ring *out = &registers->reg[p->first + s[0]];
        SCH_TRY(sch_ring_init(out, p->rows, 1));
        z = out->word;
        x_words = share_of(registers, x);
        y_words = share_of(registers, y);
    } else if (registers != NULL) {
        SCH_TRY(sch_ring_init(&o.x, count, p->rows));
        SCH_TRY(sch_ring_init(&o.y, count, p->rows));
        for (size_t k = 0; k < count; k++) {
            factors_of(p, s[k], &x, &y);
            if (!known || player->part == SCH_PLAYS_A) {
                SCH_TRY(gather(o.x.word + k * p->rows, &registers->reg[x], p->rows));
            }
            SCH_TRY(gather(o.y.word + k * p->rows, &registers->reg[y], p->rows));
        }
        z = o.y.word;
        x_words = o.x.word;
        y_words = o.y.word;
    }
    SCH_TRY(known ? sch_player_times(player, z, x_words, y_words, words)
                  : sch_player_multiply(player, z, x_words, y_words, words));
    for (size_t k = 0; registers != NULL && count > 1 && k < count; k++) {
        sch_ring *out = &registers->reg[p->first + s[k]];
        SCH_TRY(sch_ring_init(out, p->rows, 1));
        memcpy(out->word, o.y.word + k * p->rows, sch_ring_bytes(out));
    }
out:
    clear_operands(&o);
    return err;
}

static sch_err compare(sch_player *player, program *p, sch_registers *registers, const size_t *s, size_t count)
{
    sch_err err = SCH_NONE;
    operands o = {0}; /* x: what is compared; y: t */
    if (registers != NULL) {
        SCH_TRY(sch_ring_init(&o.x, count, p->rows));
        SCH_TRY(sch_ring_init(&o.out, count, p->rows));
        for (size_t k = 0; k < count; k++) {
            combine(o.x.word + k * p->rows, p, &p->shape->step[s[k]], registers, sch_player_one(player));
        }
    }
    if (player->part == SCH_PLAYS_A) {
        SCH_TRY(sch_ring_init_zero(&o.y, count, p->rows));
    }
    SCH_TRY(sch_player_less(player, o.out.word, o.x.word, o.y.word, count * p->rows));
    for (size_t k = 0; registers != NULL && k < count; k++) {
        sch_ring *out = &registers->reg[p->first + s[k]];
        SCH_TRY(sch_ring_init(out, p->rows, 1));
        memcpy(out->word, o.out.word + k * p->rows, sch_ring_bytes(out));
    }
out:
    clear_operands(&o);
    return err;
}

/* All steps of one kind on one level, as many to a run as a piece has room for. */
static sch_err run_kind(sch_player *player, program *p, sch_registers *registers, uint16_t level, step_kind kind)
{
    sch_err err = SCH_NONE;
    size_t chosen[SCH_MAX_ROW_STEPS];
    size_t piece = kind == STEP_LESS ? LESS_PIECE_CELLS : PRODUCT_PIECE_WORDS;
    size_t room = p->rows == 0 ? SCH_MAX_ROW_STEPS : piece / p->rows > 0 ? piece / p->rows : 1;
    for (size_t s = 0; s < p->shape->steps;) {
        size_t count = 0;
        for (; s < p->shape->steps && count < room; s++) {
            if (p->kind[s] == kind && p->level[p->first + s] == level) {
                chosen[count++] = s;
            }
        }
        if (count > 0 && p->rows > 0) {
            SCH_TRY(kind == STEP_LESS ? compare(player, p, registers, chosen, count)
                                      : multiply(player, p, registers, chosen, count));
        }
        for (size_t k = 0; k < count; k++) {
            release_inputs(p, registers, chosen[k]);
        }
    }
out:
    return err;
}

static sch_err run_program(sch_player *player, program *p, sch_registers *registers)
{
    sch_err err = SCH_NONE;
    for (uint16_t level = 0; level <= p->deepest; level++) {
        SCH_TRY(run_kind(player, p, registers, level, STEP_TIMES));
        SCH_TRY(run_kind(player, p, registers, level, STEP_MULTIPLY));
        SCH_TRY(run_kind(player, p, registers, level, STEP_LESS));
        for (size_t s = 0; s < p->shape->steps; s++) {
            if (p->kind[s] == STEP_LOCAL && p->level[p->first + s] == level) {
                SCH_TRY(run_local(player, p, registers, s));
            }
        }
    }
out:
    return err;
}

sch_err sch_row_program_run(const sch_run *run, uint16_t *next, const sch_table_shape *shape, size_t rows,
                            sch_registers *registers)
{
    sch_err err = SCH_NONE;
    sch_player player;
    program p;
    SCH_TRY(sch_player_init(&player, run));
    init_program(&p, shape, rows);
    SCH_TRY(run_program(&player, &p, registers));
    *next = (uint16_t)player.step;
out:
    return err;
}

uint64_t sch_row_program_bytes(const sch_table_shape *shape, uint64_t rows)
{
    sch_player player = {.part = SCH_PLAYS_NONE};
    program p;
    init_program(&p, shape, (size_t)rows);
    /* A player that counts can only run out of numbers, and then no run would come so far either. */
    return sch_failed(run_program(&player, &p, NULL)) ? 0 : player.bytes;
}
