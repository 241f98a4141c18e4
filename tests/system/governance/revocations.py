"""The end of agreements and what comes after: revocation, a new version with a new epoch, new keys of a node."""
import agreements
import mesh as meshes

from governance import world


KEYS = ("identity", "exchange", "tls_pin")  # on a card


class Revocations(world.Case):
    """Each test begins under an agreement in force and ends under a new version."""
    schemas_of = staticmethod(world.large_schemas)

    @classmethod
    def options(cls):
        return {"min_persons": 1, "approvals": {"b": "operator"}, "limits": {"workers": 1}}

    def waiting(self):
        return meshes.until(lambda: next(iter(world.UUID.findall(self.nodes["b"].ctl("requests").stdout)), None), 10,
                            "no request waits at b")

    def approved_answer(self, sql=world.GOOD):
        asker = self.asks(sql)
        self.nodes["b"].ctl("approve", self.waiting(), "--yes")
        out, error = asker.communicate(timeout=30)
        self.assertEqual(asker.returncode, 0, error)
        return out

    def renew(self, change=None):
        def epoch(agreed):
            agreed["linkage_epoch"] += 1
            if change:
                change(agreed)
        self.mesh.new_agreement_version(epoch)

    def revoke(self, node="a"):
        self.nodes[node].ctl("agreement", "revoke", "proef", "--reason", "het doel is bereikt", "--yes")
        for other in self.nodes:
            self.hears_of_it(other)

    def hears_of_it(self, name, seconds=15):
        meshes.until(lambda: "revoked" in self.nodes[name].ctl("agreement", "list").stdout, seconds, f"{name} does not hear of it")

    def test_revocation_ends_running_and_waiting_requests(self):
        keys = self.epoch_secrets()
        self.assertTrue(all(len(secrets) >= 1 for secrets in keys.values()), keys)
        running = self.asks(world.LARGE)
        first = self.waiting()
        self.nodes["b"].ctl("approve", first, "--yes")
        meshes.until(lambda: meshes.children(self.nodes["a"].process.pid), 10, "no local part began")
        second = self.submit(world.GOOD)
        self.reaches(second, "waiting", node="b")
        self.assertIsNone(running.poll(), "the long query is too short for this test")
        self.revoke("c")  # also a helper
        out, error = running.communicate(timeout=15)
        self.assertEqual((running.returncode, out), (3, ""), error)
        self.assertRegex(error, "revoked")
        for request in (first, second):
            for name in "abc":
                self.assertEqual(self.reaches(request, *world.ENDS, node=name), "refused")
        for node in self.nodes.values():
            meshes.until(lambda n=node: not meshes.children(n.process.pid), 10, "a local part goes on")
        self.assertEqual(self.jobs(), {"a": 0, "b": 0, "c": 0})
        self.refused(self.mesh.query(world.GOOD, check=False))
        self.assert_gone(keys)
        for name, node in self.nodes.items():
            self.assertEqual(node.rows("SELECT count(*) FROM epoch"), [(0,)], name)
        # The same version does not come back; the next one does.
        self.refused(self.nodes["a"].ctl("agreement", "activate", self.mesh.bundle, "--yes", check=False), "revoked")
        self.renew()
        self.assertIn("noord", self.approved_answer())

    def test_revocation_reaches_a_node_that_was_away(self):
        self.assertIsNone(self.nodes["b"].stop())
        self.nodes["a"].ctl("agreement", "revoke", "proef", "--reason", "het doel is bereikt", "--yes")
        self.nodes["b"].restart()
        self.hears_of_it("b")
        self.renew()
        self.assertIn("noord", self.approved_answer())

    def test_new_version_with_a_new_epoch_has_other_keys(self):
        before = self.epoch_secrets()
        old = self.mesh.bundle
        self.renew(lambda agreed: agreed.update({"title": "Overeenkomst, herzien"}))
        said = self.offline("agreement", "diff", old, self.mesh.bundle).stdout
        self.assertRegex(said, "epoch")
        self.assertRegex(said, "title|herzien")
        self.assertIn("noord", self.approved_answer())
        after = self.epoch_secrets()
        for name in "abc":
            self.assertFalse(set(before[name]) & set(after[name]), name)
        self.assert_gone(before)
        self.refused(self.nodes["a"].ctl("agreement", "activate", old, "--yes", check=False))

    def test_request_under_a_superseded_version_is_refused(self):
        request = self.submit(world.GOOD)
        self.reaches(request, "waiting", node="b")
        self.renew()
        for name in "abc":
            self.assertEqual(self.reaches(request, *world.ENDS, node=name), "refused")
        self.refused(self.nodes["b"].ctl("approve", request, "--yes", check=False))
        self.assertIn("noord", self.approved_answer())

    def test_rotated_keys_work_under_a_new_version(self):
        """The steps of docs/governance.md, key rotation."""
        node = self.nodes["b"]
        folder = node.folder / "node"
        old = node.card
        node.card = meshes.read_card(self.offline("key", "rotate", folder, check=True).stdout)
        for key in KEYS:
            self.assertNotEqual(old[key], node.card[key])
        self.assertEqual((old["name"], old["address"]), (node.card["name"], node.card["address"]))
        self.assertIn("noord", self.approved_answer())  # nothing has changed yet
        self.mesh.agreement = agreements.next_version(self.mesh.agreement)
        self.mesh.agreement["linkage_epoch"] += 1
        agreements.party_of(self.mesh.agreement, "b").update({key: node.card[key] for key in KEYS})
        self.mesh.bundle = self.mesh.sign(self.mesh.agreement, keys={"b": folder / "keys.next"})
        self.mesh.activate(self.mesh.bundle)
        self.mesh.active["proef"] = self.mesh.agreement["version"]
        for analyst in self.mesh.analysts.values():
            analyst.write_profiles()
        self.mesh.wait_until_connected()
        self.assertFalse((folder / "keys.next").exists())
        node.read_own_card()
        self.assertEqual(node.card["identity"], agreements.party_of(self.mesh.agreement, "b")["identity"])
        self.assertIn("noord", self.approved_answer())
        # The log goes on under two keys.
        copy = node.backup()
        heads = node.folder / "b.heads"
        self.nodes["a"].ctl("audit", "heads", "b", "-o", heads)
        done = self.offline("audit", "verify", copy, "--peer-head", heads, "--key", old["identity"],
                            "--key", node.card["identity"])
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
