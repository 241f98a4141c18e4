"""SIGKILL at each commit of a request, at each node: what was reported as done survives, nothing is spent twice or lost."""
import re
import subprocess
import time

from governance import world

PLACES = ("commit.before", "commit.after")
LEAST_KILLS = 36
AFTER_THE_ANSWER_S = 0.3
SECONDS_TO_END = 20
MOST_COMMITS = 40  # a request has fewer; more means that counting never ends


class Crashes(world.Case):
    """One kill a round: the armed node dies in the middle of a query, comes back, and everybody's books have to agree."""

    @classmethod
    def options(cls):
        return {"daemons": {n: "schakeld_test" for n in "abc"}, "min_persons": 1}

    @classmethod
    def prepare(cls):
        cls.kills, cls.answers = 0, {}

    def arm(self, name, place, number):
        """Starts a node anew, to die at the number-th commit after self.armed is there."""
        node = self.nodes[name]
        self.armed = self.folder / f"arm-{name}"
        node.environment = {"SCHAKEL_TEST_KILL": f"{place}:{number}", "SCHAKEL_TEST_ARM": str(self.armed)}
        node.restart()
        self.mesh.wait_until_connected()

    def books(self, name):
        """A node's own books: request -> (state, ledger entries), from a copy of its state."""
        rows = self.nodes[name].rows(
            "SELECT lower(hex(id)), state, (SELECT count(*) FROM ledger l WHERE l.id = r.id), "
            "(SELECT max(state) FROM ledger l WHERE l.id = r.id) FROM request r")
        return {row[0]: row[1:] for row in rows}

    def check_recorded(self, name, key, state):
        """The state is the last one that the node's audit log tells of."""
        records = self.nodes[name].rows("SELECT bytes FROM audit WHERE instr(bytes, ?) > 0 ORDER BY seq", bytes.fromhex(key))
        words = [word.decode() for (record,) in records for word in re.findall(rb"request\.([a-z]+)", record)]
        told = [word for word in words if word in world.STATES]
        self.assertEqual(told[-1], state, f"{key} at {name}: {told}")

    def check_books(self, request):
        """The request has one end at all nodes that know it, as recorded, and at most one ledger entry, which fits it."""
        key = request.replace("-", "")
        end = time.monotonic() + 12
        while True:
            books = {name: self.books(name).get(key) for name in "abc"}
            states = {world.STATES[book[0]] for book in books.values() if book}
            if len(states) <= 1 and states <= set(world.ENDS) or time.monotonic() > end:
                break
            time.sleep(0.2)
        self.assertLessEqual(len(states), 1, f"{request}: {books}")
        self.assertLessEqual(states, set(world.ENDS), f"{request}: {books}")
        for name, book in books.items():
            if book:
                self.check_recorded(name, key, world.STATES[book[0]])
                self.assertLessEqual(book[1], 1, f"{request} at {name}: {books}")
                self.assertNotEqual(book[2], world.RESERVED, f"{request} at {name}: {books}")
                if states == {"released"}:
                    self.assertEqual(book[1:], (1, world.SPENT), f"{request} at {name}: {books}")
        return states.pop() if states else None

    def check_result(self, request, state):
        """A released result can be fetched, is right, and is what it was before."""
        done = self.mesh.schakel("result", request, "--format", "csv", check=False)
        if state != "released":
            self.assertNotEqual(done.returncode, 0, f"{request} is {state} and has a result")
            return
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(world.GOOD_ROW, done.stdout)
        self.assertEqual(self.answers.setdefault(request, done.stdout), done.stdout)

    def counters(self):
        return {name: self.nodes[name].rows("SELECT count(*), count(DISTINCT id) FROM ledger")[0] for name in "abc"}

    def one_round(self, name, place, number):
        """A query with the node armed. Returns whether it died; then it is back, and armed for its next commit."""
        node, before = self.nodes[name], self.counters()
        known = set(world.UUID.findall(self.mesh.schakel("history").stdout))
        self.armed.touch()
        asker = self.asks(world.GOOD, "--format", "csv")
        end = time.monotonic() + 30
        while node.is_running() and asker.poll() is None and time.monotonic() < end:
            time.sleep(0.02)
        end = time.monotonic() + AFTER_THE_ANSWER_S  # what a node commits when the analyst has been told
        while node.is_running() and time.monotonic() < end:
            time.sleep(0.02)
        self.armed.unlink()
        died = not node.is_running()
        if died:
            type(self).kills += 1
            node.process = None
            self.arm(name, place, number + 1)
        out, error = self.answer(asker, f"{name} died at {place} {number}" if died else f"{name} did not die")
        if not died:
            self.assertEqual(asker.returncode, 0, error)
        self.check_after(known, before, asker.returncode, out)
        if asker.returncode != 0:
            self.serves()
        return died

    def answer(self, asker, what):
        """What the analyst's program says in the end; a request that never ends is told with how it stands everywhere."""
        try:
            return asker.communicate(timeout=SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            asker.kill()
            said = asker.communicate()[1]
            stands = {name: self.nodes[name].ctl("requests").stdout for name in "abc"}
            self.fail(f"{what}, and the request goes on for {SECONDS_TO_END} s: {said} {stands} {self.nodes['a'].log_end()}")

    def check_after(self, known, before, code, out):
        """The request of this round, if any node knows it, ended in one way, and the ledgers have at most its entry more."""
        new = set(world.UUID.findall(self.mesh.schakel("history").stdout)) - known
        self.assertLessEqual(len(new), 1)
        for request in new:
            state = self.check_books(request)
            if code == 0:
                self.assertIn(world.GOOD_ROW, out)
                self.assertEqual(state, "released")
                self.answers[request] = out
            self.check_result(request, state)
        if code == 0:
            self.assertEqual(len(new), 1)
        after = self.counters()
        for node in "abc":
            self.assertEqual(after[node][0], after[node][1], "an entry was written twice")
            self.assertIn(after[node][0] - before[node][0], (0, 1))

    def kill_at_each_commit(self, name):
        start, kills = time.monotonic(), self.kills
        for place in PLACES:
            number = 1
            self.arm(name, place, number)
            while self.one_round(name, place, number):
                number += 1
                self.assertLess(number, MOST_COMMITS)
            self.assertGreater(number, 3, "a request has more commits than that")
        for request in self.answers:
            self.check_result(request, "released")
        self.assertGreater(len(self.answers), 2)
        print(f"{name} was killed {self.kills - kills} times in {time.monotonic() - start:.0f} s", flush=True)

    def test_kill_at_each_commit_of_the_called_node(self):
        self.kill_at_each_commit("a")

    def test_kill_at_each_commit_of_the_data_owner(self):
        self.kill_at_each_commit("b")

    def test_kill_at_each_commit_of_the_helper(self):
        self.kill_at_each_commit("c")

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        print(f"{cls.kills} kills", flush=True)
        if cls.kills < LEAST_KILLS:
            raise AssertionError(f"only {cls.kills} kills happened")
