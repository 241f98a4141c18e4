#!/usr/bin/env python3
"""Random queries over random data, against DuckDB on the pooled files.

    test_differential.py --build BUILD [--backend clear|mesh|both] [--queries N] [--seed N] [--processes N] [--keep-going]
                         [--save FOLDER] [--world N]

Backend clear: clear_query, which is everything but network, keys and shares. mesh: real nodes, long-lived. both (the default): 500 queries
in the clear and 1,000 on a mesh. In the clear some worlds have a threshold. A query whose answer differs is made small and printed, in the form of
the files in tests/system/regressions, which are run first."""
import argparse
import collections
import concurrent.futures
import json
import multiprocessing
import pathlib
import random
import re
import sys
import tempfile
import time
import traceback

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "scripts" / "lib"), str(ROOT / "tests" / "system")]
import backends  # noqa: E402
import compare  # noqa: E402
import mesh as meshes  # noqa: E402
import pooled  # noqa: E402
import random_query  # noqa: E402
import random_world  # noqa: E402
import reduce  # noqa: E402
import refusals  # noqa: E402

REGRESSIONS = ROOT / "tests" / "system" / "regressions"
QUERIES_A_WORLD = 25
MAX_REFUSED_SHARE = 0.15
MESH_WORLDS = 6
MESH_CLIENTS = 3
TAMPER_EVERY = 4


class Rules(tuple):
    """(min_persons, show_zero) of a world or a mesh."""


def random_rules(rng):
    return Rules((1, True)) if rng.random() < 0.65 else Rules((rng.randint(3, 10), rng.random() < 0.5))


class Bench:
    """A world of its own in a folder: its files, the reference, and clear_query over it."""

    def __init__(self, programs, world, rules):
        self.folder = tempfile.TemporaryDirectory(prefix="schakel-")
        paths, statements = backends.write_worlds(pathlib.Path(self.folder.name), [world])
        self.rules, self.clear = rules, backends.Clear(programs, paths, *rules)
        self.engine = pooled.Engine(programs.duckdb_sql)
        for statement in statements:
            self.engine.run(statement)

    def judge(self, query):
        return judge(self.clear, self.engine, query, self.rules)

    def close(self):
        self.clear.close()
        self.engine.close()
        self.folder.cleanup()


def judge(backend, engine, query, rules):
    """(kind, text): compared and how many values; refused and why; failed and how."""
    reply = backend.ask(query.sql())
    if reply.kind == "refused":
        why = refusals.reason(reply.text)
        return ("refused", why) if why else ("failed", f"refused: {reply.text}")
    if reply.kind != "ok":
        return "failed", f"broken: {reply.text}"
    try:
        cells = pooled.Plan(query).cells(engine)
        compared = compare.compare(query, cells, reply.text, *rules)
        if compared % TAMPER_EVERY == 0:
            compare.check_test(query, cells, reply.text, *rules)
        return "compared", compared
    except compare.Mismatch as mismatch:
        return "failed", f"differs: {mismatch}"


def failure_class(text):
    """What stays of a failure while its query is made small."""
    return re.sub(r"[0-9]+|'[^']*'|\b[a-e]\.\w+", "#", text)[:40 if text.startswith("broken") else 24]


def as_case(world, query, rules, text):
    return {"failure": text, "sql": query.sql(), "rules": list(rules), "query": query.to_json(), "world": world.to_json()}


def make_small(programs, world, query, rules, text):
    wanted = failure_class(text)
    last, at = {"text": text}, {"world": None, "bench": None}

    def fails(smaller_world, smaller_query):
        if at["world"] is not smaller_world:
            if at["bench"]:
                at["bench"].close()
            at.update(world=smaller_world, bench=Bench(programs, smaller_world, rules))
        try:
            kind, found = at["bench"].judge(smaller_query)
        except pooled.Broken:
            return False
        if kind == "failed" and failure_class(found) == wanted:
            last["text"] = found
            return True
        return False
    try:
        if fails(world, query):
            world, query = reduce.reduce(world, query, fails)
    finally:
        if at["bench"]:
            at["bench"].close()
    return as_case(world, query, rules, last["text"])


