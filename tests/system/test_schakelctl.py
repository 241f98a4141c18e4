#!/usr/bin/env python3
"""schakelctl as people use it: test_schakelctl.py PROGRAM. Needs no network."""
import base64
import hashlib
import json
import os
import pathlib
import pty
import re
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import unittest
import uuid

PROGRAM = None
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "scripts" / "lib"))

import agreements  # noqa: E402


COMMANDS = ("init", "card", "fingerprint", "psk new", "operator new", "key rotate", "check-config", "dataset check",
            "agreement check", "agreement sign", "agreement show", "agreement diff", "agreement activate", "agreement revoke",
            "agreement list", "agreement get", "requests", "requests show", "approve", "deny", "status", "reload", "peer accept",
            "backup", "restore", "audit heads", "audit verify", "audit export")


def run(*arguments, **environment):
    """Without a terminal: (exit code, stdout, stderr)."""
    done = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, stdin=subprocess.DEVNULL,
                          env={**os.environ, **environment}, start_new_session=True, timeout=120)
    return done.returncode, done.stdout, done.stderr


def run_at_terminal(answers, *arguments):
    """At a terminal of its own, giving the answers in turn to each question: (exit code, what the terminal showed)."""
    process, terminal = pty.fork()
    if process == 0:
        try:
            os.execv(PROGRAM, [PROGRAM, *map(str, arguments)])
        finally:
            os._exit(127)
    shown, answers = b"", list(answers)
    while True:
        try:
            piece = os.read(terminal, 1000)
        except OSError:  # the other end is closed
            break
        if not piece:
            break
        shown += piece
        if answers and shown.endswith((b": ", b"] ")):
            os.write(terminal, answers.pop(0).encode())
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), shown.decode()


