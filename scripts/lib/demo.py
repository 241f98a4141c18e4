#!/usr/bin/env python3
"""Four organisations, some questions: makes synthetic files, starts four nodes on loopback, asks, and checks the answers.

    scripts/demo [--keep FOLDER]

FOLDER (build/demo) is made anew and keeps the files, configurations, logs and results. No process outlives the demo."""
import argparse
import csv
import json
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time
from fractions import Fraction

import demo_linkage
import mesh as meshes
import sample
import sample_agreement

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "system"))
import cookbook  # noqa: E402
import sample_tables  # noqa: E402

QUERY = """SELECT b.buurt, b.traject,
       COUNT(DISTINCT b.bsn) AS personen, AVG(c.loon) AS gemiddeld_loon, SUM(c.werkt) AS werkend
FROM leidschendam.bijstand b JOIN banen c USING (bsn)
WHERE b.instroomjaar >= 2023 AND c.jaar = 2025
GROUP BY b.buurt, b.traject"""
# A union of municipalities, grouped by a column of theirs and one of CBS; a condition and a difference over dates of two owners.
COMMUTING = """SELECT ORGANISATION(b) AS woont_in, p.werkgemeente AS werkt_in, COUNT(*) AS personen,
       ROUND(AVG(p.eerste_baan - b.begin), 0) AS dagen_tot_werk
FROM ALL(bijstand) b JOIN personen p USING (bsn)
WHERE p.werkt AND p.eerste_baan >= b.begin
GROUP BY ORGANISATION(b), p.werkgemeente"""
FORMULA = "p.inkomen ~ p.leeftijd + p.kinderen + j.duur"
FORMULA_FROM = "leidschendam.bijstand b JOIN personen p USING (bsn) JOIN jeugdhulp j USING (bsn)"
FORBIDDEN = """SELECT b.leeftijdsklasse, COUNT(DISTINCT b.bsn) AS personen
FROM leidschendam.bijstand b JOIN banen c USING (bsn)
GROUP BY b.leeftijdsklasse"""
MIN_PERSONS = 10
LINES_SHOWN = 24
REQUEST_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
BOLD, DIM, PLAIN = ("\033[1m", "\033[2m", "\033[0m") if sys.stdout.isatty() else ("", "", "")


def step(text):
    print(f"\n{BOLD}{text}{PLAIN}", flush=True)


def note(text):
    print(f"{DIM}{text}{PLAIN}", flush=True)


def show_command(*words):
    print(f"$ {' '.join(words)}", flush=True)


def show_lines(text, most=LINES_SHOWN, more="more lines"):
    lines = text.splitlines()
    print("\n".join(f"  {line}" for line in lines[:most]))
    if len(lines) > most:
        print(f"  ... and {len(lines) - most} {more}")


def agree(mesh, folder):
    """The agreement is signed by the four parties in turn, shown, and activated by an operator of each."""
    bundle = mesh.sign(mesh.agreement)
    show_command("schakelctl", "agreement", "show", bundle.name)
    shown = meshes.run([mesh.programs.schakelctl, "agreement", "show", str(bundle)]).stdout
    keys = re.compile(r" +(identity|exchange|TLS pin|address|OIN|processing activity) ")
    show_lines("\n".join(line for line in shown.splitlines() if not keys.match(line)), most=70)
    mesh.bundle = bundle
    mesh.activate(bundle)
    mesh.wait_until_connected()


def approve(mesh, request):
    """CBS's operator reads what is asked, and approves."""
    show_command("schakelctl", "requests", "-c", "cbs/node.yaml")
    show_lines(mesh.ctl("cbs", "requests").stdout)
    show_command("schakelctl", "requests", "show", request)
    show_lines(mesh.ctl("cbs", "requests", "show", request).stdout, most=60)
    show_command("schakelctl", "approve", request, "--yes")
    show_lines(mesh.ctl("cbs", "approve", request, "--yes").stdout.splitlines()[-1])


