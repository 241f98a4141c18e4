"""What is asked of a running node, but for agreements: its state, and requests with an operator's word on them."""
import base64
import hashlib
import shutil

from ctl.node import ANSWER, MOMENT, REQUEST, REQUEST_HASH, REQUEST_ID, Online, signed_by
from ctl.program import run, run_at_terminal


class Orders(Online):
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
            "agreements": [{"id": "lv_cbs", "version": 3, "state": "active", "withheld": [
                {"text": "link key a is not offered"}, {"text": "link key b is not offered"}]}],
            "requests": {"waiting": 2, "released": 10},
            "peers": [{"name": "gemeente_lv", "up": True, "why": "", "refused": ""},
                      {"name": "p", "up": False, "why": "no answer", "refused": "showed an older state"}]})
        code, out, _ = self.ask("status")
        self.assertEqual(code, 0)
        self.assertIn("AGREEMENT  VERSION  STATE\nlv_cbs     3        active\nlv_cbs: link key a is not offered\n"
                      "lv_cbs: link key b is not offered\n\n", out)
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
                      "gemeente  spine       1000", "duo       data owner  3000", "partner   helper      0", "piet",
                      "for          analist", "Hogeschool",
                      "LINK KEY  COLUMNS\n    adres6    geboren, postcode (first 4); in p: geboortedatum, postcode (first 4)\n"):
            self.assertIn(words, out)
        self.assertRegex(out, r"SAME CONDITION  LINKED BY            CONDITION\n.* no              bsn, then by adres6  a = 1\n")
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
