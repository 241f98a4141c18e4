"""Random nodes, schemas and files for the differential tests; everything follows from one seed.

A world is one population and what each node knows of it: data sets of one row a person and of several, some of them alike at
several nodes, so that they can be asked as a union. Files have the dirt that files have: identifiers that are invalid, empty or
stand twice, short numbers, quotes, other separators and encodings, other words for true, false and empty."""
import dataclasses
import datetime

NODES = ["gem_a", "gem_b", "gem_c", "cbs", "partner"]
MUNICIPALITIES = NODES[:3]
TEXT_CODES = ["zorg", "bouw", "handel", "Overig", "a b", "x;y", "één", "o'k", 'q"q', "N.v.t.", "50%", "_", "zz"]
EPOCH = datetime.date(1970, 1, 1)
MAX_ROWS_SEVERAL = 12  # of one person in a file


@dataclasses.dataclass
class Column:
    name: str
    role: str  # dimension, measure, attribute
    type: str  # integer, decimal, text, boolean, date
    decimals: int = 0
    minimum: int = None  # scaled by 10^decimals, or days since 1970; None: not declared
    maximum: int = None
    codes: list = None
    required: bool = False
    edges: list = None  # of bins, scaled
    empty_share: float = 0.0
    header: str = None  # its name in the file, where that is another one

    def key_codes(self, binned=False):
        """The texts of its codes as a key, in their order; None where it cannot be grouped on."""
        if binned:
            return [f"[{scaled_text(low, self.decimals)}, {scaled_text(high, self.decimals)})"
                    for low, high in zip(self.edges, self.edges[1:])]
        if self.role != "dimension":
            return None
        if self.type == "text":
            return list(self.codes)
        if self.type == "boolean":
            return ["false", "true"]
        return [str(v) for v in range(self.minimum, self.maximum + 1)]


@dataclasses.dataclass
class Dialect:
    """How one node's file is written."""
    delimiter: str = ";"
    quote: str = '"'
    decimal_separator: str = ","
    encoding: str = "utf-8"
    date_format: str = "%Y-%m-%d"
    true: str = "true"
    false: str = "false"
    empty: str = ""
    bom: bool = False
    line_end: str = "\n"
    extra: bool = False  # a column that the schema does not name stands first


@dataclasses.dataclass
class DataSet:
    name: str
    identifier: str  # its column's name
    kind: str  # of identifier
    many: bool
    max_rows_a_person: int  # declared; None: not
    max_rows: int
    duplicates: str
    columns: list
    dialects: dict  # node -> Dialect; the nodes that have it
    rows: dict  # node -> rows of texts as in the file; the identifier first

    @property
    def nodes(self):
        return list(self.dialects)

    def column(self, name):
        return next(c for c in self.columns if c.name == name)


@dataclasses.dataclass
class World:
    sets: list

    def to_json(self):
        return [dataclasses.asdict(s) for s in self.sets]

    @staticmethod
    def from_json(found):
        return World([DataSet(**{**s, "columns": [Column(**c) for c in s["columns"]],
                                 "dialects": {n: Dialect(**d) for n, d in s["dialects"].items()}}) for s in found])

    def of_node(self, node):
        return [s for s in self.sets if node in s.dialects]


def scaled_text(value, decimals, separator="."):
    """A scaled integer with its decimal point and all decimals."""
    if decimals == 0:
        return str(value)
    sign, value = ("-", -value) if value < 0 else ("", value)
    return f"{sign}{value // 10 ** decimals}{separator}{value % 10 ** decimals:0{decimals}d}"


# ---- identifiers ----

def eleven(digits):
    return sum((9 - i) * d for i, d in enumerate(digits[:8])) - digits[8]


def random_bsn(rng):
    while True:
        digits = [rng.randrange(10) for _ in range(8)]
        last = sum((9 - i) * d for i, d in enumerate(digits)) % 11
        if last < 10 and any(digits):
            return "".join(map(str, digits)) + str(last)


def random_a_number(rng):
    while True:
        digits = [rng.randrange(1, 10)]
        while len(digits) < 10:
            digit = rng.randrange(10)
            if digit != digits[-1]:
                digits.append(digit)
        if sum(digits) % 11 in (0, 5) and sum(d << i for i, d in enumerate(digits)) % 11 == 0:
            return "".join(map(str, digits))


