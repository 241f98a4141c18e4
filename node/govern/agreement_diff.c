/* DESIGN. Entries of a list are paired by name: one that has no pair joins or leaves, and is not told further; of a
 * pair each field is compared. At the end of a list its order is compared, since it is part of what was signed. */
#include "node/govern/agreement_words.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "node/govern/terms.h"

enum { WHERE_BYTES = 3 * SCH_NAME_BYTES + 16, ABOUT_BYTES = SCH_TERMS_LIST_BYTES + 32 };

/* The lines so far. */
typedef struct difference {
    sch_buf *out;
    size_t count;
} difference;

__attribute__((format(printf, 2, 3))) static sch_err tell(difference *d, const char *format, ...)
{
    sch_err err = SCH_NONE;
    /* Two texts of the agreement and what stands around them. */
    char line[2 * SCH_MAX_TEXT_BYTES + 512];
    va_list arguments;
    va_start(arguments, format);
    int bytes = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    SCH_TRY(sch_check(bytes >= 0 && (size_t)bytes < sizeof line, SCH_BUG, "a line of a difference is too long"));
    SCH_TRY(sch_buf_append(d->out, line, (size_t)bytes));
    SCH_TRY(sch_buf_append_text(d->out, "\n"));
    d->count++;
out:
    return err;
}

/* where: what the field belongs to, with a colon and a blank; "" for the agreement. */
static sch_err tell_text(difference *d, const char *where, const char *field, const char *before, const char *after)
{
    return strcmp(before, after) == 0 ? SCH_NONE
                                      : tell(d, "%s%s is now \"%s\" (was \"%s\")", where, field, after, before);
}

static sch_err tell_number(difference *d, const char *where, const char *field, uint32_t before, uint32_t after)
{
    return before == after ? SCH_NONE
                           : tell(d, "%s%s is now %" PRIu32 " (was %" PRIu32 ")", where, field, after, before);
}

static sch_err tell_word(difference *d, const char *where, const char *field, const char *const *words, unsigned before,
                         unsigned after)
{
    return before == after ? SCH_NONE
                           : tell(d, "%s%s is now %s (was %s)", where, field, words[after - 1], words[before - 1]);
}

static sch_err tell_key(difference *d, const char *where, const char *field,
                        const uint8_t before[static SCH_AGREEMENT_KEY_BYTES],
                        const uint8_t after[static SCH_AGREEMENT_KEY_BYTES])
{
    return memcmp(before, after, SCH_AGREEMENT_KEY_BYTES) == 0 ? SCH_NONE
                                                               : tell(d, "%s%s is another one", where, field);
}

static sch_err tell_from(difference *d, sch_time_ms before, sch_time_ms after)
{
    char old[SCH_TERMS_TIME_BYTES], new[SCH_TERMS_TIME_BYTES];
    sch_terms_moment(old, before);
    sch_terms_moment(new, after);
    return before.value == after.value ? SCH_NONE : tell(d, "the agreement is now valid from %s on (was %s)", new, old);
}

static sch_err tell_until(difference *d, const char *where, sch_time_ms before, sch_time_ms after)
{
    char old[SCH_TERMS_TIME_BYTES], new[SCH_TERMS_TIME_BYTES];
    sch_terms_last(old, before);
    sch_terms_last(new, after);
    return before.value == after.value ? SCH_NONE : tell(d, "%sis now valid until %s (was %s)", where, new, old);
}

/* ---- lists ---- */

/* A list of entries that have a name. about: what is told of one that joins; may be NULL. */
typedef struct list {
    const void *data;
    size_t count;
    const char *(*name)(const void *data, size_t index);
    void (*about)(char out[static ABOUT_BYTES], const void *data, size_t index);
} list;

static const char *party_name(const void *data, size_t index)
{
    return ((const sch_agreement_party *)data)[index].name;
}

static const char *column_name(const void *data, size_t index)
{
    return ((const sch_agreement_column *)data)[index].name;
}

static void about_party(char out[static ABOUT_BYTES], const void *data, size_t index)
{
    const sch_agreement_party *party = &((const sch_agreement_party *)data)[index];
    (void)snprintf(out, ABOUT_BYTES, " as %s", sch_terms_role[party->role - 1]);
}

