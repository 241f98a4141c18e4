#!/usr/bin/env python3
"""Real nodes when something is wrong: each fault ends the job with one clear sentence, and the nodes go on serving.

    test_errors.py --build BUILD [unittest's own arguments]"""
import concurrent.futures
import os
import pathlib
import re
import signal
import subprocess
import sys
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "scripts" / "lib"), str(ROOT / "tests" / "system")]
import mesh as meshes  # noqa: E402
import schemas  # noqa: E402

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
BUILD = ROOT / "build"
CANARY_ID = "kanarie4711"
CANARY_MEASURE = 876543
CANARY_TEXT = "geheimvogel"
GOOD = "SELECT s.wijk, COUNT(DISTINCT s.id) AS personen, SUM(d.loon) AS loon FROM mensen s JOIN lonen d USING (id) GROUP BY s.wijk"
SECONDS_TO_END = 15


def integer(name, role, low, high, required=True):
    return {"name": name, "role": role, "type": "integer", "minimum": low, "maximum": high, "required": required}


def codes(name, values):
    return {"name": name, "role": "dimension", "type": "text", "codes": values, "required": True}


WIJK = codes("wijk", ["noord", "zuid", "oost"])
LOON = integer("loon", "measure", 0, 900_000)


class World:
    """Files, schemas and one mesh that all tests share."""

    def __init__(self, folder):
        self.folder, self.programs = folder, meshes.Programs(BUILD)
        self.schemas = {"a": [], "b": [], "c": []}
        people = [[f"{CANARY_ID}{i}", ("noord", "zuid", "oost")[i % 3]] for i in range(300)]
        wages = [[f"{CANARY_ID}{i}", str(CANARY_MEASURE)] for i in range(100, 400)]
        self.add("a", "mensen", ["id", "wijk"], people, [WIJK])
        self.add("b", "lonen", ["id", "loon"], wages, [LOON], many=True)
        # The same sizes with other data: nobody links, and every value is another.
        self.add("a", "mensen2", ["id", "wijk"], [[f"x{row[0]}", "oost"] for row in people], [WIJK])
        self.add("b", "lonen2", ["id", "loon"], [[row[0], "1"] for row in wages], [LOON], many=True)
        # faults
        self.add("b", "weg", ["id", "loon"], wages, [LOON], many=True)
        (folder / "weg.csv").unlink()
        self.add("b", "krom", ["id", "loon"], wages[:41] + [[CANARY_TEXT, "1", "2"]] + wages[41:], [LOON], many=True)
        self.add("b", "tekst", ["id", "loon"], wages[:6] + [[wages[6][0], CANARY_TEXT]] + wages[7:], [LOON], many=True)
        self.add("b", "groot", ["id", "loon"], wages[:10] + [[wages[10][0], "900001"]] + wages[11:], [LOON], many=True)
        self.add("a", "code", ["id", "wijk"], people[:20] + [[people[20][0], CANARY_TEXT]] + people[21:], [WIJK])
        self.add("a", "dubbel", ["id", "wijk"], people + [people[0]], [WIJK])
        self.add("b", "reus", ["id", "loon"], wages, [integer("loon", "measure", 0, 10 ** 15)], many=True, max_rows=10 ** 6)
        self.add_large()
        self.mesh = meshes.Mesh(folder / "mesh", self.programs, self.schemas, min_persons=10, limits={"workers": 1})
        self.mesh.start()

    def add(self, node, name, header, rows, columns, many=False, max_rows=100_000):
        path = self.folder / f"{name}.csv"
        path.write_text("".join(";".join(row) + "\n" for row in [header] + rows))
        self.add_schema(node, name, path, columns, many, max_rows)

    def add_schema(self, node, name, path, columns, many, max_rows):
        schema = self.folder / f"{name}.yaml"
        meshes.write_yaml(schema, schemas.schema(name, path, columns, many, "id", "text", max_rows=max_rows))
        self.schemas[node].append(schema)

    def add_large(self):
        """Data that keeps three nodes busy for seconds, to have a middle in which to end something."""
        for node, name, rows, column, declared, many in (
                ("a", "veel", 1_000_000, "'noord' AS wijk", WIJK, False), ("b", "meer", 4_000_000, "i % 1000 AS loon", LOON, True)):
            path = self.folder / f"{name}.csv"
            identifier = "i" if not many else "i % 2000000"
            meshes.run([self.programs.duckdb_sql, f"COPY (SELECT 'p' || {identifier} AS id, {column} FROM range({rows}) t(i)) "
                        f"TO '{path}' (FORMAT csv, DELIMITER ';', HEADER)"], timeout=120)
            self.add_schema(node, name, path, [declared], many, rows)

    LARGE = "SELECT s.wijk, SUM(d.loon) AS loon FROM veel s JOIN meer d USING (id) GROUP BY s.wijk"


