"""Canaries: what must never leave files and memory is looked for in everything that a node writes."""
import base64
import os
import pathlib
import shutil
import signal
import subprocess
import time

import mesh as meshes

from governance import world

LITERAL = 424_243  # a constant of a query: it stands in the signed request, and nowhere else
HEADER_BYTES, CHECK_BYTES = 36, 32  # around the secrets of identity.key (node/identity/identity.h)
UNLIMITED = ["prlimit", "--core=unlimited:unlimited"]


def forms(secret):
    """Bytes as they could stand somewhere: raw, hex, base64."""
    return [secret, secret.hex().encode(), secret.hex().upper().encode(), base64.b64encode(secret),
            base64.urlsafe_b64encode(secret).rstrip(b"=")]


def secrets_of_key(path):
    """The secrets in an identity.key, in pieces of 32 bytes."""
    data = path.read_bytes()
    assert data[:8] == b"SCHAKEY1", path
    body = data[HEADER_BYTES:len(data) - CHECK_BYTES]
    return [body[i:i + 32] for i in range(0, len(body), 32)]


class Secrets(world.Case):
    schemas_of = staticmethod(world.large_schemas)

    @classmethod
    def options(cls):
        return {"psk": True, "wrapper": UNLIMITED, "log_level": "debug", "approvals": {"b": "operator"}}

    @classmethod
    def prepare(cls):
        cls.said = []
        cls.sealed = [row[0] for node in cls.nodes.values() for row in node.rows("SELECT sealed_secret FROM epoch")]

    def canaries(self):
        found = [world.CANARY_ID.encode(), str(world.CANARY_MEASURE).encode(), world.CANARY_MEASURE.to_bytes(8, "little")]
        keys = 0
        for node in self.nodes.values():
            for path in [node.folder / "node" / "keys", *(node.operator_folder(n) for n in node.operators)]:
                for key in path.rglob("identity.key"):
                    found += [form for secret in secrets_of_key(key) for form in forms(secret)]
                    keys += 1
            found += [line for line in (node.folder / "node" / "keys" / "tls.key").read_bytes().split() if len(line) > 30]
        for path in self.mesh.psk.values():
            found += forms(base64.b64decode(path.read_text()))
        self.assertEqual(keys, 2 * len(self.nodes))
        self.assertGreater(len(found), 50)
        return found

    def ask(self, sql, *more, approve=False):
        """Asks, has the request approved or denied at b, keeps all that is said."""
        asker = self.asks(sql, *more)
        node, end = self.nodes["b"], time.monotonic() + 15
        while asker.poll() is None and time.monotonic() < end:
            waiting = world.UUID.findall(node.ctl("requests").stdout)
            if waiting and approve is not None:
                self.said.append(node.ctl("requests", "show", waiting[0]).stdout)
                words = ["approve", waiting[0], "--yes"] if approve else ["deny", waiting[0], "--reason", "nee"]
                node.ctl(*words, check=False)
                break
            time.sleep(0.05)
        self.said.append(asker.communicate(timeout=60)[1])
        return asker.returncode

    def haystack(self):
        """name -> bytes of everything that was written or said."""
        found = {"sentences": "".join(self.said).encode()}
        for name, node in self.nodes.items():
            found[f"log of {name}"] = node.log_path.read_bytes()
            for path in node.state_folder.iterdir():
                if path.is_file():
                    found[f"{path.name} of {name}"] = path.read_bytes()
            copy = node.backup()
            found[f"backup of {name}"] = copy.read_bytes()
            for words in (["audit", "export", str(copy)], ["audit", "verify", str(copy)]):
                done = meshes.run([self.programs.schakelctl, *words], check=False)
                found[f"{words[1]} of {name}"] = (done.stdout + done.stderr).encode()
            shutil.rmtree(copy.parent)
            for words in (["requests", "--all"], ["status"], ["audit", "heads"], ["agreement", "list"]):
                found[f"{' '.join(words)} of {name}"] = node.ctl(*words).stdout.encode()
        return found

    def test_canaries_are_in_nothing_that_is_written_or_said(self):
        self.assertEqual(self.ask(world.GOOD, approve=True), 0, self.said[-1])
        self.assertEqual(self.ask(world.GOOD, approve=False), 3, self.said[-1])
        where = f" WHERE d.loon > {LITERAL} GROUP BY"
        self.assertEqual(self.ask(world.GOOD.replace(" GROUP BY", where), approve=True), 0, self.said[-1])
        path = world.FOLDER / "lonen.csv"
        good = path.read_text()
        try:  # a file with a fault in it is told of without what stands there
            path.write_text(good.replace(f";{world.CANARY_MEASURE};", f";{world.CANARY_MEASURE}x;", 1))
            self.assertNotEqual(self.ask(world.GOOD, approve=True), 0)
        finally:
            path.write_text(good)
        hay, looked = self.haystack(), 0
        self.assertTrue(any("state.db-wal" in name for name in hay), sorted(hay))
        for canary in self.canaries():
            for name, data in hay.items():
                self.assertNotIn(canary, data, f"a canary of {len(canary)} bytes is in {name}")
                looked += len(data)
        self.assertGreater(looked, 10_000_000)
        for name, data in hay.items():
            if name.startswith(("log", "export")):
                self.assertNotIn(str(LITERAL).encode(), data, f"a query's constant is in {name}")
                self.assertNotIn(b"nee\"", data)
        # The epoch's key is in the state sealed, and nowhere else in any form.
        self.assertEqual(len(self.sealed), 3)
        for secret in self.sealed:
            self.assertEqual(len(secret), 72)
            for name, data in hay.items():
                if name.startswith(("log", "export", "sentences")):
                    self.assertFalse(any(form in data for form in forms(secret)), name)

    def crashes(self, node):
        """Ends a node by SIGSEGV in the middle of a job; whether it left a core."""
        asker = self.asks(world.LARGE)
        request = meshes.until(lambda: next(iter(world.UUID.findall(self.nodes["b"].ctl("requests").stdout)), None), 10,
                               "nothing waits")
        self.nodes["b"].ctl("approve", request, "--yes")
        meshes.until(lambda: meshes.children(self.nodes["a"].process.pid), 10, "no local part began")
        time.sleep(0.2)
        pid = node.process.pid
        os.kill(pid, signal.SIGSEGV)
        info = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        asker.kill()
        asker.communicate()
        return info.si_code == os.CLD_DUMPED

    def test_node_that_crashes_leaves_no_core(self):
        probe = subprocess.Popen([*UNLIMITED, "sh", "-c", "kill -SEGV $$"], cwd=self.folder)
        can = os.waitid(os.P_PID, probe.pid, os.WEXITED | os.WNOWAIT).si_code == os.CLD_DUMPED
        probe.wait()
        print("this machine " + ("writes" if can else "writes no") + " core files of others", flush=True)
        tried = 0
        for name in "abc":
            node = self.nodes[name]
            limits = pathlib.Path(f"/proc/{node.process.pid}/limits").read_text()
            self.assertRegex(limits, r"Max core file size +0 ")
            self.assertFalse(self.crashes(node), f"{name} left a core")
            self.assertEqual([p for p in node.folder.rglob("core*") if p.is_file()], [])
            node.process.wait()
            node.process = None
            node.restart()
            self.mesh.wait_until_connected()
            tried += 1
        self.assertEqual(tried, 3)
