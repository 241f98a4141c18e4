"""What queries with passes are refused for, and where their passes are shown."""
import json
import re

from passes import world
from passes.world import ALL, DELFT, Source, ask, cbs, uwv

ADRES = ["--pass", "adres6"]
COUNT = "SELECT COUNT(*) AS n FROM"
USAGE = 2


class Refusals(world.Case):
    # ---- the command line ----

    def test_pass_given_twice_is_a_mistake(self):
        self.refused("--pass adres6 stands there twice; give each link key once", f"{COUNT} x", *ADRES, *ADRES, code=USAGE)

    def test_pass_that_is_no_name_is_a_mistake(self):
        self.refused("--pass takes the name of a link key, such as adres6", f"{COUNT} x", "--pass", "geboortedatum, postcode", code=USAGE)

    def test_too_many_passes_are_a_mistake(self):
        passes = [word for name in "abcde" for word in ("--pass", name)]
        self.refused("at most 4 link keys may be given with --pass", f"{COUNT} x", *passes, code=USAGE)
        done = self.mesh.schakel("regress", "p.inkomen ~ b.bedrag", "--from", "x", *passes, check=False)
        self.assertEqual(done.returncode, USAGE)
        self.assertIn("at most 4 link keys", done.stderr)

    # ---- the plan ----

    def test_link_key_that_nobody_has_is_refused(self):
        sql = ask([DELFT, cbs()], [], [], ["COUNT(*)"]).sql()
        self.refused("b has no link key adres5;", sql, "--pass", "adres5")
        self.refused("adres6", sql, "--pass", "adres5")  # those that there are
        self.refused("b has no link key adres5;", sql, "--pass", "adres5", "--explain")

    def test_link_key_that_one_data_set_lacks_is_refused(self):
        self.refused("d has no link key naam", ask([DELFT, cbs(), uwv()], [], [], ["COUNT(*)"]).sql(), *ADRES, "--pass", "naam")

    def test_link_keys_that_do_not_fit_together_are_refused(self):
        scheef = Source(["gouda"], "scheef", "s")
        self.refused("the link keys adres4 of b and s do not fit together", ask([DELFT, scheef], [], [], ["COUNT(*)"]).sql(),
                     "--pass", "adres4")

    def test_data_set_of_several_rows_a_person_is_refused(self):
        banen = Source(["cbs"], "banen", "n")
        self.refused("--pass links data sets with one row a person, and n has several", ask([DELFT, banen], [], [], ["COUNT(*)"]).sql(), *ADRES)

    def test_two_data_sets_of_a_node_are_refused(self):
        other = Source(["cbs"], "zelfstandigen", "z")
        self.refused("--pass takes one data set of each node, and p and z are both of cbs",
                     ask([DELFT, cbs(), other], [], [], ["COUNT(*)"]).sql(), *ADRES)

    def test_union_that_is_not_the_first_is_refused(self):
        sql = f"{COUNT} cbs.personen p JOIN ALL(bijstand) b USING (bsn)"
        self.refused("a union can only be that; write the union b first", sql, *ADRES)

    # ---- the agreement ----

    def test_link_key_of_a_column_without_the_use_link_is_refused(self):
        sql = ask([DELFT, cbs()], [], [], ["COUNT(*)"]).sql()
        self.refused("adres6", sql, *ADRES, "--agreement", "zonder")
        self.refused("adres4", sql, "--pass", "adres4", "--agreement", "zonder")
        self.assertEqual(self.query(sql, "--agreement", "zonder", "--pass", "naam", "--format", "csv").stdout,
                         self.query(sql, "--agreement", "proef", "--pass", "naam", "--format", "csv").stdout)

    # ---- where passes are shown ----

    def test_passes_are_shown_with_the_query(self):
        question = ask([DELFT, cbs()], ["adres6", "adres4"], [], ["COUNT(*)"])
        line = "linked by bsn, then by adres6, then by adres4"
        told = self.query(question.sql(), *question.options(), "--explain").stdout
        self.assertRegex(told, r"What they would see\n  SELECT COUNT\(\*\)[^\n]*\n(  [^\n]*\n)+  " + line)
        request = self.query(question.sql(), *question.options(), "--no-wait").stdout.strip()
        self.mesh.schakel("wait", request)
        for words in (("history", "--limit", "1"), ("status", request)):
            self.assertRegex(self.mesh.schakel(*words).stdout, r"\n    " + line + r"\n")
        for name in ("delft", "cbs"):
            self.assertRegex(self.nodes[name].ctl("requests", "show", request).stdout, r"\n    " + line + r"\n")
        cube = json.loads(self.mesh.schakel("result", request, "--format", "json-stat").stdout)
        self.assertIn("L" + line[1:] + ".", cube["note"])

    def test_query_without_passes_says_nothing_of_them(self):
        question = ask([DELFT, cbs()], [], [], ["COUNT(*)"])
        told = self.query(question.sql(), "--explain").stdout
        self.query(question.sql())
        told += self.mesh.schakel("history", "--limit", "1").stdout
        self.assertEqual(re.findall("linked by|adres", told), [])

    def test_other_passes_are_another_request(self):
        """What is released says by which passes: the numbers differ, and go up with each pass."""
        def count(*passes):
            question = ask([ALL, cbs()], list(passes), [], ["COUNT(*)"])
            return int(self.query(question.sql(), *question.options(), "--format", "csv").stdout.splitlines()[1].rstrip(","))
        numbers = [count(), count("adres6"), count("adres6", "adres4")]
        self.assertTrue(0 < numbers[0] < numbers[1] < numbers[2], numbers)
