"""Approvals and the analyst's side of a request's life: a has two operators of whom one suffices, b needs two, c helps."""
import concurrent.futures
import time

import mesh as meshes

from governance import world


class Approvals(world.Case):
    @classmethod
    def options(cls):
        return {"analysts": ("anna", "eva", "piet"), "approvals": {"a": "operator", "b": "two operators"},
                "operators": {"a": ["jan", "kees"], "b": ["els", "mia", "bob"], "c": ["jan"]}}

    def tearDown(self):
        for request in world.UUID.findall(self.mesh.schakel("status").stdout):
            self.mesh.schakel("cancel", request, check=False)

    def approve(self, request, *who):
        for node, operator in who or (("a", "jan"), ("b", "els"), ("b", "mia")):
            self.nodes[node].ctl("approve", request, "--yes", operator=operator)

    def waiting(self, *more, **where):
        request = self.submit(world.GOOD, *more, **where)
        self.reaches(request, "waiting")
        for node in "ab":
            self.reaches(request, "waiting", node=node)
        return request

    def only_waiting(self, node):
        """The id of the one request that waits at a node, as soon as there is one."""
        found = meshes.until(lambda: set(world.UUID.findall(self.nodes[node].ctl("requests").stdout)), 10, "no request waits")
        self.assertEqual(len(found), 1)
        return found.pop()

    def ended(self, request, state):
        """All three nodes and the analyst agree on the end."""
        self.reaches(request, state)
        for node in "abc":
            self.reaches(request, state, node=node)

    # ---- operators ----

    def test_request_waits_until_all_have_approved(self):
        request = self.waiting()
        self.approve(request, ("a", "jan"))
        time.sleep(0.3)
        self.assertEqual(self.state(request), "waiting")
        self.approve(request, ("b", "els"))
        time.sleep(0.3)
        self.assertEqual(self.state(request), "waiting")
        self.assertEqual(self.jobs(), {"a": 0, "b": 0, "c": 0})
        self.approve(request, ("b", "mia"))
        self.ended(request, "released")
        self.assertEqual(self.jobs(), {"a": 1, "b": 1, "c": 1})

    def test_operator_who_approves_twice_is_refused(self):
        request = self.waiting()
        self.approve(request, ("b", "els"))
        done = self.nodes["b"].ctl("approve", request, "--yes", operator="els", check=False)
        self.refused(done, "els")
        self.assertEqual(self.state(request, "b"), "waiting")
        self.approve(request, ("b", "bob"), ("a", "kees"))
        self.ended(request, "released")

    def test_operator_of_another_node_is_refused(self):
        request = self.waiting()
        done = self.offline("approve", request, "--yes", "--config", self.nodes["a"].path,
                            "--operator", self.nodes["b"].operator_folder("els"))
        self.refused(done, "operator is not known to this node")
        self.assertEqual(self.state(request, "a"), "waiting")
        self.assertRegex(self.exported("a"), '"login"')

    def test_operator_with_another_key_is_refused(self):
        """The right name with a key that the node does not know."""
        folder = self.folder / "vals"
        if not folder.exists():
            self.offline("operator", "new", folder, "--name", "jan", check=True)
        request = self.waiting()
        for words in (["approve", request, "--yes"], ["status"], ["agreement", "revoke", "proef", "--reason", "x", "--yes"]):
            done = self.offline(*words, "--config", self.nodes["a"].path, "--operator", folder)
            self.refused(done, "not their key")
        self.assertEqual(self.state(request, "a"), "waiting")

    def test_denial_reaches_the_analyst_with_its_reason(self):
        asker = self.asks()
        request = self.only_waiting("b")
        self.nodes["b"].ctl("deny", request, "--reason", "de looptijd is te ruim", operator="mia")
        out, error = asker.communicate(timeout=15)
        self.assertEqual((asker.returncode, out), (3, ""), error)
        self.assertIn("de looptijd is te ruim", error)
        self.ended(request, "refused")
        self.assertIn("de looptijd is te ruim", self.mesh.schakel("status", request).stdout)
        # The reason stands with the request; the audit log has none.
        for name in "abc":
            self.assertNotIn("looptijd", self.exported(name))
        self.refused(self.nodes["a"].ctl("approve", request, "--yes", check=False))
        self.assertEqual(self.jobs(), {"a": 0, "b": 0, "c": 0})

    def test_show_tells_what_is_asked_and_by_whom(self):
        first = self.waiting("--purpose", "Evaluatie van het traject")
        second = self.submit(world.GOOD.replace(" GROUP BY", " WHERE d.loon > 5 GROUP BY"))
        self.reaches(second, "waiting", node="a")
        shown = self.nodes["a"].ctl("requests", "show", second).stdout
        for text in ("anna", "Proef", "SELECT", "wijk", "mensen", "lonen", first):
            self.assertIn(text, shown)
        self.assertIn("Evaluatie van het traject", self.nodes["b"].ctl("requests", "show", first).stdout)
        self.assertNotIn(world.CANARY_ID, shown)

    def test_helper_takes_part_in_what_it_signed_only(self):
        """c has not activated the second agreement, although it signed: it has no part in requests under it."""
        agreed = self.mesh.draft_agreement("tweede")
        self.mesh.activate(self.mesh.sign(agreed), ["a", "b"])
        ask = lambda: self.mesh.query(world.GOOD, "--agreement", "tweede", check=False)  # noqa: E731
        meshes.until(lambda: world.re.search(r"\bc\b", ask().stderr), 10, "c is not named")
        self.assertEqual(self.jobs(), {"a": 0, "b": 0, "c": 0})
        for node in "ab":
            self.nodes[node].ctl("agreement", "revoke", "tweede", "--reason", "opgeruimd", "--yes", check=False)

    # ---- the analyst ----

    def test_waiting_request_expires(self):
        request = self.waiting("--valid", "3s")
        self.ended(request, "expired")
        self.refused(self.nodes["a"].ctl("approve", request, "--yes", check=False))
        self.refused(self.mesh.schakel("result", request, check=False))

    def test_cancel_ends_a_waiting_request_everywhere(self):
        request = self.waiting()
        self.approve(request, ("a", "jan"))
        self.mesh.schakel("cancel", request)
        self.ended(request, "cancelled")
        self.refused(self.nodes["b"].ctl("approve", request, "--yes", check=False))

    def test_status_says_what_is_awaited_from_whom(self):
        request = self.waiting()
        self.assertRegex(self.mesh.schakel("status", request).stdout, r"\ba\b.*\bb\b|\bb\b.*\ba\b")
        self.approve(request, ("a", "jan"))
        meshes.until(lambda: world.re.search(r"\bb\b", self.mesh.schakel("status", request).stdout), 5, "b is not awaited")
        self.assertIn(request, self.mesh.schakel("status").stdout)
        self.approve(request, ("b", "els"), ("b", "mia"))
        self.ended(request, "released")
        self.assertNotIn(request, self.mesh.schakel("status").stdout)
        self.assertIn(request, self.mesh.schakel("history").stdout)

    def test_wait_returns_at_the_end(self):
        request = self.waiting()
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            waits = pool.submit(self.mesh.schakel, "wait", request)
            time.sleep(0.5)
            self.assertFalse(waits.done())
            self.approve(request)
            self.assertEqual(waits.result(timeout=20).returncode, 0)
        self.assertEqual(self.state(request), "released")

    def test_query_waits_through_approvals_and_prints_the_table(self):
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            asks = pool.submit(self.mesh.query, world.GOOD, "--format", "csv")
            request = self.only_waiting("b")
            self.approve(request)
            self.assertIn(world.GOOD_ROW, asks.result(timeout=20).stdout)

    def test_result_twice_gives_the_same_bytes(self):
        request = self.waiting()
        self.approve(request)
        self.ended(request, "released")
        first, second = (self.mesh.schakel("result", request, "--format", "csv").stdout for _ in "12")
        self.assertIn(world.GOOD_ROW, first)
        self.assertEqual(first, second)
        self.assertEqual(self.jobs(), {"a": 1, "b": 1, "c": 1})

    def test_result_is_for_recipients_only(self):
        request = self.waiting("--recipient", "anna", "--recipient", "eva")
        self.approve(request)
        self.ended(request, "released")
        mine = self.mesh.schakel("result", request, "--format", "csv").stdout
        theirs = self.mesh.schakel("result", request, "--format", "csv", analyst="eva").stdout
        self.assertIn(world.GOOD_ROW, mine)
        self.assertEqual(mine, theirs)
        self.refused(self.mesh.schakel("result", request, check=False, analyst="piet"))

    def test_request_survives_a_restart_of_every_node(self):
        request = self.waiting()
        self.approve(request, ("a", "jan"), ("b", "els"))
        for node in self.nodes.values():
            node.restart()
        self.mesh.wait_until_connected()
        self.assertEqual(self.state(request, "b"), "waiting")
        self.approve(request, ("b", "mia"))
        self.ended(request, "released")
        self.assertIn(world.GOOD_ROW, self.mesh.schakel("result", request, "--format", "csv").stdout)
