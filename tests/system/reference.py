"""The reference: the same query by DuckDB over the pooled files, and what a threshold makes of it."""
import csv
import dataclasses
import io
import subprocess
from decimal import Decimal
from fractions import Fraction

# The 11-test, written out again so that the reference shares nothing with the nodes.
MACROS = """
CREATE MACRO digit(t, i) AS substr(t, i, 1)::INTEGER;
CREATE MACRO eleven(t) AS (9 * digit(t, 1) + 8 * digit(t, 2) + 7 * digit(t, 3) + 6 * digit(t, 4) + 5 * digit(t, 5)
    + 4 * digit(t, 6) + 3 * digit(t, 7) + 2 * digit(t, 8) - digit(t, 9)) % 11 = 0 AND t <> '000000000' AND t <> '999999999';
CREATE MACRO valid_bsn(t) AS CASE WHEN regexp_full_match(t, '[0-9]{9}') THEN eleven(t) ELSE false END;
CREATE MACRO valid_text(t) AS length(t) > 0;
"""


@dataclasses.dataclass
class Aggregate:
    total: Fraction  # None where no record has a value
    records: int  # with a value
    persons: int  # with a value


@dataclasses.dataclass
class Cell:
    persons: int
    outputs: list  # of Aggregate


def read_table(name, path, delimiter, kind, many, columns, decimal_separator, identifier="id"):
    """Statements that make the table `name` of typed rows with a valid identifier (and, of one row a person, a single one).

    columns: (name, type, decimals)"""
    fields = []
    for column, kind_of, decimals in columns:
        text = f'NULLIF(trim("{column}"), \'\')'
        if kind_of == "decimal":
            fields.append(f"replace({text}, '{decimal_separator}', '.')::DECIMAL(14, {decimals}) AS \"{column}\"")
        else:
            target = {"integer": "BIGINT", "text": "VARCHAR", "boolean": "BOOLEAN", "date": "DATE"}[kind_of]
            fields.append(f'{text}::{target} AS "{column}"')
    once = "" if many else " QUALIFY count(*) OVER (PARTITION BY trim(id)) = 1"
    return f"""CREATE TABLE "{name}" AS SELECT trim(id) AS id, {', '.join(fields)} FROM
        (SELECT COALESCE("{identifier}", '') AS id, * EXCLUDE ("{identifier}") FROM read_csv('{path}', delim='{delimiter}',
        header=true, all_varchar=true, quote='"', escape='"', auto_detect=false, strict_mode=true,
        columns={{{', '.join(f"'{c}': 'VARCHAR'" for c in [identifier] + [c for c, _, _ in columns])}}}))
        WHERE valid_{kind}(trim(id)){once};"""


def run(program, sql):
    done = subprocess.run([program, "--null", "\\N", "-f", "/dev/stdin"] if len(sql) > 100_000 else
                          [program, "--null", "\\N", sql], capture_output=True, text=True, timeout=120)
    if done.returncode != 0:
        raise RuntimeError(f"the reference cannot run this: {done.stderr}\n{sql[-1500:]}")
    return list(csv.reader(io.StringIO(done.stdout)))[1:]


def evaluate(program, tables, query):
    """Cell by tuple of the keys' texts (None for empty) of a random_data.Query."""
    keys = [f"{alias}.{column.name}" for alias, column in query.keys]
    parts = ["COUNT(DISTINCT s.id)"]
    for output in query.outputs:
        argument = output.sql or "1"
        total = f"SUM({argument})" if output.kind in ("sum", "avg") else "NULL::INTEGER"
        parts += [f"{total}::VARCHAR", f"typeof({total})", f"COUNT({argument})",
                  f"COUNT(DISTINCT s.id) FILTER (({argument}) IS NOT NULL)"]
    sql = f"SELECT {', '.join([f'{k}::VARCHAR' for k in keys] + parts)} FROM {query.left.name} s JOIN {query.right.name} d USING (id)"
    if query.where:
        sql += " WHERE " + " AND ".join(query.where)
    if keys:
        sql += " GROUP BY " + ", ".join(keys)
    cells = {}
    for row in run(program, MACROS + tables + sql):
        row = [None if field == "\\N" else field for field in row]
        key, values = tuple(row[:len(keys)]), row[len(keys):]
        outputs = []
        for i in range(len(query.outputs)):
            total, kind, records, persons = values[1 + 4 * i:5 + 4 * i]
            if kind in ("DOUBLE", "FLOAT"):
                raise RuntimeError(f"the reference is not exact here ({kind}): {sql}")
            outputs.append(Aggregate(None if total is None else Fraction(Decimal(total)), int(records), int(persons)))
        cells[key] = Cell(int(values[0]), outputs)
    return cells


EMPTY = Cell(0, [])


def expected(query, cell, min_persons, zero_cells):
    """What the analyst has to see of a cell: 'suppressed', 'empty', or a list of 'suppressed', None, int and Fraction.

    The row needs min_persons persons, each aggregate min_persons persons with a value for it. That nobody is in a row is
    shown where the owners say so, or where there is no threshold; that nobody in a row has a value only in the latter case."""
    def state(persons):
        if persons == 0:
            return "empty" if zero_cells == "show" or min_persons <= 1 else "suppressed"
        return "shown" if persons >= min_persons else "suppressed"
    if state(cell.persons) != "shown":
        return state(cell.persons)
    found = []
    for output, aggregate in zip(query.outputs, cell.outputs):
        if output.kind == "count_persons":
            found.append(cell.persons)
        elif output.kind == "count_rows":
            found.append(aggregate.records)
        elif aggregate.persons < min_persons and not (aggregate.persons == 0 and min_persons <= 1):
            found.append("suppressed")
        elif output.kind == "count":
            found.append(aggregate.records)
        elif aggregate.total is None:
            found.append(None)
        else:
            found.append(aggregate.total / aggregate.records if output.kind == "avg" else aggregate.total)
    return found