def describe(case):
    """A small case for people: what can be pasted into a file, and what it is about."""
    lines = [case["failure"], "  " + case["sql"], f"  min_persons, show_zero: {case['rules']}"]
    used = {source["name"] for source in case["query"]["sources"]} if case["world"] else set()
    for data_set in case["world"]:
        if data_set["name"] not in used:
            continue
        lines.append(f"  {data_set['name']} ({'many' if data_set['many'] else 'one'}, {data_set['kind']}, max_rows {data_set['max_rows']}, "
                     f"max_rows_per_person {data_set['max_rows_a_person']}):")
        for c in data_set["columns"]:
            if c["name"] in case["sql"]:
                lines.append(f"    {c['name']} {c['role']} {c['type']} decimals {c['decimals']} {c['minimum']}..{c['maximum']} "
                             f"codes {c['codes']} edges {c['edges']}{' required' if c['required'] else ''}")
        shown = [0] + [i + 1 for i, c in enumerate(data_set["columns"]) if c["name"] in case["sql"]]
        for node, rows in data_set["rows"].items():
            for row in rows[:4]:
                lines.append(f"      {node}: {[row[i] for i in shown]}")
            if len(rows) > 4:
                lines.append(f"      {node}: {len(rows)} rows in all")
    return "\n".join(lines)


class Tally:
    def __init__(self):
        self.compared = self.values = self.refused = 0
        self.reasons, self.features, self.failures = collections.Counter(), collections.Counter(), []

    def add(self, kind, found, query):
        if kind == "compared":
            self.compared += 1
            self.values += found
            self.features.update(random_query.features(query) if found > 1 else ())
        elif kind == "refused":
            self.refused += 1
            self.reasons[found] += 1

    def merge(self, other):
        self.compared, self.values, self.refused = self.compared + other.compared, self.values + other.values, self.refused + other.refused
        self.reasons.update(other.reasons)
        self.features.update(other.features)
        self.failures += other.failures

    @property
    def queries(self):
        return self.compared + self.refused + len(self.failures)


def clear_world(job):
    """One world's queries in the clear; in a process of its own."""
    build, seed, number, queries, small = job
    programs, rng, tally = meshes.Programs(build), random.Random(f"{seed}/clear/{number}"), Tally()
    world, rules = random_world.random_world(rng, number), random_rules(rng)
    bench = Bench(programs, world, rules)
    try:
        for _ in range(queries):
            query = random_query.random_query(rng, world, plain=rules[0] > 1 and rng.random() < 0.8)
            try:
                kind, found = bench.judge(query)
                tally.add(kind, found, query)
                if kind == "failed":
                    seen = any(failure_class(f["failure"]) == failure_class(found) for f in tally.failures)
                    tally.failures.append({**(make_small(programs, world, query, rules, found) if small and not seen
                                              else as_case(world, query, rules, found)), "number": number})
            except Exception:  # a fault of the test itself; keep the query that shows it
                tally.failures.append({**as_case(world, query, rules, "fault of the test: " + traceback.format_exc()[-1500:]),
                                       "number": number})
    finally:
        bench.close()
    return tally


def run_clear(build, seed, queries, processes, small, only):
    jobs, number = [], 0
    while queries > 0:
        jobs.append((build, seed, number, min(queries, QUERIES_A_WORLD), small))
        queries, number = queries - QUERIES_A_WORLD, number + 1
    if only is not None:
        jobs = [(build, seed, only, QUERIES_A_WORLD, small)]
    tally = Tally()
    with multiprocessing.Pool(processes) as pool:
        for found in pool.imap_unordered(clear_world, jobs):
            tally.merge(found)
    return tally


# ---- a mesh ----

def mesh_client(mesh, folder, worlds, rules, seed, client, queries):
    """Some of the queries to a running mesh, one after the other."""
    rng, tally = random.Random(f"{seed}/mesh/{client}"), Tally()
    engine = pooled.Engine(mesh.programs.duckdb_sql)
    for statement in backends.write_worlds(folder / f"client{client}", worlds)[1]:
        engine.run(statement)
    try:
        for _ in range(queries):
            world = rng.choice(worlds)
            query = random_query.random_query(rng, world, plain=rules[0] > 1 and rng.random() < 0.8)
            try:
                kind, found = judge(backends.Asker(mesh), engine, query, rules)
            except Exception:  # as above
                kind, found = "failed", "fault of the test: " + traceback.format_exc()[-1500:]
            tally.add(kind, found, query)
            if kind == "failed":
                tally.failures.append({**as_case(world, query, rules, found), "number": f"mesh {client}"})
    finally:
        engine.close()
    return tally


def allow_numbers(worlds):
    """Changes an agreement so that whole numbers of dimensions may be added up, too."""
    numbers = {c.name for world in worlds for s in world.sets for c in s.columns if c.role == "dimension" and c.type == "integer"}

    def change(agreed):
        for column in (c for s in agreed["data_sets"] for c in s["columns"]):
            if column["name"] in numbers:
                column["uses"] = column["uses"] + ["sum", "avg", "spread"]
    return change


