"""The benchmark's workloads: data sets, their schemas, the query for each system."""
import subprocess

# A person's number, nine digits: i times a primitive factor modulo a prime below 9e8 visits each number once.
ID = "(100000000 + (({i}) * 387420489) % 899999963)::VARCHAR"


def _chance(salt, below):
    """SQL: a pseudo-random integer 0 <= x < below, from the row number i."""
    return f"(hash(i * 64 + {salt}) % {below})::BIGINT"


def _number(name, role, low, high):
    return {"name": name, "role": role, "type": "integer", "minimum": low, "maximum": high, "required": True}


def _codes(name, prefix, count, width):
    return {"name": name, "role": "dimension", "type": "text", "required": True,
            "codes": [f"{prefix}{i:0{width}d}" for i in range(count)]}


class Workload:
    """name: W1, ...; files: table -> SELECT of its rows; rows: table -> how many; columns: table -> the columns' types, the
    identifier first; describe: table -> column -> its entry in a schema; many: tables with several rows a person; place: table ->
    (node, data set), the table's own name for both where it is not given; nodes: all that take part; query: in our SQL, with options;
    link_keys: of all tables, as in a schema; pooled: in the others' SQL, the same where it is None, with tables of its own (steps)
    before it."""
    limits = {}
    options = ()
    link_keys = None
    steps = ()
    many = ()
    place = {}
    nodes = ("a", "b", "c")
    pooled = None

    def placed(self, table):
        return self.place.get(table, (table, table))

    def make(self, duckdb_sql, folder):
        """Writes the CSV files below folder."""
        for name, select in self.files.items():
            statement = f"COPY ({select}) TO '{folder}/{name}.csv' (FORMAT csv, DELIMITER ';', HEADER)"
            subprocess.run([str(duckdb_sql), "--threads", "2", statement], check=True, capture_output=True, timeout=600)

    def duckdb(self, folder):
        """The statement for DuckDB, straight from the files, with types and dialect told."""
        def table(name):
            columns = ", ".join(f"'{c}': '{t}'" for c, t in self.columns[name].items())
            return (f"{name} AS (SELECT * FROM read_csv('{folder}/{name}.csv', delim=';', header=true, auto_detect=false, "
                    f"quote='\"', columns={{{columns}}}))")
        return "WITH " + ", ".join([table(name) for name in self.columns] + list(self.steps)) + " " + (self.pooled or self.query)

    def postgresql(self, folder):
        """(statements to prepare, statements to time)"""
        prepare, timed = [], []
        for name, columns in self.columns.items():
            declared = ", ".join(f"{c} {'text' if t == 'VARCHAR' else t.lower()}" for c, t in columns.items())
            prepare += [f"DROP TABLE IF EXISTS {name}", f"CREATE UNLOGGED TABLE {name} ({declared})"]
            timed.append(f"COPY {name} FROM '{folder}/{name}.csv' (FORMAT csv, DELIMITER ';', HEADER)")
        for step in self.steps:  # as tables with statistics: without these it takes plans that are twenty times slower
            name = step.split()[0]
            prepare.append(f"DROP TABLE IF EXISTS {name}")
            timed += [f"CREATE UNLOGGED TABLE {step}", f"ANALYZE {name}"]
        return prepare, timed + [self.pooled or self.query]


