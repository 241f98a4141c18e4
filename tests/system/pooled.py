"""The reference of the differential tests: the same query by DuckDB over the pooled files.

DuckDB reads the files, drops what the schemas say must be dropped, joins, filters and groups; of each aggregate it gives the exact
sums (count, x, y, xx, yy, xy) and the persons behind them. The statistics and what follows aggregation are worked out here from these,
in fractions, as PostgreSQL 15 defines them. Nothing of it is shared with the nodes."""
import csv
import dataclasses
import io
import math
import subprocess
from fractions import Fraction

import expressions as ex

NULL_TEXT = "\\N"

# The checks of docs/linking.md, written out again. Each gives the normalised identifier, or NULL.
MACROS = r"""
CREATE MACRO digit(t, i) AS substr(t, i, 1)::INTEGER;
CREATE MACRO eleven(t) AS (9 * digit(t, 1) + 8 * digit(t, 2) + 7 * digit(t, 3) + 6 * digit(t, 4) + 5 * digit(t, 5)
    + 4 * digit(t, 6) + 3 * digit(t, 7) + 2 * digit(t, 8) - digit(t, 9)) % 11 = 0 AND t <> '000000000';
CREATE MACRO norm_bsn(t) AS CASE WHEN regexp_full_match(t, '[0-9]{8,9}') THEN
    CASE WHEN eleven(lpad(t, 9, '0')) THEN lpad(t, 9, '0') END END;
CREATE MACRO norm_rsin(t) AS norm_bsn(t);
CREATE MACRO norm_kvk(t) AS CASE WHEN regexp_full_match(t, '[0-9]{7,8}') AND lpad(t, 8, '0') <> '00000000' THEN lpad(t, 8, '0') END;
CREATE MACRO norm_bag(t) AS CASE WHEN regexp_full_match(t, '[0-9]{13,16}') AND regexp_full_match(lpad(t, 16, '0'),
    '[0-9]{4}(01|02|03|10|20|30)[0-9]{10}') AND lpad(t, 16, '0')[1:4] <> '0000' THEN lpad(t, 16, '0') END;
CREATE MACRO sum_of(t, f) AS list_sum(list_transform(range(1, 11), i -> digit(t, i) * (CASE WHEN f THEN 1 << (i - 1) ELSE 1 END)));
CREATE MACRO norm_a(t) AS CASE WHEN regexp_full_match(t, '[1-9][0-9]{9}') THEN
    CASE WHEN NOT regexp_matches(t, '00|11|22|33|44|55|66|77|88|99') AND sum_of(t, false) % 11 IN (0, 5) AND sum_of(t, true) % 11 = 0
    THEN t END END;
CREATE MACRO plain(t) AS trim(regexp_replace(replace(replace(lower(strip_accents(t)), '''', ''), '.', ''), '[ -]+', ' ', 'g'));
CREATE MACRO norm_text(t) AS CASE WHEN length(plain(t)) BETWEEN 1 AND 64 THEN plain(t) END;
"""


class Broken(Exception):
    """The reference itself cannot do something: a fault of the test."""


