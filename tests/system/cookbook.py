"""The cookbook's page as questions, the answers that schakel prints as rows, and what DuckDB says to both. For test_cookbook.py."""
import dataclasses
import re
import shlex
from fractions import Fraction

import sample_tables

HEADING = re.compile(r"^## (\d+)\. (.*)$", re.M)
BLOCKS = re.compile(r"```(sql|sh)\n(.*?)```\n+```\n(.*?)```", re.S)
CLAUSES = re.compile(r"\b(FROM|WHERE|GROUP BY|HAVING|ORDER BY|LIMIT)\b")
INSIDE = r"((?:[^()]|\([^()]*\))*)"
AGGREGATE = re.compile(rf"\b(COUNT|SUM|AVG)\({INSIDE}\)(?: FILTER \(WHERE {INSIDE}\))?")


@dataclasses.dataclass
class Question:
    number: int
    title: str
    command: list  # words behind "schakel"
    output: str
    span: tuple = None  # where its output stands in the page

    @property
    def sql(self):
        """Of a query."""
        return next(word for word in self.command if word.startswith("SELECT"))


def read_page(text):
    """The page's questions; each has one question and one answer."""
    found = []
    headings = list(HEADING.finditer(text))
    for heading, end in zip(headings, [h.start() for h in headings[1:]] + [len(text)]):
        blocks = list(BLOCKS.finditer(text, heading.end(), end))
        assert len(blocks) == 1, f"question {heading.group(1)} has {len(blocks)} answers"
        kind, asked, output = blocks[0].groups()
        words = ["schakel", "query", asked.strip()] if kind == "sql" else shlex.split(asked.replace("\\\n", " "))
        assert words[0] == "schakel"
        found.append(Question(int(heading.group(1)), heading.group(2), words[1:], output, blocks[0].span(3)))
    return found


# ---- a query's parts ----

def split_top(text):
    """Split at commas that stand in no parentheses or quotes."""
    parts, depth, quoted, last = [], 0, False, 0
    for i, c in enumerate(text):
        quoted ^= c == "'"
        depth += 0 if quoted else (c == "(") - (c == ")")
        if c == "," and depth == 0 and not quoted:
            parts.append(text[last:i])
            last = i + 1
    return [" ".join(part.split()) for part in parts + [text[last:]]]


class Query:
    """SELECT outputs FROM ... by its clauses; clauses stand at the beginnings of lines, but those inside parentheses."""

    def __init__(self, sql):
        self.sql, self.clause = sql, {}
        places = [m for m in CLAUSES.finditer(sql) if sql[:m.start()].count("(") == sql[:m.start()].count(")")]
        for place, end in zip(places, [p.start() for p in places[1:]] + [len(sql)]):
            self.clause[place.group(1)] = sql[place.end():end].strip()
        outputs = [re.match(r"^(.*?)(?: AS (\w+))?$", part).groups()
                   for part in split_top(sql[len("SELECT"):places[0].start()])]
        self.outputs = [(text, name or text.split(".")[-1]) for text, name in outputs]
        grouped = re.sub(r"GROUPING SETS|ROLLUP|CUBE", "", self.clause.get("GROUP BY", ""))
        keys = {key for key in re.findall(r"\w+\(\w+(?:\.\w+)?\)|\w+\.\w+", grouped)}
        self.keys = [i for i, (text, _) in enumerate(self.outputs) if text in keys]
        self.first = re.match(r"\S+ (\w+)", self.clause["FROM"]).group(1)
        self.is_union = self.clause["FROM"].startswith("ALL(")
        self.has_margins = grouped != self.clause.get("GROUP BY", "")

    @property
    def person(self):
        return f"{self.first}.organisation || {self.first}.bsn" if self.is_union else f"{self.first}.bsn"

    def cells_sql(self):
        """Each cell's outputs, persons, records, and of each key whether it is summed over."""
        texts = [text for text, _ in self.outputs]
        summed = [f"GROUPING({texts[k]})" if self.has_margins else "0" for k in self.keys]
        return self._sql(texts + [f"COUNT(DISTINCT {self.person})", "COUNT(*)"] + summed)

    def behind_sql(self, output):
        """Each cell's keys, and of each aggregate in an output: all, those with a value, those whose value is not 0; first as persons,
        then as records."""
        asked = []
        for name, argument, condition in AGGREGATE.findall(self.outputs[output][0]):
            with_value = [condition or "TRUE"] + ([f"({argument.removeprefix('DISTINCT ')}) IS NOT NULL"] if argument != "*" else [])
            contributing = with_value + ([f"({argument}) <> 0"] if name != "COUNT" else [])
            asked += [f"{count} FILTER (WHERE {' AND '.join(tests)})" for count in (f"COUNT(DISTINCT {self.person})", "COUNT(*)")
                      for tests in (["TRUE"], with_value, contributing)]
        return self._sql([self.outputs[k][0] for k in self.keys] + asked)

    def _sql(self, outputs):
        clauses = " ".join(f"{name} {self.clause[name]}" for name in ("FROM", "WHERE", "GROUP BY") if name in self.clause)
        return sample_tables.to_duckdb(f"SELECT {', '.join(f'({o})' for o in outputs)} {clauses}")

    def whole_sql(self):
        return sample_tables.to_duckdb(self.sql)