def run_mesh(build, seed, queries, clients):
    """Real nodes that know all worlds."""
    programs, rng, tally = meshes.Programs(build), random.Random(f"{seed}/mesh"), Tally()
    folder = meshes.make_folder()
    worlds = [random_world.random_world(rng, number, sizes=(12, 60, 200, 400)) for number in range(MESH_WORLDS)]
    rules = Rules((1, True))  # every answer is compared in full; rules are the same code in the clear
    complaints = []
    try:
        paths, _ = backends.write_worlds(folder / "data", worlds)
        mesh = meshes.Mesh(folder / "mesh", programs, paths, min_persons=rules[0], zero_cells="show" if rules[1] else "suppress",
                           agreement=allow_numbers(worlds))
        try:
            mesh.start()
            with concurrent.futures.ThreadPoolExecutor(clients) as pool:  # the work is in other processes
                for found in pool.map(lambda share: mesh_client(mesh, folder, worlds, rules, seed, *share), shares(queries, clients)):
                    tally.merge(found)
        finally:
            complaints = mesh.stop()
    finally:
        meshes.remove_folder(folder)
    tally.failures += [{"failure": complaint, "sql": "", "rules": [], "world": [], "number": "mesh"} for complaint in complaints]
    return tally


def shares(queries, clients):
    return [(i, queries // clients + (i < queries % clients)) for i in range(clients)]


# ---- regressions ----

def run_regressions(build):
    programs, tally = meshes.Programs(build), Tally()
    for path in sorted(REGRESSIONS.glob("*.json")):
        case = json.loads(path.read_text(encoding="utf-8"))
        world = random_world.World.from_json(case["world"])
        bench = Bench(programs, world, Rules(case["rules"]))
        try:
            query = random_query.Query.from_json(case["query"], world)
            kind, found = bench.judge(query)
        finally:
            bench.close()
        if kind == "refused" and case.get("refused") == found:
            kind = "compared"
            found = 1
        tally.add(kind, found, query)
        if kind != "compared":
            tally.failures.append({**case, "failure": f"{path.name}: {found}", "number": path.name})
    return tally


# ---- all ----

def report(name, tally, seconds, save, checked=True):
    """Prints what was found; returns the number of failures."""
    for number, case in enumerate(tally.failures):
        print(f"\n{name}, {case['number']}: {describe(case)}", flush=True)
        if save:
            save.mkdir(parents=True, exist_ok=True)
            (save / f"{name}-{case['number']}-{number}.json").write_text(
                json.dumps(case, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    for why, count in tally.reasons.most_common():
        print(f"  {count:5d} refused: {why}")
    if tally.features:
        print("  seen: " + ", ".join(f"{f} {n}" for f, n in sorted(tally.features.items())))
    failures = len(tally.failures)
    # A run that compares next to nothing must not pass.
    if checked and tally.queries and tally.refused > MAX_REFUSED_SHARE * tally.queries + 5:
        print(f"{name}: {tally.refused} of {tally.queries} queries were refused")
        failures += 1
    if checked and tally.queries >= 200 and tally.values < 3 * tally.compared:
        print(f"{name}: {tally.values} values are next to nothing")
        failures += 1
    missing = [f for f in random_query.ALL_FEATURES if tally.features[f] == 0] if checked and tally.queries >= 400 else []
    if missing:
        print(f"{name}: no query with {', '.join(missing)} was compared")
        failures += 1
    print(f"{name}: {tally.queries} queries, {tally.compared} compared with {tally.values} values, {tally.refused} refused, "
          f"{failures} failures, {seconds:.0f} s", flush=True)
    return failures


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True)
    parser.add_argument("--backend", choices=["clear", "mesh", "both"], default="both")
    parser.add_argument("--queries", type=int, help="of a mesh; half as many in the clear where both are asked")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--world", type=int, help="of those in the clear this one only")
    parser.add_argument("--save", type=pathlib.Path, help="where failing cases go")
    parser.add_argument("--not-small", action="store_true", help="leave failing cases as they are")
    arguments = parser.parse_args()
    seed = arguments.seed if arguments.seed is not None else random.SystemRandom().randrange(10 ** 9)
    print(f"test_differential: seed {seed}", flush=True)
    queries, small, failures = arguments.queries or 1000, not arguments.not_small, 0
    if arguments.world is None and arguments.backend != "mesh":
        start = time.monotonic()
        failures += report("regressions", run_regressions(arguments.build), time.monotonic() - start, None, checked=False)
    if arguments.backend in ("clear", "both"):
        start, count = time.monotonic(), queries if arguments.backend == "clear" else (queries + 1) // 2
        tally = run_clear(arguments.build, seed, count, arguments.processes, small, arguments.world)
        failures += report("clear", tally, time.monotonic() - start, arguments.save)
    if arguments.backend in ("mesh", "both"):
        start = time.monotonic()
        tally = run_mesh(arguments.build, seed, queries, MESH_CLIENTS)
        failures += report("mesh", tally, time.monotonic() - start, arguments.save)
    print(f"test_differential: {failures} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