class W1(Workload):
    """2^20 persons against 2^20 persons, half of them the same; counts and sums in 1,000 cells."""
    name = "W1"
    rows = {"a": 1 << 20, "b": 1 << 20}
    files = {
        "a": f"SELECT {ID.format(i='i')} AS bsn, 'BU' || lpad({_chance(1, 200)}::VARCHAR, 4, '0') AS buurt, "
             f"'P' || {_chance(2, 5)} AS programme FROM range(1 << 20) t(i) ORDER BY hash(i * 64 + 3)",
        "b": f"SELECT {ID.format(i='i + (1 << 19)')} AS bsn, {_chance(4, 200001)} AS income, "
             f"{_chance(5, 2)} AS employed FROM range(1 << 20) t(i) ORDER BY hash(i * 64 + 6)",
    }
    columns = {"a": {"bsn": "VARCHAR", "buurt": "VARCHAR", "programme": "VARCHAR"},
               "b": {"bsn": "VARCHAR", "income": "BIGINT", "employed": "BIGINT"}}
    describe = {"a": {"buurt": _codes("buurt", "BU", 200, 4), "programme": _codes("programme", "P", 5, 1)},
                "b": {"income": _number("income", "measure", 0, 200_000), "employed": _number("employed", "measure", 0, 1)}}
    query = ("SELECT a.buurt, a.programme, COUNT(*) AS persons, SUM(b.income) AS income, SUM(b.employed) AS employed "
             "FROM a a JOIN b b USING (bsn) GROUP BY a.buurt, a.programme")
    keys = 2


class W2(Workload):
    """600,000 persons against 10,000,000 records of 1,000,000 persons, 500,000 of them the same; 600 cells."""
    name = "W2"
    rows = {"a": 600_000, "b": 10_000_000}
    files = {
        "a": f"SELECT {ID.format(i='i')} AS id, 'F' || lpad({_chance(1, 60)}::VARCHAR, 2, '0') AS field, "
             f"2016 + {_chance(2, 10)} AS year FROM range(600000) t(i) ORDER BY hash(i * 64 + 3)",
        "b": f"SELECT {ID.format(i='100000 + ' + _chance(4, 1000000))} AS id, 2016 + {_chance(5, 10)} AS year, "
             f"{_chance(6, 100001)} AS income FROM range(10000000) t(i)",
    }
    columns = {"a": {"id": "VARCHAR", "field": "VARCHAR", "year": "BIGINT"},
               "b": {"id": "VARCHAR", "year": "BIGINT", "income": "BIGINT"}}
    describe = {"a": {"field": _codes("field", "F", 60, 2), "year": _number("year", "dimension", 2016, 2025)},
                "b": {"year": _number("year", "dimension", 2016, 2025), "income": _number("income", "measure", 0, 100_000)}}
    many = ("b",)
    query = ("SELECT a.field, a.year, COUNT(*) AS records, SUM(b.income) AS income "
             "FROM a a JOIN b b USING (id) GROUP BY a.field, a.year")
    keys = 2


class W3(Workload):
    """Three owners of 2^20 persons each, overlapping; a count and a sum of each of two of them in 1,000 cells of the third."""
    name = "W3"
    rows = {"a": 1 << 20, "b": 1 << 20, "c": 1 << 20}
    files = {
        "a": W1.files["a"],
        "b": f"SELECT {ID.format(i='i + (1 << 18)')} AS bsn, {_chance(4, 200001)} AS income "
             f"FROM range(1 << 20) t(i) ORDER BY hash(i * 64 + 6)",
        "c": f"SELECT {ID.format(i='i + (1 << 19)')} AS bsn, {_chance(7, 50001)} AS cost "
             f"FROM range(1 << 20) t(i) ORDER BY hash(i * 64 + 8)",
    }
    columns = {"a": W1.columns["a"], "b": {"bsn": "VARCHAR", "income": "BIGINT"}, "c": {"bsn": "VARCHAR", "cost": "BIGINT"}}
    describe = {"a": W1.describe["a"], "b": {"income": _number("income", "measure", 0, 200_000)},
                "c": {"cost": _number("cost", "measure", 0, 50_000)}}
    query = ("SELECT a.buurt, a.programme, COUNT(*) AS persons, SUM(b.income) AS income, SUM(c.cost) AS cost "
             "FROM a a JOIN b b USING (bsn) JOIN c c USING (bsn) GROUP BY a.buurt, a.programme")
    keys = 2


