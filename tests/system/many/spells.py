"""A spine of several rows a person, with the declared number of them; and a file that breaks it."""
import csv
import io

from questions import same

from many import world

# A condition over owners looks at single jobs, so a person may stand in a cell up to three times.
SOURCE = "banen b JOIN wonen w USING (id) JOIN dagen d USING (id)"
OUTPUTS = "COUNT(*) AS n, SUM(b.loon) AS loon, SUM(b.loon - w.huur) AS verschil, AVG(d.dagen) AS dagen"
SQL = f"SELECT b.sector AS sector, {OUTPUTS} FROM {SOURCE} WHERE b.loon > w.huur GROUP BY b.sector"
ROWS_A_PERSON = 3


class Spells(world.Case):
    def answer(self, sql):
        return list(csv.reader(io.StringIO(self.query(sql, "--format", "csv").stdout)))[1:]

    def test_spells_equal_duckdb(self):
        told = self.query(SQL, "--explain").stdout
        self.assertRegex(told, r"cbs \(spine\)")
        self.assertRegex(told, r"a person has up to 3 rows here: each data owner sends its rows once for each")
        self.assertRegex(told, r"a person may stand in a cell up to 3 times: it takes 9 rows")
        pooled = {row[0]: row[1:] for row in self.world.engine.run(SQL)}
        found = self.answer(SQL)
        self.assertEqual([row[0] for row in found], ["bouw", "zorg", "handel"])
        for row in found:
            self.assertGreater(int(row[1]), world.MIN_PERSONS * ROWS_A_PERSON)
            self.assertEqual(len(row) - 2, 4)
            for got, want in zip(row[1:], pooled[row[0]]):
                self.assertTrue(same(got, want), (row, pooled[row[0]]))

    def test_spells_with_fewer_rows_than_the_threshold_takes_are_suppressed(self):
        sql = (f"SELECT w.vorm AS vorm, d.regeling AS regeling, {OUTPUTS} FROM {SOURCE} WHERE b.loon > w.huur + 50 "
               "GROUP BY w.vorm, d.regeling")
        pooled, shown, hidden = {tuple(row[:2]): row[2:] for row in self.world.engine.run(sql)}, 0, 0
        for row in self.answer(sql):
            want = pooled.pop(tuple(row[:2]))
            if int(want[0]) < world.MIN_PERSONS * ROWS_A_PERSON:
                self.assertEqual(row[2:6], [""] * 4, (row, want))
                hidden += 1
            else:
                for got, value in zip(row[2:], want):
                    self.assertTrue(same(got, value), (row, want))
                shown += 1
        self.assertEqual(pooled, {})
        self.assertGreater(shown, 0)
        self.assertGreater(hidden, 0)

    def test_file_that_breaks_the_declared_number_is_refused_and_nothing_is_lost(self):
        before = self.answer(SQL)
        done = self.query(SQL.replace("banen ", "banen_krom "), check=False)
        self.assertEqual((done.returncode, done.stdout), (1, ""), done.stderr)
        self.assertRegex(done.stderr, "node cbs: data set banen_krom has more rows of a person than its schema's max_rows_per_person says")
        self.assertLessEqual(len(done.stderr.splitlines()), 2, done.stderr)
        request = self.newest()
        for name in ("cbs", "delft", "uwv"):
            state, sentence, entries = self.row_at(name, request)
            self.assertEqual((state, entries), ("failed", [world.SPENT]), name)
            self.assertIn("banen_krom", sentence)
        self.assertEqual(self.answer(SQL), before)
