"""Random data sets and random queries over them, for test_differential.py. Everything follows from one seed."""
import dataclasses
import datetime

DAY_0 = datetime.date(2015, 1, 1)
DAY_N = datetime.date(2025, 12, 31)
TEXT_CODES = ["zorg", "bouw", "handel", "Overig", "a b", "x;y", "één", "o'k", 'q"q', "N.v.t.", "50%", "_", "zz"]


@dataclasses.dataclass
class Column:
    name: str
    role: str  # dimension, measure, attribute
    type: str  # integer, decimal, text, boolean, date
    decimals: int = 0
    minimum: int = None  # scaled by 10^decimals; of integers and decimals
    maximum: int = None
    codes: list = None
    required: bool = False
    empty_share: float = 0.0

    def domain(self):
        """Codes, with one for empty; 0 where it cannot be grouped on."""
        if self.role != "dimension":
            return 0
        codes = {"text": lambda: len(self.codes), "boolean": lambda: 2,
                 "integer": lambda: self.maximum - self.minimum + 1}[self.type]()
        return codes + (not self.required)


@dataclasses.dataclass
class DataSet:
    name: str
    node: str
    kind: str  # of the identifier: bsn or text
    many: bool
    columns: list
    decimal_separator: str
    delimiter: str
    rows: list = None  # texts as in the file; the identifier first

    def having(self, *roles):
        return [c for c in self.columns if c.role in roles]


def scaled_text(value, decimals, separator):
    if decimals == 0:
        return str(value)
    sign, value = ("-", -value) if value < 0 else ("", value)
    return f"{sign}{value // 10 ** decimals}{separator}{value % 10 ** decimals:0{decimals}d}"


def bsn(rng):
    while True:
        digits = [rng.randrange(10) for _ in range(8)]
        last = sum((9 - i) * d for i, d in enumerate(digits)) % 11
        if last < 10 and any(digits) and "".join(map(str, digits)) + str(last) != "999999999":
            return "".join(map(str, digits)) + str(last)


def random_column(rng, name, role):
    empty = rng.choice([0.0, 0.05, 0.3])
    common = dict(name=name, role=role, required=empty == 0.0 and rng.random() < 0.7, empty_share=empty)
    if role == "dimension":
        kind = rng.choice(["text", "text", "integer", "boolean"])
        if kind == "text":
            return Column(type="text", codes=rng.sample(TEXT_CODES, rng.randint(1, 7)), **common)
        if kind == "integer":
            low = rng.randint(-3, 2020)
            return Column(type="integer", minimum=low, maximum=low + rng.randint(0, 5), **common)
        return Column(type="boolean", **common)
    if role == "measure":
        if rng.random() < 0.5:
            low, high = rng.choice([(0, 1), (-500, 500), (0, 200_000), (-7, -1)])
            return Column(type="integer", minimum=low, maximum=high, **common)
        # Small enough that products of two columns, times constants, stay sums below 2^62.
        decimals, whole = rng.choice([(1, 99_999), (2, 9_999), (3, 999), (4, 99)])
        high = whole * 10 ** decimals + 10 ** decimals - 1
        return Column(type="decimal", decimals=decimals, minimum=rng.choice([0, -high]), maximum=high, **common)
    kind = rng.choice(["date", "text"])
    return Column(type=kind, **common)


def random_field(rng, column, separator, spread):
    """A field's text. `spread` shrinks which codes occur, so that some groups stay empty."""
    if rng.random() < column.empty_share:
        return ""
    if column.type == "text":
        codes = column.codes or TEXT_CODES
        return codes[min(int(rng.random() ** 2 * len(codes) * spread), len(codes) - 1)]
    if column.type == "boolean":
        return rng.choice(["true", "true", "false"])
    if column.type == "date":
        return (DAY_0 + datetime.timedelta(days=rng.randrange((DAY_N - DAY_0).days + 1))).isoformat()
    value = rng.choice([column.minimum, column.maximum, 0]) if rng.random() < 0.1 else None
    if value is None or not column.minimum <= value <= column.maximum:
        value = rng.randint(column.minimum, column.maximum)
    return scaled_text(value, column.decimals, separator)


def quoted(field, delimiter):
    if any(c in field for c in (delimiter, '"', "\n")) or field != field.strip():
        return '"' + field.replace('"', '""') + '"'
    return field