class W4(Workload):
    """Two owners of 2^20 persons, half of them the same; a count and a sum by 200 codes of one and 50 of the other."""
    name = "W4"
    rows = {"a": 1 << 20, "b": 1 << 20}
    files = {
        "a": f"SELECT {ID.format(i='i')} AS bsn, 'BU' || lpad({_chance(1, 200)}::VARCHAR, 4, '0') AS buurt "
             f"FROM range(1 << 20) t(i) ORDER BY hash(i * 64 + 3)",
        "b": f"SELECT {ID.format(i='i + (1 << 19)')} AS bsn, 'S' || lpad({_chance(2, 50)}::VARCHAR, 2, '0') AS sector, "
             f"{_chance(4, 200001)} AS income FROM range(1 << 20) t(i) ORDER BY hash(i * 64 + 6)",
    }
    columns = {"a": {"bsn": "VARCHAR", "buurt": "VARCHAR"}, "b": {"bsn": "VARCHAR", "sector": "VARCHAR", "income": "BIGINT"}}
    describe = {"a": {"buurt": _codes("buurt", "BU", 200, 4)},
                "b": {"sector": _codes("sector", "S", 50, 2), "income": _number("income", "measure", 0, 200_000)}}
    query = ("SELECT a.buurt, b.sector, COUNT(*) AS persons, SUM(b.income) AS income "
             "FROM a a JOIN b b USING (bsn) GROUP BY a.buurt, b.sector")
    keys = 2


MEMBERS = range(1, 6)


class W5(Workload):
    """Five municipalities of 200,000 persons each in a union, with one file of 10,000,000 persons that knows 9 in 10 of them; 300 cells."""
    name = "W5"
    nodes = ("b",) + tuple(f"m{k}" for k in MEMBERS)
    rows = {"b": 10_000_000} | {f"m{k}": 200_000 for k in MEMBERS}
    files = {
        "b": f"SELECT {ID.format(i='i')} AS bsn, {_chance(4, 200001)} AS income FROM range(10000000) t(i)",
    } | {
        f"m{k}": f"SELECT {ID.format(i=f'i * 10 + {k} + 1000000')} AS bsn, "
                 f"'F' || lpad({_chance(k, 60)}::VARCHAR, 2, '0') AS field, 'P' || {_chance(10 + k, 5)} AS programme "
                 f"FROM range(800000, 1000000) t(i) ORDER BY hash(i * 64 + {20 + k})"
        for k in MEMBERS
    }
    columns = {"b": {"bsn": "VARCHAR", "income": "BIGINT"}} | {
        f"m{k}": {"bsn": "VARCHAR", "field": "VARCHAR", "programme": "VARCHAR"} for k in MEMBERS}
    describe = {"b": {"income": _number("income", "measure", 0, 200_000)}} | {
        f"m{k}": {"field": _codes("field", "F", 60, 2), "programme": _codes("programme", "P", 5, 1)} for k in MEMBERS}
    place = {"b": ("b", "b")} | {f"m{k}": (f"m{k}", "m") for k in MEMBERS}
    query = ("SELECT m.field, m.programme, COUNT(*) AS persons, SUM(b.income) AS income "
             "FROM ALL(m) m JOIN b b USING (bsn) GROUP BY m.field, m.programme")
    pooled = ("SELECT m.field, m.programme, COUNT(*) AS persons, SUM(b.income) AS income FROM ("
              + " UNION ALL ".join(f"SELECT * FROM m{k}" for k in MEMBERS)
              + ") m JOIN b b USING (bsn) GROUP BY m.field, m.programme")
    keys = 2


def _person(number, born_shift=""):
    """SQL: columns that find a person: birth date, sex, postcode, house number."""
    return (f"DATE '1930-01-01' + {_chance(11, 30000)}::INTEGER AS born, substr('MV', 1 + {_chance(12, 2)}, 1) AS sex, "
            f"(1000 + {_chance(13, 4000)})::VARCHAR || ' ' || chr(65 + {_chance(14, 26)}::INTEGER) || "
            f"chr(65 + ({_chance(15, 26)}{born_shift})::INTEGER % 26) AS postcode, 1 + {_chance(16, 200)} AS house "
            f"FROM (SELECT {number} AS i FROM range(1 << 20) t(j)) ORDER BY hash(i * 64 + 17)")


