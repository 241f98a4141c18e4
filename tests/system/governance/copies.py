"""Backup and restore: a node that was put back to an older state is noticed by the others."""
import stat

import mesh as meshes

from governance import world


class Copies(world.Case):
    @classmethod
    def options(cls):
        return {"min_persons": 1}

    def restore(self, name, copy, *more, check=True):
        return self.offline("restore", copy, "-c", self.nodes[name].path, *more, check=check)

    def test_backup_is_whole_private_and_never_overwrites(self):
        self.serves()
        copy = self.folder / "eerste.db"
        self.nodes["a"].ctl("backup", copy)
        self.assertEqual(stat.S_IMODE(copy.stat().st_mode), 0o600)
        done = self.nodes["a"].ctl("backup", copy, check=False)
        self.refused(done, "exists")

    def test_restore_wants_a_stopped_node_and_asks_before_it_replaces(self):
        copy = self.folder / "tweede.db"
        self.nodes["b"].ctl("backup", copy)
        self.refused(self.restore("b", copy, "--replace", check=False), "(?i)run|stop|open")
        self.assertIsNone(self.nodes["b"].stop())
        self.refused(self.restore("b", copy, check=False), "--replace")
        # Another node's state is not this one's.
        self.nodes["a"].ctl("backup", self.folder / "van_a.db")
        self.refused(self.restore("b", self.folder / "van_a.db", "--replace", check=False), r"\ba\b")
        self.restore("b", copy, "--replace")
        self.nodes["b"].restart()
        self.accept("b")
        self.mesh.wait_until_connected()
        self.serves()

    def accept(self, name):
        for other in self.nodes.values():
            if other.name != name:
                other.ctl("peer", "accept", name, "--reason", "samen nagekeken")

    def test_restored_older_state_is_refused_until_it_is_accepted(self):
        self.serves()
        copy = self.folder / "oud.db"
        self.nodes["b"].ctl("backup", copy)
        for _ in range(3):
            self.serves()
        before = self.nodes["b"].rows("SELECT count(*) FROM ledger")[0][0]
        self.assertIsNone(self.nodes["b"].stop())
        self.restore("b", copy, "--replace")
        self.nodes["b"].restart()
        self.assertEqual(self.nodes["b"].rows("SELECT count(*) FROM ledger")[0][0], before - 3)
        self.since = self.mesh.log_sizes()
        done = meshes.until(lambda: self.noticed(), 20, "nobody notices the older state")
        self.refused(done, r"\bb\b", "(?i)older|lower|earlier|restored", "peer accept b")
        for name in "ac":
            meshes.until(lambda n=name: world.re.search("(?i)older|lower|earlier|restored", self.nodes[n].log()), 10,
                         f"{name} does not log it")
            self.assertRegex(self.nodes[name].ctl("status").stdout, "(?i)refused|older|lower|earlier|restored")
        self.assertEqual(self.jobs(), {"a": 0, "b": 0, "c": 0})
        # One who accepts is not enough.
        self.nodes["a"].ctl("peer", "accept", "b", "--reason", "samen nagekeken")
        self.refused(self.mesh.query(world.GOOD, check=False), r"\bb\b")
        self.nodes["c"].ctl("peer", "accept", "b", "--reason", "samen nagekeken")
        self.mesh.wait_until_connected()
        self.serves()
        # That somebody accepted is in the audit log.
        self.assertRegex(self.exported("a"), "peer.accept")

    def noticed(self):
        done = self.mesh.query(world.GOOD, check=False)
        return done if done.returncode == 3 else None
