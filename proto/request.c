#include "proto/request.h"

#include <stdlib.h>
#include <string.h>

void sch_request_clear(sch_request *request)
{
    for (size_t i = 0; request->expression != NULL && i < request->expression_count; i++) {
        free(request->expression[i].argument);
        free(request->expression[i].text);
    }
    free(request->expression);
    memset(request, 0, sizeof *request);
}
