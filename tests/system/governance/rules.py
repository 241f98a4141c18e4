"""The rules: for each one a request that keeps it and one that breaks it, checked by one honest node.

The two other nodes run schakeld_test and agree to everything, and the analyst's program does not check (--no-check). So what
stops a broken request is the honest node alone: as spine, as data owner, as helper, called by the analyst or handed the
request by a cheated coordinator."""
import dataclasses
import re

import agreements
import mesh as meshes

from governance import world

CHEATED = {"SCHAKEL_TEST_AGREES": "1"}


def sql(select, where="", group="", data="lonen"):
    text = f"SELECT {select} FROM mensen s JOIN {data} d USING (id)"
    return text + (f" WHERE {where}" if where else "") + (f" GROUP BY {group}" if group else "")


@dataclasses.dataclass
class Rule:
    """kept, broken: arguments of schakel query behind --no-check; pattern: what the refusal says."""
    name: str
    kept: list
    broken: list
    pattern: str
    kept_by: str = "anna"
    broken_by: str = "anna"


def uses(name, kept, broken, column, may_not_be):
    pattern = f"column {column} of [ab]\\.[a-z]+ may not be {may_not_be} under agreement regels"
    return Rule(name, [sql(kept)], [sql(broken)], pattern)


RULES = [
    Rule("group", [sql("s.wijk, SUM(d.loon)", group="s.wijk")], [sql("s.klasse, SUM(d.loon)", group="s.klasse")],
         "column klasse of a.mensen may not be grouped.* under agreement regels"),
    Rule("filter", [sql("COUNT(*)", "s.klasse = 'laag'")], [sql("COUNT(*)", "d.sector = 'zorg'")],
         "column sector of b.lonen may not be .*filter.* under agreement regels"),
    Rule("filter_in_case", [sql("SUM(CASE WHEN d.loon > 5 THEN d.uren END)")],
         [sql("SUM(CASE WHEN d.sector = 'zorg' THEN d.uren END)")],
         "column sector of b.lonen may not be .*filter.* under agreement regels"),
    uses("count", "COUNT(d.loon)", "COUNT(d.uren)", "uren", "counted"),
    uses("sum", "SUM(d.uren)", "SUM(d.bonus)", "bonus", "summed"),
    uses("avg", "AVG(d.bonus)", "AVG(d.uren)", "uren", "averaged"),
    Rule("never", [sql("COUNT(*)")], [sql("s.geheim, COUNT(*)", group="s.geheim")],
         "column geheim of a.mensen may never be used under agreement regels"),
    Rule("by_whom", [sql("SUM(d.prive)")], [sql("SUM(d.prive)")],
         "column prive of b.lonen may not be used by anna under agreement regels", kept_by="eva"),
    Rule("by_whom_of_recipients", [sql("SUM(d.prive)")], [sql("SUM(d.prive)"), "--recipient", "eva", "--recipient", "anna"],
         "column prive of b.lonen may not be used for anna, a recipient", kept_by="eva", broken_by="eva"),
    Rule("link", [sql("COUNT(*)", data="kring")], [sql("COUNT(*)", data="kring")],
         "column id of b.kring may not be used by anna under agreement regels", kept_by="eva"),
    Rule("case_with_else", [sql("SUM(CASE WHEN d.loon > 5 THEN d.uren END)")],
         [sql("SUM(CASE WHEN d.loon > 5 THEN d.uren ELSE 0 END)")], "case: .*no ELSE"),
    Rule("case_with_coalesce", [sql("SUM(d.uren)")], [sql("SUM(COALESCE(d.uren, 0))")], "case: .*COALESCE"),
    Rule("cells", [sql("s.wijk, d.sector, COUNT(*)", group="s.wijk, d.sector")],
         [sql("s.wijk, d.sector, d.rang, COUNT(*)", group="s.wijk, d.sector, d.rang")], "cells: the table has 24 numbers"),
    Rule("recipient", [sql("COUNT(*)"), "--recipient", "anna", "--recipient", "eva"],
         [sql("COUNT(*)"), "--recipient", "piet"],
         "analyst piet, a recipient of the result, is not listed in agreement regels"),
    Rule("analyst_whose_time_is_over", [sql("COUNT(*)")], [sql("COUNT(*)")],
         "analyst oud is listed in agreement regels .* until", broken_by="oud"),
    Rule("validity", [sql("COUNT(*)"), "--valid", "30m"], [sql("COUNT(*)"), "--valid", "7d"],
         "validity: the request is valid until .*, and agreement regels"),
]


@dataclasses.dataclass
class Forged:
    """What only forge_request sends, under agreement regels. direct: to the honest node itself; a cheated one cannot read or
    plan it either."""
    name: str
    how: str
    pattern: str
    sql: str = sql("COUNT(*)")
    analyst: str = "anna"
    direct: bool = False


FORGED = [
    Forged("agreement_of_another_version", "version",
           "agreement: the request is made under another version of agreement regels", direct=True),
    Forged("analyst_of_another_agreement", "good", "analyst: agreement regels does not list analyst piet",
           analyst="piet", direct=True),
    Forged("data_set_of_another_agreement", "good", "data set b.buiten is not part of agreement regels",
           sql("COUNT(*)", data="buiten"), direct=True),
    Forged("time_ahead", "early", "time: .*clocks of the two machines"),
    # the called node may come to it by its own clock before the honest one's refusal arrives
    Forged("time_over", "expired", "the request was valid until"),
    Forged("time_not_come", "later", "time: the request may be answered from"),
]