static void about_column(char out[static ABOUT_BYTES], const void *data, size_t index)
{
    const sch_agreement_column *column = &((const sch_agreement_column *)data)[index];
    char uses[SCH_TERMS_LIST_BYTES];
    sch_terms_list_uses(uses, column->uses);
    (void)snprintf(out, ABOUT_BYTES, "; it may be used to %s", uses);
    if (column->uses == 0) {
        (void)snprintf(out, ABOUT_BYTES, "; it may never be used");
    }
}

static const char *analyst_name(const void *data, size_t index)
{
    return ((const sch_agreement_analyst *)data)[index].name;
}

static bool list_has(const list *l, const char *name)
{
    for (size_t i = 0; i < l->count; i++) {
        if (strcmp(l->name(l->data, i), name) == 0) {
            return true;
        }
    }
    return false;
}

/* Whether those that are in both lists stand in the same order. */
static bool same_order(const list *before, const list *after)
{
    size_t j = 0;
    for (size_t i = 0; i < before->count; i++) {
        const char *name = before->name(before->data, i);
        if (!list_has(after, name)) {
            continue;
        }
        while (!list_has(before, after->name(after->data, j))) {
            j++;
        }
        if (strcmp(name, after->name(after->data, j)) != 0) {
            return false;
        }
        j++;
    }
    return true;
}

/* Who joins, who leaves, and the order. kind: "party"; where: as above. */
static sch_err tell_list(difference *d, const char *kind, const char *kinds, const char *where, const list *before,
                         const list *after)
{
    sch_err err = SCH_NONE;
    for (size_t i = 0; i < before->count; i++) {
        const char *name = before->name(before->data, i);
        if (!list_has(after, name)) {
            SCH_TRY(tell(d, "%s%s %s leaves", where, kind, name));
        }
    }
    for (size_t i = 0; i < after->count; i++) {
        const char *name = after->name(after->data, i);
        char about[ABOUT_BYTES] = "";
        if (!list_has(before, name)) {
            if (after->about != NULL) {
                after->about(about, after->data, i);
            }
            SCH_TRY(tell(d, "%s%s %s joins%s", where, kind, name, about));
        }
    }
    if (!same_order(before, after)) {
        SCH_TRY(tell(d, "%s%s are listed in another order", where, kinds));
    }
out:
    return err;
}

/* ---- parties and analysts ---- */

static sch_err diff_party(difference *d, const sch_agreement_party *before, const sch_agreement_party *after)
{
    static const char *const approval[] = {"automatic", "by one operator", "by two operators"};
    sch_err err = SCH_NONE;
    char where[WHERE_BYTES];
    (void)snprintf(where, sizeof where, "party %s: ", after->name);
    SCH_TRY(tell_text(d, where, "organisation", before->organisation, after->organisation));
    SCH_TRY(tell_text(d, where, "OIN", before->oin, after->oin));
    SCH_TRY(tell_text(d, where, "address", before->address, after->address));
    SCH_TRY(tell_key(d, where, "identity key", before->identity, after->identity));
    SCH_TRY(tell_key(d, where, "exchange key", before->exchange, after->exchange));
    SCH_TRY(tell_key(d, where, "TLS pin", before->tls_pin, after->tls_pin));
    SCH_TRY(tell_word(d, where, "role", sch_terms_role, before->role, after->role));
    SCH_TRY(tell_word(d, where, "approval", approval, before->approval, after->approval));
    SCH_TRY(tell_number(d, where, "smallest group in persons", before->min_persons, after->min_persons));
    if (before->show_zero != after->show_zero) {
        SCH_TRY(tell(d, "%sempty cells are now %s", where, after->show_zero ? "shown" : "suppressed"));
    }
    SCH_TRY(tell_text(d, where, "processing activity", before->processing_activity, after->processing_activity));
out:
    return err;
}

