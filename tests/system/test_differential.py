#!/usr/bin/env python3
"""Random queries over random data, through three real nodes, against DuckDB on the pooled files.

    test_differential.py --build BUILD [--queries N] [--seed N] [--threshold off|on|both]

Each query runs without a threshold and with one of 10 persons, and every cell of both answers is compared: counts and sums
exactly, averages to 1e-12, suppressed exactly where the reference says that too few persons are behind a value."""
import argparse
import csv
import io
import itertools
import json
import pathlib
import random
import sys
import time
from fractions import Fraction

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "scripts" / "lib"), str(ROOT / "tests" / "system")]
import mesh as meshes  # noqa: E402
import random_data  # noqa: E402
import reference  # noqa: E402
import schemas  # noqa: E402

NODES = ["a", "b", "c"]
EMPTY_LABEL = "(empty)"
WORLDS = 5


class Mismatch(Exception):
    """An answer differs from the reference; the text says where."""


def write_world(folder, world):
    """Files and schemas of all data sets; returns (node -> schema paths, DuckDB statements that read the files)."""
    paths, statements = {node: [] for node in NODES}, []
    for data_set in world:
        path = folder / f"{data_set.name}.csv"
        lines = [["id"] + [c.name for c in data_set.columns]] + data_set.rows
        path.write_text("".join(data_set.delimiter.join(random_data.quoted(f, data_set.delimiter) for f in line) + "\n"
                                for line in lines), encoding="utf-8")
        schema = folder / f"{data_set.name}.yaml"
        meshes.write_yaml(schema, schemas.of_random(data_set, path))
        paths[data_set.node].append(schema)
        statements.append(reference.read_table(
            data_set.name, path, data_set.delimiter, data_set.kind, data_set.many,
            [(c.name, c.type, c.decimals) for c in data_set.columns], data_set.decimal_separator))
    return paths, statements


def domain_texts(column):
    """A dimension's codes as both sides print them, None for empty."""
    if column.type == "text":
        codes = list(column.codes)
    elif column.type == "boolean":
        codes = ["false", "true"]
    else:
        codes = [str(v) for v in range(column.minimum, column.maximum + 1)]
    return codes + ([] if column.required else [None])


def read_json_stat(text, query):
    """key tuple -> list of (value, status), from a JSON-stat 2.0 dataset."""
    found = json.loads(text, parse_float=Fraction, parse_int=Fraction)
    sizes = [int(s) for s in found["size"]]
    keys = [domain_texts(column) for _, column in query.keys]
    want = [len(codes) for codes in keys] + [len(query.outputs)]
    if sizes != want:
        raise Mismatch(f"the cube has the sizes {sizes}, not {want}")
    for name, codes in zip(found["id"], keys):
        category = found["dimension"][name]["category"]
        index = category["index"]
        order = index if isinstance(index, list) else sorted(index, key=lambda c: index[c])
        labels = [category.get("label", {}).get(c, c) for c in order]
        if labels != [EMPTY_LABEL if c is None else c for c in codes]:
            raise Mismatch(f"{name} has the categories {labels}, not {codes}")
    values, status = found["value"], found.get("status", {})
    cells, place = {}, 0
    for key in itertools.product(*keys):
        cells[key] = [(values[place + i], status.get(str(place + i)) if isinstance(status, dict) else status[place + i])
                      for i in range(len(query.outputs))]
        place += len(query.outputs)
    return cells


def compare_value(got, status, want, average):
    if want == "suppressed":
        return got is None and status == "c"
    if status is not None:
        return False
    if want is None or got is None:
        return want is None and got is None
    want = Fraction(want)
    if average:
        return abs(got - want) <= abs(want) * Fraction(1, 10 ** 12)
    return got == want


def compare_cells(query, cells, wanted, min_persons, zero_cells):
    """Compares every value of every cell; returns how many there were, by what was expected of them."""
    counts = {"shown": 0, "suppressed": 0, "empty": 0}
    unknown = set(wanted) - set(cells)
    if unknown:
        raise Mismatch(f"the answer has no place for {unknown}")
    for key, values in cells.items():
        cell = wanted.get(key, reference.EMPTY)
        want = reference.expected(query, cell, min_persons, zero_cells)
        if want == "empty":
            fits = all(status == "z" and not got for got, status in values) if query.keys else all(
                not got and status in (None, "z") for got, status in values)
            counts["empty"] += len(values)
        elif want == "suppressed":
            fits = all(got is None and status == "c" for got, status in values)
            counts["suppressed"] += len(values)
        else:
            fits = all(compare_value(got, status, w, o.kind == "avg")
                       for (got, status), w, o in zip(values, want, query.outputs))
            for w in want:
                counts["suppressed" if w == "suppressed" else "shown"] += 1
        if not fits:
            shown = [(str(got), status) for got, status in values]
            raise Mismatch(f"cell {key} with {cell.persons} persons: got {shown}, expected {want} ({cell})")
    return counts


