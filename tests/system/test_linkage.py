#!/usr/bin/env python3
"""The report of linkage: of the sample's files in the clear against DuckDB, and of real nodes under a threshold against numbers that
were chosen by hand.

    test_linkage.py --build BUILD [unittest's own arguments]"""
import collections
import csv
import io
import json
import pathlib
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "scripts" / "lib"), str(ROOT / "tests" / "system")]
import backends  # noqa: E402
import mesh as meshes  # noqa: E402
import sample  # noqa: E402
import sample_tables  # noqa: E402
import schemas  # noqa: E402

BUILD = ROOT / "build"
RESIDENTS = 6_000
MIN_PERSONS = 10

# ---- in the clear ----

# keys, GROUP BY, the first data set, the others, WHERE
Question = collections.namedtuple("Question", "keys group_by first others where")
ALL_JOINS = ["JOIN", "LEFT JOIN"]
QUESTIONS = [
    Question([], "", "leidschendam.bijstand b", ["banen c"], ""),
    Question(["b.traject"], "b.traject", "leidschendam.bijstand b", ["zelfstandigen z", "jeugdhulp j", "banen c"], ""),
    Question(["b.buurt", "b.traject"], "b.buurt, b.traject", "leidschendam.bijstand b", ["personen p", "jeugdhulp j"],
             "b.instroomjaar >= 2022 AND b.uitkering > 500"),
    Question(["b.traject", "b.instroomjaar"], "ROLLUP (b.traject, b.instroomjaar)", "leidschendam.bijstand b",
             ["zelfstandigen z", "leidschendam.schuldhulp s"], ""),
    Question(["p.huishouden", "p.werkt"], "CUBE (p.huishouden, p.werkt)", "personen p",
             ["leidschendam.bijstand b", "jeugdhulp j", "zelfstandigen z"], "p.huishouden IS NOT NULL AND p.werkt IS NOT NULL"),
    Question(["s.fase"], "s.fase", "leidschendam.schuldhulp s", ["leidschendam.bijstand b", "banen c", "wassenaar.bijstand w"], ""),
    Question(["c.jaar", "c.sector"], "c.jaar, c.sector", "banen c", ["zelfstandigen z", "leidschendam.bijstand b", "personen p"],
             "c.uren > 200 OR c.loon IS NULL"),
    Question(["j.zorgvorm"], "j.zorgvorm", "jeugdhulp j", ["leidschendam.bijstand b", "banen c"], "j.jaar <> 2023"),
    Question(["BIN(p.inkomen)"], "BIN(p.inkomen)", "personen p", ["leidschendam.bijstand b"], ""),
    Question(["ORGANISATION(b)", "b.traject"], "ORGANISATION(b), b.traject", "ALL(bijstand) b", ["banen c", "jeugdhulp j"], ""),
]


def schakel_sql(question):
    outputs = ", ".join([f"{key} AS k{i}" for i, key in enumerate(question.keys)] + ["LINKAGE()"])
    joins = " ".join(f"{ALL_JOINS[i % 2]} {other} USING (bsn)" for i, other in enumerate(question.others))
    where = f" WHERE {question.where}" if question.where else ""
    group = f" GROUP BY {question.group_by}" if question.group_by else ""
    return f"SELECT {outputs} FROM {question.first} {joins}{where}{group}"


def duckdb_sql(question):
    """Without any join: who is in the first data set, and which of them are in another."""
    alias = question.first.split()[-1]
    counts = [f"count(DISTINCT {alias}.bsn)"] + [
        f"count(DISTINCT CASE WHEN {alias}.bsn IN (SELECT bsn FROM {other.split()[0]}) THEN {alias}.bsn END)"
        for other in question.others]
    where = f" WHERE {question.where}" if question.where else ""
    group = f" GROUP BY {question.group_by}" if question.group_by else ""
    return sample_tables.to_duckdb(f"SELECT {', '.join(question.keys + counts)} FROM {question.first}{where}{group}")


