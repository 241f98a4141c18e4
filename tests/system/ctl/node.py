"""A node that is none: it answers at the control socket as it was told, and remembers what it was asked."""
import base64
import hashlib
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import threading
import unittest
import uuid

from ctl import program
from ctl.program import run


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
    data = bytearray((program.ROOT / "tests" / "fuzz" / "seeds" / "fuzz_request" / "case").read_bytes())
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
    "passes": [{"pass": "adres6", "columns": "geboren, postcode (first 4); in p: geboortedatum, postcode (first 4)"}],
    "earlier": [{"id": REQUEST_ID, "state": "released", "created": MOMENT, "where": "a = 1", "links": "bsn, then by adres6",
                 "same": False}],
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
    """A node's folder with an operator, jan, and a node at its socket."""

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

    def said(self):
        return [command["command"] for _, _, command in self.node.seen]
