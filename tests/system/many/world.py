"""What the tests of several owners share: six organisations' files, one mesh of them, and DuckDB over the pooled files.

delft, gouda and rijswijk have the data set `uitkering` alike, to be asked as a union, and one of their own; cbs has persons and their
jobs, uwv and duo a data set each. Every data set that the tests of traffic use is there twice: `NAME` and `NAME_b` have as many rows,
and nothing else in common. Identifiers, amounts and texts are canaries: they may stand in the files and in nothing else."""
import collections
import contextlib
import datetime
import os
import pathlib
import random
import re
import signal
import subprocess
import time
import unittest

import agreements
import mesh as meshes
import pooled
import schemas

from many import published

MUNICIPALITIES = ["delft", "gouda", "rijswijk"]
NODES = MUNICIPALITIES + ["cbs", "uwv", "duo"]
OWNERS = MUNICIPALITIES + ["cbs", "uwv"]  # of the agreement whose requests people approve
MIN_PERSONS = 3
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
STATES = ["", "submitted", "checked", "waiting", "approved", "running",
          "released", "refused", "expired", "failed", "cancelled"]  # as a backup's table holds them (proto/control.h)
RESERVED, SPENT, RETURNED = 1, 2, 3  # entries of the ledger (node/store/store.h)

CANARY_ID = "kanarie4711x"
CANARY_AMOUNT = 876_543_200  # amounts lie above, by less than 100
CANARY_TEXTS = ["geheimvogel", "stiltekoekoek", "schuwelijster"]
CANARY_DAY = datetime.date(1987, 6, 5)

# The message at which each node dies when it is armed (tests/support/seam_test.c): early, in the middle, late in a job of six.
DIES_AT = {"delft": 40, "gouda": 3, "rijswijk": 25, "cbs": 60, "uwv": 10, "duo": 17}

WORLD = None


# ---- columns ----

def codes(name, *values, required=True):
    return {"name": name, "role": "dimension", "type": "text", "codes": list(values), "required": required}


def number(name, low, high, role="measure", required=True, **more):
    return {"name": name, "role": role, "type": "integer", "minimum": low, "maximum": high, "required": required, **more}


def decimal(name, low, high, places, **more):
    return {"name": name, "role": "measure", "type": "decimal", "decimals": places, "minimum": low, "maximum": high,
            "required": True, **more}


def text(name):
    return {"name": name, "role": "attribute", "type": "text", "required": True}


def date(name):
    return {"name": name, "role": "attribute", "type": "date", "minimum": "1980-01-01", "maximum": "2025-12-31", "required": True}


def amount(name, required=True):
    return number(name, 0, CANARY_AMOUNT + 100, required=required,
                  bins=[0, CANARY_AMOUNT] + [CANARY_AMOUNT + edge for edge in range(10, 111, 10)])


TRAJECT, VORM = ("taal", "werk", "zorg", "anders"), ("thuis", "dag", "kliniek")
UITKERING = [codes("traject", *TRAJECT), number("jaar", 2021, 2024, "dimension"), amount("bedrag"), date("begin"), text("plaats")]
WONEN = [codes("vorm", "huur", "koop", "overig"), amount("huur"), text("plaats")]
ZORG = [codes("vorm", *VORM), amount("kosten", required=False)]
SCHOOL = [codes("niveau", "po", "vo", "mbo", required=False), number("dagen", 0, 200)]
PERSONEN = [codes("huishouden", "een", "paar", "gezin"), number("leeftijd", 18, 27, "dimension"), amount("inkomen", required=False),
            date("baan"), text("plaats")]
BANEN = [codes("sector", "bouw", "zorg", "handel"), amount("loon"), date("vanaf")]
DAGEN = [codes("regeling", "ww", "wia", "geen"), number("dagen", 1, 300), amount("dagloon")]
STUDIE = [codes("richting", "alfa", "beta", "gamma"), amount("schuld")]


# ---- rows ----

def values_of(columns, seed):
    """The fields of a row, drawn at random; of what is not required one of eleven is empty."""
    rng, found = random.Random(seed), []
    for column in columns:
        if not column["required"] and rng.random() < 1 / 11:
            found.append("")
        elif "codes" in column:
            found.append(rng.choice(column["codes"]))
        elif column["type"] == "date":
            found.append((CANARY_DAY + datetime.timedelta(days=rng.randrange(900))).isoformat())
        elif column["type"] == "text":
            found.append(rng.choice(CANARY_TEXTS))
        elif "bins" in column:
            found.append(str(CANARY_AMOUNT + rng.randrange(100)))
        else:
            found.append(str(rng.randint(column["minimum"], column["maximum"])))
    return found


def others_of(columns):
    """The one row that everybody has in the other world: the last code, the highest value, the first text."""
    return [column["codes"][-1] if "codes" in column else
            {"date": "2024-12-31", "text": "z"}.get(column["type"]) or str(column["maximum"]) for column in columns]


