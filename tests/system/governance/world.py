"""What the tests of governed requests share: small files, meshes of three real nodes, and questions to them.

Nodes a and b own data, c helps. Of the 300 persons of each file 200 are in both."""
import pathlib
import re
import shutil
import subprocess
import time
import unittest

import mesh as meshes
import schemas

BUILD = pathlib.Path(__file__).resolve().parents[3] / "build"
FOLDER = None  # of this run
SCHEMAS = {"a": [], "b": [], "c": []}

CANARY_ID = "kanarie4711"
CANARY_MEASURE = 876543
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
GOOD = ("SELECT s.wijk, COUNT(DISTINCT s.id) AS personen, SUM(d.loon) AS loon "
        "FROM mensen s JOIN lonen d USING (id) GROUP BY s.wijk")
GOOD_ROW = f"noord,66,{66 * CANARY_MEASURE},"
LARGE = "SELECT s.wijk, SUM(d.loon) AS loon FROM veel s JOIN meer d USING (id) GROUP BY s.wijk"

# As a backup's table holds them (proto/control.h).
STATES = ["", "submitted", "checked", "waiting", "approved", "running",
          "released", "refused", "expired", "failed", "cancelled"]
RESERVED, SPENT, RETURNED = 1, 2, 3  # entries of the ledger (node/store/store.h)
ENDS = STATES[6:]


def column(name, role, kind, **more):
    return {"name": name, "role": role, "type": kind, "required": True, **more}


def codes(name, *values):
    return column(name, "dimension", "text", codes=list(values))


def number(name, low=0, high=900_000, role="measure"):
    return column(name, role, "integer", minimum=low, maximum=high)


WIJK = codes("wijk", "noord", "zuid", "oost")
MENSEN = [WIJK, codes("klasse", "laag", "midden", "hoog"), codes("geheim", "ja", "nee"), number("leeftijd", 0, 120)]
LONEN = [number("loon"), number("bonus"), number("uren", 0, 3000), codes("sector", "bouw", "zorg", "handel", "vervoer"),
         codes("rang", "een", "twee"), number("prive")]


def write_file(name, header, rows):
    path = FOLDER / f"{name}.csv"
    path.write_text("".join(";".join(row) + "\n" for row in [header] + rows))
    return path


def add(node, name, path, columns, many=False, max_rows=100_000):
    schema = FOLDER / f"{name}.yaml"
    meshes.write_yaml(schema, schemas.schema(name, path, columns, many, "id", "text", max_rows=max_rows))
    SCHEMAS[node].append(schema)
    return schema


