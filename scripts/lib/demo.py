#!/usr/bin/env python3
"""Three organisations, one question: makes synthetic files, starts three nodes on loopback, asks, and checks the answer.

    scripts/demo [--keep FOLDER]

FOLDER (build/demo) is made anew and keeps the files, configurations, logs and results. No process outlives the demo."""
import argparse
import csv
import json
import pathlib
import shutil
import signal
import subprocess
import sys
import time
from fractions import Fraction

import mesh as meshes
import sample

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "system"))
import reference  # noqa: E402

QUERY = """SELECT b.buurt, b.traject,
       COUNT(DISTINCT b.bsn) AS personen, AVG(c.loon) AS gemiddeld_loon, SUM(c.werkt) AS werkend
FROM bijstand b JOIN banen c USING (bsn)
WHERE b.instroomjaar >= 2023 AND c.jaar = 2025
GROUP BY b.buurt, b.traject"""
MIN_PERSONS = 10
LINES_SHOWN = 24
BOLD, DIM, PLAIN = ("\033[1m", "\033[2m", "\033[0m") if sys.stdout.isatty() else ("", "", "")


def step(text):
    print(f"\n{BOLD}{text}{PLAIN}", flush=True)


def note(text):
    print(f"{DIM}{text}{PLAIN}", flush=True)


def show_command(*words):
    print(f"$ {' '.join(words)}", flush=True)


def run_query(mesh, folder):
    """Asks once for each form; the first time with progress and the table on the terminal."""
    query_file = folder / "vraag.sql"
    query_file.write_text(QUERY + "\n")
    print(QUERY)
    table = folder / "tabel.txt"
    show_command("schakel", "query", "-f", "vraag.sql")
    start = time.monotonic()
    subprocess.run(mesh.schakel_command("query", "-f", str(query_file), "-o", str(table)), check=True, timeout=120)
    seconds = time.monotonic() - start
    lines = table.read_text(encoding="utf-8").splitlines()
    body, notes = lines, []
    if "" in lines:  # what is said below the table
        body, notes = lines[:lines.index("")], lines[lines.index("") + 1:]
    print("\n".join(body[:LINES_SHOWN]))
    if len(body) > LINES_SHOWN:
        print(f"... and {len(body) - LINES_SHOWN} rows more, in tabel.txt")
    print("\n".join(notes))
    note(f"{seconds:.1f} s from SQL to table")
    for form, name in (("csv", "tabel.csv"), ("json-stat", "tabel.json")):
        show_command("schakel", "query", "-f", "vraag.sql", "--format", form, "-o", name)
        subprocess.run(mesh.schakel_command("query", "-f", str(query_file), "--format", form, "-o", str(folder / name)),
                       check=True, timeout=120, stderr=subprocess.DEVNULL)
    assert json.loads((folder / "tabel.json").read_text(encoding="utf-8"))["version"] == "2.0"


def pooled_answer(programs, paths):
    """The same question to DuckDB over both files: buurt, traject, persons, persons with a wage, and the three values."""
    tables = reference.read_table("bijstand", paths["bijstand"], ";", "bsn", False, [
        ("buurt", "text", 0), ("traject", "text", 0), ("instroomjaar", "integer", 0), ("leeftijdsklasse", "text", 0),
        ("uitkering", "decimal", 2)], ",", identifier="bsn")
    tables += reference.read_table("banen", paths["banen"], ";", "bsn", True, [
        ("jaar", "integer", 0), ("sector", "text", 0), ("werkt", "integer", 0), ("loon", "decimal", 2),
        ("uren", "integer", 0)], ",", identifier="bsn")
    return reference.run(programs.duckdb_sql, reference.MACROS + tables + f"""
        SELECT b.buurt, b.traject, COUNT(DISTINCT id), COUNT(DISTINCT id) FILTER (c.loon IS NOT NULL), SUM(c.loon)::VARCHAR,
            COUNT(c.loon), SUM(c.werkt)::VARCHAR, COUNT(DISTINCT id) FILTER (c.werkt IS NOT NULL)
        FROM bijstand b JOIN banen c USING (id) WHERE b.instroomjaar >= 2023 AND c.jaar = 2025 GROUP BY b.buurt, b.traject""")