def show_table(text, seconds):
    lines = text.splitlines()
    body, notes = lines, []
    if "" in lines:  # what is said below the table
        body, notes = lines[:lines.index("")], lines[lines.index("") + 1:]
    print("\n".join(body[:LINES_SHOWN]))
    if len(body) > LINES_SHOWN:
        print(f"... and {len(body) - LINES_SHOWN} rows more, in tabel.txt")
    print("\n".join(notes))
    note(f"{seconds:.1f} s from the operator's first look to the table")


def run_query(mesh, folder):
    """Asks, has the request approved by hand, and fetches the result in each form: it was computed once."""
    query_file = folder / "vraag.sql"
    query_file.write_text(QUERY + "\n")
    print(QUERY)
    show_command("schakel", "query", "-f", "vraag.sql", "--purpose", '"evaluatie 2025"', "--no-wait")
    done = mesh.schakel("query", "-f", query_file, "--purpose", "evaluatie 2025", "--no-wait")
    request = REQUEST_ID.search(done.stdout + done.stderr).group()
    print(done.stdout.strip() or request)
    meshes.until(lambda: request in mesh.ctl("cbs", "requests").stdout, 10, "the request does not reach CBS")
    show_command("schakel", "status", request)
    show_lines(mesh.schakel("status", request).stdout)
    step("7. CBS's operator decides")
    start = time.monotonic()
    approve(mesh, request)
    step("8. The answer")
    show_command("schakel", "wait", request)
    mesh.schakel("wait", request)
    seconds = time.monotonic() - start
    for form, name in (("table", "tabel.txt"), ("csv", "tabel.csv"), ("json-stat", "tabel.json")):
        show_command("schakel", "result", request, "--format", form, "-o", name)
        mesh.schakel("result", request, "--format", form, "-o", folder / name)
        if form == "table":
            show_table((folder / name).read_text(encoding="utf-8"), seconds)
    assert json.loads((folder / "tabel.json").read_text(encoding="utf-8"))["version"] == "2.0"


def ask_shortly(mesh, words, options=()):
    """Asks, has CBS approve, and returns what is printed."""
    done = mesh.schakel(*words, "--purpose", "evaluatie 2025", "--no-wait")
    request = REQUEST_ID.search(done.stdout + done.stderr).group()
    meshes.until(lambda: request in mesh.ctl("cbs", "requests").stdout, 10, "the request does not reach CBS")
    mesh.ctl("cbs", "approve", request, "--yes")
    mesh.schakel("wait", request)
    text = mesh.schakel("result", request, *options).stdout
    show_lines(text)
    return text


def ask_more(mesh):
    """What takes more than two data sets and the groups of one owner; returns what is printed."""
    print(COMMUTING)
    start = time.monotonic()
    commuting = ask_shortly(mesh, ["query", COMMUTING])
    show_command("schakel", "regress", f'"{FORMULA}"', "--from", f'"{FORMULA_FROM}"')
    regression = ask_shortly(mesh, ["regress", FORMULA, "--from", FORMULA_FROM], ["--regression"])
    note(f"{time.monotonic() - start:.1f} s for both, with CBS's approvals")
    return commuting, regression


def ask_about_linkage(mesh):
    """Whom the number links, and whom birth date, sex and address do; returns what is printed."""
    print(demo_linkage.QUERY)
    words = ["--linkage", *demo_linkage.OPTIONS]
    show_command("schakel", "query", *words, "...")
    return ask_shortly(mesh, ["query", *words, demo_linkage.QUERY])


def ask_what_is_forbidden(mesh):
    """A column that may only be filtered on may not be grouped on; returns whether program and node refused for that."""
    print(FORBIDDEN)
    show_command("schakel", "query", "...")
    here = mesh.query(FORBIDDEN, check=False)
    print(here.stderr.strip())
    note("The analyst's own program says so before anything is sent. Without that check, the node says it:")
    show_command("schakel", "query", "--no-check", "...")
    there = mesh.query(FORBIDDEN, "--no-check", check=False)
    print(there.stderr.strip())
    named = "leeftijdsklasse" in here.stderr and "leeftijdsklasse" in there.stderr and "node leidschendam" in there.stderr
    return here.returncode == there.returncode == 3 and named