def random_identifier(rng, kind):
    if kind in ("bsn", "rsin"):
        return random_bsn(rng)
    if kind == "a-nummer":
        return random_a_number(rng)
    if kind == "kvk":
        return f"{rng.randrange(1, 10 ** 8):08d}"
    if kind == "bag":
        return f"{rng.randrange(1, 1999):04d}{rng.choice(['01', '02', '03', '10', '20', '30'])}{rng.randrange(10 ** 10):010d}"
    return f"p{rng.randrange(10 ** 7)} {rng.choice(['meer', 'oeuvre', 'van'])}"


def written_identifier(rng, kind, person):
    """One of the forms in which a file may have it."""
    if kind == "text":
        form = rng.randrange(4)
        if form == 0:
            return person.replace("ee", "ée").upper()
        return [person, person.replace(" ", "-"), person.replace("p", "P.")][form - 1]
    if kind in ("bsn", "rsin", "kvk") and person[0] == "0" and rng.random() < 0.5:
        return person[1:]
    if kind == "bag" and person[0] == "0" and rng.random() < 0.5:
        return person.lstrip("0") if len(person.lstrip("0")) >= 13 else person
    return f" {person} " if rng.random() < 0.05 else person


def bad_identifier(rng, kind):
    good = {"bsn": "123456789", "rsin": "123456789", "a-nummer": "1234567890", "kvk": "00000000", "bag": "0363040000000001",
            "text": "-."}
    return rng.choice(["", "  ", good[kind], "12345", "x" * 70] if kind != "text" else ["", " ", good[kind], "y" * 65])


# ---- schemas ----

def random_number_column(rng, name, role, common):
    decimals = rng.choice([0, 0, 0, 1, 2, 2, 3, 4])
    low, high = rng.choice([(0, 1), (-500, 500), (0, 200_000), (-7, -1), (0, 9_999), (-99, 999), (3, 40), (0, 50),
                            (-20_000, 500_000), (0, 10 ** 9), (-10 ** 12, 10 ** 12)])
    decimals = min(decimals, 3) if high == 10 ** 12 else decimals  # bounds lie within 2^53
    unit = 10 ** decimals if abs(low) + abs(high) > 1 else 1
    if unit == 1:
        decimals = 0
    column = Column(name=name, role=role, type="decimal" if decimals else "integer", decimals=decimals, minimum=low * unit,
                    maximum=high * unit + (unit - 1 if high > 0 and unit > 1 else 0), **common)
    if role == "measure" and rng.random() < 0.4 and column.maximum - column.minimum >= 10:
        inner = sorted(rng.sample(range(column.minimum + 1, column.maximum + 1), rng.randint(1, 4)))
        column.edges = [column.minimum] + inner + [column.maximum + rng.randint(1, 5)]
        if rng.random() < 0.3:
            column.edges[0] -= rng.randint(0, 9)
    return column


def random_column(rng, name, role):
    empty = rng.choice([0.0, 0.05, 0.3])
    common = dict(required=empty == 0.0 and rng.random() < 0.7, empty_share=empty)
    if role == "measure":
        return random_number_column(rng, name, role, common)
    if role == "dimension":
        kind = rng.choice(["text", "text", "integer", "boolean"])
        if kind == "text":
            return Column(name=name, role=role, type="text", codes=rng.sample(TEXT_CODES, rng.randint(1, 6)), **common)
        if kind == "integer":
            low = rng.randint(-3, 2020)
            return Column(name=name, role=role, type="integer", minimum=low, maximum=low + rng.randint(0, 4), **common)
        return Column(name=name, role=role, type="boolean", **common)
    kind = rng.choice(["date", "date", "date", "text", "text", "number", "boolean"])
    if kind == "date":
        low = rng.randint(-20_000, 18_000)
        bounds = dict(minimum=low, maximum=low + rng.choice([30, 400, 4_000])) if rng.random() < 0.85 else {}
        return Column(name=name, role=role, type="date", **bounds, **common)
    if kind == "text":
        return Column(name=name, role=role, type="text", codes=TEXT_CODES[:4] if rng.random() < 0.4 else None, **common)
    if kind == "boolean":
        return Column(name=name, role=role, type="boolean", **common)
    column = random_number_column(rng, name, role, common)
    if rng.random() < 0.3:
        column.minimum = column.maximum = None
    return column


