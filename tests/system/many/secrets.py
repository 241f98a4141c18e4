"""Looks, after all other tests, through everything that six nodes wrote and said: nothing of files and keys is in it."""
import os
import pathlib
import re
import signal

import mesh as meshes
from governance.secrets import forms, secrets_of_key

from many import queries, world

AMOUNT = re.compile(rb"(?<![0-9])%d[0-9][0-9](?![0-9])" % (world.CANARY_AMOUNT // 100))
LINE = 61  # of a file that gets a fault
# In these the secrets themselves are kept.
KEY_FOLDERS = {"keys", "operators"}
TWO_OF_CBS = ("SELECT b.sector, p.huishouden, d.regeling, COUNT(*), SUM(b.loon) FROM wonen w JOIN personen p USING (id) "
              "JOIN banen b USING (id) JOIN dagen d USING (id) GROUP BY b.sector, p.huishouden, d.regeling")
BINS = ("SELECT BIN(p.inkomen), MEDIAN(p.inkomen), COUNT(*) FROM wonen w JOIN personen p USING (id) JOIN dagen d USING (id) "
        "WHERE w.plaats = p.plaats GROUP BY BIN(p.inkomen)")


class Secrets(world.Case):
    def keys(self):
        """Forms of each key of nodes, operators, analysts, and each pair's pre-shared key."""
        found, counted = [], 0
        for path in self.mesh.folder.rglob("identity.key"):
            found += [form for secret in secrets_of_key(path) for form in forms(secret)]
            counted += 1
        for path in self.mesh.folder.rglob("tls.key"):
            found += [line for line in path.read_bytes().split() if len(line) > 30]
        for path in self.mesh.psk.values():
            found += [line for line in path.read_bytes().split() if len(line) > 30]
        self.assertEqual(counted, 2 * len(world.NODES) + 1)
        self.assertEqual(len(self.mesh.psk), 15)
        return found

    def haystack(self):
        """name -> bytes: every file below the mesh but those of keys, and all that programs said."""
        found = {"sentences": "".join(self.world.asked).encode()}
        secret = set(self.mesh.psk.values())
        for path in self.mesh.folder.rglob("*"):
            parts = set(path.relative_to(self.mesh.folder).parts)
            if path.is_file() and not parts & KEY_FOLDERS and path not in secret:
                found[str(path.relative_to(self.mesh.folder))] = path.read_bytes()
        return found

    def test_nothing_of_files_and_keys_is_written_or_said(self):
        hay = self.haystack()
        for node in world.NODES:
            for name in (f"{node}/schakeld.log", f"{node}/state/state.db", f"{node}/state/state.db-wal"):
                self.assertIn(name, hay)
                self.assertGreater(len(hay[name]), 1000, name)
        self.assertGreater(len(hay["sentences"]), 500)
        canaries = [world.CANARY_ID.encode()] + [text.encode() for text in world.CANARY_TEXTS] + self.keys()
        canaries += [(world.CANARY_AMOUNT + i).to_bytes(8, "little") for i in range(100)]
        self.assertGreater(len(canaries), 250)
        for name, data in hay.items():
            self.assertIsNone(AMOUNT.search(data), f"an amount is in {name}")
            for canary in canaries:
                self.assertNotIn(canary, data, f"a canary of {len(canary)} bytes is in {name}")

    def test_canaries_are_in_the_files(self):
        # So that the search can find something.
        data = b"".join(path.read_bytes() for path in self.world.folder.glob("*.csv"))
        for canary in [world.CANARY_ID, *world.CANARY_TEXTS]:
            self.assertGreater(data.count(canary.encode()), 500)
        self.assertGreater(len(AMOUNT.findall(data)), 3000)

    def test_faults_in_files_are_told_without_values(self):
        text, amount = world.CANARY_TEXTS[0], f"{world.CANARY_AMOUNT + 7}x"
        for path, column, value, sql in (
                ("cbs-banen.csv", 2, amount, TWO_OF_CBS), ("cbs-banen.csv", 1, text, TWO_OF_CBS),  # a node's second data set
                ("cbs-personen.csv", 1, text, TWO_OF_CBS), ("uwv-dagen.csv", 1, text, TWO_OF_CBS),  # keys of data owners
                ("cbs-personen.csv", 3, amount, BINS), ("gouda-zorg.csv", 2, amount, queries.FIVE_CONDITIONS.sql())):
            with self.subTest(path, column=column):
                file = self.world.folder / path
                good = file.read_text()
                lines = good.splitlines()
                lines[LINE - 1] = ";".join(value if i == column else field for i, field in enumerate(lines[LINE - 1].split(";")))
                file.write_text("\n".join(lines) + "\n")
                try:
                    done = self.query(sql, check=False)
                finally:
                    file.write_text(good)
                self.assertEqual((done.returncode, done.stdout), (1, ""), done.stderr)
                node, name = path.removesuffix(".csv").split("-")
                self.assertRegex(done.stderr, rf"node {node}: data set {name}, column {lines[0].split(';')[column]}, line {LINE}: ")
                self.assertNotIn(value, done.stderr)

    def test_nodes_that_crash_leave_no_core(self):
        for name in ("gouda", "cbs"):
            node = self.nodes[name]
            asker, engine = self.held(queries.UNION_OF_SIX.sql())
            self.assertIsNone(asker.poll())
            pid = node.process.pid
            os.kill(pid, signal.SIGSEGV)
            info = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
            self.assertEqual(info.si_code, os.CLD_KILLED, f"{name} left a core")
            node.process.wait()
            _, error = self.heard(asker)
            self.assertNotEqual(asker.returncode, 0, error)
            self.assertRegex(error, rf"node {name}\b")
            world.let_go(engine)  # it may have been stopped before it said that it ends with its node
            meshes.until(lambda e=engine: not pathlib.Path(f"/proc/{e}").exists(), 5, "a local part goes on")
            node.process = None
            node.start()
            node.wait_until_serving()
            self.mesh.wait_until_connected()
        self.assertEqual([path for path in self.world.folder.rglob("core*") if path.is_file()], [])