class World:
    def __init__(self, build):
        self.folder, self.programs = meshes.make_folder(), meshes.Programs(build)
        self.schemas = {node: [] for node in NODES}
        self.views = collections.defaultdict(list)  # data set -> (node, path, columns)
        self.asked = []  # everything that programs said
        self.add_files()
        self.add_published()
        self.engine = self.open_engine()
        environment = {node: {"SCHAKEL_TEST_TRAFFIC": str(self.traffic_path(node)), "SCHAKEL_TEST_ARM": str(self.arm_path(node)),
                              "SCHAKEL_TEST_KILL": f"message:{DIES_AT[node]}"} for node in NODES}
        self.mesh = meshes.Mesh(self.folder / "mesh", self.programs, self.schemas, min_persons=MIN_PERSONS, zero_cells="show",
                                limits={"workers": 2}, log_level="debug", daemons={n: "schakeld_test" for n in NODES},
                                environment=environment, psk=True, wrapper=["prlimit", "--core=unlimited:unlimited"])
        try:
            self.start()
        except BaseException:
            self.close()
            raise

    def start(self):
        self.mesh.start()
        self.mesh.add_agreement("raad", self.people_decide)
        for analyst in self.mesh.analysts.values():
            analyst.write_profiles(agreement="proef")

    @staticmethod
    def people_decide(agreed):
        for owner in OWNERS:
            agreements.party_of(agreed, owner)["approval"] = "operator"

    def close(self):
        complaints = self.mesh.stop()
        self.engine.close()
        meshes.remove_folder(self.folder)
        return complaints

    def traffic_path(self, node):
        return self.folder / f"traffic-{node}"

    def arm_path(self, node):
        return self.folder / f"arm-{node}"

    # ---- files ----

    def add(self, node, name, columns, rows, kind="text", **more):
        path = self.folder / f"{node}-{name}.csv"
        header = ["id"] + [column["name"] for column in columns]
        path.write_text("".join(";".join(row) + "\n" for row in [header] + rows))
        declared = schemas.schema(name, path, columns, "max_rows_per_person" in more, "id", kind, max_rows=2000)
        declared.update(more)
        schema = self.folder / f"{node}-{name}.yaml"
        meshes.write_yaml(schema, declared)
        self.schemas[node].append(schema)
        self.views[name].append((node, path, columns))

    def add_persons(self, node, name, columns, persons):
        """A row a person, and the same number of rows of the other world, where nobody is linked."""
        self.add(node, name, columns, [[f"{CANARY_ID}{i}", *values_of(columns, f"{node} {name} {i}")] for i in persons])
        self.add(node, f"{name}_b", columns, [[f"{node}{name}{i}", *others_of(columns)] for i in persons])

    def add_files(self):
        for m, node in enumerate(MUNICIPALITIES):  # 20 persons are at two of them
            self.add_persons(node, "uitkering", UITKERING, range(m * 200 - (20 if m else 0), m * 200 + 200))
        self.add_persons("delft", "wonen", WONEN, range(0, 400))
        self.add_persons("gouda", "zorg", ZORG, range(100, 500))
        self.add_persons("rijswijk", "school", SCHOOL, range(300, 600))
        self.add_persons("cbs", "personen", PERSONEN, range(50, 550))
        self.add_persons("uwv", "dagen", DAGEN, [i for i in range(600) if i % 3])
        self.add_persons("duo", "studie", STUDIE, [i for i in range(600) if i % 4])
        for node in MUNICIPALITIES[1:]:
            self.add(node, "balie", [number("bezoeken", 1, 9)], [[f"{CANARY_ID}{i}", str(1 + i % 9)] for i in range(200, 400)])
        jobs = [(i, k) for i in range(100, 400) for k in range(1 + i % 3)]
        rows = [[f"{CANARY_ID}{i}", *values_of(BANEN, f"banen {i} {k}")] for i, k in jobs]
        self.add("cbs", "banen", BANEN, rows, max_rows_per_person=3)
        self.add("cbs", "banen_b", BANEN, [[f"baan{at}", *others_of(BANEN)] for at in range(len(jobs))], max_rows_per_person=3)
        broken = rows + [[f"{CANARY_ID}104", *values_of(BANEN, f"krom {k}")] for k in range(2)]  # who has three already
        self.add("cbs", "banen_krom", BANEN, broken, max_rows_per_person=3)

    def add_published(self):
        years, rows = [f"jaar {year}" for year in published.LONGLEY], published.LONGLEY
        def of(*at):
            return [[name, *(fields[k] for k in at)] for name, fields in zip(years, rows.values())]
        self.add("delft", "werk", [number("employed", 0, 100_000), decimal("deflator", 0, 200, 1)], of(0, 1))
        self.add("gouda", "product", [number("gnp", 0, 1_000_000), number("unemployed", 0, 10_000), number("armed", 0, 10_000)],
                 of(2, 3, 4))
        self.add("rijswijk", "bevolking", [number("population", 0, 200_000), number("year", 1900, 2000)],
                 [[*row, str(year)] for row, year in zip(of(5), published.LONGLEY)])
        flowers = [(f"{at + 1:08d}", species, flower) for at, (species, flower) in
                   enumerate((s, f) for s, found in published.IRIS.items() for f in found)]
        tenths = [f"{edge / 10:.1f}" for edge in range(0, 100, 5)]
        def part(at):
            return [[name, *(f"{flower[k] / 10:.1f}" for k in at)] for name, _, flower in flowers]
        self.add("delft", "kelk", [decimal("length", 0, 9, 1, bins=tenths), decimal("width", 0, 9, 1, bins=tenths)], part((0, 1)), "kvk")
        self.add("gouda", "kroon", [decimal("length", 0, 9, 1, bins=tenths), decimal("width", 0, 9, 1, bins=tenths)], part((2, 3)), "kvk")
        self.add("rijswijk", "soort", [codes("species", *published.IRIS)], [[name, species] for name, species, _ in flowers], "kvk")

    def open_engine(self):
        """The pooled files in DuckDB, each data set under its name, with the node that a row is from."""
        engine = pooled.Engine(self.programs.duckdb_sql)
        for name, parts in self.views.items():
            engine.run(f"CREATE TABLE {name} AS " + " UNION ALL ".join(self.select_sql(*part) for part in parts))
        return engine

    @staticmethod
    def select_sql(node, path, columns):
        kinds = {"integer": "BIGINT", "decimal": "DECIMAL(18, 1)", "date": "DATE", "text": "VARCHAR"}
        types = {"id": "VARCHAR", **{c["name"]: kinds[c["type"]] for c in columns}}
        listed = ", ".join(f"'{name}': '{kind}'" for name, kind in types.items())
        return f"SELECT '{node}' AS organisatie, * FROM read_csv('{path}', delim=';', header=true, auto_detect=false, columns={{{listed}}})"