def _keys_of(table):
    """SQL of the others: a table's link keys, where no other row has the same."""
    whole = "born || sex || lower(replace(postcode, ' ', ''))"
    return (f"k{table} AS (SELECT *, {whole} || '/' || house AS key6, born || sex || left(postcode, 4) AS key4, "
            f"row_number() OVER () AS row FROM {table})",
            f"u{table} AS (SELECT *, CASE WHEN count(*) OVER (PARTITION BY key6) = 1 THEN key6 END AS one6, "
            f"CASE WHEN count(*) OVER (PARTITION BY key4) = 1 THEN key4 END AS one4 FROM k{table})")


def _pass(name, condition, before):
    """SQL of the others: who is linked by a condition and by none before."""
    left = " AND ".join(f"NOT EXISTS (SELECT 1 FROM {b} WHERE {b}.{side}_row = u{side}.row)" for b in before for side in "ab")
    return (f"{name} AS (SELECT ua.row AS a_row, ub.row AS b_row FROM ua JOIN ub ON {condition}"
            f"{' WHERE ' if left else ''}{left})")


class W6(Workload):
    """2^20 persons against 2^20 persons, half of them the same, linked in three passes: 3 in 100 numbers are missing at either side
    and some moved within their part of town; a count and a sum in 200 cells."""
    name = "W6"
    rows = {"a": 1 << 20, "b": 1 << 20}
    files = {
        "a": f"SELECT CASE WHEN {_chance(1, 100)} < 3 THEN '' ELSE {ID.format(i='i')} END AS bsn, "
             f"'BU' || lpad({_chance(2, 200)}::VARCHAR, 4, '0') AS buurt, {_person('j')}",
        "b": f"SELECT CASE WHEN {_chance(3, 100)} < 3 THEN '' ELSE {ID.format(i='i')} END AS bsn, {_chance(4, 200001)} AS income, "
             + _person("j + (1 << 19)", f" + CASE WHEN {_chance(5, 50)} = 0 THEN 1 ELSE 0 END"),
    }
    columns = {"a": {"bsn": "VARCHAR", "buurt": "VARCHAR", "born": "DATE", "sex": "VARCHAR", "postcode": "VARCHAR", "house": "BIGINT"},
               "b": {"bsn": "VARCHAR", "income": "BIGINT", "born": "DATE", "sex": "VARCHAR", "postcode": "VARCHAR", "house": "BIGINT"}}
    _found_by = {"born": {"name": "born", "role": "attribute", "type": "date"}, "sex": {"name": "sex", "role": "attribute", "type": "text"},
                 "postcode": {"name": "postcode", "role": "attribute", "type": "text"},
                 "house": {"name": "house", "role": "attribute", "type": "integer"}}
    describe = {"a": {"buurt": _codes("buurt", "BU", 200, 4)} | _found_by,
                "b": {"income": _number("income", "measure", 0, 200_000)} | _found_by}
    link_keys = [{"name": "key6", "columns": [{"column": c} for c in ("born", "sex", "postcode", "house")]},
                 {"name": "key4", "columns": [{"column": "born"}, {"column": "sex"}, {"column": "postcode", "first": 4}]}]
    options = ("--pass", "key6", "--pass", "key4")
    query = "SELECT a.buurt, COUNT(*) AS persons, SUM(b.income) AS income FROM a a JOIN b b USING (bsn) GROUP BY a.buurt"
    steps = (*_keys_of("a"), *_keys_of("b"), _pass("l1", "ua.bsn = ub.bsn AND ua.bsn <> ''", []),
             _pass("l2", "ua.one6 = ub.one6", ["l1"]), _pass("l3", "ua.one4 = ub.one4", ["l1", "l2"]))
    pooled = ("SELECT ua.buurt, COUNT(*) AS persons, SUM(ub.income) AS income FROM (SELECT * FROM l1 UNION ALL SELECT * FROM l2 "
              "UNION ALL SELECT * FROM l3) l JOIN ua ON ua.row = l.a_row JOIN ub ON ub.row = l.b_row GROUP BY ua.buurt")
    keys = 1


ALL = {workload.name: workload for workload in (W1(), W2(), W3(), W4(), W5(), W6())}
