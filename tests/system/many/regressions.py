"""Statistics on published data, split by columns over three owners, against certified values and exact fractions.

Longley's rows are linked by the year as a text, the flowers by their numbers."""
import csv
import io
import json
import math
import re
from fractions import Fraction

from many import published, world

LONGLEY_FROM = "werk w JOIN product g USING (id) JOIN bevolking b USING (id)"
LONGLEY = "w.employed ~ w.deflator + g.gnp + g.unemployed + g.armed + b.population + b.year"
IRIS_FROM = "kelk s JOIN kroon p USING (id) JOIN soort t USING (id)"
IRIS = "p.width ~ s.length + s.width + p.length"
BIN_WIDTH = Fraction(1, 2)
SHARES = ["0.1", "0.5", "0.75"]
DIGITS = 10 ** 30  # of a root, as a fraction


def root(x):
    return Fraction(math.isqrt(x.numerator * DIGITS ** 2 // x.denominator), DIGITS)


def solve(system):
    """Gauss-Jordan over fractions; the rows' right parts."""
    rows = [list(map(Fraction, row)) for row in system]
    for i in range(len(rows)):
        pivot = next(k for k in range(i, len(rows)) if rows[k][i] != 0)
        rows[i], rows[pivot] = rows[pivot], rows[i]
        rows[i] = [v / rows[i][i] for v in rows[i]]
        for k in range(len(rows)):
            if k != i:
                rows[k] = [a - rows[k][i] * b for a, b in zip(rows[k], rows[i])]
    return [row[len(rows):] for row in rows]


class Fit:
    """Least squares of rows (y, x1, x2, ...), exactly: estimates, standard errors, residual standard deviation, R2."""

    def __init__(self, rows):
        design, y = [[Fraction(1), *map(Fraction, row[1:])] for row in rows], [Fraction(row[0]) for row in rows]
        n, width = len(rows), len(design[0])
        gram = [[sum(d[i] * d[j] for d in design) for j in range(width)] for i in range(width)]
        moments = [sum(d[i] * v for d, v in zip(design, y)) for i in range(width)]
        solved = solve([gram[i] + [moments[i]] + [int(i == j) for j in range(width)] for i in range(width)])
        self.estimates = [row[0] for row in solved]
        left = sum((v - sum(b * x for b, x in zip(self.estimates, d))) ** 2 for d, v in zip(design, y))
        self.n, self.freedom = n, n - width
        variance = left / self.freedom
        self.errors = [root(variance * solved[i][1 + i]) for i in range(width)]
        self.residual = root(variance)
        self.r2 = 1 - left / sum((v - sum(y) / n) ** 2 for v in y)


def percentile(values, q):
    """PERCENTILE_CONT."""
    at, found = q * (len(values) - 1), sorted(values)
    low = math.floor(at)
    return found[low] + (found[min(low + 1, len(found) - 1)] - found[low]) * (at - low)


class Regressions(world.Case):
    def regress(self, formula, source, *more):
        done = self.mesh.schakel("regress", formula, "--from", source, *more, check=False)
        self.world.asked.append(done.stderr)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def printed(self, text, want):
        """A printed number is the wanted one, rounded to the digits that are printed; or, of a double, the nearest."""
        digits = len(re.sub(r"[eE].*|[-.]", "", text).lstrip("0"))
        got, want = Fraction(text), Fraction(want)
        if digits > 12:
            self.assertLessEqual(abs(got - want), abs(want) / 2 ** 52, f"{text}, not {float(want)!r}")
        else:
            unit = Fraction(10) ** (math.floor(math.log10(abs(want))) - digits + 1)
            self.assertLessEqual(abs(got - want), unit * Fraction(51, 100), f"{text}, not {float(want)!r}")

    def compare(self, formula, source, rows, *more):
        """CSV, JSON and table of a regression against the exact fit of rows; returns the fit."""
        fit, compared = Fit(rows), 0
        terms = ["(constant)"] + formula.split(" ~ ")[1].split(" + ")
        found = list(csv.DictReader(io.StringIO(self.regress(formula, source, "--format", "csv", *more))))
        self.assertEqual([row["term"] for row in found], terms)
        answer = json.loads(self.regress(formula, source, "--format", "json", *more), parse_float=str)
        table = self.regress(formula, source, *more)
        lines = table.splitlines()[2:2 + len(terms)]
        for row, entry, line, estimate, error in zip(found, answer["terms"], lines, fit.estimates, fit.errors):
            words = line.split()[-3:]
            for name, value, word in (("coefficient", estimate, words[0]), ("standard_error", error, words[1]),
                                      ("t", estimate / error, words[2])):
                for text in (row[name], entry[name], word):
                    self.printed(text, value)
                    compared += 1
            self.printed(row["r2"], fit.r2)
            self.printed(row["residual_standard_error"], fit.residual)
            self.assertEqual((int(row["n"]), int(row["degrees_of_freedom"])), (fit.n, fit.freedom))
        self.assertEqual(compared, 9 * len(terms))
        self.assertIn(f"{fit.n} records, {fit.freedom} degrees of freedom", table)
        return fit

    def test_longley_equals_the_certified_values(self):
        rows = [(f[0], *f[1:], year) for year, f in published.LONGLEY.items()]
        fit = self.compare(LONGLEY, LONGLEY_FROM, rows)
        for (estimate, error), a, b in zip(published.CERTIFIED, fit.estimates, fit.errors):
            self.assertLess(abs(Fraction(estimate) / a - 1), Fraction(1, 10 ** 13))
            self.assertLess(abs(Fraction(error) / b - 1), Fraction(1, 10 ** 13))
        found = list(csv.DictReader(io.StringIO(self.regress(LONGLEY, LONGLEY_FROM, "--format", "csv"))))
        self.assertEqual(len(found), 7)
        for row, (estimate, error) in zip(found, published.CERTIFIED):
            for got, certified in ((row["coefficient"], estimate), (row["standard_error"], error),
                                   (row["residual_standard_error"], published.CERTIFIED_RESIDUAL), (row["r2"], published.CERTIFIED_R2)):
                self.assertLess(abs(Fraction(got) / Fraction(certified) - 1), Fraction(1, 10 ** 14), (got, certified))

    @staticmethod
    def iris_rows(species):
        tenth = Fraction(1, 10)
        return [(f[3] * tenth, f[0] * tenth, f[1] * tenth, f[2] * tenth) for s in species for f in published.IRIS[s]]

    def test_iris_by_species_equals_exact_fractions(self):
        self.compare(IRIS, IRIS_FROM, self.iris_rows(published.IRIS))
        for species in published.IRIS:
            self.compare(IRIS, IRIS_FROM, self.iris_rows([species]), "--where", f"t.species = '{species}'")

    def test_iris_moments_equal_exact_fractions(self):
        text = self.query(f"SELECT t.species AS species, CORR(p.length, s.length) AS r, REGR_SLOPE(p.width, s.width) AS slope, "
                          f"REGR_R2(p.width, s.width) AS r2, STDDEV_SAMP(s.width) AS sd, VAR_POP(p.width) AS var, AVG(p.length) AS mean "
                          f"FROM {IRIS_FROM} GROUP BY t.species", "--format", "csv").stdout
        found = list(csv.DictReader(io.StringIO(text)))
        self.assertEqual([row["species"] for row in found], list(published.IRIS))
        for row in found:
            a, b, c, d = zip(*([Fraction(v, 10) for v in flower] for flower in published.IRIS[row["species"]]))
            def spread(x, y):
                return sum(u * v for u, v in zip(x, y)) - sum(x) * sum(y) / len(x)
            self.printed(row["r"], spread(c, a) / root(spread(a, a) * spread(c, c)))
            self.printed(row["slope"], spread(d, b) / spread(b, b))
            self.printed(row["r2"], spread(d, b) ** 2 / spread(b, b) / spread(d, d))
            self.printed(row["sd"], root(spread(b, b) / (len(b) - 1)))
            self.printed(row["var"], spread(d, d) / len(d))
            self.printed(row["mean"], sum(c) / len(c))

    def test_iris_percentiles_lie_within_the_stated_width(self):
        compared = 0
        for name, at in (("s.length", 0), ("p.length", 2)):
            outputs = [f"PERCENTILE_CONT({q}) WITHIN GROUP (ORDER BY {name}) AS q{i}" for i, q in enumerate(SHARES)]
            sql = f"SELECT t.species AS species, {', '.join(outputs)} FROM {IRIS_FROM} GROUP BY t.species"
            self.assertRegex(self.query(sql).stdout, r"the true ones lie within 0\.5 of these")
            found = list(csv.DictReader(io.StringIO(self.query(sql, "--format", "csv").stdout)))
            self.assertEqual([row["species"] for row in found], list(published.IRIS))
            for row in found:
                for i, q in enumerate(SHARES):
                    true = percentile([Fraction(f[at], 10) for f in published.IRIS[row["species"]]], Fraction(q))
                    self.assertLessEqual(abs(Fraction(row[f"q{i}"]) - true), BIN_WIDTH, (row["species"], name, q))
                    compared += 1
        self.assertEqual(compared, 18)
