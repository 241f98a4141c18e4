"""What nodes send each other depends on sizes alone: two worlds of as many rows and nothing else in common give the same messages,
step by step, at every node."""
import re

from many import world

# In the other world nobody is linked, all are in the last group, and every value is the highest. Conditions of one owner would leave
# other numbers of rows, which are no secret: there are none here.
SORTED = ("SELECT p.leeftijd, d.regeling, COUNT(*), SUM(w.huur), SUM(p.inkomen) FROM wonen w JOIN personen p USING (id) "
          "JOIN dagen d USING (id) GROUP BY p.leeftijd, d.regeling")
CROSSED = ("SELECT w.vorm, COUNT(*), SUM(CASE WHEN z.kosten > d.dagloon THEN w.huur END), "
           "COUNT(*) FILTER (WHERE p.baan > DATE '1988-01-01' OR z.kosten IS NULL) FROM wonen w JOIN zorg z USING (id) JOIN personen p USING (id) JOIN dagen d USING (id) "
           "WHERE w.plaats = p.plaats AND (w.huur < p.inkomen OR d.dagen > 150) GROUP BY w.vorm")
PERCENTILES = ("SELECT w.vorm, MEDIAN(p.inkomen), PERCENTILE_DISC(0.9) WITHIN GROUP (ORDER BY w.huur), STDDEV_SAMP(d.dagen) "
               "FROM wonen w JOIN personen p USING (id) JOIN dagen d USING (id) GROUP BY w.vorm")
UNION = ("SELECT ORGANISATION(u), p.huishouden, COUNT(*), SUM(u.bedrag), AVG(t.schuld) FROM ALL(uitkering) u "
         "JOIN personen p USING (id) LEFT JOIN studie t USING (id) GROUP BY CUBE (ORGANISATION(u), p.huishouden)")
SPELLS = ("SELECT b.sector, d.regeling, COUNT(*), SUM(b.loon), SUM(w.huur) FROM banen b JOIN wonen w USING (id) JOIN dagen d USING (id) "
          "WHERE b.loon > w.huur GROUP BY b.sector, d.regeling")


class Traffic(world.Case):
    def traffic(self, sql):
        """node -> (messages in their order by shard, bytes on the wire) of one query."""
        for name in world.NODES:
            self.world.traffic_path(name).write_text("")
        since = self.mesh.log_sizes()
        self.query(sql)
        found = {}
        for name in world.NODES:
            shards = {}
            for line in self.world.traffic_path(name).read_text().splitlines():
                shard, rest = line.split(" ", 1)
                shards.setdefault(int(shard), []).append(rest)
            if shards:
                job = self.mesh.nodes[name].jobs_done(since[name])
                found[name] = shards, [(done["sent_bytes"], done["received_bytes"], done["spine_rows"], done["data_rows"]) for done in job]
        return found

    def same(self, sql, least_nodes, least_steps):
        first = self.traffic(sql)
        self.assertGreaterEqual(len(first), least_nodes)
        steps = {line.split()[2] for shards, _ in first.values() for lines in shards.values() for line in lines}
        self.assertGreaterEqual(len(steps), least_steps)
        other = re.sub(r"(?<=FROM |JOIN )(\w+)(?= )|(?<=ALL\()(\w+)", lambda m: f"{m.group()}_b", sql).replace("ALL_b", "ALL")
        self.assertEqual(other.count("_b"), sql.count("JOIN") + 1)
        second = self.traffic(other)
        self.assertEqual(sorted(second), sorted(first))
        for name, (shards, wire) in first.items():
            self.assertEqual(sorted(second[name][0]), sorted(shards), name)
            for shard, lines in shards.items():
                self.assertEqual(second[name][0][shard], lines, f"shard {shard} at {name}")
            self.assertEqual(second[name][1], wire, name)

    def test_traffic_of_sorted_grouping_depends_on_sizes_only(self):
        self.assertIn("sorted in secret", self.query(SORTED, "--explain").stdout)
        self.same(SORTED, 3, 20)

    def test_traffic_of_conditions_between_owners_depends_on_sizes_only(self):
        self.same(CROSSED, 4, 20)

    def test_traffic_of_percentiles_depends_on_sizes_only(self):
        self.same(PERCENTILES, 3, 20)

    def test_traffic_of_a_union_depends_on_sizes_only(self):
        self.same(UNION, 5, 20)

    def test_traffic_of_spells_depends_on_sizes_only(self):
        self.assertIn("cbs (spine)", self.query(SPELLS, "--explain").stdout)
        self.same(SPELLS, 3, 20)