def random_dialect(rng):
    found = Dialect(delimiter=rng.choice(";;,|\t"), quote=rng.choice('"""\''), decimal_separator=rng.choice(",."),
                    encoding=rng.choice(["utf-8", "utf-8", "latin-1"]),
                    date_format=rng.choice(["%Y-%m-%d", "%Y-%m-%d", "%d-%m-%Y", "%Y%m%d", "%m/%d/%Y"]),
                    empty=rng.choice(["", "", ".", "onb"]), line_end=rng.choice(["\n", "\n", "\r\n"]),
                    extra=rng.random() < 0.2)
    found.true, found.false = rng.choice([("true", "false"), ("J", "N"), ("1", "0")])
    found.bom = found.encoding == "utf-8" and rng.random() < 0.2
    return found


# ---- files ----

def number_field(rng, column, dialect):
    low, high = column.minimum, column.maximum
    if low is None:
        low, high = -10 ** 6, 10 ** 6
    value = rng.choice([low, high, 0]) if rng.random() < 0.15 else None
    if value is None or not low <= value <= high:
        value = rng.randint(low, high)
    text = scaled_text(value, column.decimals, dialect.decimal_separator)
    if column.decimals and rng.random() < 0.3:  # without zeros at the end
        text = text.rstrip("0").rstrip(dialect.decimal_separator) or "0"
    return "0" if text == "-" else text


def random_field(rng, column, dialect, spread):
    """A field's text. `spread` shrinks which codes occur, so that some groups stay empty."""
    if rng.random() < column.empty_share:
        return rng.choice(["", dialect.empty])
    if column.type == "text":
        codes = column.codes or TEXT_CODES
        return codes[min(int(rng.random() ** 2 * len(codes) * spread), len(codes) - 1)]
    if column.type == "boolean":
        return rng.choice([dialect.true, dialect.true, dialect.false])
    if column.type == "date":
        low, high = (column.minimum, column.maximum) if column.minimum is not None else (10_000, 12_000)
        return (EPOCH + datetime.timedelta(days=rng.randint(low, high))).strftime(dialect.date_format)
    return number_field(rng, column, dialect)


def random_rows(rng, data_set, dialect, pool):
    def row(person):
        return [written_identifier(rng, data_set.kind, person)] + [
            random_field(rng, c, dialect, spread) for c in data_set.columns]
    spread = rng.choice([1.0, 1.0, 0.5])
    most = data_set.max_rows_a_person or MAX_ROWS_SEVERAL
    rows, persons = [], rng.sample(pool, int(len(pool) * rng.uniform(0.3, 0.95)))
    for person in persons:
        for _ in range(min(1 + int(rng.expovariate(0.7)), most) if data_set.many else 1):
            rows.append(row(person))
    if data_set.duplicates == "leave_out":  # every row of these has to be left out
        rows += [row(person) for person in rng.sample(persons, min(len(persons), rng.randint(0, 4)))]
    for _ in range(rng.randint(0, 4)):
        rows.append([bad_identifier(rng, data_set.kind)] + row(pool[0])[1:])
    rng.shuffle(rows)
    return rows


def random_data_set(rng, name, nodes, kind, pool):
    many = rng.random() < 0.4
    columns = [random_column(rng, f"{name}_d{i}", "dimension") for i in range(rng.randint(2, 4))]
    columns += [random_column(rng, f"{name}_m{i}", "measure") for i in range(rng.randint(2, 4))]
    columns += [random_column(rng, f"{name}_x{i}", "attribute") for i in range(rng.randint(1, 4))]
    for column in columns:
        if rng.random() < 0.15:
            column.header = f"Kolom {column.name}, é"
    found = DataSet(name=name, identifier=rng.choice(["id", "id", "nr"]), kind=kind, many=many,
                    max_rows_a_person=rng.choice([None, 2, 3, 5]) if many else None, max_rows=0,
                    duplicates="refuse" if many else rng.choice(["leave_out", "leave_out", "refuse"]), columns=columns,
                    dialects={node: random_dialect(rng) for node in nodes}, rows={})
    for node, dialect in found.dialects.items():
        if dialect.encoding == "latin-1" and dialect.delimiter == dialect.decimal_separator:
            dialect.delimiter = ";"
        found.rows[node] = random_rows(rng, found, dialect, pool)
    most = max(len(rows) for rows in found.rows.values())
    found.max_rows = max(most + 10, rng.choice([0, 0, 0, 50_000, 5_000_000]))
    return found