def make(build):
    """Makes the files of this run."""
    global BUILD, FOLDER
    BUILD, FOLDER = build, meshes.make_folder()
    people = [[f"{CANARY_ID}{i}", ("noord", "zuid", "oost")[i % 3], ("laag", "midden", "hoog")[i // 2 % 3],
               ("ja", "nee")[i % 2], str(18 + i % 60)] for i in range(300)]
    wages = [[f"{CANARY_ID}{i}", str(CANARY_MEASURE), str(i % 7), str(1000 + i), ("bouw", "zorg", "handel", "vervoer")[i % 4],
              ("een", "twee")[i % 2], "5"] for i in range(100, 400)]
    add("a", "mensen", write_file("mensen", ["id"] + [c["name"] for c in MENSEN], people), MENSEN)
    add("b", "lonen", write_file("lonen", ["id"] + [c["name"] for c in LONEN], wages), LONEN, many=True)
    for name in ("kring", "buiten"):
        add("b", name, write_file(name, ["id", "loon"], [row[:2] for row in wages]), [number("loon")], many=True)


def remove():
    meshes.remove_folder(FOLDER)


def large_schemas(programs):
    """node -> schemas, with data that keep the nodes busy for a second or two."""
    found = {name: list(paths) for name, paths in SCHEMAS.items()}
    if not (FOLDER / "veel.csv").exists():
        for name, rows, select in (("veel", 500_000, "'p' || i AS id, 'noord' AS wijk"),
                                   ("meer", 2_000_000, "'p' || i % 1000000 AS id, i % 1000 AS loon")):
            meshes.run([programs.duckdb_sql, f"COPY (SELECT {select} FROM range({rows}) t(i)) TO '{FOLDER}/{name}.csv' "
                        "(FORMAT csv, DELIMITER ';', HEADER)"], timeout=120)
    found["a"].append(FOLDER / "veel.yaml")
    found["b"].append(FOLDER / "meer.yaml")
    for schema, name, columns, many, rows in ((found["a"][-1], "veel", [WIJK], False, 500_000),
                                              (found["b"][-1], "meer", [number("loon")], True, 2_000_000)):
        meshes.write_yaml(schema, schemas.schema(name, FOLDER / f"{name}.csv", columns, many, "id", "text", max_rows=rows))
    return found


class Case(unittest.TestCase):
    """Tests of one class share a mesh."""
    schemas_of = staticmethod(lambda programs: SCHEMAS)

    @classmethod
    def options(cls):
        """What the class's mesh differs in."""
        return {}

    @classmethod
    def setUpClass(cls):
        cls.programs = meshes.Programs(BUILD)
        cls.folder = FOLDER / cls.__name__.lower()
        cls.mesh = meshes.Mesh(cls.folder, cls.programs, cls.schemas_of(cls.programs), **cls.options())
        cls.nodes = cls.mesh.nodes
        try:
            cls.mesh.start()
            cls.prepare()
        except BaseException:
            cls.mesh.stop()
            raise

    @classmethod
    def prepare(cls):
        """What has to be done once, after the start."""

    @classmethod
    def tearDownClass(cls):
        complaints = cls.mesh.stop()
        shutil.rmtree(cls.folder, ignore_errors=True)
        if complaints:
            raise AssertionError("; ".join(complaints))

    def setUp(self):
        self.since = self.mesh.log_sizes()

    @classmethod
    def offline(cls, *words, check=False):
        """A command of schakelctl that needs no node."""
        return meshes.run([cls.programs.schakelctl, *map(str, words)], check=check)

    def asks(self, sql=GOOD, *more, **where):
        """schakel query as a process in the background."""
        return subprocess.Popen(self.mesh.schakel_command("query", sql, *more, **where), stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL, preexec_fn=meshes.die_with_parent)

    def exported(self, name):
        """A node's audit log as lines of JSON."""
        copy = self.nodes[name].backup()
        try:
            return self.offline("audit", "export", copy, check=True).stdout
        finally:
            shutil.rmtree(copy.parent)

    def epoch_secrets(self):
        """node -> the sealed secrets of its epochs, as they stand in the state's files."""
        return {name: [row[0] for row in node.rows("SELECT sealed_secret FROM epoch")] for name, node in self.nodes.items()}

    def assert_gone(self, secrets, nodes="abc"):
        """None of these is in any file of these nodes' state."""
        looked = 0
        for name in nodes:
            for path in self.nodes[name].state_folder.iterdir():
                if path.is_file():
                    data = path.read_bytes()
                    looked += len(data)
                    for secret in secrets[name]:
                        self.assertNotIn(secret, data, f"{path.name} of {name}")
        self.assertGreater(looked, len(nodes) * 4096)

    # ---- asking ----

    def logged(self, name):
        return self.nodes[name].log()[self.since[name]:]

    def jobs(self):
        """node -> how many jobs it has computed in this test."""
        return {name: len(node.jobs_done(self.since[name])) for name, node in self.nodes.items()}

    def serves(self, **more):
        """A good query is answered rightly; returns the answer."""
        done = self.mesh.query(GOOD, "--format", "csv", check=False, **more)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(GOOD_ROW, done.stdout)
        return done.stdout

    def submit(self, sql=GOOD, *more, **where):
        """Hands in a request without waiting for its end; returns its id."""
        done = self.mesh.query(sql, "--no-wait", *more, check=False, **where)
        self.assertEqual(done.returncode, 0, done.stderr)
        return self.id_in(done.stdout + done.stderr)

    def id_in(self, text):
        found = UUID.findall(text)
        self.assertTrue(found, f"no request's id in: {text}")
        return found[-1]

    def newest(self, **where):
        """The id of the analyst's last request."""
        return self.id_in(self.mesh.schakel("history", "--limit", "1", **where).stdout)

    def state(self, request, node=None):
        """A request's state: as the analyst hears it from the called node, or as an operator of the named node sees it."""
        if node is None:
            return self.word_in(self.mesh.schakel("status", request).stdout)
        for line in self.nodes[node].ctl("requests", "--all").stdout.splitlines():
            if request in line:
                return self.word_in(line)
        return None

    def word_in(self, text):
        found = [word for word in re.findall(r"[a-z]+", text) if word in STATES]
        self.assertTrue(found, text)
        return found[0]

    def reaches(self, request, *states, node=None, seconds=10):
        """Waits until a request is in one of these states; returns which."""
        found = None
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = self.state(request, node)
            if found in states:
                return found
            time.sleep(0.05)
        self.fail(f"request {request} is {found} at {node or 'the called node'}, not {' or '.join(states)}")

    def refused(self, done, *patterns):
        """A program ended with a refusal whose sentence has all these patterns."""
        self.assertNotEqual(done.returncode, 0, done.stdout)
        for pattern in patterns:
            self.assertRegex(done.stderr, pattern)
        return done.stderr
