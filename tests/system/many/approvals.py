"""People at five owners: all have to approve, one denies; an analyst who cancels, or interrupts in the middle of a job of six."""
import signal

import mesh as meshes

from many import queries, world

FIVE = queries.FIVE.sql()
UNDER = ("--agreement", "raad")
SECONDS = 10
REASON = "te weinig onderbouwd"


class Approvals(world.Case):
    def submit(self):
        done = self.query(FIVE, *UNDER, "--no-wait")
        request = world.UUID.findall(done.stdout + done.stderr)[-1]
        for owner in world.OWNERS:
            meshes.until(lambda o=owner: request in self.nodes[o].ctl("requests").stdout, SECONDS, f"{owner} is not asked")
        return request

    def status(self, request):
        return self.mesh.schakel("status", request).stdout

    def reaches(self, request, state, nodes):
        for name in nodes:
            meshes.until(lambda n=name: (self.row_at(n, request) or [None])[0] == state, SECONDS,
                         lambda n=name: f"{request} is {self.row_at(n, request)} at {n}, not {state}")

    def nothing_ran(self, request, state):
        """Everywhere the same end, budget given back where it was reserved, nothing computed."""
        parties = self.parties(request)
        self.assertEqual(len(parties), 5)
        self.reaches(request, state, parties)
        for name in parties:
            self.assertIn(self.row_at(name, request)[2], ([], [world.RETURNED]), name)
        self.assertEqual(set(self.jobs().values()), {0})

    def parties(self, request):
        found = self.nodes["delft"].rows("SELECT parties FROM request WHERE id = ?", bytes.fromhex(request.replace("-", "")))
        return found[0][0].split()

    def test_all_five_owners_have_to_approve(self):
        request = self.submit()
        for at, owner in enumerate(world.OWNERS):
            told = self.status(request)
            self.assertIn("waiting", told)
            for name in world.OWNERS[at:]:
                self.assertRegex(told, rf"\b{name} \(an operator\)")
            for name in world.OWNERS[:at]:
                self.assertNotRegex(told, rf"\b{name} \(an operator\)")
            shown = self.nodes[owner].ctl("requests", "show", request).stdout
            for data_set in ("wonen", "zorg", "school", "personen", "dagen"):
                self.assertIn(data_set, shown)
            self.assertEqual(set(self.jobs().values()), {0})
            self.nodes[owner].ctl("approve", request, "--yes")
        self.assertEqual(self.mesh.schakel("wait", request).returncode, 0)
        text = self.mesh.schakel("result", request, "--format", "csv").stdout
        self.assertEqual(text, self.query(FIVE, "--format", "csv").stdout)
        self.assertEqual({name for name in world.NODES if self.row_at(name, request)}, set(self.parties(request)))
        self.assertEqual({tuple(self.row_at(name, request)[2]) for name in self.parties(request)}, {(world.SPENT,)})

    def test_each_of_five_owners_can_deny(self):
        for denies in world.OWNERS:
            with self.subTest(denies):
                request = self.submit()
                for owner in world.OWNERS:
                    if owner != denies:
                        self.nodes[owner].ctl("approve", request, "--yes")
                self.nodes[denies].ctl("deny", request, "--reason", REASON)
                self.nothing_ran(request, "refused")
                done = self.mesh.schakel("wait", request, check=False)
                self.assertEqual(done.returncode, 3)
                self.assertRegex(done.stderr, rf"node {denies}\b.*{REASON}")

    def test_cancel_ends_a_waiting_request_at_all_five(self):
        request = self.submit()
        for owner in world.OWNERS[1:4]:
            self.nodes[owner].ctl("approve", request, "--yes")
        self.mesh.schakel("cancel", request)
        self.nothing_ran(request, "cancelled")
        late = self.nodes["uwv"].ctl("approve", request, "--yes", check=False)
        self.assertNotEqual(late.returncode, 0)

    def ends_everywhere(self, request, state):
        self.reaches(request, state, world.NODES)
        for name in world.NODES:
            meshes.until(lambda n=name: not meshes.children(self.nodes[n].process.pid), SECONDS, f"a local part goes on at {name}")
            self.assertEqual(self.row_at(name, request)[2], [world.SPENT], name)
        self.assertEqual(set(self.jobs().values()), {0})

    def test_interrupt_ends_a_job_of_six_everywhere(self):
        asker, _ = self.held(queries.UNION_OF_SIX.sql())
        asker.send_signal(signal.SIGINT)
        out, error = self.heard(asker, SECONDS)
        self.assertNotEqual(asker.returncode, 0, error)
        self.assertEqual(out, "")
        self.ends_everywhere(self.newest(), "cancelled")

    def test_cancel_ends_a_job_of_six_everywhere(self):
        asker, _ = self.held(queries.UNION_OF_SIX.sql())
        request = self.newest()
        self.mesh.schakel("cancel", request)
        out, error = self.heard(asker, SECONDS)
        self.assertNotEqual(asker.returncode, 0, error)
        self.assertEqual(out, "")
        self.ends_everywhere(request, "cancelled")
        self.assertIn("taal", self.query(queries.UNION_OF_SIX.sql(), "--format", "csv").stdout)