WORLD = None


def setUpModule():
    global WORLD
    folder = meshes.make_folder()
    try:
        WORLD = World(folder)
    except BaseException:
        meshes.remove_folder(folder)
        raise


def tearDownModule():
    complaints = WORLD.mesh.stop()
    meshes.remove_folder(WORLD.folder)
    if complaints:
        raise AssertionError("; ".join(complaints))


class Case(unittest.TestCase):
    def setUp(self):
        self.mesh, self.nodes = WORLD.mesh, WORLD.mesh.nodes
        self.since = self.mesh.log_sizes()

    def logged(self, name):
        return self.nodes[name].log()[self.since[name]:]

    def fails(self, sql, *patterns):
        """The query fails with one sentence that holds all patterns; every node still runs and serves."""
        done = self.mesh.query(sql, check=False)
        self.assertIn(done.returncode, (1, 3, 4), done.stderr)
        self.assertEqual(done.stdout, "")
        for pattern in patterns:
            self.assertRegex(done.stderr, pattern)
        sentences = [line for line in done.stderr.splitlines() if line.strip()]
        self.assertLessEqual(len(sentences), 4, done.stderr)  # the sentence, and where it is about SQL the place in it
        return done.stderr

    def serves(self):
        done = self.mesh.query(GOOD, "--format", "csv")
        rows = done.stdout.splitlines()
        self.assertEqual(len(rows), 4, done.stdout)
        self.assertIn(f"noord,66,{66 * CANARY_MEASURE},", rows[1])

    def until(self, condition, seconds, what):
        end = time.monotonic() + seconds
        while not condition():
            self.assertLess(time.monotonic(), end, what)
            time.sleep(0.02)

    def start_large(self, middle=0.4):
        """Starts the long query and returns when every node works on it."""
        process = subprocess.Popen(self.mesh.schakel_command("query", World.LARGE), stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL,
                                   preexec_fn=meshes.die_with_parent)
        self.until(lambda: meshes.children(self.nodes["a"].process.pid) or process.poll() is not None, 10, "no local part began")
        time.sleep(middle)
        self.assertIsNone(process.poll(), "the long query is too short for this test")
        return process


class Queries(Case):
    def test_query_good_answers(self):
        self.serves()

    def test_query_unknown_column_names_the_nearest(self):
        self.fails("SELECT s.wijkk, COUNT(*) FROM mensen s JOIN lonen d USING (id) GROUP BY s.wijkk", "wijkk", r"\bwijk\b")

    def test_query_unknown_data_set_names_the_nearest(self):
        self.fails("SELECT COUNT(*) FROM mense s JOIN lonen d USING (id)", "mense", r"\bmensen\b")

    def test_query_unknown_construct_is_named_with_its_place(self):
        self.fails("SELECT s.wijk, MAX(d.loon) FROM mensen s JOIN lonen d USING (id) GROUP BY s.wijk", "(?i)max",
                   r"line 1, column 16")

    def test_query_condition_on_records_without_a_bound_is_refused(self):
        self.fails("SELECT COUNT(*) FROM mensen s JOIN lonen d USING (id) WHERE s.wijk = 'noord' OR d.loon > 3",
                   "several rows a person", "max_rows_per_person")

    def test_query_no_sql_is_refused(self):
        self.fails("SELEKT 1", "line 1")

    def test_query_sum_that_could_overflow_is_refused_before_reading(self):
        self.fails("SELECT VAR_SAMP(d.loon * 1000) FROM mensen s JOIN reus d USING (id)", "could pass what sums can hold")
        self.assertEqual(self.nodes["b"].jobs_done(self.since["b"]), [])

    def test_query_many_at_once_all_answer(self):
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda _: self.mesh.query(GOOD, "--format", "csv").stdout, range(8)))
        self.assertEqual(len(set(answers)), 1)
        self.assertIn(f"noord,66,{66 * CANARY_MEASURE},", answers[0])

    def test_explain_runs_nothing(self):
        done = self.mesh.query(GOOD, "--explain")
        for word in ("spine", "helper", "mensen", "lonen"):
            self.assertIn(word, done.stdout)
        self.assertEqual([self.nodes[n].jobs_done(self.since[n]) for n in "abc"], [[], [], []])


class Files(Case):
    def tearDown(self):
        self.serves()

    def ask(self, left, right, *patterns, owner):
        text = self.fails(GOOD.replace("mensen", left).replace("lonen", right), *patterns)
        self.assertNotIn(CANARY_TEXT, text)
        self.assertRegex(self.logged(owner), patterns[0])

    def test_file_missing_names_the_data_set(self):
        self.ask("mensen", "weg", "weg", owner="b")

    def test_file_malformed_line_names_the_line(self):
        self.ask("mensen", "krom", "line 43", "krom", owner="b")

    def test_file_malformed_value_names_line_and_column(self):
        self.ask("mensen", "tekst", "line 8", "loon", owner="b")

    def test_file_value_out_of_range_names_line_and_column(self):
        self.ask("mensen", "groot", "line 12", "loon", owner="b")

    def test_file_unknown_code_names_line_and_column(self):
        self.ask("code", "lonen", "line 22", "wijk", owner="a")

    def test_file_duplicate_identifier_is_refused(self):
        self.ask("dubbel", "lonen", "(?i)dubbel|twice|more than once", owner="a")