def verify_logs(mesh, folder):
    """Each node's audit log, in a backup, against the heads that the three others kept of it; returns how many are intact."""
    intact = 0
    for name, node in mesh.nodes.items():
        copy = folder / name / "copy.db"
        node.backup(copy)
        heads = []
        for other in mesh.nodes.values():
            if other is not node:
                path = folder / name / f"heads-from-{other.name}.jsonl"
                other.ctl("audit", "heads", name, "-o", path)
                heads += ["--peer-head", str(path)]
        show_command("schakelctl", "audit", "verify", f"{name}/copy.db",
                     *(word if word.startswith("--") else f"{name}/{pathlib.Path(word).name}" for word in heads))
        done = meshes.run([mesh.programs.schakelctl, "audit", "verify", str(copy), *heads], check=False)
        show_lines(done.stdout + done.stderr)
        intact += done.returncode == 0
    return intact


def pooled_answer(engine):
    """The question to DuckDB over both files: buurt, traject, persons, those with a wage and with one that is not 0, the sum and the
    number of wages, the sum of werkt, persons with a werkt of 1 and with one of 0."""
    return engine.run("""
        SELECT b.buurt, b.traject, COUNT(DISTINCT b.bsn), COUNT(DISTINCT b.bsn) FILTER (c.loon IS NOT NULL),
            COUNT(DISTINCT b.bsn) FILTER (c.loon <> 0), SUM(c.loon)::VARCHAR, COUNT(c.loon), SUM(c.werkt)::VARCHAR,
            COUNT(DISTINCT b.bsn) FILTER (c.werkt = 1), COUNT(DISTINCT b.bsn) FILTER (c.werkt = 0)
        FROM leidschendam.bijstand b JOIN cbs.banen c USING (bsn) WHERE b.instroomjaar >= 2023 AND c.jaar = 2025
        GROUP BY b.buurt, b.traject""")


def is_released(persons, *parts):
    """Enough persons have a value, and of those that count apart enough, or none."""
    return int(persons) >= MIN_PERSONS and all(int(part) >= MIN_PERSONS or int(part) == 0 for part in parts)