def compare_csv(text, query, cells):
    """That the CSV form says what the JSON-stat form says, for the rows it has."""
    rows = list(csv.reader(io.StringIO(text)))
    header, rows = rows[0], rows[1:]
    if header != [f"k{i}" for i in range(len(query.keys))] + [o.name for o in query.outputs] + ["suppressed"]:
        raise Mismatch(f"CSV has the header {header}")
    seen = set()
    for row in rows:
        key = tuple(t or None for t in row[:len(query.keys)])
        seen.add(key)
        for (got, status), text_of in zip(cells[key], row[len(query.keys):-1]):
            want = None if status == "c" else got
            if (None if text_of == "" else Fraction(text_of)) != want:
                raise Mismatch(f"CSV says {text_of!r} in {key}, JSON-stat {got}")
        if (row[-1] != "") != any(status == "c" for _, status in cells[key]):
            raise Mismatch(f"CSV's column suppressed says {row[-1]!r} in {key}")
    hidden = {key for key, values in cells.items() if key not in seen and any(s != "z" for _, s in values)}
    if hidden and query.keys:
        raise Mismatch(f"CSV lacks the rows {hidden}")
    return len(rows)


def run_query(mesh, query, wanted, folder, with_csv):
    stat = folder / "out.json"
    done = mesh.query(query.sql(), "--format", "json-stat", "-o", str(stat), check=False)
    if done.returncode != 0:
        raise Mismatch(f"schakel ended with {done.returncode}: {done.stderr.strip()}")
    cells = read_json_stat(stat.read_text(encoding="utf-8"), query)
    counts = compare_cells(query, cells, wanted, mesh.min_persons, mesh.zero_cells)
    stat.unlink()
    if with_csv:
        compare_csv(mesh.query(query.sql(), "--format", "csv").stdout, query, cells)
    return counts


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True)
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--threshold", choices=["off", "on", "both"], default="both")
    parser.add_argument("--zero-cells", choices=["show", "suppress"], help="instead of a random choice")
    parser.add_argument("--keep-going", action="store_true", help="report every mismatch, not only the first")
    arguments = parser.parse_args()
    seed = arguments.seed if arguments.seed is not None else random.SystemRandom().randrange(10 ** 9)
    print(f"test_differential: seed {seed}", flush=True)
    rng = random.Random(seed)
    programs = meshes.Programs(arguments.build)
    folder = meshes.make_folder()
    start, failures = time.monotonic(), 0
    totals = {"shown": 0, "suppressed": 0, "empty": 0}
    asked, with_csv, nonempty = 0, 0, 0
    try:
        worlds, paths, statements = [], {node: [] for node in NODES}, []
        for number in range(WORLDS):
            worlds.append(random_data_world := random_data.random_world(rng, number, NODES))
            more, reads = write_world(folder, random_data_world)
            statements.append("".join(reads))
            for node in NODES:
                paths[node] += more[node]
        chosen = [rng.choice(["show", "suppress"]) for _ in "12"]  # also where an option says otherwise: the seed goes on alike
        zero_cells = [arguments.zero_cells] * 2 if arguments.zero_cells else chosen
        settings = {"off": [(1, zero_cells[0])], "on": [(10, zero_cells[1])]}
        settings = settings.get(arguments.threshold) or settings["off"] + settings["on"]
        print("test_differential: " + ", ".join(f"min_persons {m} with zero_cells {z}" for m, z in settings), flush=True)
        running = [meshes.Mesh(folder / f"threshold{m}", programs, paths, min_persons=m, zero_cells=z) for m, z in settings]
        try:
            for mesh in running:
                mesh.start()
            for number in range(arguments.queries):
                world = rng.randrange(WORLDS)
                query = random_data.random_query(rng, worlds[world])
                wanted = reference.evaluate(programs.duckdb_sql, statements[world], query)
                nonempty += bool(wanted)
                for mesh in running:
                    asked += 1
                    try:
                        counts = run_query(mesh, query, wanted, folder, number % 8 == 0)
                        with_csv += number % 8 == 0
                        totals = {k: totals[k] + counts[k] for k in totals}
                    except Mismatch as mismatch:
                        failures += 1
                        print(f"query {number} (seed {seed}, min_persons {mesh.min_persons}, zero_cells "
                              f"{mesh.zero_cells}):\n  {query.sql()}\n  {mismatch}", flush=True)
                        if not arguments.keep_going:
                            raise SystemExit(1)
        finally:
            complaints = [c for mesh in running for c in mesh.stop()]
    finally:
        meshes.remove_folder(folder)
    failures += len(complaints)
    for complaint in complaints:
        print(complaint)
    # A run that compares next to nothing must not pass.
    assert asked == arguments.queries * len(settings)
    assert failures or with_csv == len(settings) * ((arguments.queries + 7) // 8), with_csv
    assert failures or totals["shown"] >= arguments.queries * len(settings), totals
    assert failures or arguments.threshold == "off" or totals["suppressed"] >= arguments.queries // 2, totals
    assert nonempty >= arguments.queries // 2, nonempty
    print(f"test_differential: {asked} answers, {sum(totals.values())} cells compared ({totals['shown']} shown, "
          f"{totals['suppressed']} suppressed, {totals['empty']} empty), {failures} failures, "
          f"{time.monotonic() - start:.0f} s")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