class Deaths(Case):
    def tearDown(self):
        for node in self.nodes.values():
            if not node.is_running():
                node.process = None
                node.start()
            node.wait_until_serving()
        self.mesh.wait_until_connected()
        self.serves()

    def test_node_down_is_named(self):
        self.assertIsNone(self.nodes["b"].stop())
        self.until(lambda: self.mesh.query(GOOD, check=False).returncode != 0, 20, "the node's end goes unnoticed")
        self.fails(GOOD, r"\bb\b|lonen")

    def killed(self, name):
        process = self.start_large()
        self.nodes[name].kill()
        for other in self.nodes.values():
            if other.name != name:
                self.until(lambda o=other: not meshes.children(o.process.pid), SECONDS_TO_END, "a local part goes on")
                self.assertTrue(other.is_running())
        if name == "a":  # the called one: the analyst's program waits until it is back
            self.assertIsNone(process.poll())
            self.nodes[name].start()
        out, error = process.communicate(timeout=SECONDS_TO_END)
        self.assertNotEqual(process.returncode, 0)
        self.assertEqual(out, "")
        self.assertTrue(error.strip())

    def test_spine_killed_others_end_the_job(self):
        self.killed("a")

    def test_data_owner_killed_others_end_the_job(self):
        self.killed("b")

    def test_helper_killed_others_end_the_job(self):
        self.killed("c")

    def test_engine_killed_ends_the_job(self):
        process = self.start_large(middle=0.2)
        os.kill(meshes.children(self.nodes["b"].process.pid)[0], signal.SIGKILL)
        _, error = process.communicate(timeout=SECONDS_TO_END)
        self.assertNotEqual(process.returncode, 0)
        self.assertRegex(error, "meer|engine|schakel-source")

    def test_analyst_interrupt_ends_the_job_everywhere(self):
        process = self.start_large()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=5)
        self.assertNotEqual(process.returncode, 0)
        for node in self.nodes.values():
            self.until(lambda n=node: not meshes.children(n.process.pid), 5, "a local part goes on")
        self.assertEqual([self.nodes[n].jobs_done(self.since[n]) for n in "abc"], [[], [], []])

    def test_analyst_killed_leaves_the_request_to_be_fetched(self):
        process = self.start_large()
        process.kill()
        process.communicate()
        request = UUID.search(self.mesh.schakel("history", "--limit", "1").stdout).group()
        done = self.mesh.schakel("wait", request)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual([len(self.nodes[n].jobs_done(self.since[n])) for n in "abc"], [1, 1, 1])
        self.assertIn("noord", self.mesh.schakel("result", request, "--format", "csv").stdout)


