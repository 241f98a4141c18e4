#include "node/store/seam.h"

void sch_seam_reached(const char *place)
{
    (void)place;
}

bool sch_seam_agrees(void)
{
    return false;
}

const sch_link *sch_seam_link(const sch_link *link, uint32_t shard)
{
    (void)shard;
    return link;
}
