"""What an analyst, a party or an official who means ill gains: nothing beyond a refusal."""
import base64
import contextlib
import os
import signal
import subprocess

import agreements
import mesh as meshes

from governance import world

AHEAD = 600  # requests that are refused in a row
MOST_KEPT = 100  # refusals of one analyst in an hour (node/job/job.h)
DAYS_LATER = 3  # bram's last day is tomorrow
LOW_ORDER = b"\1" + bytes(31)  # an X25519 key with which every secret is the same
NO_HASH = "ab" * 32


def where(limit):
    return world.GOOD.replace(" GROUP BY", f" WHERE d.bonus < {limit} GROUP BY")


class Hostile(world.Case):
    """b's operator approves. Agreement `proef` lists anna and bram, `besloten` anna alone."""
    schemas_of = staticmethod(world.large_schemas)

    @classmethod
    def options(cls):
        return {"analysts": ("anna", "bram"), "approvals": {"b": "operator"}, "min_persons": 1, "limits": {"workers": 1},
                "agreement": lambda agreed: agreements.analyst_of(agreed, "bram").update(valid_until=agreements.day(1))}

    @classmethod
    def prepare(cls):
        def without_bram(agreed):
            agreed["analysts"] = [entry for entry in agreed["analysts"] if entry["name"] != "bram"]
        cls.mesh.add_agreement("besloten", without_bram)
        for analyst in cls.mesh.analysts.values():
            analyst.write_profiles(agreement="proef")

    # ---- asking ----

    def waiting(self, known=()):
        """The id of a request that waits at b and is none of these."""
        return meshes.until(lambda: next((request for request in world.UUID.findall(self.nodes["b"].ctl("requests").stdout)
                                          if request not in known), None), 10, "no request waits at b")

    def release(self, sql=world.GOOD, analyst="anna"):
        request = self.submit(sql, analyst=analyst)
        self.reaches(request, "waiting", node="b")
        self.nodes["b"].ctl("approve", request, "--yes")
        self.reaches(request, "released", node="a")
        return request

    def forge(self, analyst, sql, how, *agreement):
        """forge_request as a process in the background."""
        program = self.programs.find("forge_request")
        return subprocess.Popen([program, str(self.mesh.analysts[analyst].profile()), sql, how, *agreement], text=True,
                                      stdout=subprocess.PIPE, preexec_fn=meshes.die_with_parent)

    def results(self, request):
        """node -> how many sealed results of a request it keeps."""
        key = request.replace("-", "")
        return {name: node.rows(f"SELECT count(*) FROM result WHERE id = x'{key}'")[0][0] for name, node in self.nodes.items()}

    # ---- agreements ----

    def next_version(self, change):
        """A next version, signed by all; returns the bundle."""
        self.mesh.agreement = agreements.next_version(self.mesh.agreement)
        change(self.mesh.agreement)
        self.mesh.bundle = self.mesh.sign(self.mesh.agreement)
        return self.mesh.bundle

    def new_epoch(self):
        def change(agreed):
            agreed["linkage_epoch"] += 1
        self.mesh.new_agreement_version(change)

    def agreements_of(self, name):
        """A node's agreements, as soon as it neither starts nor reloads."""
        def ask():
            done = self.nodes[name].ctl("agreement", "list", check=False)
            return done.returncode == 0 and done.stdout
        return meshes.until(ask, 10, f"{name} does not list its agreements")

    def listed(self, name, version):
        """What a node says of a version of `proef`; None where it does not know it."""
        lines = [line.split() for line in self.agreements_of(name).splitlines()]
        return next((" ".join(words[2:]) for words in lines if words[:2] == ["proef", str(version)]), None)

    def revoke(self, node):
        self.nodes[node].ctl("agreement", "revoke", "proef", "--reason", "het doel is bereikt", "--yes")
        version = self.mesh.agreement["version"]
        for name in "abc":
            meshes.until(lambda n=name: self.listed(n, version)[:7] == "revoked", 10, f"{name} does not hear of it")

    def test_results_of_a_revoked_version_stay_away_under_a_new_one(self):
        request = self.release()
        self.assertIn(world.GOOD_ROW, self.mesh.schakel("result", request, "--format", "csv").stdout)
        self.assertEqual(self.results(request), {"a": 1, "b": 0, "c": 1})
        self.revoke("b")
        self.refused(self.mesh.schakel("result", request, check=False), "not in force any more")
        self.assertEqual(self.results(request), {"a": 0, "b": 0, "c": 0})
        self.new_epoch()
        self.refused(self.mesh.schakel("result", request, check=False), "node a: the result is kept no longer")
        self.assertEqual(self.results(request), {"a": 0, "b": 0, "c": 0})
        self.release()

    def test_keys_of_an_epoch_are_gone_as_soon_as_the_next_one_is_active(self):
        before = self.epoch_secrets()
        self.assertEqual({name: len(secrets) for name, secrets in before.items()}, {"a": 2, "b": 2, "c": 2})
        other = {name: [row[0] for row in node.rows("SELECT sealed_secret FROM epoch WHERE agreement = 'besloten'")]
                 for name, node in self.nodes.items()}
        old = {name: [secret for secret in secrets if secret not in other[name]] for name, secrets in before.items()}
        bundle = self.next_version(lambda agreed: agreed.update(linkage_epoch=agreed["linkage_epoch"] + 1))
        for name in "abc":
            self.mesh.activate(bundle, name)
            self.assert_gone(old, name)
        with self.assertRaises(AssertionError):  # that of the other agreement is there to be found
            self.assert_gone(other)
        self.mesh.active["proef"] = self.mesh.agreement["version"]
        self.mesh.wait_until_connected()
        self.release()

    def test_agreement_that_misfits_a_schema_is_refused_and_the_node_lives(self):
        agreed = self.mesh.draft_agreement("misvormd")
        agreements.column(agreed, "a", "mensen", "id")["name"] = "idd"
        bundle = self.mesh.sign(agreed)
        self.refused(self.nodes["a"].ctl("agreement", "activate", bundle, "--yes", check=False), "mensen", "identifier")
        self.nodes["a"].restart()
        self.assertNotIn("misvormd", self.agreements_of("a"))
        self.mesh.wait_until_connected()
        self.release()

    def test_agreement_with_a_key_of_low_order_is_refused_and_the_node_lives(self):
        agreed = self.mesh.draft_agreement("zwak")
        key = base64.b64decode(agreements.party_of(agreed, "c")["exchange"])
        bundle = self.mesh.sign(agreed)
        whole = bundle.read_bytes()
        self.assertEqual(whole.count(key), 1)
        bundle.write_bytes(whole.replace(key, LOW_ORDER))
        agreements.party_of(agreed, "c")["exchange"] = base64.b64encode(LOW_ORDER).decode()
        agreed["version"] += 1
        with self.assertRaisesRegex(meshes.MeshError, "exchange key is of low order"):
            self.mesh.sign(agreed)
        self.refused(self.nodes["a"].ctl("agreement", "activate", bundle, "--yes", check=False), "exchange key is of low order")
        self.assertTrue(self.nodes["a"].is_running())
        self.assertNotIn("zwak", self.agreements_of("a"))
        self.release()

    def test_replaced_version_begins_nothing_and_revocation_meets_the_active_one(self):
        """A long request is held up, so that no node takes the new version up; it holds all the same."""
        running = self.asks(world.LARGE)
        self.nodes["b"].ctl("approve", self.waiting(), "--yes")
        pid = self.nodes["a"].process.pid
        local = meshes.until(lambda: meshes.children(pid), 10, "no local part began")
        for child in local:
            os.kill(child, signal.SIGSTOP)
        try:
            old = self.mesh.agreement["version"]
            bundle = self.next_version(lambda agreed: agreements.column(agreed, "a", "mensen", "wijk").update(uses=["filter"]))
            for name in "abc":
                self.mesh.activate(bundle, name)
                self.assertEqual((self.listed(name, old)[:10], self.listed(name, old + 1)[:6]), ("superseded", "active"))
            self.refused(self.mesh.query(world.GOOD, "--no-check", "--no-wait", check=False))
            self.assertIsNone(running.poll())
            self.assertEqual(sum(self.logged(name).count(" begins analyst=") for name in "abc"), 0)
            self.revoke("b")
            out, error = running.communicate(timeout=15)
            self.assertEqual((running.returncode, out), (3, ""), error)
            self.assertRegex(error, "revoked")
        finally:
            for child in local:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child, signal.SIGCONT)
            running.kill()
            running.communicate()
        self.assertEqual(self.jobs(), {"a": 0, "b": 0, "c": 0})
        self.mesh.new_agreement_version(
            lambda agreed: agreements.column(agreed, "a", "mensen", "wijk").update(uses=["group", "filter", "count"]))
        self.release()

    # ---- analysts ----

    @contextlib.contextmanager
    def days_later(self):
        """All nodes, and programs of analysts, on a clock that is days ahead."""
        library = self.programs.folder.parent / "lib" / "liblate_clock.so"
        self.assertTrue(library.exists())
        clock = {"LD_PRELOAD": str(library), "SCH_LATE_CLOCK_SECONDS": str(DAYS_LATER * 86400)}

        def restart(environment):
            for node in self.nodes.values():
                node.environment = environment
                node.restart()
            self.mesh.wait_until_connected()
        try:
            restart(clock)
            os.environ.update(clock)
            yield
        finally:
            for name in clock:
                os.environ.pop(name, None)
            restart({})

    def test_analyst_past_the_last_day_gets_nothing_approved_computed_or_fetched(self):
        fetched = self.release(analyst="bram")
        kept = self.release()
        self.assertIn(world.GOOD_ROW, self.mesh.schakel("result", fetched, "--format", "csv", analyst="bram").stdout)
        late = self.submit(world.GOOD, "--valid", "30d", analyst="bram")
        good = self.submit(world.GOOD, "--valid", "30d")
        for request in (late, good):
            self.reaches(request, "waiting", node="b")
        self.since = self.mesh.log_sizes()
        with self.days_later():
            self.refused(self.nodes["b"].ctl("approve", late, "--yes", check=False), "analyst bram is listed .* until")
            self.nodes["b"].ctl("approve", good, "--yes")
            self.reaches(good, "released", node="a")
            self.assertIn(self.state(late, "a"), ("waiting", "refused"))
            self.refused(self.mesh.schakel("result", fetched, check=False, analyst="bram"), "bram no longer")
            done = self.mesh.query(world.GOOD, "--no-check", "--no-wait", check=False, analyst="bram")
            self.refused(done, "analyst bram is listed .* until")
            self.assertIn(world.GOOD_ROW, self.mesh.schakel("result", kept, "--format", "csv").stdout)
        self.assertEqual(self.jobs(), {"a": 1, "b": 1, "c": 1})
        self.mesh.schakel("cancel", late, check=False, analyst="bram")

    def test_earlier_request_is_shown_whatever_moment_it_bears(self):
        first = self.release(where(5))
        forged = self.forge("anna", where(6), "backdated")
        second = self.waiting()
        self.assertTrue(second.startswith("00000000-0001-7"), second)
        self.assertIn(first, self.nodes["b"].ctl("requests", "show", second).stdout)
        third = self.submit(where(4))
        self.reaches(third, "waiting", node="b")
        shown = self.nodes["b"].ctl("requests", "show", third).stdout
        self.assertIn(first, shown)
        self.assertIn(second, shown)
        self.assertNotIn(third, self.nodes["b"].ctl("requests", "show", second).stdout)
        for request in (second, third):
            self.nodes["b"].ctl("deny", request, "--reason", "te dicht bij elkaar")
        self.assertRegex(forged.communicate(timeout=20)[0], "^fail denied: .*te dicht bij elkaar")

    def test_refusals_of_one_analyst_do_not_hide_what_others_asked(self):
        request = self.release()
        before = [self.mesh.schakel(word).stdout for word in ("history", "status")]
        self.assertIn(request, before[0])
        forged = self.forge("bram", world.GOOD, f"ahead:{AHEAD}").communicate(timeout=120)[0]
        self.assertEqual(forged.count("fail denied: validity: "), AHEAD)
        self.assertEqual([self.mesh.schakel(word).stdout for word in ("history", "status")], before)
        self.assertIn(request, self.nodes["a"].ctl("requests", "--all").stdout)
        stored = self.nodes["a"].rows("SELECT count(*), max(created) FROM request WHERE analyst = 'bram' AND state = ?",
                                      world.STATES.index("refused"))
        self.assertGreaterEqual(stored[0][0], MOST_KEPT)
        self.assertLess(stored[0][0], AHEAD / 2)
        self.assertGreater(stored[0][1], 1000 * 365 * 86_400_000)
        self.assertIn(world.GOOD_ROW, self.mesh.schakel("result", self.release(), "--format", "csv").stdout)

    def test_agreement_that_does_not_list_an_analyst_answers_as_one_that_is_not_there(self):
        answers = [self.forge("bram", world.GOOD, "good", name, NO_HASH).communicate(timeout=20)[0].replace(name, "X")
                   for name in ("besloten", "nietbestaand")]
        self.assertRegex(answers[0], "^fail denied: agreement: no agreement X that lists you is in force at node a")
        self.assertEqual(answers[0], answers[1])
        self.assertNotIn("besloten", self.mesh.schakel("datasets", analyst="bram").stdout)
        self.assertIn("besloten", self.mesh.schakel("datasets", analyst="anna").stdout)