class Ctl(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="schakel-test-"))
        self.node = self.folder / "node"

    def tearDown(self):
        shutil.rmtree(self.folder)

    def init(self, *more, folder=None, name="cbs", **environment):
        return run("init", folder or self.node, "--name", name, "--address", "127.0.0.1:7300", *more, **environment)

    def test_init_makes_a_node_that_checks_well(self):
        code, out, err = self.init()
        self.assertEqual((code, err), (0, ""))
        self.assertIn("schakelctl card", out)
        code, out, err = run("check-config", self.node / "schakel.yaml")
        self.assertEqual((code, err), (0, ""))
        self.assertIn("is well: node cbs at 127.0.0.1:7300", out)
        for name in ("keys/identity.key", "keys/tls.key", "schakel.yaml"):
            self.assertEqual(stat.S_IMODE((self.node / name).stat().st_mode), 0o600, name)

    def test_init_again_is_refused_and_changes_nothing(self):
        self.init()
        before = {p: p.read_bytes() for p in self.node.rglob("*") if p.is_file()}
        self.assertEqual(len(before), 6)
        code, out, err = self.init()
        self.assertEqual((code, out), (3, ""))
        self.assertIn("exists already and is not overwritten", err)
        self.assertEqual({p: p.read_bytes() for p in self.node.rglob("*") if p.is_file()}, before)

    def test_init_with_old_keys_leaves_no_configuration(self):
        (self.node / "keys").mkdir(parents=True)
        (self.node / "keys" / "tls.crt").write_text("old")
        self.assertEqual(self.init()[0], 3)
        self.assertEqual([p.name for p in self.node.rglob("*") if p.is_file()], ["tls.crt"])

    def test_wrong_command_lines_exit_2(self):
        lines = [("requests", "show"), ("approve",), ("deny", "x"), ("operator", "new", self.node), ("key",), ("key", "rotate"),
                 ("agreement", "get", "x"), ("agreement", "revoke", "x"), ("peer", "accept", "x"), ("backup",), ("status", "x"),
                 (), ("nothing",), ("psk",), ("psk", "old"), ("init", self.node), ("card",), ("card", "a", "b"),
                 ("init", self.node, "--name", "CBS", "--address", "h:1"), ("check-config",), ("dataset", "check"),
                 ("init", self.node, "--name", "cbs", "--address", "h"), ("fingerprint", "--colour", "red")]
        for line in lines:
            code, out, err = run(*line)
            self.assertEqual((code, out), (2, ""), line)
            self.assertTrue(err.startswith("schakelctl"), err)
        self.assertFalse(self.node.exists())

    def test_help_and_version_tell_of_every_command(self):
        code, out, _ = run("--help")
        self.assertEqual(code, 0)
        self.assertLess(max(map(len, out.splitlines())), 80)
        for command in COMMANDS:
            self.assertIn(f"  {command} ", out)
            self.assertEqual(run(*command.split(), "--help")[0], 0, command)
        self.assertRegex(run("--version")[1], r"^schakelctl \d+\.\d+\.\d+\n$")

    def test_fingerprints_of_a_folder_a_card_and_a_profile_are_the_same(self):
        self.init()
        card = run("card", self.node)[1]
        own = run("fingerprint", self.node)[1].split("  ")[0]
        self.assertRegex(own, r"^([0-9a-f]{4} ){9}[0-9a-f]{4}$")
        self.assertIn(own, card)
        self.assertEqual(run("fingerprint", self.node / "keys" / "card.yaml"), (0, f"{own}  card     cbs\n", ""))
        profile = self.folder / "profile.yaml"
        profile.write_text("analyst: anna\nkeys: keys\nnodes:\n" + card)
        self.assertEqual(run("fingerprint", profile), (0, f"{own}  node     cbs\n", ""))
        code, out, err = run("fingerprint", self.node / "schakel.yaml")  # no cards stand in a node's configuration
        self.assertEqual((code, out), (1, ""))
        self.assertIn("unknown key", err)

    def test_psk_new_is_named_in_a_configuration(self):
        self.init()
        psk = self.node / "lv.psk"
        self.assertEqual(run("psk", "new", psk), (0, "", ""))
        self.assertEqual(run("psk", "new", psk)[0], 3)
        self.assertEqual(stat.S_IMODE(psk.stat().st_mode), 0o600)
        path = self.node / "schakel.yaml"
        path.write_text(path.read_text().replace("psk: []\n", "psk:\n  - peer: lv\n    file: lv.psk\n"))
        code, out, err = run("check-config", path)
        self.assertEqual((code, err), (0, ""))
        self.assertIn("1 pre-shared keys", out)
        psk.chmod(0o644)
        code, _, err = run("check-config", path)
        self.assertEqual(code, 3)
        self.assertIn("chmod 600", err)

    def test_check_config_keys_of_an_agreement_are_told_where_they_belong(self):
        self.init()
        path = self.node / "schakel.yaml"
        text = path.read_text()
        for key in ("peers: []", "analysts: []", "disclosure: {min_persons: 10}"):
            path.write_text(text + key + "\n")
            code, out, err = run("check-config", path)
            self.assertEqual((code, out), (1, ""))
            self.assertIn(f"{key.split(':')[0]} now belongs in the agreement", err)

    def test_check_config_socket_and_operators_are_checked(self):
        self.init()
        path = self.node / "schakel.yaml"
        text = path.read_text()
        key = re.search(r'identity: "(.*)"', (self.node / "keys" / "card.yaml").read_text()).group(1)
        own = f"operators:\n  - name: jan\n    user: no-such-account\n    identity: \"{key}\"\n"
        path.write_text(text.replace("operators: []\n", own).replace("# socket: state/control.sock", f"socket: {'s' * 200}"))
        code, out, err = run("check-config", path)
        self.assertEqual((code, out, len(err.splitlines())), (1, "", 3))
        for words in ("longer than the 107 bytes", "which this machine does not know", "has this node's own key"):
            self.assertIn(words, err)
        path.write_text(text)
        self.assertIn("nobody may give this node orders", run("check-config", path)[1])

    def test_check_config_tells_every_fault(self):
        self.init()
        path = self.node / "schakel.yaml"
        text = path.read_text()
        path.write_text(text.replace("node: cbs", "node: other").replace("data_sets: []", "data_sets: [a.yaml, example.yaml]"))
        code, out, err = run("check-config", path)
        self.assertEqual((code, out), (1, ""))
        self.assertIn("are those of 'cbs', not of 'other'", err)
        self.assertIn("a.yaml: No such file", err)
        self.assertIn("bijstand.csv, which does not exist", err)
        path.write_text(text.replace("max_jobs: 4", "max_jobs: 400"))
        self.assertIn("limits.max_jobs has to be a whole number from 1 to 64", run("check-config", path)[2])

    def test_passphrase_from_a_file_or_not_at_all(self):
        words = self.folder / "words"
        words.write_text("correct horse battery\n")
        words.chmod(0o600)
        self.assertEqual(self.init("--passphrase")[0], 3)  # no terminal, no file
        self.assertFalse((self.node / "keys").exists())
        self.assertEqual(self.init("--passphrase", SCHAKEL_PASSPHRASE_FILE=str(words))[0], 0)
        path = self.node / "schakel.yaml"
        self.assertEqual(run("check-config", path, SCHAKEL_PASSPHRASE_FILE=str(words))[0], 0)
        code, _, err = run("check-config", path)
        self.assertEqual(code, 1)
        self.assertIn("SCHAKEL_PASSPHRASE_FILE", err)
        words.write_text("another passphrase\n")
        self.assertIn("the passphrase is wrong", run("check-config", path, SCHAKEL_PASSPHRASE_FILE=str(words))[2])
        words.chmod(0o644)
        self.assertIn("chmod 600", run("check-config", path, SCHAKEL_PASSPHRASE_FILE=str(words))[2])

    def test_passphrase_at_the_terminal_is_never_shown(self):
        init = ("init", self.node, "--name", "cbs", "--address", "h:7300", "--passphrase")
        code, shown = run_at_terminal(["short\r"], *init)
        self.assertEqual(code, 1)
        self.assertIn("12 to 1023", shown)
        code, shown = run_at_terminal(["correct horse\r", "correct hoarse\r"], *init)
        self.assertEqual(code, 1)
        self.assertIn("differ", shown)
        code, shown = run_at_terminal(["\x03"], *init)
        self.assertEqual(code, 3)
        self.assertFalse((self.node / "keys").exists())
        code, shown = run_at_terminal(["wrong\x15correct horsX\x7fe\r", "correct horse\r"], *init)
        self.assertEqual(code, 0, shown)
        self.assertNotIn("hors", shown)
        code, shown = run_at_terminal(["correct horse\r"], "check-config", self.node / "schakel.yaml")
        self.assertEqual(code, 0, shown)
        self.assertIn("is well", shown)

    def test_examples_are_a_configuration_but_for_their_keys(self):
        code, _, err = run("check-config", ROOT / "config" / "node.yaml")
        self.assertEqual(code, 1)
        self.assertIn("identity.key", err)
        # The rest is accounts of the examples' operators that this machine may not have.
        others = [line for line in err.splitlines() if "which this machine does not know" not in line]
        self.assertEqual(len(others), 1)
        self.assertEqual(len(run("fingerprint", ROOT / "config" / "analyst.yaml")[1].splitlines()), 3)


    def test_operator_new_prints_what_a_configuration_takes(self):
        self.init()
        jan = self.folder / "jan"
        code, out, err = run("operator", "new", jan, "--name", "jan")
        self.assertEqual(code, 0)
        self.assertIn("under \"operators:\"", err)
        self.assertRegex(out, r'^  - name: jan\n    user: \S+\n    identity: "[A-Za-z0-9+/]{43}="\n$')
        self.assertEqual(stat.S_IMODE((jan / "identity.key").stat().st_mode), 0o600)
        path = self.node / "schakel.yaml"
        path.write_text(path.read_text().replace("operators: []\n", "operators:\n" + out))
        code, out, err = run("check-config", path)
        self.assertEqual((code, err), (0, ""))
        self.assertIn("1 operators", out)
        self.assertEqual(run("operator", "new", jan, "--name", "jan")[0], 3)

    def test_key_rotate_makes_the_next_keys_once(self):
        self.init()
        before = {p: p.read_bytes() for p in self.node.rglob("*") if p.is_file()}
        code, out, err = run("key", "rotate", self.node)
        self.assertEqual(code, 0)
        self.assertIn("agreement sign FILE --keys", err)
        own = run("fingerprint", self.node / "keys.next" / "card.yaml")[1].split("  ")[0]
        self.assertIn(f"# fingerprint {own}\n  - name: cbs\n", out)
        self.assertIn("127.0.0.1:7300", out)
        self.assertNotIn(own, run("fingerprint", self.node)[1])
        code, out, err = run("key", "rotate", self.node)
        self.assertEqual((code, out), (3, ""))
        self.assertIn("exists already", err)
        self.assertEqual({p: p.read_bytes() for p in before}, before)
        self.assertEqual(run("key", "rotate", self.folder / "none")[0], 1)

    def test_key_rotate_keys_under_a_passphrase_are_followed_by_such(self):
        words = self.folder / "words"
        words.write_text("correct horse battery\n")
        words.chmod(0o600)
        self.init("--passphrase", SCHAKEL_PASSPHRASE_FILE=str(words))
        self.assertEqual(run("key", "rotate", self.node)[0], 3)  # no terminal, no file
        self.assertFalse((self.node / "keys.next").exists())
        self.assertEqual(run("key", "rotate", self.node, SCHAKEL_PASSPHRASE_FILE=str(words))[0], 0)
        self.assertEqual((self.node / "keys.next" / "identity.key").stat().st_size, 140)