static sch_err diff_parties(difference *d, const sch_agreement *before, const sch_agreement *after)
{
    sch_err err = SCH_NONE;
    const list old = {before->party, before->party_count, party_name, about_party};
    const list new = {after->party, after->party_count, party_name, about_party};
    SCH_TRY(tell_list(d, "party", "parties", "", &old, &new));
    for (size_t i = 0; i < after->party_count; i++) {
        const sch_agreement_party *party = sch_agreement_find_party(before, after->party[i].name);
        if (party != NULL) {
            SCH_TRY(diff_party(d, party, &after->party[i]));
        }
    }
out:
    return err;
}

static sch_err diff_analysts(difference *d, const sch_agreement *before, const sch_agreement *after)
{
    sch_err err = SCH_NONE;
    const list old = {before->analyst, before->analyst_count, analyst_name, NULL};
    const list new = {after->analyst, after->analyst_count, analyst_name, NULL};
    SCH_TRY(tell_list(d, "analyst", "analysts", "", &old, &new));
    for (size_t i = 0; i < after->analyst_count; i++) {
        const sch_agreement_analyst *to = &after->analyst[i];
        const sch_agreement_analyst *from = sch_agreement_find_analyst(before, to->name);
        if (from == NULL) {
            continue;
        }
        char where[WHERE_BYTES];
        (void)snprintf(where, sizeof where, "analyst %s: ", to->name);
        SCH_TRY(tell_text(d, where, "organisation", from->organisation, to->organisation));
        SCH_TRY(tell_text(d, where, "OIN", from->oin, to->oin));
        SCH_TRY(tell_key(d, where, "identity key", from->identity, to->identity));
        SCH_TRY(tell_key(d, where, "exchange key", from->exchange, to->exchange));
        SCH_TRY(tell_key(d, where, "TLS pin", from->tls_pin, to->tls_pin));
        SCH_TRY(tell_until(d, where, from->valid_until, to->valid_until));
    }
out:
    return err;
}

/* ---- data sets ---- */

static bool same_analysts(const sch_agreement_column *before, const sch_agreement_column *after)
{
    bool same = before->analyst_count == after->analyst_count;
    for (size_t i = 0; same && i < after->analyst_count; i++) {
        same = strcmp(before->analyst[i], after->analyst[i]) == 0;
    }
    return same;
}

/* By whom a column may now be used. There may be many, so the line is made piece by piece. */
static sch_err tell_analysts(difference *d, const char *where, const sch_agreement_column *column)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_buf_printf(d->out, "%smay now be used by ", where));
    SCH_TRY(sch_buf_append_text(d->out, column->analyst_count == 0 ? "all analysts" : ""));
    for (size_t i = 0; i < column->analyst_count; i++) {
        SCH_TRY(sch_buf_printf(d->out, "%s%s", i > 0 ? ", " : "", column->analyst[i]));
    }
    SCH_TRY(sch_buf_append_text(d->out, column->analyst_count == 0 ? "\n" : " only\n"));
    d->count++;
out:
    return err;
}

static sch_err diff_column(difference *d, const sch_agreement_data_set *set, const sch_agreement_column *before,
                           const sch_agreement_column *after)
{
    sch_err err = SCH_NONE;
    char where[WHERE_BYTES];
    (void)snprintf(where, sizeof where, "column %s.%s.%s: ", set->party, set->name, after->name);
    for (size_t i = 0; i < SCH_TERMS_USES; i++) {
        const sch_terms_use *use = &sch_terms_use_of[i];
        if (((before->uses ^ after->uses) & use->bit) != 0) {
            SCH_TRY(tell(d, "%smay %s be %s", where, (after->uses & use->bit) != 0 ? "now" : "no longer", use->may_be));
        }
    }
    if (!same_analysts(before, after)) {
        SCH_TRY(tell_analysts(d, where, after));
    }
out:
    return err;
}

static sch_err diff_data_set(difference *d, const sch_agreement_data_set *before, const sch_agreement_data_set *after)
{
    sch_err err = SCH_NONE;
    char where[WHERE_BYTES];
    const list old = {before->column, before->column_count, column_name, about_column};
    const list new = {after->column, after->column_count, column_name, about_column};
    (void)snprintf(where, sizeof where, "data set %s.%s: ", after->party, after->name);
    SCH_TRY(tell_list(d, "column", "columns", where, &old, &new));
    for (size_t i = 0; i < after->column_count; i++) {
        const sch_agreement_column *column = sch_agreement_find_column(before, after->column[i].name);
        if (column != NULL) {
            SCH_TRY(diff_column(d, after, column, &after->column[i]));
        }
    }
out:
    return err;
}

