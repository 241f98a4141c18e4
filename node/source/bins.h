/* bins.h - the key `bins` of a schema's columns: a list of edges, or a width. */
#ifndef SCH_NODE_SOURCE_BINS_H
#define SCH_NODE_SOURCE_BINS_H

#include "crypto/base/err.h"
#include "node/base/yaml.h"
#include "proto/catalog.h"

/* Gives each column of a schema's text its bins, which sch_yaml_load has taken but for the values of `bins`. Column
 * number i of the data set is the list's entry i, with its role, decimals and bounds; it owns the bins. A column that
 * lacks bounds gets none. Whether bins cover the bounds is left to sch_data_set_check. Errors: SCH_BAD_INPUT with the
 * line, the key and what is expected, SCH_NO_MEMORY. */
sch_err sch_bins_load(sch_data_set *data_set, const sch_yaml *yaml, sch_detail *detail);

#endif