class Keys(Case):
    """A mesh of its own, in which one node has other keys than the agreement says."""

    def test_peer_with_another_key_is_named(self):
        mesh = meshes.Mesh(WORLD.folder / "keys", WORLD.programs, WORLD.schemas)
        bundle = mesh.sign(mesh.agreement)
        keys = mesh.nodes["c"].folder / "node" / "keys"
        meshes.run([WORLD.programs.schakelctl, "key", "rotate", str(keys.parent)])
        keys.rename(keys.with_name("keys.old"))
        keys.with_name("keys.next").rename(keys)
        try:
            mesh.start_nodes()
            mesh.activate(bundle, ["a", "b"])
            done = mesh.ctl("c", "agreement", "activate", bundle, "--yes", check=False)
            self.assertNotEqual(done.returncode, 0)
            self.assertRegex(done.stderr, r"(?i)key|identity")
            mesh.wait_until_connected(["a", "b"])
            self.until(lambda: re.search("(?i)pin", mesh.nodes["a"].log()), 20, "the wrong key is not logged")
            done = mesh.query(GOOD, "--valid", "3s", check=False)  # it waits for c, in vain
            self.assertEqual(done.returncode, 3, done.stderr)
            self.assertRegex(done.stderr, r"\bc\b")
        finally:
            complaints = mesh.stop()
        self.assertEqual(complaints, [])

    def test_analyst_whom_the_node_does_not_know_is_refused(self):
        folder = WORLD.folder / "stranger"
        meshes.run([WORLD.programs.schakel, "keygen", str(folder), "--name", "anna"])
        meshes.write_yaml(folder / "schakel.yaml", {"analyst": "anna", "keys": "keys", "node": "a",
                                                    "nodes": [node.card for node in self.nodes.values()]})
        done = meshes.run([WORLD.programs.schakel, "--profile", str(folder / "schakel.yaml"), "query", GOOD], check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertTrue(done.stderr.strip())
        self.serves()


class Forgeries(Case):
    """What an honest analyst's program does not send."""

    def tearDown(self):
        self.serves()

    def forge(self, how):
        done = meshes.run([str(WORLD.programs.folder / "forge_request"), str(self.mesh.profile), GOOD, how], check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.splitlines()

    def test_request_good_is_done(self):
        self.assertEqual(self.forge("good"), ["done"])

    def test_request_altered_is_refused(self):
        lines = self.forge("altered")
        self.assertEqual(len(lines), 1)
        self.assertRegex(lines[0], "^fail denied: .*sign")

    def test_request_replayed_gets_its_stored_answer(self):
        self.assertEqual(self.forge("replayed"), ["done", "done"])
        self.assertEqual([len(self.nodes[n].jobs_done(self.since[n])) for n in "abc"], [1, 1, 1])

    def test_request_changed_under_its_id_is_refused(self):
        lines = self.forge("changed")
        self.assertEqual(lines[0], "done")
        self.assertRegex(lines[1], "^fail denied: ")
        self.assertEqual([len(self.nodes[n].jobs_done(self.since[n])) for n in "abc"], [1, 1, 1])

    def test_request_expired_is_refused(self):
        self.assertRegex(self.forge("expired")[0], "^fail denied: time: .*valid until")

    def test_request_of_the_future_is_refused(self):
        self.assertRegex(self.forge("early")[0], "^fail denied: time: .*clocks")

    def test_garbage_ends_the_session_only(self):
        self.assertRegex(self.forge("garbage")[0], "^(closed|fail bad_peer: .*)")


class Secrets(Case):
    def test_traffic_depends_on_sizes_only(self):
        sent = []
        for left, right in (("mensen", "lonen"), ("mensen2", "lonen2"), ("mensen2", "lonen"), ("mensen", "lonen2")):
            since = self.mesh.log_sizes()
            self.mesh.query(GOOD.replace("mensen", left).replace("lonen", right))
            jobs = self.mesh.jobs_done(since)
            sent.append({name: (records[0]["sent_bytes"], records[0]["received_bytes"]) for name, records in jobs.items()})
        self.assertEqual(len(sent[0]), 3)
        self.assertGreater(min(s for s, _ in sent[0].values()), 1000)
        for other in sent[1:]:
            self.assertEqual(other, sent[0])

    def test_z_nothing_of_files_and_keys_in_logs(self):
        """Runs last: looks through everything that was logged in all tests."""
        logs = "".join(node.log() for node in self.nodes.values())
        self.assertGreater(len(logs), 5_000)
        canaries = [CANARY_ID, str(CANARY_MEASURE), CANARY_TEXT]
        for folder in [node.folder for node in self.nodes.values()] + [self.mesh.folder / "analyst"]:
            for path in folder.rglob("*"):
                if path.is_file() and path.stat().st_mode & 0o777 == 0o600 and path.suffix != ".yaml":
                    canaries += [line for line in path.read_text(errors="replace").split()
                                 if len(line) > 30 and not line.startswith("-")]
        self.assertGreater(len(canaries), 6)
        for canary in canaries:
            self.assertNotIn(canary, logs)


def processes_of_sessions(sessions):
    """pids whose session was begun by one of these processes."""
    found = []
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[3]) in sessions:
            found.append(int(stat.parent.name))
    return found


class Ends(Case):
    def test_sigterm_in_mid_job_ends_cleanly_and_leaves_no_process(self):
        folder = WORLD.folder / "ends"
        mesh = meshes.Mesh(folder, WORLD.programs, WORLD.schemas, limits={"workers": 1})
        mesh.start()
        sessions = {node.process.pid for node in mesh.nodes.values()}
        asker = subprocess.Popen(mesh.schakel_command("query", World.LARGE), stdout=subprocess.DEVNULL,
                                 stderr=subprocess.PIPE, text=True, preexec_fn=meshes.die_with_parent)
        self.until(lambda: meshes.children(mesh.nodes["a"].process.pid), 10, "no local part began")
        time.sleep(0.3)
        self.assertEqual(mesh.stop(), [])
        _, error = asker.communicate(timeout=SECONDS_TO_END)
        self.assertNotEqual(asker.returncode, 0)
        self.assertTrue(error.strip())
        self.assertEqual(processes_of_sessions(sessions), [])


if __name__ == "__main__":
    if "--build" in sys.argv:
        at = sys.argv.index("--build")
        BUILD = pathlib.Path(sys.argv[at + 1])
        del sys.argv[at:at + 2]
    unittest.main(verbosity=2)