/* Data sets have two names, so they are compared here and not by tell_list. */
static sch_err diff_data_sets(difference *d, const sch_agreement *before, const sch_agreement *after)
{
    sch_err err = SCH_NONE;
    size_t last = 0;
    bool ordered = true;
    for (size_t i = 0; i < before->data_set_count; i++) {
        const sch_agreement_data_set *set = &before->data_set[i];
        if (sch_agreement_find_data_set(after, set->party, set->name) == NULL) {
            SCH_TRY(tell(d, "data set %s.%s leaves", set->party, set->name));
        }
    }
    for (size_t i = 0; i < after->data_set_count; i++) {
        const sch_agreement_data_set *set = &after->data_set[i];
        const sch_agreement_data_set *old = sch_agreement_find_data_set(before, set->party, set->name);
        if (old == NULL) {
            static const sch_agreement_data_set none = {{0}, {0}, NULL, 0};
            SCH_TRY(tell(d, "data set %s.%s joins", set->party, set->name));
            SCH_TRY(diff_data_set(d, &none, set));
            continue;
        }
        size_t place = (size_t)(old - before->data_set);
        ordered = ordered && place >= last;
        last = place;
        SCH_TRY(diff_data_set(d, old, set));
    }
    if (!ordered) {
        SCH_TRY(tell(d, "data sets are listed in another order"));
    }
out:
    return err;
}

/* ---- the whole ---- */

static sch_err diff_head(difference *d, const sch_agreement *before, const sch_agreement *after)
{
    sch_err err = SCH_NONE;
    SCH_TRY(tell_text(d, "", "id", before->id, after->id));
    SCH_TRY(tell_number(d, "", "version", before->version, after->version));
    SCH_TRY(tell_text(d, "", "title", before->title, after->title));
    SCH_TRY(tell_text(d, "", "purpose", before->purpose, after->purpose));
    SCH_TRY(tell_text(d, "", "legal basis", before->legal_basis, after->legal_basis));
    SCH_TRY(tell_text(d, "", "DPIA", before->dpia, after->dpia));
    SCH_TRY(tell_text(d, "", "CBS authorisation", before->authorisation, after->authorisation));
    SCH_TRY(tell_text(d, "", "CBS project", before->project, after->project));
    SCH_TRY(tell_from(d, before->valid_from, after->valid_from));
    SCH_TRY(tell_until(d, "the agreement ", before->valid_until, after->valid_until));
    SCH_TRY(tell_number(d, "", "retention of results in days", before->retention_days, after->retention_days));
    SCH_TRY(tell_number(d, "", "epoch of the linkage key", before->epoch, after->epoch));
    SCH_TRY(tell_number(d, "", "normalisation of identifiers", before->normalisation, after->normalisation));
    SCH_TRY(tell_number(d, "", "budget of requests", before->budget, after->budget));
    SCH_TRY(tell_word(d, "", "period of the budget", sch_terms_period, before->budget_period, after->budget_period));
    SCH_TRY(tell_word(d, "", "CASE in aggregates", sch_terms_case, before->case_rule, after->case_rule));
    SCH_TRY(tell_number(d, "", "most cells of a table", before->max_cells, after->max_cells));
out:
    return err;
}

sch_err sch_agreement_diff(sch_buf *out, size_t *count, const sch_agreement *before, const sch_agreement *after)
{
    sch_err err = SCH_NONE;
    difference d = {out, 0};
    SCH_TRY(diff_head(&d, before, after));
    SCH_TRY(diff_parties(&d, before, after));
    SCH_TRY(diff_data_sets(&d, before, after));
    SCH_TRY(diff_analysts(&d, before, after));
    if (d.count == 0) {
        SCH_TRY(sch_buf_append_text(out, "no difference\n"));
    }
out:
    *count = d.count;
    return err;
}
