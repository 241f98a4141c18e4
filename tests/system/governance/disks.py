"""Disks that fail and disks that are full, by a library between the node and the system (tests/support/fail_io.c)."""
import shutil
import time

import mesh as meshes

from governance import world

FULL = "disk is full"


class Disks(world.Case):
    @classmethod
    def options(cls):
        return {"min_persons": 1}

    def faulty(self, name, fault):
        """Starts a node whose state.db meets a fault as soon as self.fault is there: "fsync:3:EIO", "pwrite:1:ENOSPC+"."""
        library = self.programs.folder.parent / "lib" / "libfail_io.so"
        self.assertTrue(library.exists())
        self.fault = self.folder / "fault"
        self.fault.unlink(missing_ok=True)
        node = self.nodes[name]
        node.environment = {"LD_PRELOAD": str(library), "SCH_FAIL_IO": fault, "SCH_FAIL_IO_FILE": "state.db",
                            "SCH_FAIL_IO_WHILE": str(self.fault)}
        node.restart()
        self.mesh.wait_until_connected()
        self.since = self.mesh.log_sizes()
        self.fault.touch()

    def heal(self, name):
        """Starts the node anew on a disk that works; the books are well, and the mesh serves."""
        self.fault.unlink(missing_ok=True)
        node = self.nodes[name]
        node.environment = {}
        if not node.is_running():
            node.process = None
        node.restart()
        self.mesh.wait_until_connected()
        self.check_state(name)
        self.serves()

    def check_state(self, name):
        copy = self.nodes[name].backup()
        done = meshes.run([self.programs.schakelctl, "audit", "verify", str(copy)], check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        shutil.rmtree(copy.parent)
        self.assertEqual(self.nodes[name].rows("PRAGMA integrity_check"), [("ok",)])

    def ask(self, *more):
        return self.mesh.query(world.GOOD, "--valid", "4s", "--patience", "1", *more, check=False, timeout=60)

    def dies(self, name, call):
        """An I/O error at the n-th call ends the node, with a sentence and an exit code, whenever it comes."""
        ended, node = 0, self.nodes[name]
        for number in (1, 2, 4, 7):
            self.faulty(name, f"{call}:{number}:EIO")
            end = time.monotonic() + 20
            while node.is_running() and time.monotonic() < end:
                self.ask("--no-wait")
            self.assertFalse(node.is_running(), f"{name} lives on after {call} number {number} failed")
            self.assertEqual(node.process.wait(), 1, node.log_end())
            self.assertRegex(self.logged(name), "(?i)state|disk|input/output|I/O")
            ended += 1
            self.heal(name)
        self.assertEqual(ended, 4)

    def test_failing_fsync_ends_the_called_node(self):
        self.dies("a", "fsync")

    def test_failing_write_ends_the_data_owner(self):
        self.dies("b", "pwrite")

    def test_failing_fsync_ends_the_helper(self):
        self.dies("c", "fsync")

    def full_disk(self, name):
        """While the disk is full requests are refused with that sentence; with room again, the same process serves."""
        self.faulty(name, "pwrite:1:ENOSPC+")
        try:
            done = self.ask()
            self.refused(done, FULL)
            self.assertRegex(self.logged(name), FULL)
            self.assertTrue(self.nodes[name].is_running(), self.nodes[name].log_end())
            self.assertEqual(self.jobs(), {"a": 0, "b": 0, "c": 0})
            self.fault.unlink()
            self.serves()
            self.check_state(name)
        finally:
            self.heal(name)

    def test_full_disk_of_the_called_node_refuses_and_later_works(self):
        self.full_disk("a")

    def test_full_disk_of_the_data_owner_refuses_and_later_works(self):
        self.full_disk("b")