def random_data_set(rng, name, node, kind, pool, many):
    columns = [random_column(rng, f"d{i}", "dimension") for i in range(rng.randint(2, 4))]
    columns += [random_column(rng, f"m{i}", "measure") for i in range(rng.randint(2, 4))]
    columns += [random_column(rng, f"x{i}", "attribute") for i in range(rng.randint(1, 2))]
    out = DataSet(name, node, kind, many, columns, rng.choice(",."), rng.choice(";|\t"), [])
    if out.decimal_separator == "," and out.delimiter == ",":
        out.delimiter = ";"
    persons = rng.sample(pool, int(len(pool) * rng.uniform(0.3, 0.95)))
    spread = rng.choice([1.0, 1.0, 0.5])
    for person in persons:
        for _ in range(min(1 + int(rng.expovariate(0.5)), 12) if many else 1):
            out.rows.append([person] + [random_field(rng, c, out.decimal_separator, spread) for c in columns])
    if not many and out.rows:  # these have to be left out, every row of them
        for row in rng.sample(out.rows, min(len(out.rows), rng.randint(0, 4))):
            other = [random_field(rng, c, out.decimal_separator, spread) for c in columns]
            out.rows.append([row[0]] + rng.choice([row[1:], other]))
    for _ in range(rng.randint(0, 5)):  # and these, which are no identifiers
        bad = "123456789" if kind == "bsn" else " "
        out.rows.append([rng.choice([bad, ""])] + [random_field(rng, c, out.decimal_separator, 1.0) for c in columns])
    rng.shuffle(out.rows)
    return out


def random_world(rng, number, nodes):
    """Data sets of one population: two or three a node, of which at least one has one row a person."""
    kind = rng.choice(["bsn", "bsn", "text"])
    size = rng.choice([12, 60, 300, 900, 900, 2000])
    pool = set()
    while len(pool) < size:
        pool.add(bsn(rng) if kind == "bsn" else f"P{rng.randrange(10 ** 9)}é"[:rng.randint(6, 12)])
    pool = sorted(pool)
    return [random_data_set(rng, f"w{number}_{node}_{'m' if many else 'o'}", node, kind, pool, many)
            for node in nodes for many in (False, True)]


# ---- queries ----

class Writer:
    """Writes expressions over one data set under an alias, in the SQL that both sides read."""

    def __init__(self, rng, data_set, alias):
        self.rng, self.set, self.alias = rng, data_set, alias

    def column(self, types, roles=("measure", "attribute", "dimension")):
        found = [c for c in self.set.columns if c.type in types and c.role in roles]
        return self.rng.choice(found) if found else None

    def ref(self, column):
        return f"{self.alias}.{column.name}"

    def constant(self, column):
        low, high = column.minimum, column.maximum
        if low is None:
            return str(self.rng.randint(0, 10))
        return scaled_text(self.rng.randint(low, high), column.decimals, ".")

    def text(self, column):
        return "'" + self.rng.choice(column.codes or TEXT_CODES).replace("'", "''") + "'"

    def number(self, depth):
        """A number: (SQL, how many columns are multiplied in it at most)."""
        rng = self.rng
        column = self.column(("integer", "decimal"), ("measure",))
        plain = self.ref(column)
        if depth == 0 or rng.random() < 0.35:
            return plain, 1
        form = rng.randrange(9)
        if form == 0:
            (left, a), (right, b) = self.number(depth - 1), self.number(depth - 1)
            return f"({left} {rng.choice('+-')} {right})", max(a, b)
        if form == 1:
            left, a = self.number(depth - 1)
            return f"({left} * {rng.randint(-3, 12)})", a
        if form == 2:
            return f"({plain} * {self.ref(self.column(('integer', 'decimal'), ('measure',)))})", 2
        if form == 3:
            left, a = self.number(depth - 1)
            return (f"ABS({left})" if rng.random() < 0.5 else f"(-{left})"), a
        if form == 4:
            left, a = self.number(depth - 1)
            return f"COALESCE({left}, {rng.randint(-9, 9)})", a
        if form == 5:
            (yes, a), (no, b) = self.number(depth - 1), self.number(depth - 1)
            tail = f" ELSE {no}" if rng.random() < 0.6 else ""
            return f"(CASE WHEN {self.condition(depth - 1)} THEN {yes}{tail} END)", max(a, b)
        if form == 6:
            return f"(CASE WHEN {self.condition(depth - 1)} THEN 1 ELSE 0 END)", 0
        if form == 7:
            date = self.column(("date",))
            if date:
                return f"{rng.choice(['YEAR', 'MONTH'])}({self.ref(date)})", 1
            return plain, 1
        integer = self.column(("integer",), ("measure",))
        return (f"({self.ref(integer)} % {rng.randint(2, 9)})" if integer else plain), 1

    def condition(self, depth):
        rng = self.rng
        if depth > 0 and rng.random() < 0.35:
            form = rng.randrange(3)
            if form == 0:
                return f"(NOT {self.condition(depth - 1)})"
            return f"({self.condition(depth - 1)} {('AND', 'OR')[form - 1]} {self.condition(depth - 1)})"
        column = rng.choice(self.set.columns)
        name = self.ref(column)
        if rng.random() < 0.15:
            return f"({name} IS {rng.choice(['', 'NOT '])}NULL)"
        if column.type == "boolean":
            return rng.choice([name, f"({name} = TRUE)", f"(NOT {name})"])
        if column.type == "date":
            days = [(DAY_0 + rng.random() * (DAY_N - DAY_0)).isoformat() for _ in range(2)]
            if rng.random() < 0.3:
                return f"({name} BETWEEN DATE '{min(days)}' AND DATE '{max(days)}')"
            return f"({name} {rng.choice(['<', '>=', '<>'])} DATE '{days[0]}')"
        if column.type == "text":
            form = rng.randrange(4)
            if form == 0:
                return f"({name} {rng.choice(['=', '<>'])} {self.text(column)})"
            if form == 1:
                return f"({name} {rng.choice(['', 'NOT '])}IN ({self.text(column)}, {self.text(column)}))"
            if form == 2:
                pattern = rng.choice(["%o%", "z_%", "%", "o'%", "_"]).replace("'", "''")
                return f"({name} {rng.choice(['', 'NOT '])}LIKE '{pattern}')"
            return rng.choice([f"(LENGTH({name}) > {rng.randint(1, 6)})", f"(UPPER({name}) = UPPER({self.text(column)}))",
                               f"(SUBSTRING({name} FROM 1 FOR 1) = 'z')"])
        form = rng.randrange(3)
        if form == 0:
            return f"({name} {rng.choice(['=', '<>', '<', '<=', '>', '>='])} {self.constant(column)})"
        if form == 1:
            return (f"({name} {rng.choice(['', 'NOT '])}BETWEEN {self.constant(column)} "
                    f"AND {self.constant(column)})")
        return f"({name} {rng.choice(['', 'NOT '])}IN ({self.constant(column)}, {self.constant(column)}))"


