#include "proto/request.h"

#include <stdlib.h>
#include <string.h>

bool sch_request_same_key(const sch_request *request, uint32_t a, uint32_t b)
{
    const sch_expression *x = &request->expression[a], *y = &request->expression[b];
    if (x->op != y->op) {
        return false;
    }
    if (x->op == SCH_OP_BIN) { /* of columns */
        x = &request->expression[x->argument[0]];
        y = &request->expression[y->argument[0]];
    }
    if (x->op == SCH_OP_ORGANISATION) {
        return x->data_set == y->data_set;
    }
    return x->op == SCH_OP_COLUMN && y->op == SCH_OP_COLUMN && x->data_set == y->data_set &&
           strcmp(x->text, y->text) == 0;
}

bool sch_request_find_key(const sch_request *request, size_t *key, uint32_t expression)
{
    for (size_t i = 0; i < request->group_by_count; i++) {
        if (sch_request_same_key(request, request->group_by[i], expression)) {
            *key = i;
            return true;
        }
    }
    return false;
}

void sch_request_clear(sch_request *request)
{
    for (size_t i = 0; request->expression != NULL && i < request->expression_count; i++) {
        free(request->expression[i].argument);
        free(request->expression[i].text);
    }
    free(request->expression);
    memset(request, 0, sizeof *request);
}
