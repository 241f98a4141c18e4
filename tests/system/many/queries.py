"""Queries over the data of five and six nodes, and unions, against DuckDB on the pooled files; and what a union's total hides."""
import csv
import dataclasses
import io
import re

from questions import Question, check

from many import world

SEAL_BYTES = 48  # of a sealed box (libsodium), around what proto/sealed.h describes
SHARES_HEADER_BYTES = 88

FIVE = Question(
    "wonen w JOIN zorg z USING (id) LEFT JOIN school s USING (id) JOIN personen p USING (id) JOIN dagen d USING (id)",
    ["w.vorm", "p.huishouden", "d.regeling"],
    [("COUNT(*)", None), ("SUM(z.kosten)", "z.kosten"), ("AVG(s.dagen)", "s.dagen"), ("SUM(p.inkomen - w.huur)", "p.inkomen - w.huur"),
     ("COUNT(z.kosten)", "z.kosten")])
FIVE_CONDITIONS = Question(
    "wonen w JOIN zorg z USING (id) LEFT JOIN school s USING (id) JOIN personen p USING (id) JOIN dagen d USING (id)",
    ["s.niveau", "z.vorm"], [("COUNT(*)", None), ("SUM(d.dagen)", "d.dagen"), ("STDDEV_SAMP(d.dagen)", "d.dagen")],
    where="z.kosten > p.inkomen AND w.plaats <> p.plaats")
SIX = Question(
    "wonen w JOIN zorg z USING (id) LEFT JOIN school s USING (id) JOIN personen p USING (id) JOIN dagen d USING (id) "
    "LEFT JOIN studie t USING (id)",
    ["p.huishouden", "t.richting"], [("COUNT(*)", None), ("SUM(t.schuld)", "t.schuld"), ("SUM(d.dagloon)", "d.dagloon"),
                                    ("CORR(s.dagen, d.dagen)", "s.dagen")])
SEVERAL_OF_A_NODE = Question(
    "wonen w JOIN uitkering u USING (id) JOIN personen p USING (id) JOIN banen b USING (id) JOIN dagen d USING (id)",
    ["b.sector", "d.regeling"], [("COUNT(*)", None), ("COUNT(DISTINCT w.id)", None), ("SUM(b.loon)", "b.loon")])
UNION_SOURCE = "ALL(uitkering) u JOIN personen p USING (id)"
UNION_PERSON = "u.organisatie || u.id"
TOTAL = Question(UNION_SOURCE, ["p.huishouden"], [("COUNT(*)", None), ("SUM(u.bedrag)", "u.bedrag"), ("AVG(p.inkomen)", "p.inkomen")],
                 person=UNION_PERSON)
BY_ORGANISATION = dataclasses.replace(TOTAL, keys=["ORGANISATION(u)", "p.huishouden"],
                                      values=TOTAL.values + [("COUNT(DISTINCT u.id)", None)])
UNION_OF_SIX = Question(
    "ALL(uitkering) u JOIN personen p USING (id) JOIN dagen d USING (id) LEFT JOIN studie t USING (id)",
    ["u.traject", "p.leeftijd"], [("COUNT(*)", None), ("SUM(u.bedrag)", "u.bedrag"), ("SUM(t.schuld)", "t.schuld"),
                                 ("COUNT(t.schuld)", "t.schuld")],
    where="u.begin < p.baan", person=UNION_PERSON)


