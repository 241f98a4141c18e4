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

    def test_help_says_how_often_and_to_what(self):
        for command in ("query", "regress"):
            told = " ".join(self.mesh.schakel(command, "--help").stdout.split())
            self.assertIn("by this link key, to the first data set of FROM; at most 4 times", told)

    # ---- the plan ----

    def test_link_key_that_nobody_has_is_refused(self):
        sql = ask([DELFT, cbs()], [], [], ["COUNT(*)"]).sql()
        for more in ([], ["--explain"]):
            self.refused("b offers no link key adres5 under this agreement: its owner has to declare it, and the agreement to "
                         "give each of its columns the use link; did you mean adres", sql, "--pass", "adres5", *more)
        self.refused("b offers no link key gezin under this agreement", sql, "--pass", "gezin")
        self.refused("it offers: adres6, adres4, naam", sql, "--pass", "gezin")

    def test_link_key_that_one_data_set_lacks_is_refused(self):
        self.refused("d offers no link key naam under this agreement", ask([DELFT, cbs(), uwv()], [], [], ["COUNT(*)"]).sql(), *ADRES, "--pass", "naam")

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
        for key in ("adres6", "adres4"):
            self.refused(f"p offers no link key {key} under this agreement: its owner has to declare it, and the agreement to "
                         "give each of its columns the use link; it offers: naam", sql, "--pass", key, "--agreement", "zonder")
            self.assertIn(f"zonder: link key {key} of personen is not offered: the agreement does not give each of its columns "
                          "the use link; postcode lacks it\n", self.nodes["cbs"].ctl("status").stdout)
        self.assertNotIn("is not offered", self.nodes["delft"].ctl("status").stdout)
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
        self.assertTrue(self.mesh.schakel("result", request).stdout.endswith("\n\n" + line + "\n"))
        self.assertNotIn("linked", self.mesh.schakel("result", request, "--format", "csv").stdout)
        cube = json.loads(self.mesh.schakel("result", request, "--format", "json-stat").stdout)
        self.assertIn("L" + line[1:] + ".", cube["note"])

    def test_link_keys_are_shown_with_their_columns(self):
        """To analysts and to operators alike, and so is who learns what."""
        question = ask([DELFT, cbs(), uwv()], ["adres6", "adres4"], [], ["COUNT(*)"])
        keys = [self.columns_of(question, name) for name in question.passes]
        self.assertIn("; in ", keys[0])  # the files' headers differ
        told = self.query(question.sql(), *question.options(), "--explain").stdout
        for name, columns in zip(question.passes, keys):
            self.assertIn(f"\n  then by {name}: {columns}\n", told)
            self.assertIn(f"\n    {name}: {columns}\n", told[told.index("What they would see"):])
        request = self.query(question.sql(), *question.options(), "--no-wait").stdout.strip()
        self.mesh.schakel("wait", request)
        shown = self.nodes["delft"].ctl("requests", "show", request).stdout
        for name, columns in zip(question.passes, keys):
            self.assertRegex(shown, rf"\n    {name} +{re.escape(columns)}\n")
        learned = re.findall(r"\n  (\w+) +(how many .*)", told)
        self.assertEqual(len(learned), 3)
        self.assertIn("how many link in each pass, and in how many rows which passes agree, of delft and", str(learned))
        for node, what in learned:
            self.assertRegex(shown, rf"\n    {node} +{re.escape(what)}\n")

    def columns_of(self, question, name):
        """A link key's columns as they are shown: of the first data set, and of those whose headers differ."""
        texts = []
        for source in question.sources:
            data_set = self.world.data_sets[source.nodes[0], source.name]
            texts.append(", ".join(data_set.header(column) + (f" (first {first})" if first else "")
                                   for column, first in data_set.keys[name]))
        return texts[0] + "".join(f"; in {source.alias}: {text}" for source, text in zip(question.sources, texts)
                                  if text != texts[0])

    def test_earlier_request_with_other_passes_is_not_the_same(self):
        """The same condition with another pass differs by the few whom that links."""
        def submit(where, *passes):
            question = ask([DELFT, cbs()], list(passes), [], ["SUM(p.inkomen)"], where)
            request = self.query(question.sql(), *question.options(), "--no-wait").stdout.strip()
            self.mesh.schakel("wait", request)
            return request
        other = "b.leeftijd > 51"
        earlier = [(submit(where, *passes), where, passes) for where, passes in (
            ("b.leeftijd > 50", ()), ("b.leeftijd > 50", ("adres6",)), ("b.leeftijd > 50", ("adres6", "adres4")),
            ("b.leeftijd > 50", ("adres4", "adres6")), (other, ("adres4", "adres6")))]
        last = submit("b.leeftijd > 50", "adres4", "adres6")
        for node in ("delft", "cbs"):
            shown = self.nodes[node].ctl("requests", "show", last).stdout
            for request, where, passes in earlier:
                same = "yes" if (where, passes) == ("b.leeftijd > 50", ("adres4", "adres6")) else "no"
                links = ", then by ".join(("bsn",) + passes)
                self.assertRegex(shown, rf"\n    {request}  released  \S+ \S+ +{same} +{links}  +{re.escape(where)}\n")

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