class Engine:
    """DuckDB in a process of its own, that answers line by line."""

    def __init__(self, program):
        self.process = subprocess.Popen([program, "--threads", "1", "--null", NULL_TEXT, "--lines"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)
        self.run(MACROS)

    def run(self, sql):
        """The rows of the last statement, without the header."""
        self.process.stdin.write(sql.replace("\n", " ").encode() + b"\n")
        self.process.stdin.flush()
        head = self.process.stdout.readline().decode()
        if not head.startswith("ok "):
            raise Broken(f"{head.strip()}\n{sql}")
        text = self.process.stdout.read(int(head.split()[1])).decode()
        rows = list(csv.reader(io.StringIO(text)))[1:]
        return [[None if field == NULL_TEXT else field for field in row] for row in rows]

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


# ---- tables ----

def literal(text):
    return "'" + text.replace("'", "''") + "'"


def field_sql(column, header, dialect):
    text = f'"{header}"'
    if dialect.empty:
        text = f"NULLIF({text}, {literal(dialect.empty)})"
    text = f"NULLIF({text}, '')"
    if column.type == "text":
        return text
    if column.type == "boolean":
        return f"(CASE {text} WHEN {literal(dialect.true)} THEN TRUE WHEN {literal(dialect.false)} THEN FALSE END)"
    if column.type == "date":
        return f"strptime({text}, {literal(dialect.date_format)})::DATE"
    whole, part = [f"split_part({text}, {literal(dialect.decimal_separator)}, {i})" for i in (1, 2)]
    return f"({whole} || rpad({part}, {column.decimals}, '0'))::HUGEINT" if column.decimals else f"{text}::HUGEINT"


def table_name(node, name):
    return f'"{node}__{name}"'


def table_sql(data_set, node, path, headers):
    """A table of one node's cleaned rows. headers: of the file, in their order."""
    dialect = data_set.dialects[node]
    kind = "a" if data_set.kind == "a-nummer" else data_set.kind
    fields = ", ".join(f'{field_sql(c, c.header or c.name, dialect)} AS "{c.name}"' for c in data_set.columns)
    types = ", ".join(f"{literal(h)}: 'VARCHAR'" for h in headers)
    read = (f"read_csv({literal(str(path))}, delim={literal(dialect.delimiter)}, header=true, quote={literal(dialect.quote)}, "
            f"escape={literal(dialect.quote)}, auto_detect=false, strict_mode=true, encoding='{dialect.encoding}', "
            f"columns={{{types}}})")
    once = "" if data_set.many else " QUALIFY count(*) OVER (PARTITION BY \"#id\") = 1"
    trimmed = f"trim(COALESCE(\"{data_set.identifier}\", ''), ' ' || chr(9))"
    return (f'CREATE OR REPLACE TABLE {table_name(node, data_set.name)} AS SELECT norm_{kind}({trimmed}) AS "#id", {fields} '
            f'FROM {read} WHERE "#id" IS NOT NULL{once}')


# ---- a cell ----

@dataclasses.dataclass
class Sums:
    """Of one aggregate in one cell: exact sums over its records, and the persons behind them."""
    n: int
    persons: int  # with a value
    x: int = None
    xx: int = None
    y: int = None
    yy: int = None
    xy: int = None
    nonzero_x: int = None  # persons who have a value that is not 0
    nonzero_y: int = None


@dataclasses.dataclass
class Cell:
    set: int  # index in query.sets
    keys: list  # texts; None: empty or summed over
    persons: int
    sums: dict  # aggregate -> Sums


SUM_LIMB = 1 << 64


class Plan:
    """The reference's statement of a query, and how its fields are read."""

    def __init__(self, query):
        self.query, self.print = query, ex.Reference(query.column)
        self.columns, self.fields = [], []
        self.aggregates = query.aggregates()

    def _from(self):
        text = ""
        for i, source in enumerate(self.query.sources):
            table = table_name(source.nodes[0], source.name)
            if len(source.nodes) > 1:
                table = "(" + " UNION ALL BY NAME ".join(
                    f"SELECT '{n}' AS \"#org\", * FROM {table_name(n, source.name)}" for n in source.nodes) + ")"
            if i == 0:
                text = f"{table} {source.alias}"
                continue
            on = self.query.sources[0].alias if source.on is None else source.on
            text += f" {'LEFT JOIN' if source.join == 'left' else 'JOIN'} {table} {source.alias} ON {on}.\"#id\" = {source.alias}.\"#id\""
        return text

    def _key(self, key):
        if key.kind == "organisation":
            return f'{key.alias}."#org"'
        ref = f'{key.alias}."{key.name}"'
        if key.kind == "column":
            return ref
        edges = self.query.column(key.alias, key.name).edges[1:-1]
        return f"CASE WHEN {ref} IS NULL THEN NULL ELSE " + " + ".join(f"({ref} >= {e})::INTEGER" for e in edges) + " END"

    def _argument(self, e, where):
        text = self.print.print(e)
        return text if where is None else f"CASE WHEN {self.print.print(where)} THEN {text} END"

    def _ask(self, sql):
        if sql not in self.fields:
            self.fields.append(sql)
        return self.fields.index(sql)

    def _power(self, e):
        """Fields whose weighed sum is the sum of e: in two parts, so that 128 bits do."""
        return [(self._ask(f"SUM({e} // {SUM_LIMB})"), SUM_LIMB), (self._ask(f"SUM({e} % {SUM_LIMB})"), 1)]

    def _read_aggregate(self, number, aggregate):
        """name of a field of Sums -> what it is made of."""
        name, filtered, alias = aggregate.value
        args = aggregate.args[:-1] if filtered else aggregate.args
        where = aggregate.args[-1] if filtered else None
        if name == ex.ROWS:
            self.columns.append(f"{'TRUE' if where is None else f'COALESCE({self.print.print(where)}, FALSE)'} AS a{number}")
            return {"n": self._ask(f"COUNT(*) FILTER (a{number})"),
                    "persons": self._ask(f"COUNT(DISTINCT pid) FILTER (a{number})")}
        if name == ex.PERSONS:
            self.columns.append(f'{alias}."#id" AS a{number}')
            return {"n": self._ask(f"COUNT(DISTINCT a{number})"), "persons": self._ask(f"COUNT(DISTINCT a{number})")}
        letters = "x" if len(args) == 1 else "yx"
        for letter, e in zip(letters, args):
            self.columns.append(f"{self._argument(e, where)} AS a{number}{letter}")
        return self._moments(number, letters, all(self.print.info(a).type == "number" for a in args) and name != "COUNT")

    def _moments(self, number, letters, numeric):
        both = " AND ".join(f"a{number}{letter} IS NOT NULL" for letter in letters)
        found = {"n": self._ask(f"COUNT(*) FILTER ({both})"), "persons": self._ask(f"COUNT(DISTINCT pid) FILTER ({both})")}
        def over(e):
            return e if len(letters) == 1 else f"(CASE WHEN {both} THEN {e} END)"
        for letter in letters if numeric else "":
            v = f"a{number}{letter}"
            found[letter] = self._power(over(v))
            found[letter * 2] = self._power(over(f"{v} * {v}"))
            found[f"nonzero_{letter}"] = self._ask(f"COUNT(DISTINCT pid) FILTER ({both} AND {v} <> 0)")
        if numeric and len(letters) == 2:
            found["xy"] = self._power(over(f"a{number}x * a{number}y"))
        return found

    def statement(self):
        query = self.query
        union = query.union()
        first = next(s for s in query.sources if s.join == "inner").alias
        pid = f"{union.alias}.\"#org\" || ':' || {union.alias}.\"#id\"" if union else f'{first}."#id"'
        self.columns = [f"{pid} AS pid"] + [f"{self._key(k)} AS k{i}" for i, k in enumerate(query.keys)]
        self.reads = [self._read_aggregate(i, a) for i, a in enumerate(self.aggregates)]
        where = " AND ".join(self.print.print(e) for e in query.where)
        names = [f"k{i}" for i in range(len(query.keys))]
        sets = ", ".join("(" + ", ".join(names[k] for k in s) + ")" for s in query.sets)
        heads = [f"{n}::VARCHAR" for n in names] + [f"GROUPING({n})" for n in names] + ["COUNT(DISTINCT pid)"]
        return (f"WITH j AS (SELECT {', '.join(self.columns)} FROM {self._from()}{f' WHERE {where}' if where else ''}) "
                f"SELECT {', '.join(heads + self.fields)} FROM j" + (f" GROUP BY GROUPING SETS ({sets})" if names else ""))

    def _sum(self, values, made_of):
        if isinstance(made_of, int):
            return int(values[made_of])
        parts = [values[field] for field, _ in made_of]
        return None if parts[0] is None else sum(int(p) * weight for p, (_, weight) in zip(parts, made_of))

    def cells(self, engine):
        width, found = len(self.query.keys), []
        for row in engine.run(self.statement()):
            kept = [k for k in range(width) if row[width + k] == "0"]
            values = row[2 * width + 1:]
            sums = {a: Sums(**{name: self._sum(values, made) for name, made in read.items()})
                    for a, read in zip(self.aggregates, self.reads)}
            found.append(Cell(next(i for i, s in enumerate(self.query.sets) if sorted(s) == kept), row[:width],
                              int(row[2 * width]), sums))
        for number, keys in enumerate(self.query.sets):  # SQL's row of no key is there also where nothing is
            if not keys and not any(c.set == number for c in found):
                nothing = {a: Sums(0, 0) for a in self.aggregates}
                found.append(Cell(number, [None] * width, 0, nothing))
        return found


# ---- statistics ----

def root(fraction):
    scale = 1 << 200
    return math.isqrt(fraction.numerator * scale * scale // fraction.denominator) / scale if fraction else 0.0


def statistic(name, s, dx, dy):
    """A Fraction, a float (of a root), or None."""
    if s.n == 0:
        return None
    ux, uy, n = Fraction(1, 10 ** dx), Fraction(1, 10 ** dy), s.n
    if name == "SUM":
        return s.x * ux
    if name in ("AVG", "REGR_AVGX"):
        return s.x * ux / n
    if name == "REGR_AVGY":
        return s.y * uy / n
    if name in ("VAR_POP", "STDDEV_POP", "VAR_SAMP", "STDDEV_SAMP", "VARIANCE", "STDDEV"):
        divisor = n if name.endswith("POP") else n - 1
        found = None if divisor == 0 else Fraction(n * s.xx - s.x ** 2, n * divisor) * ux ** 2
        return root(found) if found is not None and name.startswith("STDDEV") else found
    cxy = n * s.xy - s.x * s.y
    if name.startswith("COVAR"):
        divisor = n if name.endswith("POP") else n - 1
        return None if divisor == 0 else Fraction(cxy, n * divisor) * ux * uy
    cxx, cyy = n * s.xx - s.x ** 2, n * s.yy - s.y ** 2
    if name == "REGR_SLOPE":
        return Fraction(cxy, cxx) * uy / ux if cxx else None
    if name == "REGR_INTERCEPT":
        return s.y * uy / n - Fraction(cxy, cxx) * uy / ux * s.x * ux / n if cxx else None
    if name == "REGR_R2":
        return None if not cxx else Fraction(1) if not cyy else Fraction(cxy ** 2, cxx * cyy)
    if not cxx or not cyy:
        return None
    return math.copysign(root(Fraction(cxy ** 2, cxx * cyy)), cxy) if cxy else 0.0