def check(programs, paths, folder):
    """Compares every cell of tabel.csv with the pooled files; returns (cells released, cells suppressed, faults)."""
    pooled = {}
    for row in pooled_answer(programs, paths):
        buurt, traject, *numbers = ["" if field == "\\N" else field for field in row]
        pooled[buurt, traject] = numbers
    released = suppressed = faults = 0
    with open(folder / "tabel.csv", newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            persons, with_wage, wages, records, working, with_work = pooled.pop(
                (row["buurt"], row["traject"]), ("0", "0", "", "0", "", "0"))
            enough = int(persons) >= MIN_PERSONS
            wanted = {
                "personen": Fraction(persons) if enough else None,
                "gemiddeld_loon": Fraction(wages) / int(records) if enough and int(with_wage) >= MIN_PERSONS else None,
                "werkend": Fraction(working) if enough and int(with_work) >= MIN_PERSONS else None,
            }
            for name, want in wanted.items():
                got = Fraction(row[name]) if row[name] else None
                if (got is None) != (want is None) or got is not None and abs(got - want) > abs(want) / 10 ** 12:
                    faults += 1
                    print(f"  {row['buurt']} {row['traject']} {name}: {got}, and {want} in the pooled files")
                released += got is not None
                suppressed += got is None
    for key, numbers in pooled.items():
        faults += 1
        print(f"  {key} is missing; it has {numbers[0]} persons")
    return released, suppressed, faults


def demonstrate(folder):
    programs = meshes.Programs(ROOT / "build")
    step("1. Files of three organisations, about 40,000 residents who do not exist")
    paths = sample.make(folder)
    for name, path in paths.items():
        with open(path, "rb") as file:
            rows = sum(1 for _ in file) - 1
        print(f"  {path.relative_to(folder)}: {rows:,} rows")
    note("SYNTHETIC: made from a seed by scripts/lib/sample.py; see README.txt beside them")

    step("2. Keys, configurations, three nodes")
    schemas = {path.parent.name: [path.parent / f"{name}.yaml"] for name, path in paths.items()}
    mesh = meshes.Mesh(folder, programs, schemas, min_persons=MIN_PERSONS)
    with mesh:
        print("  " + ", ".join(f"{n.name} (pid {n.process.pid}, port {n.port})" for n in mesh.nodes.values())
              + ": connected by TLS 1.3, each with the others' keys pinned")
        step("3. A data set is checked before it is offered")
        show_command("schakelctl", "dataset", "check", "gemeente/bijstand.yaml")
        subprocess.run([programs.schakelctl, "dataset", "check", str(mesh.nodes["gemeente"].schemas[0])], timeout=60)
        step("4. What the nodes offer: names and codes, never values")
        show_command("schakel", "datasets")
        subprocess.run(mesh.schakel_command("datasets"), check=True, timeout=60)
        step("5. The question")
        run_query(mesh, folder)
    step("6. Is that right?")
    note("This check pools both files in DuckDB. It is possible only because the sample is synthetic:"
         " with real files nobody may do it, which is why Schakel exists.")
    released, suppressed, faults = check(programs, paths, folder)
    print(f"  {released} released values are equal to those of the pooled files, {suppressed} are suppressed where fewer than "
          f"{MIN_PERSONS} persons are behind them" if not faults else f"  {faults} cells differ")
    assert faults or released > 100 and suppressed > 100, (released, suppressed)
    step(f"All three nodes have ended. Files, configurations, logs and results: {folder}")
    return 1 if faults else 0


def main():
    parser = argparse.ArgumentParser(prog="scripts/demo", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", default=ROOT / "build" / "demo", type=pathlib.Path, metavar="FOLDER")
    folder = parser.parse_args().keep.resolve()
    if folder.exists():
        if not (folder / "README.txt").exists():
            sys.exit(f"demo: {folder} exists and was not made by the demo; name another with --keep")
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # as Ctrl-C: the nodes are ended on the way out
    try:
        return demonstrate(folder)
    except KeyboardInterrupt:
        print("\ndemo: stopped; no process is left", file=sys.stderr)
        return 130
    except (meshes.MeshError, subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