def random_world(rng, number, sizes=(12, 60, 300, 900)):
    """Data sets of one population: a shared one of municipalities, and one to three of some nodes' own."""
    kind = rng.choice(["bsn", "bsn", "bsn", "text", "a-nummer", "kvk", "rsin", "bag"])
    pool, size = set(), rng.choice(sizes)
    while len(pool) < size:
        pool.add(random_identifier(rng, kind))
    pool, prefix = sorted(pool), f"w{number}"
    shared = rng.sample(MUNICIPALITIES, rng.choice([2, 2, 3]))
    sets = [random_data_set(rng, f"{prefix}u", [n for n in NODES if n in shared], kind, pool)]
    if rng.random() < 0.2:
        sets.append(random_data_set(rng, f"{prefix}v", [n for n in NODES if n in shared], kind, pool))
    for node in NODES:
        for i in range(rng.choice([1, 1, 2, 3] if node not in MUNICIPALITIES else [0, 0, 1])):
            sets.append(random_data_set(rng, f"{prefix}{node[-1]}{i}", [node], kind, pool))
    return World(sets)


# ---- writing ----

def quoted(field, dialect):
    q = dialect.quote
    if any(c in field for c in (dialect.delimiter, '"', "'", "\n")) or field != field.strip():
        return q + field.replace(q, q + q) + q
    return field


def file_headers(data_set, dialect):
    return (["anders"] if dialect.extra else []) + [data_set.identifier] + [c.header or c.name for c in data_set.columns]


def write_file(path, data_set, node):
    dialect = data_set.dialects[node]
    lines = [file_headers(data_set, dialect)] + [(["?"] if dialect.extra else []) + row for row in data_set.rows[node]]
    text = "".join(dialect.delimiter.join(quoted(f, dialect) for f in line) + dialect.line_end for line in lines)
    path.write_bytes((b"\xef\xbb\xbf" if dialect.bom else b"") + text.encode(dialect.encoding))


def bound_text(column, value):
    if column.type == "date":
        return (EPOCH + datetime.timedelta(days=value)).isoformat()
    return scaled_text(value, column.decimals)


def column_schema(column):
    found = {"name": column.name, "role": column.role, "type": column.type}
    if column.header:
        found["header"] = column.header
    if column.type == "decimal":
        found["decimals"] = column.decimals
    if column.required:
        found["required"] = True
    if column.codes:
        found["codes"] = column.codes
    if column.minimum is not None:
        found["minimum"] = bound_text(column, column.minimum)
        found["maximum"] = bound_text(column, column.maximum)
    if column.edges:
        found["bins"] = [scaled_text(e, column.decimals) for e in column.edges]
    return found


def schema(data_set, node, path):
    """The schema of one node's file, as a dict to write as YAML."""
    dialect = data_set.dialects[node]
    found = {
        "name": data_set.name, "rows": "many per person" if data_set.many else "one per person",
        "max_rows": data_set.max_rows, "duplicates": data_set.duplicates,
        "file": {"path": str(path), "format": "csv", "delimiter": dialect.delimiter, "quote": dialect.quote,
                 "decimal_separator": dialect.decimal_separator, "encoding": dialect.encoding,
                 "date_format": dialect.date_format, "true": dialect.true, "false": dialect.false},
        "columns": [{"name": data_set.identifier, "role": "identifier", "identifier": data_set.kind}]
        + [column_schema(c) for c in data_set.columns],
    }
    if dialect.empty:
        found["file"]["empty"] = dialect.empty
    if data_set.max_rows_a_person:
        found["max_rows_per_person"] = data_set.max_rows_a_person
    return found