def restrict(agreed):
    """What agreement `regels` allows less than everything."""
    def column(party, data_set, name, words, *by):
        entry = agreements.column(agreed, party, data_set, name)
        entry["uses"] = words
        if by:
            entry["analysts"] = list(by)
    column("a", "mensen", "klasse", ["filter"])
    column("a", "mensen", "geheim", ["never"])
    column("b", "lonen", "bonus", ["avg"])
    column("b", "lonen", "uren", ["sum"])
    column("b", "lonen", "sector", ["group"])
    column("b", "lonen", "prive", ["sum"], "eva")
    column("b", "kring", "id", ["link"], "eva")
    agreed["data_sets"] = [d for d in agreed["data_sets"] if d["name"] != "buiten"]
    agreed["rules"] = {"case": "guarded", "max_cells": 12}
    agreed["valid_until"] = agreements.day(2)
    agreed["analysts"] = [a for a in agreed["analysts"] if a["name"] != "piet"]
    agreements.analyst_of(agreed, "oud")["valid_until"] = agreements.day(-1)


class Rules:
    """The tests of one honest node; HONEST and CALLED say which, and which node the analyst calls."""

    @classmethod
    def options(cls):
        return {"analysts": ("anna", "eva", "oud", "piet"), "min_persons": 1,
                "daemons": {n: "schakeld_test" for n in "abc" if n != cls.HONEST},
                "environment": {n: CHEATED for n in "abc" if n != cls.HONEST}}

    @classmethod
    def prepare(cls):
        cls.mesh.add_agreement("regels", restrict)
        cls.mesh.add_agreement("morgen", lambda agreed: agreed.update({"valid_from": agreements.day(1)}))
        shown = cls.offline("agreement", "show", cls.mesh.folder / "regels-1.c.agreement").stdout
        cls.hash = re.search(r"\bhash +([0-9a-f]{64})", shown).group(1)
        cls.mesh.add_agreement("krap", lambda agreed: agreed["budget"].update({"requests": 2, "period": "year"}))

    def ask(self, arguments, analyst, agreement="regels"):
        return self.mesh.query(*arguments, "--agreement", agreement, "--no-check", check=False, analyst=analyst,
                               node=self.CALLED)

    def refused_here(self, done, pattern):
        """The honest node refused, and said why to the analyst."""
        self.refused(done, pattern)
        self.assertEqual(done.returncode, 3, done.stderr)
        self.stopped_by_the_honest_node(pattern, self.CALLED)

    def stopped_by_the_honest_node(self, pattern, called):
        """It said why in its log, the cheated one that was called took the request up, and nobody computed."""
        self.assertRegex(self.logged(self.HONEST), pattern)
        if called != self.HONEST:
            self.assertRegex(self.logged(called), "taken up")
        self.assertEqual(self.jobs(), {"a": 0, "b": 0, "c": 0})

    def check_kept(self, rule):
        done = self.ask(rule.kept, rule.kept_by)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.jobs(), {"a": 1, "b": 1, "c": 1})

    def check_broken(self, rule):
        self.refused_here(self.ask(rule.broken, rule.broken_by), rule.pattern)

    def check_forged(self, forged):
        called = self.HONEST if forged.direct else self.CALLED
        profile = self.mesh.analysts[forged.analyst].profile(called)
        done = meshes.run([self.programs.find("forge_request"), str(profile), forged.sql, forged.how, "regels", self.hash])
        self.assertRegex(done.stdout, f"^fail denied: .*{forged.pattern}")
        self.stopped_by_the_honest_node(forged.pattern, called)

    def test_budget_kept_and_broken(self):
        for _ in range(2):
            done = self.ask([sql("COUNT(*)")], "anna", "krap")
            self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.jobs(), {"a": 2, "b": 2, "c": 2})
        self.since = self.mesh.log_sizes()
        self.refused_here(self.ask([sql("COUNT(*)")], "anna", "krap"),
                          "budget: agreement krap .* allows an analyst 2 requests a year")
        # Another analyst has a budget of their own.
        done = self.ask([sql("COUNT(*)")], "eva", "krap")
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_agreement_that_is_not_valid_yet_is_refused(self):
        self.refused_here(self.ask([sql("COUNT(*)")], "anna", "morgen"), "validity: agreement morgen .* is valid from")

    def test_rules_were_all_tried(self):
        names = [name for name in dir(self) if name.startswith("test_rule_")]
        self.assertEqual(len(names), 2 * len(RULES) + len(FORGED))


for _rule in RULES:
    setattr(Rules, f"test_rule_{_rule.name}_kept_computes", lambda self, rule=_rule: self.check_kept(rule))
    setattr(Rules, f"test_rule_{_rule.name}_broken_is_refused", lambda self, rule=_rule: self.check_broken(rule))
for _forged in FORGED:
    setattr(Rules, f"test_rule_{_forged.name}_is_refused", lambda self, forged=_forged: self.check_forged(forged))


class RulesAtSpine(Rules, world.Case):
    HONEST, CALLED = "a", "b"


class RulesAtDataOwner(Rules, world.Case):
    HONEST, CALLED = "b", "c"


class RulesAtHelper(Rules, world.Case):
    HONEST, CALLED = "c", "a"


class RulesAtCalledNode(Rules, world.Case):
    HONEST, CALLED = "a", "a"
