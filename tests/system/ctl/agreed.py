"""Agreements at a running node: they are activated and revoked after a look at what that means."""
import base64
import json
import re

import agreements

from ctl.node import Online
from ctl.program import run, run_at_terminal


class Agreements(Online):
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

    def test_activate_tells_what_the_node_warns_of(self):
        _, second = self.activating("active")
        self.answers["activate"].update({"warning": "agreement ander gives lv other keys",
                                         "withheld": [{"text": "link key a is not offered"}, {"text": "key\x1b[2J"}]})
        code, _, err = self.ask("agreement", "activate", second, "--yes")
        self.assertEqual((code, err), (0, "schakelctl: agreement ander gives lv other keys\n"
                                          "schakelctl: link key a is not offered\nschakelctl: ?\n"))

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
