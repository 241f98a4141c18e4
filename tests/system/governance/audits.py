"""The audit log: intact where it is, and each way of tampering with it is found by what the other nodes kept."""
import contextlib
import hashlib
import json
import shutil
import sqlite3

import mesh as meshes

from governance import world

REQUESTS = 20
PREFIX = b"schakel audit 1\0"


def record_hash(record):
    return hashlib.blake2b(PREFIX + record, digest_size=32).digest()


class Audits(world.Case):
    @classmethod
    def options(cls):
        return {"min_persons": 1, "approvals": {"b": "operator"}}

    @classmethod
    def prepare(cls):
        """20 requests of every kind of end, then copies of all states and everybody's heads."""
        cls.requests = []
        for i in range(REQUESTS):
            done = cls.mesh.query(world.GOOD, "--no-wait")
            request = world.UUID.findall(done.stdout + done.stderr)[-1]
            cls.requests.append(request)
            meshes.until(lambda r=request: r in cls.nodes["b"].ctl("requests").stdout, 10, "the request does not reach b")
            if i % 5 == 4:
                cls.nodes["b"].ctl("deny", request, "--reason", "niet nodig")
            else:
                cls.nodes["b"].ctl("approve", request, "--yes")
            cls.mesh.schakel("wait", request, check=False)
        cls.copies = {name: node.backup(cls.folder / f"{name}.db") for name, node in cls.nodes.items()}
        cls.heads = {}
        for name in "abc":
            cls.heads[name] = []
            for other in "abc":
                if other != name:
                    path = cls.folder / f"{name}-van-{other}.heads"
                    cls.nodes[other].ctl("audit", "heads", name, "-o", path)
                    cls.heads[name].append(path)

    def verify(self, copy, name, heads=None, key=None):
        words = ["audit", "verify", copy]
        for path in self.heads[name] if heads is None else heads:
            words += ["--peer-head", path]
        return self.offline(*words, *(["--key", key] if key else []))

    def tampered(self, name="a"):
        """A copy to tamper with, and its database."""
        copy = self.folder / f"tampered-{self.id().rsplit('.', 1)[1]}.db"
        shutil.copy(self.copies[name], copy)
        return copy, contextlib.closing(sqlite3.connect(copy))

    def records(self, database):
        return database.execute("SELECT seq, bytes, hash FROM audit ORDER BY seq").fetchall()

    def middle(self, database):
        records = self.records(database)
        self.assertGreater(len(records), 5 * REQUESTS)
        return records[len(records) // 2]

    def found(self, copy, word, seq=None, heads=None):
        done = self.verify(copy, "a", heads)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertRegex(done.stdout + done.stderr, word)
        if seq is not None:
            self.assertRegex((done.stdout + done.stderr).replace(",", ""), rf"\b{seq}\b")

    def test_log_of_each_node_is_intact(self):
        for name in "abc":
            done = self.verify(self.copies[name], name, key=self.nodes[name].card["identity"])
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertIn("intact", done.stdout)

    def test_heads_under_unknown_keys_are_not_believed(self):
        """A copy without agreements: the node's key has to be told, and it has to be the right one."""
        copy, opened = self.tampered()
        with opened as database:
            database.execute("DELETE FROM agreement")
            database.commit()
        self.assertEqual(self.verify(copy, "a").returncode, 1)
        self.assertEqual(self.verify(copy, "a", key=self.nodes["b"].card["identity"]).returncode, 1)
        self.assertEqual(self.verify(copy, "a", key=self.nodes["a"].card["identity"]).returncode, 0)

    def test_edited_record_is_found(self):
        copy, opened = self.tampered()
        with opened as database:
            seq, record, _ = self.middle(database)
            changed = bytearray(record)
            changed[len(changed) // 2] ^= 1
            database.execute("UPDATE audit SET bytes = ? WHERE seq = ?", (bytes(changed), seq))
            database.commit()
        self.found(copy, "edited", seq)

    def test_deleted_record_is_found(self):
        copy, opened = self.tampered()
        with opened as database:
            seq = self.middle(database)[0]
            database.execute("DELETE FROM audit WHERE seq = ?", (seq,))
            database.commit()
        self.found(copy, "removed", seq)

    def test_swapped_records_are_found(self):
        copy, opened = self.tampered()
        with opened as database:
            records = self.records(database)
            at = len(records) // 2
            (seq, record, digest), (after, other, other_digest) = records[at:at + 2]
            for where, bytes_of, hash_of in ((seq, other, other_digest), (after, record, digest)):
                database.execute("UPDATE audit SET bytes = ?, hash = ? WHERE seq = ?", (bytes_of, hash_of, where))
            database.commit()
        self.found(copy, "not in its place", seq)

    def test_cut_tail_is_found(self):
        copy, opened = self.tampered()
        with opened as database:
            seq = self.middle(database)[0]
            database.execute("DELETE FROM audit WHERE seq > ?", (seq,))
            database.commit()
        self.found(copy, "removed", seq + 1)

    def rewrite_tail(self, database):
        """Replaces an outcome in the middle and hashes everything after it again, as who has the machine can; forgets the
        node's own heads."""
        records = self.records(database)
        middle = len(records) // 2
        start = middle + next(i for i, r in enumerate(records[middle:]) if b"node:" in r[1] and b"ok" in r[1])
        previous = None
        for i in range(start, len(records)):
            seq, record, digest = records[i]
            changed = record.replace(b"ok", b"ko") if i == start else record.replace(records[i - 1][2], previous)
            self.assertNotEqual(changed, record)
            previous = record_hash(changed)
            database.execute("UPDATE audit SET bytes = ?, hash = ? WHERE seq = ?", (changed, previous, seq))
        database.execute("DELETE FROM head WHERE node = 'a'")
        database.commit()
        return records[start][0]

    def test_replaced_tail_with_right_hashes_is_found_by_one_peer(self):
        copy, opened = self.tampered()
        with opened as database:
            self.rewrite_tail(database)
        for heads in self.heads["a"]:
            self.found(copy, "written anew", heads=[heads])
        # Without the others nobody can tell.
        done = self.verify(copy, "a", heads=[], key=self.nodes["a"].card["identity"])
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_hashes_of_records_are_what_the_page_says(self):
        with contextlib.closing(sqlite3.connect(self.copies["a"])) as database:
            records = self.records(database)
        previous = bytes(32)
        for number, (seq, record, digest) in enumerate(records, 1):
            self.assertEqual((seq, digest), (number, record_hash(record)))
            self.assertIn(previous, record)
            previous = digest
        self.assertGreater(len(records), 5 * REQUESTS)

    def test_each_request_has_one_trace_at_all_nodes(self):
        traces = {}
        for name, copy in self.copies.items():
            lines = self.offline("audit", "export", copy, "--format", "jsonl", check=True).stdout.splitlines()
            self.assertGreater(len(lines), 3 * REQUESTS)
            traces[name] = [json.loads(line) for line in lines]
        compared = 0
        for request in self.requests:
            trace = request.replace("-", "")
            for name in "abc":
                mine = [line for line in traces[name] if trace in json.dumps(line)]
                self.assertGreaterEqual(len(mine), 2, f"{request} at {name}")
                self.assertTrue(all(trace in line.values() for line in mine), mine[0])
                spans = [value for line in mine for key, value in line.items() if "span" in key.lower()]
                self.assertEqual(len(spans), len(set(spans)))
                compared += len(mine)
        self.assertGreater(compared, 6 * REQUESTS)

    def test_decisions_are_recorded_with_who_decided(self):
        exported = self.offline("audit", "export", self.copies["b"]).stdout
        for word in ("operator:jan", "login", "agreement.activate", "conf.load", "approve", "deny"):
            self.assertIn(word, exported)

    def test_export_since_leaves_out_what_was_before(self):
        every, none, some = (self.offline("audit", "export", self.copies["a"], *since, check=True).stdout
                             for since in ((), ("--since", "2999-01-01"), ("--since", "2000-01-01")))
        self.assertEqual((none, some), ("", every))
        self.assertGreater(len(every.splitlines()), 3 * REQUESTS)
