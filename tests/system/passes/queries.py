"""Queries over records that were linked in passes, of two to four owners and of a union, cell by cell against the linked files."""
import json
import re

from many.regressions import Fit

from passes import linking, world
from passes.world import ALL, DELFT, GOUDA, ask, cbs, uwv, zorg

PASSES = [["adres6"], ["adres6", "adres4"], ["adres4", "adres6"]]
NAMED = [["naam"], ["adres6", "naam", "adres4"]]
SUMS = ["COUNT(*)", "COUNT(DISTINCT b.bsn)", "SUM(b.bedrag)", "SUM(p.inkomen)", "AVG(p.inkomen)", "COUNT(p.inkomen)"]


class Queries(world.Case):
    def compare_all(self, sources, keys, values, least, passes=None, where=""):
        for these in passes or PASSES + NAMED:
            with self.subTest(passes=these):
                self.compare(ask(sources, these, keys, values, where), least)

    # ---- two owners ----

    def test_total_of_two_owners_equals_the_linked_files(self):
        self.compare_all([DELFT, cbs()], [], SUMS, 6)

    def test_groups_of_the_spine_equal_the_linked_files(self):
        self.compare_all([DELFT, cbs()], ["b.wijk", "b.traject"], SUMS, 60)

    def test_groups_of_the_data_owner_equal_the_linked_files(self):
        self.compare_all([DELFT, cbs()], ["p.huishouden"], SUMS, 15)

    def test_groups_of_both_equal_the_linked_files(self):
        self.compare_all([DELFT, cbs()], ["p.huishouden", "b.traject"], SUMS + ["STDDEV_SAMP(p.inkomen)"], 60)

    def test_spine_is_the_first_data_set_whichever_that_is(self):
        self.compare_all([cbs(), GOUDA], ["p.huishouden", "b.wijk"],
                         ["COUNT(*)", "SUM(b.bedrag)", "SUM(p.inkomen)", "CORR(b.bedrag, p.inkomen)"], 30)
        told = self.query(ask([cbs(), GOUDA], ["adres6"], [], ["COUNT(*)"]).sql(), "--pass", "adres6", "--explain").stdout
        self.assertIn("cbs (spine)", told)

    def test_left_join_equals_the_linked_files(self):
        self.compare_all([DELFT, cbs("LEFT JOIN")], ["b.wijk", "p.huishouden"], SUMS, 40)

    def test_left_join_of_nobody_else_counts_those_without_a_number(self):
        question = ask([DELFT, cbs("LEFT JOIN")], ["adres6"], [], ["COUNT(*)", "COUNT(DISTINCT p.bsn)"])
        text = self.query(question.sql(), "--pass", "adres6", "--format", "csv").stdout
        rows = self.world.data_sets["delft", "bijstand"].rows
        links = self.world.links(("delft", "bijstand"), ("cbs", "personen"), ["adres6"])
        self.assertGreater(sum(linking.number_of(row) is None for row in rows), 10)
        self.assertEqual(text.splitlines()[1], f"{len(rows)},{len(links)},")

    # ---- conditions ----

    def test_conditions_of_the_spine_equal_the_linked_files(self):
        self.compare_all([DELFT, cbs()], ["b.wijk"], SUMS, 10, where="b.leeftijd > 30 AND b.traject IN ('taal', 'werk')")

    def test_conditions_of_the_data_owner_equal_the_linked_files(self):
        self.compare_all([DELFT, cbs()], ["b.wijk"], SUMS, 10, where="p.huishouden <> 'gezin' AND p.inkomen > 20000")

    def test_conditions_of_each_owner_equal_the_linked_files(self):
        self.compare_all([DELFT, cbs()], ["b.wijk", "p.huishouden"], SUMS, 20,
                         where="b.bedrag < 1500 AND p.inkomen IS NOT NULL AND b.traject IS NOT NULL")

    def test_conditions_between_owners_equal_the_linked_files(self):
        self.compare_all([DELFT, cbs()], ["b.traject"], SUMS, 15, where="p.inkomen > b.leeftijd * 1000 OR b.wijk = 'noord'")

    def test_conditions_on_columns_of_link_keys_equal_the_linked_files(self):
        """Where the two files differ: who moved, or is written in another way."""
        self.compare_all([DELFT, cbs()], ["b.wijk"], ["COUNT(*)", "SUM(p.inkomen)"], 3, where="b.postcode <> p.postcode")
        self.compare_all([DELFT, cbs()], [], ["COUNT(*)", "SUM(b.bedrag)"], 2, where="b.huisnummer < p.huisnummer")

    def test_sums_over_columns_of_both_equal_the_linked_files(self):
        self.compare_all([DELFT, cbs()], ["p.huishouden"],
                         ["SUM(p.inkomen - b.bedrag)", "AVG(b.leeftijd * p.inkomen)", "CORR(b.bedrag, p.inkomen)",
                          ("SUM(CASE WHEN b.wijk = 'zuid' THEN p.inkomen END)", "CASE WHEN b.wijk = 'zuid' THEN p.inkomen END")], 12)

    def test_parts_of_a_total_add_up(self):
        """Linking does not depend on conditions, so what is linked in two halves is what is linked in all."""
        def count(where):
            return int(self.query(ask([DELFT, cbs()], ["adres6", "adres4"], [], ["COUNT(*)"], where).sql(), "--pass", "adres6", "--pass",
                                  "adres4", "--format", "csv").stdout.splitlines()[1].rstrip(","))
        parts = [count("b.leeftijd < 40 AND p.huishouden = 'een'"), count("b.leeftijd >= 40 AND p.huishouden = 'een'"),
                 count("p.huishouden <> 'een'")]
        self.assertGreater(min(parts), 10)
        self.assertEqual(sum(parts), count(""))

    # ---- more owners ----

    def test_three_owners_equal_the_linked_files(self):
        self.compare_all([DELFT, cbs(), uwv()], ["b.wijk", "d.regeling"], SUMS + ["SUM(d.dagen)"], 50, passes=PASSES)

    def test_three_owners_with_left_joins_equal_the_linked_files(self):
        self.compare_all([DELFT, cbs("LEFT JOIN"), zorg("LEFT JOIN")], ["p.huishouden", "h.vorm"],
                         SUMS + ["SUM(h.kosten)", "COUNT(h.kosten)"], 60, where="b.leeftijd < 60")

    def test_three_owners_with_conditions_between_the_data_owners_equal_the_linked_files(self):
        self.compare_all([DELFT, cbs(), zorg()], ["b.traject"], ["COUNT(*)", "SUM(h.kosten)", "SUM(p.inkomen - h.kosten)"], 8,
                         where="p.inkomen > h.kosten AND p.huishouden <> 'paar'")

    def test_four_owners_equal_the_linked_files(self):
        self.compare_all([uwv(), DELFT, cbs("LEFT JOIN"), zorg()], ["d.regeling", "p.huishouden"],
                         ["COUNT(*)", "SUM(b.bedrag)", "SUM(h.kosten)", "AVG(p.inkomen)", "SUM(d.dagen)"], 50, passes=PASSES)

    # ---- unions ----

    def test_union_equals_the_linked_files(self):
        values = ["COUNT(*)", "SUM(b.bedrag)", "SUM(p.inkomen)", "AVG(p.inkomen)"]
        self.compare_all([ALL, cbs()], ["p.huishouden", "b.wijk"], values, 30)

    def test_union_by_organisation_equals_the_linked_files(self):
        self.compare_all([ALL, cbs("LEFT JOIN"), uwv()], ["ORGANISATION(b)", "b.wijk"], SUMS + ["SUM(d.dagen)"], 40, passes=PASSES)

    def test_union_with_three_others_equals_the_linked_files(self):
        self.compare_all([ALL, cbs(), uwv("LEFT JOIN"), zorg("LEFT JOIN")], ["h.vorm"],
                         ["COUNT(*)", "SUM(h.kosten)", "SUM(d.dagen)", "SUM(b.bedrag)"], 12, passes=PASSES, where="p.inkomen > b.bedrag")

    # ---- thresholds ----

    def test_threshold_hides_small_cells_and_no_others(self):
        compared = 0
        for sources, keys in (([DELFT, cbs()], ["b.wijk", "p.huishouden"]), ([DELFT, cbs()], ["b.wijk", "b.traject"]),
                              ([ALL, cbs(), zorg("LEFT JOIN")], ["h.vorm", "p.huishouden"])):
            question = ask(sources, ["adres6", "adres4"], keys, ["COUNT(*)", "SUM(p.inkomen)", "SUM(b.bedrag)"])
            compared += self.compare(question, 3, agreement="drempel")
        self.assertGreater(compared, 50)

    def test_threshold_counts_those_whom_passes_link(self):
        """Some cells have enough persons with passes alone: by the number they are too few."""
        def shown(passes):
            question = ask([ALL, cbs()], passes, ["b.wijk", "b.traject", "p.huishouden"], ["COUNT(*)", "SUM(b.bedrag)"])
            return self.compare(question, 10, agreement="drempel")
        self.assertGreater(shown(["adres6", "adres4", "naam"]), shown(["adres6"]))

    # ---- regression ----

    def test_regression_over_linked_records_equals_exact_fractions(self):
        question = ask([DELFT, cbs(), zorg()], ["adres6", "adres4"], [], ["COUNT(*)"])
        self.world.make_tables(question)
        rows = self.world.engine.run(f"SELECT p.inkomen, b.bedrag, b.leeftijd, h.kosten FROM {question.pooled_source()} "
                                     "WHERE p.inkomen IS NOT NULL AND b.wijk <> 'oost'")
        self.assertGreater(len(rows), 40)
        fit = Fit(rows)
        done = self.mesh.schakel("regress", "p.inkomen ~ b.bedrag + b.leeftijd + h.kosten", "--from", question.source, "--where",
                                 "b.wijk <> 'oost'", *question.options(), "--format", "json")
        found = json.loads(done.stdout)
        text = json.dumps(found)
        numbers = [float(n) for n in re.findall(r"-?\d+\.?\d*(?:[eE][-+]?\d+)?", text)]
        for want in [*map(float, fit.estimates), *map(float, fit.errors), float(fit.r2), float(fit.n)]:
            self.assertTrue(any(abs(n - want) <= abs(want) * 1e-9 for n in numbers), f"{want} is not in {text}")