class FakeNode(threading.Thread):
    """A node's side of the control socket: takes any login and gives the answers that it was told, by the command's word.

    Remembers what was said, as (login, challenge, command)."""

    def __init__(self, path, answers):
        super().__init__(daemon=True)
        self.answers, self.seen = answers, []
        path.parent.mkdir(mode=0o700, exist_ok=True)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen()
        self.start()

    def run(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            with client, client.makefile("rw", encoding="utf-8") as file:
                challenge = os.urandom(32)
                self.say(file, {"schakel": 1, "node": "cbs", "challenge": base64.b64encode(challenge).decode()})
                login = json.loads(file.readline() or "{}")
                if login:
                    self.say(file, {"ok": True})
                    command = json.loads(file.readline() or "{}")
                    self.seen.append((login, challenge, command))
                    answer = self.answers.get(command.get("command"), {})
                    self.say(file, answer if "ok" in answer else {"ok": True, "answer": answer})

    @staticmethod
    def say(file, value):
        file.write(json.dumps(value) + "\n")
        file.flush()

    def close(self):
        if self.listener.fileno() >= 0:
            self.listener.shutdown(socket.SHUT_RDWR)
            self.listener.close()
            self.join(10)


def seed_request():
    """A request as an analyst encodes it, with its id: the first field, of 16 bytes, made a UUIDv7."""
    data = bytearray((ROOT / "tests" / "fuzz" / "seeds" / "fuzz_request" / "case").read_bytes())
    data[2 + 6] = 0x70 | data[2 + 6] & 0x0f
    data[2 + 8] = 0x80 | data[2 + 8] & 0x3f
    return bytes(data), str(uuid.UUID(bytes=bytes(data[2:18])))


REQUEST, REQUEST_ID = seed_request()
REQUEST_HASH = hashlib.sha256(b"schakel request 1\0" + REQUEST).digest()
MOMENT = "2027-03-01T12:00:00.000Z"
ANSWER = {
    "id": REQUEST_ID, "analyst": "onderzoeker", "organisation": "Hogeschool", "agreement": "lv_cbs", "version": 3,
    "state": "waiting", "created": MOMENT, "changed": MOMENT, "purpose": "another one than what was signed",
    "awaits": "an operator of cbs", "text": "",
    "coordinator": "gemeente", "sql": "SELECT 'what a node may say'",
    "request_hash": base64.b64encode(REQUEST_HASH).decode(), "bytes": base64.b64encode(REQUEST).decode(), "signature": "",
    "approval": "two operators", "words": [{"operator": "piet", "approve": True, "reason": "", "time": MOMENT}],
    "consents": [], "learns": [{"who": "partner", "what": "how many link"}],
    "columns": [{"data_set": "cbs.banen", "column": "loon", "uses": ["avg", "filter"]}], "cells": 12, "table": "12 cells",
    "parties": [{"node": "gemeente", "role": "spine", "max_rows": 1000}, {"node": "cbs", "role": "data owner", "max_rows": 2000},
                {"node": "duo", "role": "data owner", "max_rows": 3000}, {"node": "partner", "role": "helper", "max_rows": 0}],
    "expected_bytes": 5000000, "expected_seconds": 1.5,
    "earlier": [{"id": REQUEST_ID, "state": "released", "created": MOMENT, "where": "a = 1", "same_where": False}],
}


def signed_by(keys, signature, message):
    """Whether openssl finds this Ed25519 signature right, by the public key in a card."""
    key = re.search(r'identity: "(.*)"', (keys / "card.yaml").read_text()).group(1)
    with tempfile.TemporaryDirectory() as folder:
        files = {"key": bytes.fromhex("302a300506032b6570032100") + base64.b64decode(key), "message": message,
                 "signature": base64.b64decode(signature)}
        for name, content in files.items():
            (pathlib.Path(folder) / name).write_bytes(content)
        return subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", "key", "-rawin",
                               "-in", "message", "-sigfile", "signature"], cwd=folder, capture_output=True,
                              check=False).returncode == 0


