#!/usr/bin/env python3
"""The cookbook (docs/cookbook.md): each question is asked of real nodes over the sample's files. What is printed has to be what the page
shows, to the letter, and what DuckDB says over the pooled files.

    test_cookbook.py --build BUILD [unittest's own arguments]
    test_cookbook.py --build BUILD --write          puts what is printed into the page, when all of it equals DuckDB's"""
import math
import pathlib
import sys
import unittest
from fractions import Fraction

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "scripts" / "lib"), str(ROOT / "tests" / "system")]
import cookbook  # noqa: E402
import mesh as meshes  # noqa: E402
import sample  # noqa: E402
import sample_agreement  # noqa: E402
import sample_tables  # noqa: E402

PAGE = ROOT / "docs" / "cookbook.md"
BUILD = ROOT / "build"
WRITE = False
MIN_PERSONS = 10
# Questions about single records: the most that a person may have, times which the threshold counts.
ROWS_A_PERSON = {"Jobs that pay more than the benefit did": 12, "Youth care that began after the benefit": 3}


class World:
    def __init__(self):
        self.folder = meshes.make_folder()
        self.programs = meshes.Programs(BUILD)
        paths = sample.make(self.folder)
        self.engine = sample_tables.open_engine(self.programs.duckdb_sql, paths)
        self.mesh = meshes.Mesh(self.folder, self.programs, sample.schemas(paths), min_persons=MIN_PERSONS, zero_cells="show",
                                agreement=sample_agreement.change)
        self.mesh.start()

    def close(self):
        complaints = self.mesh.stop()
        self.engine.close()
        meshes.remove_folder(self.folder)
        assert not complaints, complaints


