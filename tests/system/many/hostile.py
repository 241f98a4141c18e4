"""Requests that no honest program makes, and the largest that it may make: an answer within a second each, and the node lives."""
import re
import subprocess
import time

import mesh as meshes

from many import queries, world

SECONDS = 1.0
FIVE, UNION = queries.FIVE_CONDITIONS.sql(), queries.BY_ORGANISATION.sql()
TWO = "SELECT COUNT(z.kosten) AS n, w.vorm AS vorm FROM wonen w JOIN zorg z USING (id) WHERE z.kosten > w.huur GROUP BY w.vorm"
LOCAL = TWO.replace("z.kosten > w.huur", "w.huur > 5")
CUBE = ("SELECT w.vorm, z.vorm, p.huishouden, d.regeling, s.niveau, COUNT(*) FROM wonen w JOIN zorg z USING (id) JOIN school s USING (id) "
        "JOIN personen p USING (id) JOIN dagen d USING (id) GROUP BY CUBE (w.vorm, z.vorm, p.huishouden, d.regeling, s.niveau)")
TWELVE = ["delft.uitkering", "gouda.uitkering", "rijswijk.uitkering", "wonen", "zorg", "school", "personen", "banen", "dagen", "studie",
          "wonen_b", "zorg_b"]
YEAR_OF = 86  # SCH_OP_YEAR

# (query, how it is bent, what the node says)
REFUSED = [
    (UNION, "member", r"bad_input|try_again|denied"), (UNION, "members", r"bad_input|try_again|denied"),
    (UNION, "node", r"bad_input|try_again|denied"), (FIVE, "node", r"bad_input|try_again|denied"),
    (FIVE, "again", "bad_input"),
    (FIVE, f"key:{YEAR_OF}", "bad_input"), (FIVE, "key_constant", "bad_input"), (FIVE, "key_output", "bad_input"),
    (FIVE, "key_beyond", "bad_input"), (FIVE, "key_of_other", "denied"),
    (CUBE, "set_beyond", "bad_input"), (CUBE, "set_twice", "bad_input"), (CUBE, "set_lacking", "bad_input"),
    (FIVE, "output_beyond", "bad_input"), (FIVE, "self", "bad_input"),
    (TWO, "negate:60", "bad_input"), (TWO, "share:60", "bad_input"), (TWO, "share_and:60", "bad_input"),
]
# Within the bounds of a request's structure; the node may answer or refuse.
HEAVY = [(sql, how) for sql in (TWO, LOCAL) for how in ("negate:45", "share:11", "share:45", "share_and:10", "share_and:45",
                                                        "share_case:7", "share_case:45")]
HEAVY += [(LOCAL, "share_after:11"), (LOCAL, "share_after:45"), (CUBE, "good")]


class Hostile(world.Case):
    def forge(self, sql, how):
        """What the node says, and how long that took."""
        began = time.monotonic()
        done = subprocess.run([self.world.programs.find("forge_request"), str(self.mesh.profile), sql, how], text=True,
                              capture_output=True, timeout=30, preexec_fn=meshes.die_with_parent)
        self.assertEqual(done.returncode, 0, f"{how}: {done.stderr}")
        self.world.asked.append(done.stdout)
        return done.stdout.strip(), time.monotonic() - began

    def tearDown(self):
        for node in self.nodes.values():
            self.assertTrue(node.is_running(), f"{node.name} has ended: {node.log_end()}")
        self.assertEqual(self.forge(TWO, "good")[0], "done")

    def test_bent_requests_are_refused_with_a_code_and_a_sentence(self):
        for sql, how, code in REFUSED:
            with self.subTest(how):
                said, seconds = self.forge(sql, how)
                self.assertRegex(said, rf"^fail ({code}): \w.{{10,400}}$")
                self.assertEqual(len(said.splitlines()), 1)
                self.assertLess(seconds, SECONDS)
        self.assertEqual(set(self.jobs().values()), {0})

    def test_deep_and_shared_expressions_are_answered_within_a_second(self):
        for sql, how in HEAVY:
            with self.subTest(how):
                said, seconds = self.forge(sql, how)
                self.assertRegex(said, r"^(done|fail (bad_input|denied): \w.{10,400})$")
                self.assertLess(seconds, SECONDS, said)

    def test_twelve_relations_are_answered(self):
        joins = " ".join(f"LEFT JOIN {name} r{i} USING (id)" for i, name in enumerate(TWELVE[1:]))
        sql = f"SELECT f.traject, COUNT(*), SUM(r3.kosten) FROM {TWELVE[0]} f {joins} GROUP BY f.traject"
        self.assertEqual(len(re.findall(r"\bJOIN\b", sql)), 11)
        said, seconds = self.forge(sql, "good")
        self.assertRegex(said, r"^(done|fail (bad_input|denied): \w.{10,400})$")
        self.assertLess(seconds, 2 * SECONDS)
        self.assertRegex(self.forge(sql, "output_beyond")[0], "^fail bad_input: ")

    def test_largest_number_of_grouping_sets_is_answered(self):
        said, seconds = self.forge(CUBE, "good")
        self.assertEqual(said, "done")
        self.assertLess(seconds, 2 * SECONDS)