class Queries(world.Case):
    def compare(self, question, least, **where):
        """Asks, compares each cell with the pooled files; returns what was printed."""
        text = self.query(question.sql(), "--format", "csv", **where).stdout
        self.check(question, text, least)
        return text

    def check(self, question, text, least):
        check(self, question, text, self.world.engine.run(question.pooled_sql()), world.MIN_PERSONS, least)

    def parties(self, question):
        told = self.query(question.sql(), "--explain").stdout
        return sorted(re.findall(r"^  (\w+) \((?:spine|data owner)", told, re.M)), told

    def test_five_nodes_equal_duckdb(self):
        owners, told = self.parties(FIVE)
        self.assertEqual(owners, sorted(["delft", "gouda", "rijswijk", "cbs", "uwv"]))
        helpers = re.findall(r"^  (\w+) helps link", told, re.M)
        self.assertEqual(len(helpers), 4)
        self.assertEqual(len(set(helpers)), 4, "a node helps twice")
        self.compare(FIVE, 80)

    def test_five_nodes_with_conditions_between_owners_equal_duckdb(self):
        self.compare(FIVE_CONDITIONS, 15)

    def test_six_nodes_equal_duckdb(self):
        self.assertEqual(self.parties(SIX)[0], sorted(world.NODES))
        self.compare(SIX, 30)
        self.assertEqual(self.jobs(), {node: 1 for node in world.NODES})

    def test_two_data_sets_of_a_node_equal_duckdb(self):
        question = dataclasses.replace(SEVERAL_OF_A_NODE, source=SEVERAL_OF_A_NODE.source.replace("uitkering u", "delft.uitkering u"))
        text = self.query(question.sql(), "--format", "csv").stdout
        self.check(dataclasses.replace(SEVERAL_OF_A_NODE, where="u.organisatie = 'delft'"), text, 20)

    def test_every_node_may_be_called(self):
        answers = {self.query(SIX.sql(), "--format", "csv", node=node).stdout for node in world.NODES}
        self.assertEqual(len(answers), 1)

    def test_union_by_organisation_equals_duckdb(self):
        self.compare(BY_ORGANISATION, 27)

    def test_union_of_six_nodes_equals_duckdb(self):
        self.compare(UNION_OF_SIX, 80)
        self.assertEqual(self.jobs(), {node: 1 for node in world.NODES})

    def test_union_total_reveals_no_member(self):
        text = self.compare(TOTAL, 9)
        request, told = self.newest(), self.query(TOTAL.sql(), "--explain").stdout
        cells, columns = (int(re.search(pattern, told).group(1)) for pattern in (r"(\d+) cells", r"(\d+) columns a cell"))
        self.assertEqual(cells, 3)
        # What is kept and sealed: one table of three cells, at two nodes.
        sealed = {}
        for name, node in self.nodes.items():
            for (data,) in node.rows("SELECT sealed FROM result WHERE id = ?", bytes.fromhex(request.replace("-", ""))):
                sealed.setdefault(name, []).append(data)
        self.assertEqual(len(sealed), 2)
        for name, found in sealed.items():
            self.assertEqual([len(data) for data in found], [SHARES_HEADER_BYTES + SEAL_BYTES + 16 * columns * cells], name)
        # And nowhere a sum or a count of one member.
        own = self.world.engine.run("SELECT u.organisatie, p.huishouden, SUM(u.bedrag)::BIGINT, SUM(p.inkomen)::BIGINT FROM uitkering u "
                                    "JOIN personen p USING (id) GROUP BY ROLLUP (u.organisatie, p.huishouden)")
        parts = {int(field) for row in own if row[0] is not None for field in row[2:]}
        self.assertGreaterEqual(len(parts), 20)
        hay = {f"log of {name}": self.logged(name).encode() for name in world.NODES}
        hay["answer"] = text.encode()
        for name, node in self.nodes.items():
            for path in node.state_folder.glob("state.db*"):
                hay[f"{path.name} of {name}"] = path.read_bytes()
        self.assertGreaterEqual(len(hay), 13)
        for part in parts:
            for form in (str(part).encode(), part.to_bytes(8, "little"), part.to_bytes(8, "big")):
                for where, data in hay.items():
                    self.assertNotIn(form, data, f"{part} of one member is in {where}")

    def test_organisation_alone_is_no_total(self):
        total, parts = (self.query(q.sql(), "--format", "csv").stdout for q in (TOTAL, BY_ORGANISATION))
        sums = {}
        for row in list(csv.reader(io.StringIO(parts)))[1:]:
            sums[row[1]] = sums.get(row[1], 0) + int(row[3])
        rows = list(csv.reader(io.StringIO(total)))[1:]
        self.assertEqual({row[0]: int(row[2]) for row in rows}, sums)