class Online(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="schakel-test-"))
        self.conf = self.folder / "node" / "schakel.yaml"
        self.jan = self.folder / "jan"
        run("init", self.folder / "node", "--name", "cbs", "--address", "127.0.0.1:7300")
        run("operator", "new", self.jan, "--name", "jan")
        self.answers = {"request": ANSWER}
        self.node = FakeNode(self.folder / "node" / "state" / "control.sock", self.answers)

    def tearDown(self):
        self.node.close()
        shutil.rmtree(self.folder)

    def ask(self, *arguments, **environment):
        return run(*arguments, "-c", self.conf, "-k", self.jan, **environment)

    def last(self):
        return self.node.seen[-1][2]

    def test_commands_say_what_they_mean(self):
        here = str(self.folder)
        cases = [
            (("reload",), {"command": "reload"}, {}, "as soon as nothing is computed"),
            (("backup", f"{here}/b.db"), {"command": "backup", "path": f"{here}/b.db"}, {"path": "/b.db"}, "was copied to /b.db"),
            (("peer", "accept", "lv", "--reason", "restored"), {"command": "peer_accept", "peer": "lv", "reason": "restored"},
             {"peer": "lv"}, "the state that lv shows is accepted"),
            (("agreement", "revoke", "lv_cbs", "-r", "ended", "--yes"),
             {"command": "revoke", "agreement": "lv_cbs", "reason": "ended"},
             {"id": "lv_cbs", "version": 3}, "agreement lv_cbs, version 3, is revoked"),
            (("requests",), {"command": "requests", "all": False}, {"requests": []}, "no request waits\n"),
            (("requests", "--all"), {"command": "requests", "all": True}, {"requests": []}, "no request has been made\n"),
            (("agreement", "list"), {"command": "agreements"}, {"agreements": []}, "no agreement yet"),
            (("audit", "heads", "lv"), {"command": "heads", "node": "lv"}, {"heads": "{}\n"}, "{}\n"),
            (("audit", "heads"), {"command": "heads"}, {"heads": "{}\n{}\n"}, "{}\n{}\n"),
        ]
        for arguments, command, answer, words in cases:
            self.answers[command["command"]] = answer
            code, out, err = self.ask(*arguments)
            self.assertEqual((code, err), (0, ""), arguments)
            self.assertEqual(self.last(), command)
            self.assertIn(words, out)
        login, challenge, _ = self.node.seen[-1]
        self.assertEqual(login["operator"], "jan")
        self.assertTrue(signed_by(self.jan, login["signature"], b"schakel operator 1\0cbs\0jan\0" + challenge))

    def test_status_is_told_in_words_and_tables(self):
        self.answers["status"] = {"node": "cbs", "version": "0.2.0", "started": MOMENT, "agreements": [], "peers": [],
                                  "requests": {}, "audit_seq": 7, "ledger_counter": 0}
        code, out, _ = self.ask("status")
        self.assertEqual(code, 0)
        for words in ("node cbs, version 0.2.0, started 2027-03-01 12:00 UTC", "no agreement is active", "has no peers",
                      "no request has been made", "audit log: 7 records; ledger: 0 entries"):
            self.assertIn(words, out)
        self.answers["status"].update({
            "agreements": [{"id": "lv_cbs", "version": 3, "state": "active"}], "requests": {"waiting": 2, "released": 10},
            "peers": [{"name": "gemeente_lv", "up": True, "why": "", "refused": ""},
                      {"name": "p", "up": False, "why": "no answer", "refused": "showed an older state"}]})
        code, out, _ = self.ask("status")
        self.assertEqual(code, 0)
        self.assertIn("AGREEMENT  VERSION  STATE\nlv_cbs     3        active\n", out)
        self.assertIn("PEER         STATE\ngemeente_lv  connected\np            refused    showed an older state\n", out)
        self.assertIn("requests: 2 waiting, 10 released\n", out)

    def test_lists_are_aligned(self):
        self.answers["requests"] = {"requests": [ANSWER, {**ANSWER, "state": "refused", "awaits": "", "text": "the budget is spent"}]}
        code, out, _ = self.ask("requests", "--all")
        self.assertEqual(code, 0)
        lines = out.splitlines()
        self.assertEqual(len(lines), 3)
        for line, words in zip(lines[1:], ("an operator of cbs", "the budget is spent")):
            self.assertEqual(line.index("onderzoeker"), lines[0].index("ANALYST"))
            self.assertEqual(line.index(words), lines[0].index("REMARK"))
        self.answers["agreements"] = {"agreements": [{"id": "lv_cbs", "version": 3, "state": "active", "hash": "ab" * 32,
                                                      "title": "Werk", "changed": MOMENT, "valid_until": MOMENT}]}
        self.assertIn("2027-03-01 12:00  2027-03-01 12:00  abababababababab  Werk\n", self.ask("agreement", "list")[1])

    def test_answers_with_what_a_terminal_would_obey_are_not_shown(self):
        self.answers["requests"] = {"requests": [{**ANSWER, "purpose": "\x1b[2J", "analyst": "a\nb"}]}
        code, out, _ = self.ask("requests")
        self.assertEqual(code, 0)
        self.assertNotIn("\x1b", out)
        self.assertEqual(len(out.splitlines()), 2)

    def test_requests_show_is_made_from_what_was_signed(self):
        code, out, err = self.ask("requests", "show", REQUEST_ID)
        self.assertEqual((code, err), (0, ""))
        for words in ("een proef", "\n    SELECT ", "gemeente.bijstand", REQUEST_HASH.hex(),
                      "an operator of cbs", "how many link", "two operators", "loon", "avg, filter", "5.0 MB, about 1.5 s",
                      "gemeente  spine       1000", "duo       data owner  3000", "partner   helper      0", "piet", "for          analist", "Hogeschool", "a = 1"):
            self.assertIn(words, out)
        self.assertNotIn("what a node may say", out)
        self.assertNotIn("another one than what was signed", out)

    def test_a_request_that_is_not_what_its_hash_says_is_not_approved(self):
        altered = bytearray(REQUEST)
        at = REQUEST.index(b"een proef")
        altered[at] ^= 1
        cases = [{"bytes": base64.b64encode(altered).decode()}, {"bytes": "AAAA"}, {"bytes": "?"},
                 {"request_hash": base64.b64encode(bytes(32)).decode()}, {"request_hash": ""}]
        for case in cases:
            self.answers["request"] = {**ANSWER, **case}
            self.assertEqual(self.ask("approve", REQUEST_ID, "--yes")[0], 1, case)
        self.answers["request"] = ANSWER  # another one than what was asked for
        self.assertEqual(self.ask("approve", "01890a5d-ac96-774b-bcce-b302099a8057", "--yes")[0], 1)
        self.answers["request"] = {**ANSWER, "bytes": ""}
        code, out, err = self.ask("approve", REQUEST_ID, "--yes")
        self.assertEqual(code, 1)
        self.assertIn("past its retention", err)
        self.assertEqual({command["command"] for _, _, command in self.node.seen}, {"request"})

    def test_approve_signs_what_is_shown(self):
        code, out, err = self.ask("approve", REQUEST_ID, "--yes")
        self.assertEqual((code, err), (0, ""))
        self.assertIn(f"jan approves request {REQUEST_ID}", out)
        self.assertIn("SELECT ", out)
        self.assertEqual((self.last()["command"], self.last()["id"]), ("approve", REQUEST_ID))
        message = b"schakel approval 1\0" + REQUEST_HASH + b"cbs\0jan\0\x01" + hashlib.sha256(b"").digest()
        self.assertTrue(signed_by(self.jan, self.last()["signature"], message))
        self.assertFalse(signed_by(self.jan, self.last()["signature"], message + b"x"))

    def test_approve_asks_at_a_terminal_and_refuses_without_one(self):
        code, out, err = self.ask("approve", REQUEST_ID)
        self.assertEqual(code, 3)
        self.assertIn("--yes", err)
        command = ("approve", REQUEST_ID, "-c", self.conf, "-k", self.jan)
        for answer in ("n\r", "\r", "yess\r"):
            code, shown = run_at_terminal([answer], *command)
            self.assertEqual(code, 3, shown)
            self.assertIn("approve? [y/N]", shown)
            self.assertIn("was not approved", shown)
        self.assertEqual({c["command"] for _, _, c in self.node.seen}, {"request"})
        code, shown = run_at_terminal(["y\r"], *command)
        self.assertEqual(code, 0, shown)
        self.assertEqual(self.last()["command"], "approve")

    def test_deny_signs_the_reason(self):
        code, out, err = self.ask("deny", REQUEST_ID, "--reason", "niet voor dit doél")
        self.assertEqual((code, err), (0, ""))
        self.assertEqual(self.last()["reason"], "niet voor dit doél")
        message = (b"schakel approval 1\0" + REQUEST_HASH + b"cbs\0jan\0\x00" +
                   hashlib.sha256("niet voor dit doél".encode()).digest())
        self.assertTrue(signed_by(self.jan, self.last()["signature"], message))
        for reason in ("x" * 501, "a\nb"):
            self.assertEqual(self.ask("deny", REQUEST_ID, "--reason", reason)[0], 1)
        self.assertEqual(self.ask("deny", REQUEST_ID, "--reason", "")[0], 2)
        self.assertEqual(len(self.node.seen), 2)

    def test_a_refusal_of_the_node_is_told_with_its_exit_code(self):
        for code, exit_code in (("denied", 3), ("try_again", 4), ("bad_input", 1)):
            self.answers["status"] = {"ok": False, "code": code, "text": "said by the node"}
            self.assertEqual(self.ask("status"), (exit_code, "", "schakelctl: said by the node\n"))

    def test_heads_and_agreements_are_written_to_new_files(self):
        self.answers.update({"heads": {"heads": "{}\n"}, "agreement": {"bundle": base64.b64encode(b"a bundle").decode()}})
        heads, bundle = self.folder / "h.jsonl", self.folder / "a.agreement"
        self.assertEqual(self.ask("audit", "heads", "-o", heads)[0], 0)
        self.assertEqual(heads.read_text(), "{}\n")
        self.assertEqual(self.ask("audit", "heads", "-o", heads)[0], 3)
        self.assertEqual(self.ask("agreement", "get", "lv_cbs/3", "-o", bundle)[0], 0)
        self.assertEqual(self.last(), {"command": "agreement", "agreement": "lv_cbs/3"})
        self.assertEqual(bundle.read_bytes(), b"a bundle")
        self.answers["heads"] = {"heads": ""}
        self.assertEqual(self.ask("audit", "heads", "lv")[2], "schakelctl: no head is kept of lv yet\n")

    def draft(self):
        """An agreement of cbs and two others, with their cards."""
        cards = {}
        for name in ("cbs", "lv", "hulp", "anna"):
            folder = self.folder / ("node" if name == "cbs" else name)
            run("init", folder, "--name", name, "--address", "127.0.0.1:7300")
            card = (folder / "keys" / "card.yaml").read_text()
            cards[name] = dict(re.findall(r'(\w+): "?([^"\n]*)', card))
        parties = [agreements.party(cards[name], i, name == "hulp", 10, "show", "operator")
                   for i, name in enumerate(("cbs", "lv", "hulp"))]
        columns = [{"name": "id", "uses": ["link"]}, {"name": "loon", "uses": ["filter"]}]
        sets = [{"party": name, "name": "banen", "columns": columns} for name in ("cbs", "lv")]
        return agreements.agreement("lv_cbs", parties, sets, [agreements.analyst(cards["anna"], 9)])

    def sign(self, agreed, signers=("node", "lv", "hulp")):
        path = self.folder / f"{agreed['version']}.yaml"
        path.write_text(json.dumps(agreed))
        bundle = self.folder / f"{agreed['version']}.agreement"
        for signer in signers:
            code, _, err = run("agreement", "sign", path, "--keys", self.folder / signer, "-o", bundle)
            self.assertEqual((code, err), (0, ""))
            path = bundle
        return bundle

    def activating(self, active=None):
        """Two versions of an agreement as bundles; the node says that it has the first, in this state, beside another."""
        first = self.draft()
        second = agreements.next_version(first)
        agreements.column(second, "cbs", "banen", "loon")["uses"] = ["filter", "avg"]
        bundles = self.sign(first), self.sign(second)
        listed = [{"id": "ander", "version": 7, "state": "active"}, {"id": "lv_cbs", "version": 1, "state": active}]
        self.answers.update({"agreements": {"agreements": listed if active else []},
                             "agreement": {"bundle": base64.b64encode(bundles[0].read_bytes()).decode()},
                             "activate": {"id": "lv_cbs", "version": 2, "state": "active"}})
        return bundles

    def said(self):
        return [command["command"] for _, _, command in self.node.seen]

    def test_activate_shows_what_a_version_changes(self):
        first, second = self.activating("active")
        code, out, err = self.ask("agreement", "activate", second, "--yes")
        self.assertEqual((code, err), (0, ""))
        self.assertIn("agreement lv_cbs, version 2, in the place of version 1, which is active\n", out)
        for words in run("agreement", "diff", first, second)[1].splitlines():
            self.assertIn(words, out)
        self.assertIn("column cbs.banen.loon", out)
        self.assertIn(re.search("[0-9a-f]{64}", run("agreement", "check", second)[1]).group(), out)
        self.assertIn("agreement lv_cbs, version 2, is active\n", out)
        self.assertEqual(self.said(), ["agreements", "agreement", "activate"])
        self.assertEqual(self.node.seen[1][2]["agreement"], "lv_cbs/1")
        self.assertEqual(base64.b64decode(self.last()["bundle"]), second.read_bytes())

    def test_activate_of_a_first_version_shows_all_of_it(self):
        for state in (None, "superseded", "revoked"):
            _, second = self.activating(state)
            self.node.seen.clear()
            code, out, err = self.ask("agreement", "activate", second, "--yes")
            self.assertEqual((code, err), (0, ""))
            self.assertIn(run("agreement", "show", second)[1], out)
            self.assertEqual(self.said(), ["agreements", "activate"])
            for path in self.folder.glob("*.agreement"):
                path.unlink()

    def test_activate_asks_at_a_terminal_and_refuses_without_one(self):
        _, second = self.activating("active")
        code, out, err = self.ask("agreement", "activate", second)
        self.assertEqual(code, 3)
        self.assertIn("column cbs.banen.loon", out)
        self.assertIn("there is no terminal to ask at", err)
        self.assertIn("--yes", err)
        command = ("agreement", "activate", second, "-c", self.conf, "-k", self.jan)
        for answer in ("n\r", "\r", "yess\r"):
            code, shown = run_at_terminal([answer], *command)
            self.assertEqual(code, 3, shown)
            self.assertIn("column cbs.banen.loon", shown)
            self.assertIn("activate? [y/N]", shown)
            self.assertIn("was not activated", shown)
        self.assertNotIn("activate", self.said())
        code, shown = run_at_terminal(["y\r"], *command)
        self.assertEqual(code, 0, shown)
        self.assertEqual(self.last()["command"], "activate")

    def test_activate_when_the_node_shows_another_version_is_refused(self):
        first, second = self.activating("active")
        for wrong in (base64.b64encode(second.read_bytes()).decode(), "AAAA", "?", ""):
            self.answers["agreement"] = {"bundle": wrong}
            self.assertEqual(self.ask("agreement", "activate", second, "--yes")[0], 1, wrong)
        self.answers["agreement"] = {"ok": False, "code": "try_again", "text": "said by the node"}
        self.assertEqual(self.ask("agreement", "activate", second, "--yes")[0], 4)
        self.assertEqual(set(self.said()), {"agreements", "agreement"})

    def test_activate_without_all_signatures_is_refused_before_the_node_is_asked(self):
        code, out, err = self.ask("agreement", "activate", self.sign(self.draft(), ("node", "lv")), "--yes")
        self.assertEqual((code, out), (3, ""))
        self.assertIn("hulp", err)
        self.assertEqual(self.node.seen, [])

    def test_revoke_asks_at_a_terminal_and_refuses_without_one(self):
        self.answers["revoke"] = {"id": "lv_cbs", "version": 3}
        revoke = ("agreement", "revoke", "lv_cbs", "--reason", "ended")
        code, out, err = self.ask(*revoke)
        self.assertEqual(code, 3)
        self.assertIn("ends at once at all parties", out)
        self.assertIn("cannot be undone; give --yes", err)
        for answer in ("n\r", "\r", "Yy\r"):
            code, shown = run_at_terminal([answer], *revoke, "-c", self.conf, "-k", self.jan)
            self.assertEqual(code, 3, shown)
            self.assertIn("revoke? [y/N]", shown)
            self.assertIn("was not revoked", shown)
        self.assertEqual(self.node.seen, [])
        code, shown = run_at_terminal(["yes\r"], *revoke, "-c", self.conf, "-k", self.jan)
        self.assertEqual(code, 0, shown)
        self.assertEqual(self.last(), {"command": "revoke", "agreement": "lv_cbs", "reason": "ended"})

    def test_what_is_wrong_here_is_told_before_the_node_is_asked(self):
        wrong = self.folder / "wrong"
        wrong.write_text("no agreement")
        lines = [("approve", "x"), ("agreement", "activate", wrong, "--yes"),
                 ("agreement", "activate", self.folder / "none"),
                 ("agreement", "revoke", "lv/3", "-r", "x"), ("agreement", "get", "LV", "-o", self.folder / "o"),
                 ("peer", "accept", "LV", "-r", "x"), ("audit", "heads", "LV")]
        for line in lines:
            code, out, err = self.ask(*line)
            self.assertEqual((code, out), (1, ""), line)
            self.assertTrue(err.startswith("schakelctl: "), err)
        self.assertEqual(self.node.seen, [])

    def test_paths_come_from_options_the_environment_or_defaults(self):
        self.answers["reload"] = {}
        environment = {"SCHAKEL_CONFIG": str(self.conf), "SCHAKEL_OPERATOR": str(self.jan)}
        self.assertEqual(run("reload", **environment)[0], 0)
        code, _, err = run("reload", "-c", self.conf, HOME=str(self.folder), SCHAKEL_OPERATOR="")
        self.assertEqual(code, 1)
        self.assertIn(f"{self.folder}/.config/schakel/operator: holds no operator's keys", err)
        (self.folder / ".config" / "schakel").mkdir(parents=True)
        shutil.copytree(self.jan, self.folder / ".config" / "schakel" / "operator")
        self.assertEqual(run("reload", "-c", self.conf, HOME=str(self.folder), SCHAKEL_OPERATOR="")[0], 0)
        self.assertIn("/etc/schakel/schakel.yaml", run("reload", "-k", self.jan, SCHAKEL_CONFIG="")[2])

    def test_no_node_at_the_socket_is_try_again(self):
        self.node.close()
        code, _, err = self.ask("status")
        self.assertEqual(code, 4)
        self.assertIn("is schakeld running?", err)