def linkage_query(sql):
    """What a report of linkage stands for."""
    first, *others = re.findall(r"\S+ (\w+)(?= JOIN|\s+JOIN| USING)", sql[sql.index("FROM"):])
    all_persons = f"COUNT(DISTINCT {first}.bsn)"
    outputs = [f"{all_persons} AS persons"]
    for alias in others:
        linked = f"COUNT(DISTINCT {alias}.bsn)"
        outputs += [f"{linked} AS {alias}_linked", f"{linked} / {all_persons} AS {alias}_share"]
    keys, rest = sql[len("SELECT"):].split("FROM", 1)
    return f"SELECT {keys.strip()}, {', '.join(outputs)} FROM{rest.replace('JOIN', 'LEFT JOIN')}"


# ---- what is printed ----

def read_table(text):
    """(headings, rows of texts, notes) of a printed table."""
    lines = text.splitlines()
    end = lines.index("") if "" in lines else len(lines)
    spans = [m.span() for m in re.finditer("-+", lines[1])]
    spans = [(start, following) for (start, _), following in zip(spans, [s for s, _ in spans[1:]] + [None])]
    def cut(line):
        return [line[start:stop].strip() for start, stop in spans]
    return cut(lines[0]), [cut(line) for line in lines[2:end]], "\n".join(lines[end:])


def reach(notes):
    """How far the quantiles of a table may be off, by its notes; 0 where there are none."""
    found = re.search(r"the true ones lie within (\S+) of these", notes)
    return Fraction(found.group(1)) if found else Fraction(0)


def same(printed, pooled, within=Fraction(0)):
    """Whether a printed value is the one of the pooled files, floating ones to 1e-9."""
    if pooled is None:
        return printed == "NULL"
    try:
        want = Fraction(pooled)
    except ValueError:
        return printed == pooled
    try:
        return abs(Fraction(printed) - want) <= within + abs(want) / 10 ** 9
    except ValueError:
        return False


# ---- regression ----

def least_squares(rows):
    """Coefficients of rows (y, x1, x2, ...), the constant first, by exact elimination."""
    design = [[Fraction(1)] + [Fraction(x) for x in row[1:]] for row in rows]
    width = len(design[0])
    system = [[sum(d[i] * d[j] for d in design) for j in range(width)] + [sum(d[i] * Fraction(row[0]) for d, row in zip(design, rows))]
              for i in range(width)]
    for i in range(width):
        system[i] = [v / system[i][i] for v in system[i]]
        for k in range(width):
            if k != i:
                system[k] = [a - system[k][i] * b for a, b in zip(system[k], system[i])]
    return [row[-1] for row in system]