def is_told(linked, persons, min_persons, show_zero):
    """Enough are linked, and enough are not, or none where that may be known."""
    unlinked = persons - linked
    return min_persons <= 1 or linked >= min_persons and (unlinked >= min_persons or unlinked == 0 and show_zero)


class Clear(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = meshes.make_folder()
        cls.addClassCleanup(meshes.remove_folder, folder)
        cls.programs = meshes.Programs(BUILD)
        paths = sample.make(folder, RESIDENTS)
        cls.schemas = {node: found for node, found in sample.schemas(paths).items() if found}
        cls.engine = sample_tables.open_engine(cls.programs.duckdb_sql, paths)
        cls.addClassCleanup(cls.engine.close)

    def ask(self, clear, sql):
        reply = clear.ask(sql)
        self.assertEqual(reply.kind, "ok", f"{sql}: {reply.text}")
        return list(csv.reader(io.StringIO(reply.text)))

    def check_question(self, clear, question, *rules):
        """The values that are told, and how many are not."""
        width, told, dark, min_persons = len(question.keys), 0, 0, rules[0]
        header, *rows = self.ask(clear, schakel_sql(question))
        aliases = [other.split()[-1] for other in question.others]
        self.assertEqual(header, [f"k{i}" for i in range(width)] + ["persons"]
                         + [f"{alias}_{what}" for alias in aliases for what in ("linked", "share")] + ["suppressed"])
        margins = "(" in question.group_by.replace("BIN(", "").replace("ORGANISATION(", "")
        cells = {tuple(field or "" for field in row[:width]): [int(field) for field in row[width:]]
                 for row in self.engine.run(duckdb_sql(question))}
        for *fields, why in rows:
            key = tuple(fields[:width])
            persons, *linked = cells.pop(key, [0])
            self.assertTrue(persons > 0 or not rules[1], key)
            if fields[width] == "":
                self.assertTrue(persons < min_persons or margins and "" in key, (key, persons))
                self.assertEqual(set(fields[width:]), {""})
                continue
            self.assertEqual(int(fields[width]), persons)
            for alias, count, n, share in zip(aliases, linked, fields[width + 1::2], fields[width + 2::2]):
                self.assertEqual(n == "", share == "", key)
                if n == "":
                    dark += 1
                    self.assertTrue(why)
                    self.assertTrue(not is_told(count, persons, *rules) or margins, (key, alias, count, persons))
                    continue
                told += 1
                self.assertTrue(is_told(count, persons, *rules), (key, alias, count, persons))
                self.assertEqual(int(n), count, (key, alias))
                self.assertEqual(float(share), count / persons, (key, alias))
        self.assertEqual(cells, {}, "rows that are not printed")
        return told, dark

    def check_all(self, *rules):
        clear = backends.Clear(self.programs, self.schemas, *rules)
        self.addCleanup(clear.close)
        told = dark = 0
        for question in QUESTIONS:
            with self.subTest(schakel_sql(question)):
                a, b = self.check_question(clear, question, *rules)
                told, dark = told + a, dark + b
        return told, dark

    def test_reports_without_a_threshold_equal_duckdb(self):
        told, dark = self.check_all(1, True)
        self.assertGreater(told, 300)
        self.assertEqual(dark, 0)

    def test_reports_with_a_threshold_tell_what_may_be_told(self):
        told, dark = self.check_all(MIN_PERSONS, True)
        self.assertGreater(told, 100)
        self.assertGreater(dark, 30)

    def test_reports_where_zeros_are_hidden_do_not_tell_that_all_link(self):
        told, dark = self.check_all(MIN_PERSONS, False)
        self.assertGreater(told, 30)
        self.assertGreater(dark, 30)


# ---- on real nodes ----

# wijk -> persons, and how many of them are in werk (cbs), in hulp (partner), in schuld (of the municipality itself)
WIJKEN = {
    "a": (40, 25, 40, 12),
    "b": (40, 35, 30, 40),  # too few are not in werk
    "c": (40, 4, 20, 0),    # too few are in werk, none in schuld
    "d": (40, 0, 15, 20),
    "e": (6, 6, 6, 6),      # too few persons
}
LETTERS = list("abcdef")
CODES = {"name": "wijk", "role": "dimension", "type": "text", "codes": LETTERS, "required": True}
JAAR = {"name": "jaar", "role": "dimension", "type": "integer", "minimum": 2024, "maximum": 2025, "required": True}
FROM = "FROM gemeente.mensen m JOIN werk w USING (id) JOIN hulp h USING (id) JOIN schuld s USING (id)"


class Nodes(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.folder = meshes.make_folder()
        cls.addClassCleanup(meshes.remove_folder, cls.folder)
        cls.schemas = {"gemeente": [], "stad": [], "cbs": [], "partner": []}
        people = [(f"{wijk}{i}", wijk) for wijk, counts in WIJKEN.items() for i in range(counts[0])]
        def members(column):
            return [f"{wijk}{i}" for wijk, counts in WIJKEN.items() for i in range(counts[column])]
        cls.add("gemeente", "mensen", people, [CODES])
        cls.add("stad", "mensen", [(f"{'x' if i < 30 else 'a'}{i}", "ab"[i % 2]) for i in range(60)], [CODES])
        cls.add("cbs", "werk", [(i, year) for i in members(1) + [f"x{k}" for k in range(20)] for year in ("2024", "2025")], [JAAR],
                many=True)
        cls.add("partner", "hulp", [(i, "2024") for i in members(2) + ["elders1"]], [JAAR])
        cls.add("gemeente", "schuld", [(i, "2025") for i in members(3)], [JAAR])
        cls.mesh = meshes.Mesh(cls.folder / "mesh", meshes.Programs(BUILD), cls.schemas, min_persons=MIN_PERSONS, zero_cells="show",
                               approvals={"cbs": "operator"})
        cls.mesh.start()

    @classmethod
    def tearDownClass(cls):
        complaints = cls.mesh.stop()
        assert not complaints, complaints

    @classmethod
    def add(cls, node, name, rows, columns, many=False):
        path = cls.folder / f"{node}_{name}.csv"
        path.write_text("".join(";".join(row) + "\n" for row in [("id", columns[0]["name"]), *rows]))
        schema = cls.folder / f"{node}_{name}.yaml"
        meshes.write_yaml(schema, schemas.schema(name, path, columns, many, "id", "text"))
        cls.schemas[node].append(schema)

    def ask(self, *words, form="csv"):
        """Asks, lets the operator of cbs approve, and fetches the result in a form."""
        request = self.mesh.query(*words, "--no-wait").stdout.strip()
        shown = meshes.until(lambda: self.find_pending(request), 20, "the request does not come")
        self.mesh.nodes["cbs"].ctl("approve", request, "--yes")
        self.mesh.schakel("wait", request)
        return shown, self.mesh.schakel("result", request, "--format", form).stdout

    def find_pending(self, request):
        done = self.mesh.nodes["cbs"].ctl("requests", "show", request, check=False)
        return done.stdout if done.returncode == 0 else None

    def refused(self, *words):
        done = self.mesh.query(*words, check=False)
        self.assertNotEqual(done.returncode, 0, done.stdout)
        self.assertEqual(done.stdout, "")
        return done.stderr

    def test_report_tells_who_links_and_the_threshold_hides_few(self):
        shown, text = self.ask(f"SELECT m.wijk, LINKAGE() {FROM} GROUP BY m.wijk")
        self.assertIn("LINKAGE()", shown)  # what operators approve
        rows = {row[0]: row[1:-1] for row in csv.reader(io.StringIO(text))}
        self.assertEqual(rows, {
            "wijk": ["persons", "w_linked", "w_share", "h_linked", "h_share", "s_linked", "s_share"],
            "a": ["40", "25", "0.625", "40", "1", "12", "0.3"],
            "b": ["40", "", "", "30", "0.75", "40", "1"],
            "c": ["40", "", "", "20", "0.5", "", ""],
            "d": ["40", "", "", "15", "0.375", "20", "0.5"],
            "e": ["", "", "", "", "", "", ""],
        })

    def test_option_asks_the_same_in_each_format(self):
        sql = f"SELECT m.wijk {FROM} WHERE m.wijk IN ('a', 'd') GROUP BY ROLLUP (m.wijk)"
        _, table = self.ask("--linkage", sql, form="table")
        self.assertRegex(table, r"(?m)^a +40 +25 +0\.625 ")
        self.assertRegex(table, r"(?m)^d +40 +\. +\. ")
        self.assertRegex(table, r"(?m)^\(all\) +80 +\. +\. +55 +0\.6875 +32 +0\.4$")
        _, text = self.ask("--linkage", sql, form="json-stat")
        cube = json.loads(text)
        metrics = cube["dimension"][cube["role"]["metric"][0]]["category"]["index"]
        self.assertEqual(list(metrics), ["persons", "w_linked", "w_share", "h_linked", "h_share", "s_linked", "s_share"])
        self.assertIn(0.6875, cube["value"])

    def test_report_of_several_rows_counts_each_person_once(self):
        """werk has two rows a person."""
        _, text = self.ask("--linkage", "SELECT w.jaar FROM werk w JOIN gemeente.mensen m USING (id) GROUP BY w.jaar")
        self.assertEqual(text.splitlines()[:3], ["jaar,persons,m_linked,m_share,suppressed", "2024,90,70,0.7777777777777778,",
                                                "2025,90,70,0.7777777777777778,"])
        self.assertIn("may have several rows in w", self.refused(
            "--linkage", "SELECT w.jaar FROM werk w JOIN gemeente.mensen m USING (id) GROUP BY ROLLUP (w.jaar)"))

    def test_report_of_a_union_is_about_each_organisation(self):
        """Of stad's 60 persons x0 to x19 have work; a30 to a39, whom gemeente has too, are in hulp."""
        union = "FROM ALL(mensen) m JOIN werk w USING (id) JOIN hulp h USING (id)"
        _, text = self.ask("--linkage", f"SELECT ORGANISATION(m) AS wie {union} GROUP BY ORGANISATION(m)")
        self.assertEqual(text.splitlines(), [
            "wie,persons,w_linked,w_share,h_linked,h_share,suppressed",
            "gemeente,166,70,0.42168674698795183,111,0.6686746987951807,",
            "stad,60,20,0.3333333333333333,10,0.16666666666666666,"])
        self.assertIn("group by ORGANISATION(m) in every grouping set", self.refused("--linkage", f"SELECT m.wijk {union} GROUP BY m.wijk"))

    def test_explain_says_what_would_be_seen(self):
        text = self.mesh.query("--explain", "--linkage", f"SELECT m.wijk {FROM} GROUP BY m.wijk").stdout
        self.assertIn("gemeente (spine)", text)
        self.assertIn("werk (r0, w in the query, left joined)", text)
        self.assertRegex(text, r"What they would see\n  SELECT m\.wijk,\n +LINKAGE\(\)")

    def test_what_it_cannot_be_asked_of_is_refused_with_a_sentence(self):
        self.assertIn("LINKAGE() takes conditions on m alone", self.refused("--linkage", f"SELECT {FROM} WHERE w.jaar = 2025"))
        self.assertIn("LINKAGE() groups by columns of m alone", self.refused("--linkage", f"SELECT w.jaar {FROM} GROUP BY w.jaar"))
        self.assertIn("LINKAGE() stands beside keys", self.refused("--linkage", f"SELECT COUNT(*) {FROM}"))
        self.assertIn("do not go together", self.refused("--linkage", "--chi-square", f"SELECT {FROM}"))


if __name__ == "__main__":
    if "--build" in sys.argv:
        at = sys.argv.index("--build")
        BUILD = pathlib.Path(sys.argv[at + 1])
        del sys.argv[at:at + 2]
    unittest.main()