@dataclasses.dataclass
class Output:
    kind: str  # count_rows, count_persons, count, sum, avg
    sql: str  # of the argument; None for the first two
    name: str


@dataclasses.dataclass
class Query:
    left: DataSet  # alias s
    right: DataSet  # alias d
    keys: list  # (alias, Column)
    outputs: list
    where: list

    def sql(self):
        parts = [f"{alias}.{column.name} AS k{i}" for i, (alias, column) in enumerate(self.keys)]
        for output in self.outputs:
            form = {"count_rows": "COUNT(*)", "count_persons": "COUNT(DISTINCT s.id)", "count": f"COUNT({output.sql})",
                    "sum": f"SUM({output.sql})", "avg": f"AVG({output.sql})"}[output.kind]
            parts.append(f"{form} AS {output.name}")
        text = f"SELECT {', '.join(parts)} FROM {self.left.name} s JOIN {self.right.name} d USING (id)"
        if self.where:
            text += " WHERE " + " AND ".join(self.where)
        if self.keys:
            text += " GROUP BY " + ", ".join(f"{alias}.{column.name}" for alias, column in self.keys)
        return text


def pick_keys(rng, data_set, alias, most_cells):
    """Up to three dimensions with at most so many combinations."""
    found, cells = [], 1
    for column in rng.sample(data_set.having("dimension"), len(data_set.having("dimension"))):
        if len(found) < 3 and cells * column.domain() <= most_cells and rng.random() < 0.7:
            cells *= column.domain()
            found.append((alias, column))
    return found


def random_query(rng, world):
    """A query over two data sets of different nodes, of which the left one has one row a person (and the right one may)."""
    left = rng.choice([s for s in world if not s.many])
    right = rng.choice([s for s in world if s.node != left.node])
    writers = {"s": Writer(rng, left, "s"), "d": Writer(rng, right, "d")}
    keys = pick_keys(rng, left, "s", rng.choice([10, 40, 400])) if rng.random() < 0.85 else []
    if rng.random() < 0.45:
        keys += pick_keys(rng, right, "d", 8)
        rng.shuffle(keys)
    outputs = []
    for i in range(rng.randint(1, 4)):
        kind = rng.choice(["count_rows", "count_persons", "count", "sum", "sum", "sum", "avg", "avg"])
        writer = writers[rng.choice("sdd")]
        argument = None
        if kind in ("sum", "avg"):
            argument = writer.number(rng.randint(0, 2))[0]
        elif kind == "count":
            argument = writer.ref(rng.choice(writer.set.columns))
        outputs.append(Output(kind, argument, f"v{i}"))
    where = []
    for alias in rng.sample("sd", rng.randint(0, 2)):
        where.append(writers[alias].condition(rng.randint(0, 2)))
    return Query(left, right, keys, outputs, where)
