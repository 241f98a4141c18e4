"""Each of six nodes is killed while a job of all six computes: the others end the request within seconds and name it, keep nothing of
it, and the same question is answered when the node is back. And an analyst who interrupts or cancels."""
import collections
import contextlib
import pathlib
import re
import signal
import time

import mesh as meshes

from many import queries, world

QUESTION = queries.UNION_OF_SIX
CALLED = world.NODES[0]
SECONDS_TO_END = 8
SECONDS_TO_DIE = 15


def threads_of(pid):
    found = collections.Counter()
    for task in pathlib.Path(f"/proc/{pid}/task").glob("*"):
        with contextlib.suppress(OSError):  # ended in between
            found["thread " + (task / "comm").read_text().strip()] += 1
    return found


def files_of(pid):
    """What is open, by kind: sockets come and go with connections, all else is by name."""
    found = collections.Counter()
    for entry in pathlib.Path(f"/proc/{pid}/fd").glob("*"):
        try:
            target = str(entry.readlink())
        except OSError:
            continue
        if not target.startswith("socket:"):
            found["open " + re.sub(r"\[\d+\]", "", target)] += 1
    return found


class Deaths(world.Case):
    def answer(self):
        return self.query(QUESTION.sql(), "--format", "csv").stdout

    def kept(self, name):
        """Threads, open files, files in its folder and children of a node, counted by name."""
        node = self.nodes[name]
        files = collections.Counter(f"file {path}" for path in node.folder.rglob("*"))
        return threads_of(node.process.pid) + files_of(node.process.pid) + files + collections.Counter(
            "child" for _ in meshes.children(node.process.pid))

    def settled(self, before, names):
        """Waits until these nodes keep no more than before."""
        def more():
            return {name: dict(found) for name in names if (found := self.kept(name) - before[name])}
        meshes.until(lambda: not more(), SECONDS_TO_END, lambda: f"more than before: {more()}")

    def newest_at(self, name):
        """(id, state, sentence, its ledger entries) of the request that a node took up last."""
        key, state, sentence, entry = self.nodes[name].rows(
            "SELECT hex(id), state, text, (SELECT group_concat(state) FROM ledger l WHERE l.id = r.id) FROM request r "
            "ORDER BY rowid DESC LIMIT 1")[0]
        return key, world.STATES[state], sentence, entry

    def ended(self, name, known):
        """The same, as soon as that is another request than the known one and has ended."""
        def end():
            found = self.newest_at(name)
            return found[0] != known and found[1] in world.STATES[6:] and found
        return meshes.until(end, SECONDS_TO_END, lambda: f"{name} goes on: {self.newest_at(name)} {self.nodes[name].log_end()}")

    def kill(self, victim):
        """One death. Returns how long the slowest of the others took to end the request."""
        node, others = self.nodes[victim], [name for name in world.NODES if name != victim]
        before, known = {name: self.kept(name) for name in others}, self.newest_at(others[0])[0]
        self.world.arm_path(victim).touch()
        asker = self.asks(QUESTION.sql())
        meshes.until(lambda: not node.is_running() or asker.poll() is not None, SECONDS_TO_DIE, f"{victim} did not die")
        died = time.monotonic()
        self.world.arm_path(victim).unlink()
        self.assertFalse(node.is_running(), f"{victim} lived: {asker.poll()}")
        self.assertEqual(node.process.returncode, -signal.SIGKILL)
        ends = [self.ended(name, known) for name in others]
        took = time.monotonic() - died
        for name, (_, state, sentence, entry) in zip(others, ends):
            self.assertEqual((state, entry), ("failed", str(world.SPENT)), f"{name}: {sentence}")
            self.assertRegex(sentence, rf"node {victim}\b", name)
        if victim != CALLED:
            self.check_told(asker, rf"node {victim}\b")
        if victim == "rijswijk":
            self.check_union_without_it()
        node.process = None
        node.start()
        node.wait_until_serving()
        ends.append(self.ended(victim, known))
        self.assertEqual(ends[-1][1:2] + ends[-1][3:], ("failed", str(world.SPENT)), ends[-1])
        self.assertEqual(len({end[0] for end in ends}), 1)
        if victim == CALLED:  # the analyst's program waits until it is back
            self.check_told(asker, ".")
        self.mesh.wait_until_connected()
        self.settled(before, others)
        return took

    def check_told(self, asker, pattern):
        out, error = self.heard(asker, SECONDS_TO_END)
        self.assertIn(asker.returncode, (1, 4), error)
        self.assertEqual(out, "")
        self.assertRegex(error, pattern)

    def check_union_without_it(self):
        """ALL(name) is not silently of fewer, nor a name of two nodes that of the other; a list that leaves the node out is answered."""
        counter = "SELECT COUNT(*) FROM balie b JOIN personen p USING (id)"
        for sql, name, *more in ((queries.TOTAL.sql(), "uitkering"), (queries.TOTAL.sql(), "uitkering", "--explain"), (counter, "balie")):
            done = self.query(sql, *more, check=False)
            self.assertEqual((done.returncode, done.stdout), (4, ""), done.stderr)
            self.assertRegex(done.stderr, f"node rijswijk, whose data set {name} is, is not connected to node delft now")
        self.assertIn("count", self.query(counter.replace("balie", "gouda.balie")).stdout)
        listed = queries.TOTAL.sql().replace("ALL(uitkering)", "ALL(delft.uitkering, gouda.uitkering)")
        self.assertIn("gezin", self.query(listed, "--format", "csv").stdout)

    def test_each_of_six_nodes_is_killed_in_the_middle(self):
        before, took = self.answer(), {}
        for victim in world.NODES:
            with self.subTest(victim):
                took[victim] = self.kill(victim)
                self.assertEqual(self.answer(), before)
        self.assertEqual(sorted(took), sorted(world.NODES))
        print(f"others ended it after at most {max(took.values()):.1f} s", flush=True)