class DataSet(unittest.TestCase):
    def setUp(self):
        if not (pathlib.Path(PROGRAM).parent / "schakel-source").exists():
            self.skipTest("schakel-source is not built")
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="schakel-test-"))
        for name in ("bijstand.yaml", "bijstand.csv"):
            shutil.copy(ROOT / "config" / name, self.folder)

    def tearDown(self):
        shutil.rmtree(self.folder)

    def test_dataset_check_clean_file_exits_0(self):
        code, out, err = run("dataset", "check", self.folder / "bijstand.yaml")
        self.assertEqual((code, err), (0, ""))
        self.assertIn("24 rows", out)
        self.assertIn("no faults", out)

    def test_dataset_check_faults_are_counted_and_no_value_is_shown(self):
        with open(self.folder / "bijstand.csv", "a", encoding="utf-8") as file:
            file.write("123456789;BU19160000;2023;werkfit;1,00\n;BU19160000;2023;werkfit;1,00\n"
                       "000001004;BU99160000;2029;leerfit;9999,00\na;b\n")
        code, out, _ = run("dataset", "check", self.folder / "bijstand.yaml")
        self.assertEqual(code, 1)
        told = re.sub(r" +", " ", out)
        for line in ("1 rows without an identifier: left out", "1 rows with an invalid identifier: left out",
                     "1 malformed lines, first on line 29", "1 persons with more than one row",
                     "1 values outside the declared codes or range in buurt, first on line 28",
                     "1 values outside the declared codes or range in uitkering, first on line 28"):
            self.assertIn(line, told)
        for value in ("BU99160000", "leerfit", "9999", "123456789", "000001004"):
            self.assertNotIn(value, out)

    def test_dataset_check_counts_rows_by_each_link_key(self):
        rows = ["bsn;geboren;postcode", "111222333;1980-01-01;2513 AA", ";1980-01-01;2513-ab", "123;1980-01-02;2513AB",
                "123456782;1980-01-03;25"]
        (self.folder / "adressen.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
        (self.folder / "adressen.yaml").write_text(
            "name: adressen\nrows: one per person\nfile: {path: adressen.csv}\ncolumns:\n"
            "  - {name: bsn, role: identifier, identifier: bsn}\n  - {name: geboren, type: date, role: attribute}\n"
            "  - {name: postcode, type: text, role: attribute}\nlink_keys:\n"
            "  - {name: adres4, columns: [{column: geboren}, {column: postcode, first: 4}]}\n"
            "  - {name: straat, columns: [{column: postcode}]}\n", encoding="utf-8")
        code, out, err = run("dataset", "check", self.folder / "adressen.yaml")
        self.assertEqual((code, err), (0, ""))
        told = re.sub(r" +", " ", out)
        own, shared, missing = ("rows that have one of their own", "rows that share theirs with another row: not linked by it",
                                "rows without one: a part is missing")
        self.assertIn(f" link key adres4: geboren, postcode (first 4)\n 1 {own}\n 2 {shared}\n 1 {missing}\n", told)
        self.assertIn(f" link key straat: postcode\n 2 {own}\n 2 {shared}\n 0 {missing}\n", told)
        self.assertIn("1 rows without an identifier: linked by passes alone", told)
        self.assertIn("1 rows with an invalid identifier: linked by passes alone", told)
        for value in ("2513", "1980", "123456782"):
            self.assertNotIn(value, out)

    def test_dataset_check_without_file_schema_or_engine_exits_1(self):
        (self.folder / "bijstand.csv").unlink()
        self.assertIn("does not exist", run("dataset", "check", self.folder / "bijstand.yaml")[2])
        self.assertEqual(run("dataset", "check", self.folder / "bijstand.yaml")[0], 1)
        self.assertEqual(run("dataset", "check", self.folder / "none.yaml")[0], 1)
        self.assertEqual(run("dataset", "check", self.folder / "bijstand.yaml", "--program", "/nonexistent")[0], 1)


if __name__ == "__main__":
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    unittest.main()