def make(build):
    global WORLD
    WORLD = World(pathlib.Path(build))


# ---- tests ----

def is_engine(pid):
    """Whether a child has become the engine: one that is stopped while it is being started would stop who starts it."""
    try:
        return pathlib.Path(f"/proc/{pid}/comm").read_text() == "schakel-source\n"
    except OSError:
        return False


def let_go(pid):
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGCONT)


class Case(unittest.TestCase):
    def setUp(self):
        self.world, self.mesh, self.nodes = WORLD, WORLD.mesh, WORLD.mesh.nodes
        self.since = self.mesh.log_sizes()

    def query(self, sql, *more, check=True, **where):
        done = self.mesh.query(sql, *more, check=False, **where)
        self.world.asked.append(done.stderr)
        if check:
            self.assertEqual(done.returncode, 0, f"{done.stderr}\n{sql}")
        return done

    def asks(self, sql, *more, **where):
        """schakel query as a process in the background."""
        return subprocess.Popen(self.mesh.schakel_command("query", sql, *more, **where), stdout=subprocess.PIPE, text=True,
                                stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, preexec_fn=meshes.die_with_parent)

    def heard(self, asker, seconds=30):
        """What a program in the background says in the end."""
        out, error = asker.communicate(timeout=seconds)
        self.world.asked.append(error)
        return out, error

    def held(self, sql):
        """Asks, and stops the first engine that starts, for as long as the test lasts; (the analyst's program, the engine's pid)."""
        def engines():
            return [pid for node in self.nodes.values() for pid in meshes.children(node.process.pid)]
        for _ in range(5):  # on a busy machine an engine comes and goes between two looks
            meshes.until(lambda: not engines(), 10, "an engine of before goes on")
            asker, end = self.asks(sql), time.monotonic() + 10
            while time.monotonic() < end and asker.poll() is None:  # no pause: it lives for some hundredths of a second
                for pid in filter(is_engine, engines()):
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGSTOP)
                        self.addCleanup(let_go, pid)
                        return asker, pid
            self.heard(asker, 10)
            self.mesh.jobs_done(self.since, wait=3)
            self.since = self.mesh.log_sizes()
        self.fail("no local part was seen")

    def logged(self, name):
        return self.nodes[name].log()[self.since[name]:]

    def jobs(self):
        """node -> how many jobs it has computed in this test."""
        return {name: len(node.jobs_done(self.since[name])) for name, node in self.nodes.items()}

    def newest(self):
        return UUID.search(self.mesh.schakel("history", "--limit", "1").stdout).group()

    def row_at(self, name, request):
        """(state, sentence, ledger entries' states) of a request at a node; None where it does not know it."""
        node, key = self.nodes[name], request.replace("-", "")
        found = node.rows("SELECT state, text FROM request WHERE id = ?", bytes.fromhex(key))
        entries = [row[0] for row in node.rows("SELECT state FROM ledger WHERE id = ?", bytes.fromhex(key))]
        return (STATES[found[0][0]], found[0][1], entries) if found else None

    @contextlib.contextmanager
    def within(self, seconds, what):
        began = time.monotonic()
        yield
        self.assertLess(time.monotonic() - began, seconds, what)
