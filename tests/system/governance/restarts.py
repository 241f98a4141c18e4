"""Requests that restarts, reloads and several coordinators leave in the middle: each goes on, none is lost, nobody is accused."""
import collections
import contextlib
import os
import shutil
import signal
import sqlite3
import tempfile
import time
import uuid

import agreements
import mesh as meshes

from governance import world

MAX_JOBS = 2
AT_A_TIME = 6  # processes of analysts that run beside each other
SECONDS = 30  # for all of a burst to end
KEYS = ("identity", "exchange", "tls_pin")  # on a card
LONG_REASON = "é" * 240  # characters of two bytes: a cut between bytes shows


def column_of(rows):
    return [row[0] for row in rows]


class Restarts(world.Case):
    """Agreement `proef` needs no operator; under `wacht` one of a has to approve."""
    schemas_of = staticmethod(world.large_schemas)

    @classmethod
    def options(cls):
        return {"daemons": {n: "schakeld_test" for n in "abc"}, "min_persons": 1, "limits": {"max_jobs": MAX_JOBS, "workers": 1}}

    @classmethod
    def prepare(cls):
        cls.wacht = cls.mesh.add_agreement("wacht", lambda agreed: agreements.party_of(agreed, "a").update(approval="operator"))
        cls.set_profiles()

    @classmethod
    def set_profiles(cls):
        for analyst in cls.mesh.analysts.values():
            analyst.write_profiles(agreement="proef")

    def setUp(self):
        super().setUp()
        self.accused_before = self.accused()

    def tearDown(self):
        """What a test that failed left dead does not fail the next one."""
        for node in self.nodes.values():
            if not node.is_running():
                node.process, node.environment = None, {}
                node.restart()

    # ---- many requests ----

    def burst(self, count, nodes="a", sql=world.GOOD, halfway=None):
        """So many requests, handed in beside each other at these nodes in turn; returns their ids. halfway: called in between."""
        running, ids = [], []

        def collect(left):
            while len(running) > left:
                out, error = running[0].communicate(timeout=60)
                self.assertEqual(running.pop(0).returncode, 0, error)
                ids.append(self.id_in(out))
        try:
            for i in range(count):
                collect(AT_A_TIME - 1)
                running.append(self.asks(sql, "--no-wait", node=nodes[i % len(nodes)]))
                if halfway and i == count // 2:
                    halfway()
            collect(0)
        finally:
            for process in running:
                process.kill()
                process.communicate()
        self.assertEqual(len(set(ids)), count)
        return ids

    def rows_of(self, name, ids, columns):
        """These columns of these requests at a node."""
        marks = ", ".join(f"x'{request.replace('-', '')}'" for request in ids)
        return self.nodes[name].rows(f"SELECT {columns} FROM request WHERE id IN ({marks})")

    def states(self, name, ids):
        """How many of these requests are in each state at a node."""
        return collections.Counter(world.STATES[row[0]] for row in self.rows_of(name, ids, "state"))

    def reasons(self, name, ids):
        """Those of these requests that a node says why they ended of, with that."""
        return {str(uuid.UUID(key)): why for key, why in self.rows_of(name, ids, "lower(hex(id)), text") if why}

    def all_reach(self, ids, state, nodes="abc", seconds=SECONDS):
        wanted, seen = {state: len(ids)} if ids else {}, {}

        def reached(name):
            with contextlib.suppress(meshes.MeshError):  # a node that reloads makes no copy
                seen[name] = self.states(name, ids)
            return seen.get(name) == wanted
        for name in nodes:
            meshes.until(lambda n=name: reached(n), seconds,
                         lambda n=name: f"not all are {state} at {n}: {seen.get(n)} {self.nodes[n].log_end()}")

    def accused(self):
        """node -> how often it has accused another of an older state."""
        return {name: node.rows("SELECT count(*) FROM audit WHERE instr(bytes, 'peer.refuse') > 0")[0][0]
                for name, node in self.nodes.items()}

    def nobody_is_accused(self):
        self.assertEqual(self.accused(), self.accused_before)
        for node in self.nodes.values():
            self.assertNotIn("restored", node.ctl("status").stdout)

    def serving(self, name):
        """How often a node has begun to serve: once a start or reload."""
        return self.nodes[name].log().count(f"node {name} serves at")

    def reload(self, name):
        before = self.serving(name)
        self.nodes[name].ctl("reload")
        meshes.until(lambda: self.serving(name) > before, SECONDS, f"{name} does not reload")

    # ---- a node that has died ----

    def dead_rows(self, name, statement):
        """Rows of a node's state as a kill left it."""
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            for path in self.nodes[name].state_folder.glob("state.db*"):
                shutil.copy(path, folder)
            with contextlib.closing(sqlite3.connect(f"{folder}/state.db")) as database:
                return database.execute(statement).fetchall()

    def arm(self, name, place):
        """Starts a node anew, to die at that place after `armed` is there."""
        self.armed = self.folder / "armed"
        self.armed.unlink(missing_ok=True)
        node = self.nodes[name]
        node.environment = {"SCHAKEL_TEST_KILL": place, "SCHAKEL_TEST_ARM": str(self.armed)}
        node.restart()
        self.mesh.wait_until_connected()
        self.wait_until_calm(name)

    def wait_until_calm(self, name):
        """Returns when a node commits nothing of its own any more: the heads of the others have all come."""
        def look():
            return self.nodes[name].rows("SELECT (SELECT count(*) FROM head), (SELECT group_concat(newest) FROM peer)")
        seen, since = look(), time.monotonic()
        while time.monotonic() < since + 0.3:
            time.sleep(0.05)
            now = look()
            if now != seen:
                seen, since = now, time.monotonic()

    def dies(self, name, place):
        """One request, at the called node; the armed node dies in the middle of it. Returns the request's id."""
        self.arm(name, place)
        node = self.nodes[name]
        known = column_of(node.rows("SELECT lower(hex(id)) FROM request"))
        self.armed.touch()
        asker = self.asks(world.GOOD, "--no-wait")
        meshes.until(lambda: not node.is_running(), 15, f"{name} does not die at {place}")
        asker.communicate(timeout=30)
        node.process, node.environment = None, {}
        self.armed.unlink()
        new = set(column_of(self.dead_rows(name, "SELECT lower(hex(id)) FROM request"))) - set(known)
        self.assertEqual(len(new), 1)
        return str(uuid.UUID(new.pop()))

    def dead_state(self, name, request):
        """(state, whether its own part is kept, consents) as the kill left them."""
        key = request.replace("-", "")
        return self.dead_rows(name, "SELECT state, part_done, (SELECT count(*) FROM consent c WHERE c.id = r.id) "
                              f"FROM request r WHERE id = x'{key}'")[0]

    # ---- tests ----

    def test_reload_of_a_helper_amid_starts_accuses_nobody(self):
        """What c was told to start in the very moment of its reload may fail, everywhere alike; all else is released."""
        before, count = self.serving("c"), 30
        ids = self.burst(count, halfway=lambda: self.nodes["c"].ctl("reload"))
        meshes.until(lambda: self.serving("c") > before, SECONDS, "c does not reload")
        meshes.until(lambda: sum(self.states("a", ids)[state] for state in world.ENDS) == count, SECONDS, "not all end")
        failed = self.reasons("a", ids)
        self.assertLessEqual(len(failed), MAX_JOBS, failed)
        for why in failed.values():
            self.assertRegex(why, r"node [abc]: .*\b(connected|stopped)\b")
        self.all_reach([request for request in ids if request not in failed], "released")
        self.all_reach(list(failed), "failed")
        self.assertEqual(self.serving("c"), before + 1)
        self.nobody_is_accused()
        self.serves()

    def test_reload_of_the_coordinator_keeps_approved_requests(self):
        """As many run as may, and are held up; what is approved meanwhile waits for room, through the reload."""
        held = self.burst(MAX_JOBS, sql=world.LARGE)
        node = self.nodes["a"]
        local = meshes.until(lambda: len(found := meshes.children(node.process.pid)) == MAX_JOBS and found, 15,
                             "the local parts did not begin")
        for child in local:
            os.kill(child, signal.SIGSTOP)
        try:
            ids = self.burst(20)
            self.all_reach(ids, "approved", nodes="a")
            before = self.serving("a")
            node.ctl("reload")
            time.sleep(0.5)
            self.assertEqual((self.states("a", ids), self.serving("a")), ({"approved": 20}, before))
        finally:
            for child in local:
                os.kill(child, signal.SIGCONT)
        self.all_reach(held + ids, "released")
        self.assertEqual(self.serving("a"), before + 1)
        self.nobody_is_accused()

    def test_kill_between_consents_is_made_up_for(self):
        seen = []
        for number in (2, 3):
            request = self.dies("a", f"commit.after:{number}")
            seen.append(self.dead_state("a", request))
            self.nodes["a"].restart()
            self.all_reach([request], "released")
        waiting, approved = world.STATES.index("waiting"), world.STATES.index("approved")
        self.assertEqual(seen, [(waiting, 0, 2), (approved, 0, 3)])
        self.nobody_is_accused()

    def test_requests_that_wait_for_a_helper_are_released_when_it_is_back(self):
        self.nodes["c"].kill()
        self.nodes["c"].process = None
        ids = self.burst(40)
        self.assertEqual(self.states("a", ids), {"waiting": 40})
        self.assertEqual(self.states("b", ids), {"waiting": 40})
        self.nodes["c"].restart()
        self.all_reach(ids, "released")
        self.nobody_is_accused()

    def test_three_coordinators_at_once_do_not_wait_for_each_other(self):
        ids = self.burst(18, nodes="abc")
        self.all_reach(ids, "released")
        for name in "abc":
            self.assertEqual(self.nodes[name].rows("SELECT count(DISTINCT coordinator) FROM request"), [(3,)])
        self.nobody_is_accused()

    def test_kept_part_outlives_an_activation(self):
        """a has released and dies before it says so; c takes up a new version meanwhile, and still hears of it."""
        released, running = world.STATES.index("released"), world.STATES.index("running")
        request, state = None, None
        for number in range(5, 10):
            request = self.dies("a", f"commit.after:{number}")
            state = self.dead_state("a", request)[0]
            if state == released:
                break
            self.nodes["a"].restart()
            self.mesh.wait_until_connected()
        self.assertEqual(state, released)
        key = request.replace("-", "")
        kept = self.nodes["c"].rows(f"SELECT state, part_done FROM request WHERE id = x'{key}'")
        self.assertEqual(kept, [(running, 1)])
        self.mesh.agreement = agreements.next_version(self.mesh.agreement)
        self.mesh.bundle = self.mesh.sign(self.mesh.agreement)
        before = self.serving("c")
        self.mesh.activate(self.mesh.bundle, "c")
        meshes.until(lambda: self.serving("c") > before, 15, "c does not take the new version up")
        self.assertEqual(self.states("c", [request]), {"running": 1})
        self.nodes["a"].restart()
        self.all_reach([request], "released")
        self.mesh.activate(self.mesh.bundle, "ab")
        self.mesh.active["proef"] = self.mesh.agreement["version"]
        self.mesh.wait_until_connected()
        self.assertIn(world.GOOD_ROW, self.mesh.schakel("result", request, "--format", "csv").stdout)

    def test_restored_node_is_not_computed_with_and_stays_refused_through_a_reload(self):
        copy = self.folder / "b.bak"
        b = self.nodes["b"]
        b.ctl("backup", copy)
        request = self.submit(world.GOOD, "--agreement", "wacht")
        key = request.replace("-", "")
        meshes.until(lambda: self.nodes["a"].rows(f"SELECT count(*) FROM consent WHERE id = x'{key}'") == [(2,)], 10,
                     "b and c do not consent")
        self.assertIsNone(b.stop())
        self.offline("restore", copy, "-c", b.path, "--replace", check=True)
        b.restart()
        shows = r"\bb\b.*restored from a backup"
        for name in "ac":
            meshes.until(lambda n=name: world.re.search(shows, self.nodes[n].ctl("status").stdout), 15, f"{name} does not notice")
        self.b_is_refused()
        self.nodes["a"].ctl("approve", request, "--yes")
        self.assertEqual(self.state(request, "a"), "approved")
        self.assertEqual(self.jobs(), {"a": 0, "b": 0, "c": 0})
        self.reload("a")
        self.assertRegex(self.nodes["a"].ctl("status").stdout, shows)
        self.b_is_refused()
        self.assertEqual(self.state(request, "a"), "approved")
        self.assertEqual(self.accused(), {**self.accused_before, "a": self.accused_before["a"] + 1,
                                          "c": self.accused_before["c"] + 1})
        self.assertEqual(self.jobs(), {"a": 0, "b": 0, "c": 0})
        for name in "ac":
            self.nodes[name].ctl("peer", "accept", "b", "--reason", "samen nagekeken")
        self.mesh.wait_until_connected()
        self.all_reach([request], "released")
        self.serves()

    def b_is_refused(self):
        meshes.until(lambda: "peer accept b" in self.mesh.query(world.GOOD, check=False).stderr, 10, "b is not refused")

    def test_counters_of_peers_are_never_lower_than_they_showed(self):
        ids, looked = [], 0
        for _ in range(6):
            ids += self.burst(4)
            for name in "ac":
                for peer, counter, shown in self.nodes[name].rows(
                        "SELECT p.node, p.counter, (SELECT max(counter) FROM consent c WHERE c.node = p.node) FROM peer p"):
                    if peer != name and shown is not None:
                        self.assertGreaterEqual(counter, shown, f"of {peer} at {name}")
                        looked += 1
        self.assertGreaterEqual(looked, 20)
        self.all_reach(ids, "released")
        self.nobody_is_accused()

    def test_request_that_has_ended_is_not_cancelled(self):
        request = self.submit()
        self.reaches(request, "released")
        began = time.monotonic()
        self.refused(self.mesh.schakel("cancel", request, check=False), "ended already: it is released")
        self.assertLess(time.monotonic() - began, 10)
        self.all_reach([request], "released")
        # A reason with as many bytes as a sentence can hold, cut between characters.
        request = self.submit(world.GOOD, "--agreement", "wacht")
        self.reaches(request, "waiting", node="a")
        self.nodes["a"].ctl("deny", request, "--reason", LONG_REASON)
        self.all_reach([request], "refused")
        self.refused(self.mesh.schakel("cancel", request, check=False), "ended already: it is refused")
        self.assertIn("éééé", self.mesh.schakel("status", request).stdout)
        self.assertIn(request, self.mesh.schakel("history").stdout)
        for node in self.nodes.values():
            self.assertIn(request, node.ctl("requests", "--all").stdout)

    def test_keys_of_a_node_in_two_agreements_change_one_after_the_other(self):
        node = self.nodes["b"]
        folder = node.folder / "node"
        card = meshes.read_card(self.offline("key", "rotate", folder, check=True).stdout)

        def renewed(agreed):
            fresh = agreements.next_version(agreed)
            fresh["linkage_epoch"] += 1
            agreements.party_of(fresh, "b").update({key: card[key] for key in KEYS})
            return fresh
        self.mesh.agreement = renewed(self.mesh.agreement)
        self.mesh.bundle = self.mesh.sign(self.mesh.agreement, keys={"b": folder / "keys.next"})
        said = [self.nodes[name].ctl("agreement", "activate", self.mesh.bundle, "--yes").stderr for name in "abc"]
        node.card = card
        self.set_profiles()
        self.mesh.active = {"proef": self.mesh.agreement["version"]}
        self.mesh.wait_until_connected()
        self.serves()
        # The other agreement stands still until it has a version with these keys too.
        self.refused(self.mesh.query(world.GOOD, "--agreement", "wacht", check=False), "wacht")
        type(self).wacht = renewed(self.wacht)
        self.mesh.activate(self.mesh.sign(self.wacht))
        self.mesh.active["wacht"] = self.wacht["version"]
        self.mesh.wait_until_connected()
        node.read_own_card()
        self.assertEqual(node.card["identity"], card["identity"])
        self.serves()
        request = self.submit(world.GOOD, "--agreement", "wacht")
        self.reaches(request, "waiting", node="a")
        self.nodes["a"].ctl("approve", request, "--yes")
        self.all_reach([request], "released")
        # Who activated the first one was told of the other.
        self.assertEqual([text.count("agreement wacht gives a name other keys") for text in said], [1, 1, 1])
