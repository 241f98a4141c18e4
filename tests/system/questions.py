"""Queries that are asked of nodes and of DuckDB on the pooled files, and the comparison of what both say, cell by cell."""
import csv
import dataclasses
import io
import re
from fractions import Fraction


@dataclasses.dataclass
class Question:
    """A query in its parts. values: (aggregate, its argument); person: what tells persons apart in the pooled tables."""
    source: str
    keys: list
    values: list
    where: str = ""
    person: str = None

    def _sql(self, source, outputs):
        where = f" WHERE {self.where}" if self.where else ""
        keys = f" GROUP BY {', '.join(self.keys)}" if self.keys else ""
        return f"SELECT {', '.join(outputs)} FROM {source}{where}{keys}"

    def sql(self):
        return self._sql(self.source, [f"{key} AS k{i}" for i, key in enumerate(self.keys)]
                         + [f"{value} AS v{i}" for i, (value, _) in enumerate(self.values)])

    def pooled_source(self):
        return re.sub(r"ALL\((\w+)\)", r"\1", self.source)

    def pooled_sql(self):
        """Keys, values, the cell's persons, and of each value the persons with one that is not 0, and with none."""
        person = self.person or self.source.split()[1] + ".id"
        behind = [f"COUNT(DISTINCT {person}) FILTER (WHERE {test})" for _, argument in self.values
                  for test in (["true", "false"] if argument is None else [f"({argument}) <> 0", f"({argument}) IS NULL"])]
        sql = self._sql(self.pooled_source(), self.keys + [value for value, _ in self.values] + [f"COUNT(DISTINCT {person})"] + behind)
        return re.sub(r"ORGANISATION\((\w+)\)", r"\1.organisatie", sql)


def check(case, question, text, pooled_rows, min_persons, least):
    """Compares each cell of a printed table (CSV) with the rows of pooled_sql; there are at least so many values to compare.

    min_persons: 0 where there is no threshold, and nothing may be suppressed."""
    width, count = len(question.keys), len(question.values)
    rows = list(csv.reader(io.StringIO(text)))[1:]
    pooled = {tuple(field or "" for field in row[:width]): row[width:] for row in pooled_rows}
    case.assertEqual(sorted(tuple(row[:width]) for row in rows), sorted(pooled), question.sql())
    compared = 0
    for row in rows:
        found = pooled[tuple(row[:width])]
        few = int(found[count]) < min_persons
        for i, (got, want) in enumerate(zip(row[width:-1], found)):
            with_value, without = (int(n) for n in found[count + 1 + 2 * i:count + 3 + 2 * i])
            place = (f"v{i} of {row[:width]} is {got!r}, pooled {want!r}; {found[count]} persons, {with_value} with a value, "
                     f"{without} without\n{question.sql()}")
            if got == "" and row[-1] != "":
                case.assertTrue(few or with_value < min_persons or 0 < without < min_persons, place)
            else:
                case.assertFalse(few or 0 < with_value < min_persons, place)
                case.assertTrue(same(got, want), place)
                compared += 1
    case.assertGreaterEqual(compared, least, text)
    return compared


def same(printed, pooled):
    """Whether two values are equal, floating ones to 1e-9. DuckDB's NaN, of a correlation that does not exist, is SQL's NULL."""
    if pooled in (None, "nan") or printed == "":
        return pooled in (None, "nan") and printed in ("", "NULL")
    a, b = Fraction(printed), Fraction(pooled)
    return a == b or abs(a - b) <= abs(b) / 10 ** 9 and not (printed.isdigit() and pooled.isdigit())