class Cookbook(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.text = PAGE.read_text(encoding="utf-8")
        cls.questions = cookbook.read_page(cls.text)
        cls.world = World()
        cls.addClassCleanup(cls.world.close)
        cls.printed = {}

    def ask(self, question):
        if question.number not in self.printed:
            command, *rest = question.command
            done = self.world.mesh.schakel(command, *rest, check=False)
            self.assertEqual(done.returncode, 0, f"{question.title}: {done.stderr}")
            self.printed[question.number] = done.stdout
        return self.printed[question.number]

    def test_page_has_twenty_questions_with_answers(self):
        self.assertEqual([q.number for q in self.questions], list(range(1, 21)))
        for question in self.questions:
            self.assertTrue(question.output.strip() or WRITE, question.title)

    def test_each_output_is_what_the_page_shows(self):
        for question in self.questions:
            with self.subTest(question.title):
                printed = self.ask(question)
                if not WRITE:
                    self.assertEqual(printed, question.output)

    def test_each_output_equals_duckdb_on_the_pooled_files(self):
        compared = 0
        for question in self.questions:
            with self.subTest(question.title):
                if question.command[0] == "regress":
                    compared += self.check_regression(question)
                elif "--chi-square" in question.command:
                    compared += self.check_chi_square(question)
                elif "--linkage" in question.command:
                    compared += self.check_table(question, cookbook.Query(cookbook.linkage_query(question.sql)))
                else:
                    compared += self.check_table(question, cookbook.Query(question.sql))
        self.assertGreater(compared, 300)

    # ---- tables ----

    def check_table(self, question, query):
        headings, rows, notes = cookbook.read_table(self.ask(question))
        self.assertEqual(headings, [name for _, name in query.outputs])
        self.assertTrue(rows)
        cells, width = {}, len(query.outputs)
        for row in self.world.engine.run(query.cells_sql()):
            summed = dict(zip(query.keys, row[width + 2:]))
            key = tuple("(all)" if summed[k] == "1" else "(empty)" if row[k] is None else row[k] for k in query.keys)
            cells[key] = row
        self.assertNotEqual(len(cells), 0)
        compared, suppressed = 0, False
        for row in rows:
            key = tuple(row[k] for k in query.keys)
            self.assertIn(key, cells)
            values = [i for i in range(width) if i not in query.keys]
            if all(row[i] == "." for i in values):
                suppressed = True
                self.check_suppressed_row(question, cells.pop(key)[width:])
                continue
            compared += self.check_row(question, query, row, cells.pop(key), cookbook.reach(notes))
        if not {"HAVING", "LIMIT"} & set(query.clause):
            self.assertEqual(cells, {}, "cells that are not printed")
        if "ORDER BY" in query.clause and not suppressed:
            self.check_order(query, headings, rows)
        return compared

    def check_suppressed_row(self, question, facts):
        """Fewer than min_persons persons; where a person may have several rows in a cell, fewer rows than so many persons can have."""
        times = ROWS_A_PERSON.get(question.title, 1)
        self.assertGreater(int(facts[0]), 0)
        self.assertLess(int(facts[1 if times > 1 else 0]), times * MIN_PERSONS)

    def check_row(self, question, query, row, cell, within):
        self.assertGreaterEqual(int(cell[len(row)]), MIN_PERSONS)
        compared = 0
        for i in range(len(row)):
            if i in query.keys:
                continue
            if row[i] == ".":
                self.check_suppressed_value(question, query, row, i)
                continue
            is_quantile = query.outputs[i][0].startswith(("PERCENTILE", "MEDIAN"))
            self.assertTrue(cookbook.same(row[i], cell[i], within if is_quantile else Fraction(0)),
                            f"{query.outputs[i][1]} of {row}: {cell[i]} in the pooled files")
            compared += 1
        return compared

    def check_suppressed_value(self, question, query, row, output):
        """A value alone: of those with a value, without one, or with one that is not 0, there are few, but some."""
        times = ROWS_A_PERSON.get(question.title, 1)
        keys = len(query.keys)
        found = [f for f in self.world.engine.run(query.behind_sql(output))
                 if ["(empty)" if k is None else k for k in f[:keys]] == [row[k] for k in query.keys]]
        self.assertEqual(len(found), 1, f"{row} is not in the pooled files")
        counts = [int(n) for n in found[0][keys:]]
        few = []
        for at in range(0, len(counts), 6):
            whole, with_value, contributing = counts[at + 3:at + 6] if times > 1 else counts[at:at + 3]
            few += [n for n in (with_value, whole - with_value, contributing) if 0 < n < times * MIN_PERSONS]
        self.assertTrue(few, f"{query.outputs[output][1]} of {row}: {counts}")

    def check_order(self, query, headings, rows):
        """The column that is ordered by, row after row; rows that are equal there may change places."""
        column = query.clause["ORDER BY"].split()[0]
        at = headings.index(column)
        whole = self.world.engine.run(query.whole_sql())
        self.assertEqual(len(whole), len(rows))
        for row, want in zip(rows, whole):
            self.assertTrue(cookbook.same(row[at], want[at]), f"{row[at]} stands where {want[at]} does in the pooled files")

    # ---- analyses ----

    def check_regression(self, question):
        formula, options = question.command[1], dict(zip(question.command[2::2], question.command[3::2]))
        dependent, right = formula.split(" ~ ")
        terms = [term.split(" AS ")[0] for term in right.split(" + ")]
        where = " AND ".join([f"({t}) IS NOT NULL" for t in [dependent, *terms]] + [f"({options['--where']})"])
        rows = self.world.engine.run(sample_tables.to_duckdb(
            f"SELECT {', '.join([dependent, *terms])} FROM {options['--from']} WHERE {where}"))
        lines = self.ask(question).splitlines()
        printed = [line.split()[1] for line in lines[2:2 + len(terms) + 1]]
        for term, text, want in zip(["constant", *terms], printed, cookbook.least_squares(rows)):
            self.assertTrue(math.isclose(float(text), float(want), rel_tol=1e-6), f"{term}: {text}, and {float(want)} in the pooled files")
        self.assertIn(f"{len(rows)} records, {len(rows) - len(terms) - 1} degrees of freedom", self.ask(question))
        return len(printed) + 2

    def check_chi_square(self, question):
        query = cookbook.Query(question.sql)
        counts = {tuple(row[k] for k in query.keys): int(row[2]) for row in self.world.engine.run(query.cells_sql())}
        total = sum(counts.values())
        sides = [{}, {}]
        for key, count in counts.items():
            for side, code in zip(sides, key):
                side[code] = side.get(code, 0) + count
        statistic = sum((counts.get((a, b), 0) - sides[0][a] * sides[1][b] / total) ** 2 / (sides[0][a] * sides[1][b] / total)
                        for a in sides[0] for b in sides[1])
        words = self.ask(question).split()
        printed = float(words[words.index("statistic") + 1].rstrip(","))
        self.assertTrue(math.isclose(printed, statistic, rel_tol=1e-6), f"{printed}, and {statistic} in the pooled files")
        self.assertIn(f"degrees of freedom {(len(sides[0]) - 1) * (len(sides[1]) - 1)}", self.ask(question))
        return 2

    @classmethod
    def write_page(cls):
        text = cls.text
        for question in reversed(cls.questions):
            start, end = question.span
            text = text[:start] + cls.printed[question.number] + text[end:]
        PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    if "--build" in sys.argv:
        at = sys.argv.index("--build")
        BUILD = pathlib.Path(sys.argv[at + 1])
        del sys.argv[at:at + 2]
    WRITE = "--write" in sys.argv
    sys.argv = [word for word in sys.argv if word != "--write"]
    program = unittest.main(verbosity=2, exit=False)
    if WRITE and program.result.wasSuccessful():
        Cookbook.write_page()
    sys.exit(not program.result.wasSuccessful())