def check(engine, folder):
    """Compares every cell of tabel.csv with the pooled files; returns (cells released, cells suppressed, faults)."""
    pooled = {}
    for row in pooled_answer(engine):
        buurt, traject, *numbers = ["" if field is None else field for field in row]
        pooled[buurt, traject] = numbers
    released = suppressed = faults = 0
    with open(folder / "tabel.csv", newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            persons, with_wage, with_some, wages, records, working, with_work, without = pooled.pop(
                (row["buurt"], row["traject"]), ("0", "0", "0", "", "0", "", "0", "0"))
            wanted = {
                "personen": Fraction(persons) if int(persons) >= MIN_PERSONS else None,
                "gemiddeld_loon": Fraction(wages) / int(records) if is_released(with_wage, with_some) else None,
                "werkend": Fraction(working) if is_released(persons, with_work, without) else None,
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


def check_more(engine, commuting, regression):
    """The two later answers; returns (values that are equal, faults)."""
    query = cookbook.Query(COMMUTING)
    cells = {tuple(row[:2]): row for row in engine.run(query.cells_sql())}
    equal = faults = 0
    for row in cookbook.read_table(commuting)[1]:
        cell = cells.pop(tuple(row[:2]))
        for got, want in zip(row[2:], cell[2:]):
            right = int(cell[4]) < MIN_PERSONS if got == "." else cookbook.same(got, want)
            equal, faults = equal + right, faults + (not right)
    faults += len(cells)
    rows = engine.run(f"SELECT {', '.join(FORMULA.replace('~', '+').split(' + '))} FROM {FORMULA_FROM} "
                      f"WHERE {' AND '.join(f'{c} IS NOT NULL' for c in FORMULA.replace('~', '+').split(' + '))}")
    for line, want in zip(regression.splitlines()[2:6], cookbook.least_squares(rows)):
        right = abs(Fraction(line.split()[1]) - want) <= abs(want) / 10 ** 6
        equal, faults = equal + right, faults + (not right)
    return equal, faults


def demonstrate(folder, build):
    programs = meshes.Programs(build)
    step("1. Files of four organisations, 50,000 residents who do not exist")
    paths = sample.make(folder)
    for path in (path for files in paths.values() for path in files.values()):
        with open(path, "rb") as file:
            rows = sum(1 for _ in file) - 1
        print(f"  {path.relative_to(folder)}: {rows:,} rows")
    note("SYNTHETIC: made from a seed by scripts/lib/sample.py; see README.txt beside them")

    step("2. Keys, configurations, operators, four nodes")
    mesh = meshes.Mesh(folder, programs, sample.schemas(paths), min_persons=MIN_PERSONS, zero_cells="show",
                       approvals={"cbs": "operator"}, agreement=sample_agreement.change, tell=show_command)
    try:
        mesh.start_nodes()
        print("  " + ", ".join(f"{n.name} (pid {n.process.pid}, port {n.port})" for n in mesh.nodes.values())
              + ": they run, and know nobody yet")
        step("3. The four sign an agreement, and from then on each node enforces it")
        agree(mesh, folder)
        note("connected by TLS 1.3, each with the others' keys pinned as the agreement says")
        step("4. A data set is checked before it is offered")
        show_command("schakelctl", "dataset", "check", "leidschendam/bijstand.yaml")
        subprocess.run([programs.schakelctl, "dataset", "check", str(mesh.nodes["leidschendam"].schemas[0])], timeout=60)
        step("5. What the nodes offer under the agreement: names and codes, never values")
        show_command("schakel", "datasets")
        subprocess.run(mesh.schakel_command("datasets"), check=True, timeout=60)
        step("6. The question")
        run_query(mesh, folder)
        step("9. Several municipalities and owners in one question; a regression over three organisations")
        commuting, regression = ask_more(mesh)
        step("10. Clients without a valid number are linked by birth date, sex and address, one key after the other")
        linkage = ask_about_linkage(mesh)
        step("11. What the agreement does not allow")
        refused = ask_what_is_forbidden(mesh)
        step("12. Are the audit logs what they were? Each one is checked with what the three others kept")
        intact = verify_logs(mesh, folder)
    finally:
        complaints = mesh.stop()
    assert not complaints, complaints
    assert refused, "the request that the agreement does not allow was not refused"
    assert intact == len(mesh.nodes), f"{intact} audit logs are intact"
    step("13. Are the answers right?")
    note("This check pools all files in DuckDB. It is possible only because the sample is synthetic:"
         " with real files nobody may do it, which is why Schakel exists.")
    engine = sample_tables.open_engine(programs.duckdb_sql, paths)
    released, suppressed, faults = check(engine, folder)
    equal, more_faults = check_more(engine, commuting, regression)
    engine.close()
    linked, unlinked = demo_linkage.check(paths, MIN_PERSONS, cookbook.read_table(linkage)[1])
    equal, faults = equal + linked, faults + more_faults + unlinked
    print(f"  {released + equal} released values are equal to those of the pooled files, {suppressed} are suppressed where fewer "
          f"than {MIN_PERSONS} persons are behind them" if not faults else f"  {faults} values differ")
    assert faults or released > 100 and suppressed > 100 and equal > 40, (released, suppressed, equal)
    step(f"All nodes have ended. Files, configurations, logs and results: {folder}")
    return 1 if faults else 0


def main():
    parser = argparse.ArgumentParser(prog="scripts/demo", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", default=ROOT / "build" / "demo", type=pathlib.Path, metavar="FOLDER")
    parser.add_argument("--build", default=ROOT / "build", type=pathlib.Path, metavar="FOLDER", help=argparse.SUPPRESS)
    given = parser.parse_args()
    folder = given.keep.resolve()
    if folder.exists():
        if not (folder / "README.txt").exists():
            sys.exit(f"demo: {folder} exists and was not made by the demo; name another with --keep")
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # as Ctrl-C: the nodes are ended on the way out
    try:
        return demonstrate(folder, given.build)
    except KeyboardInterrupt:
        print("\ndemo: stopped; no process is left", file=sys.stderr)
        return 130
    except (meshes.MeshError, subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
