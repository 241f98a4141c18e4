"""The report of linkage with passes, and what helpers and owners write into their logs, against the linked files."""
import csv
import io
import re

from passes import linking, world
from passes.world import ALL, DELFT, GOUDA, MIN_PERSONS, ask, cbs, uwv, zorg

LINKED = re.compile(r"linked pass=(\d+) by=(.+) links=(\d+)")
LOCAL = re.compile(r"local part pass=(\d+) by=(\w+) data_set=(\w+) without_key=(\d+) with_shared_key=(\d+)")
HELPS = re.compile(r"^  (\w+) helps link (\w+) to (\w+)$", re.M)


def fewest(count):
    """Whether a count may be told as far as it alone goes."""
    return count == 0 or count >= MIN_PERSONS


class ReportCase(world.Case):
    @staticmethod
    def left_joined(question):
        """A report counts every JOIN as a LEFT JOIN."""
        return re.sub("(LEFT )?JOIN", "LEFT JOIN", question.pooled_source())

    def pooled(self, question, group):
        """Key texts -> persons and by alias [linked, by the identifier, by each pass]."""
        self.world.make_tables(question)
        aliases = [s.alias for s in question.sources[1:]]
        outputs = question.keys + [f"COUNT(DISTINCT {question.person})"]
        for alias in aliases:
            outputs += [f"COUNT(DISTINCT {alias}.bsn)"] + [
                f"COUNT(DISTINCT {alias}.bsn) FILTER (WHERE {alias}.pass = {p})" for p in range(1 + len(question.passes))]
        where = f" WHERE {question.where}" if question.where else ""
        sql = f"SELECT {', '.join(outputs)} FROM {self.left_joined(question)}{where}{group}".replace("ORGANISATION(b)", "b.organisatie")
        width, each, found = len(question.keys), 2 + len(question.passes), {}
        for row in self.world.engine.run(sql):
            counts = list(map(int, row[width + 1:]))
            found[tuple(field or "" for field in row[:width])] = (
                int(row[width]), {a: counts[i * each:(i + 1) * each] for i, a in enumerate(aliases)})
        return found

    def report(self, question, group, agreement="proef"):
        """Key texts -> column -> text, the suppressed ones empty."""
        outputs = ", ".join([f"{key} AS k{i}" for i, key in enumerate(question.keys)])
        where = f" WHERE {question.where}" if question.where else ""
        sql = f"SELECT {outputs}{', ' if outputs else ''}LINKAGE() FROM {question.source}{where}{group}"
        text = self.query(sql, *question.options(), "--agreement", agreement, "--format", "csv").stdout
        header, *rows = csv.reader(io.StringIO(text))
        names = [f"{s.alias}_{what}" for s in question.sources[1:]
                 for what in ("linked", "share", *(f"by_{name}" for name in ["bsn", *question.passes]))]
        self.assertEqual(sorted(header), sorted([f"k{i}" for i in range(len(question.keys))] + ["persons", *names, "suppressed"]))
        width = len(question.keys)
        return {tuple(row[:width]): dict(zip(header[width:], row[width:])) for row in rows}

    def check(self, question, group):
        """Without a threshold: every number."""
        pooled, printed = self.pooled(question, group), self.report(question, group)
        self.assertEqual(sorted(printed), sorted(pooled))
        compared = 0
        for key, fields in printed.items():
            persons, by_alias = pooled[key]
            self.assertEqual(fields["suppressed"], "")
            self.assertEqual(int(fields["persons"]), persons, key)
            for alias, (linked, *parts) in by_alias.items():
                got = [int(fields[f"{alias}_by_{name}"]) for name in ["bsn", *question.passes]]
                self.assertEqual((int(fields[f"{alias}_linked"]), got), (linked, parts), (key, alias))
                self.assertEqual(sum(got), linked)
                share = fields[f"{alias}_share"]
                self.assertEqual(float(share) if share else None, linked / persons if persons else None, (key, alias))
                compared += 1 + len(got)
        return compared


class Reports(ReportCase):
    def test_report_of_each_order_equals_the_linked_files(self):
        for passes in (["adres6"], ["adres6", "adres4"], ["adres4", "adres6"], ["naam", "adres6", "adres4"]):
            with self.subTest(passes=passes):
                question = ask([DELFT, cbs(), zorg()], passes, [], ["COUNT(*)"])
                self.assertEqual(self.check(question, ""), 2 * (2 + len(passes)))

    def test_report_with_rollup_equals_the_linked_files(self):
        question = ask([DELFT, cbs(), uwv()], ["adres6", "adres4"], ["b.wijk"], ["COUNT(*)"])
        self.assertEqual(self.check(question, " GROUP BY ROLLUP (b.wijk)"), 4 * 2 * 4)

    def test_report_with_conditions_equals_the_linked_files(self):
        question = ask([GOUDA, cbs()], ["adres6", "naam"], ["b.wijk"], ["COUNT(*)"], where="b.leeftijd > 40 AND b.traject IS NOT NULL")
        self.assertGreaterEqual(self.check(question, " GROUP BY b.wijk"), 12)

    def test_report_of_a_union_equals_the_linked_files(self):
        question = ask([ALL, cbs(), uwv()], ["adres6", "adres4"], ["ORGANISATION(b)", "b.wijk"], ["COUNT(*)"])
        self.assertEqual(self.check(question, " GROUP BY ORGANISATION(b), b.wijk"), 6 * 2 * 4)

    def test_report_with_a_threshold_tells_no_small_pass(self):
        question = ask([ALL, cbs()], ["adres6", "adres4", "naam"], ["ORGANISATION(b)", "b.wijk", "b.traject"], ["COUNT(*)"])
        group = " GROUP BY ORGANISATION(b), b.wijk, b.traject"
        dark = 0
        pooled, printed = self.pooled(question, group), self.report(question, group, "drempel")
        self.assertEqual(sorted(printed), sorted(pooled))
        for key, fields in printed.items():
            persons, by_alias = pooled[key]
            linked, *parts = by_alias["p"]
            if persons < MIN_PERSONS:
                self.assertEqual(set(fields.values()) - {fields["suppressed"]}, {""}, key)
                continue
            self.assertEqual(int(fields["persons"]), persons)
            may = linked >= MIN_PERSONS and fewest(persons - linked)
            self.assertEqual(fields["p_linked"], str(linked) if may else "", (key, persons, linked))
            all_may = may and all(map(fewest, parts))
            for name, count in zip(["bsn", *question.passes], parts):
                got = fields[f"p_by_{name}"]
                dark += got == ""
                if got != "":
                    self.assertTrue(all_may, (key, name, persons, linked, parts))
                    self.assertEqual(int(got), count, (key, name))
                else:
                    self.assertFalse(all_may and count >= MIN_PERSONS, (key, name, persons, linked, parts))
        self.assertGreater(dark, 10)

    def test_report_with_margins_and_a_threshold_shows_passes_beside_the_count_of_all(self):
        told = dark = 0
        for sources in ([ALL, cbs()], [DELFT, cbs(), uwv()], [GOUDA, zorg()]):
            for keys in (["b.wijk"], ["b.wijk", "b.traject"]):
                for passes in (["adres6"], ["adres4"], ["adres6", "adres4"]):
                    keys_ = (["ORGANISATION(b)"] if sources[0] is ALL else []) + keys
                    question = ask(sources, passes, keys_, ["COUNT(*)"], where="b.traject IS NOT NULL")
                    union = "ORGANISATION(b), " if sources[0] is ALL else ""
                    found = self.check_margins(question, f" GROUP BY {union}ROLLUP ({', '.join(keys)})")
                    told, dark = told + found[0], dark + found[1]
        self.assertGreater(told, 20)
        self.assertGreater(dark, 20)

    def check_margins(self, question, group):
        told = dark = 0
        pooled = self.pooled(question, group)
        for key, fields in self.report(question, group, "drempel").items():
            persons, by_alias = pooled[key]
            for alias, (linked, *parts) in by_alias.items():
                got = [fields[f"{alias}_by_{name}"] for name in ["bsn", *question.passes]]
                self.assertIn(fields[f"{alias}_linked"], ("", str(linked)), key)
                if any(got):
                    self.assertEqual(got, list(map(str, parts)), key)
                    self.assertEqual(fields[f"{alias}_linked"], str(linked), (key, got))
                told, dark = told + any(got), dark + (not any(got))
        return told, dark

    # ---- logs ----

    def logged(self, question):
        """(node -> {pass: links}, (node, data set) -> {pass: (without key, shared key)}) of one query, and who helps whom."""
        helps = HELPS.findall(self.query(question.sql(), *question.options(), "--explain").stdout)
        since = self.mesh.log_sizes()
        self.query(question.sql(), *question.options())
        self.mesh.jobs_done(since, wait=3)
        linked, local = {}, {}
        for name, node in self.nodes.items():
            for record in node.records(since[name]):
                text = record.get("text", "")
                if found := LINKED.fullmatch(text):
                    linked.setdefault(name, {})[int(found[1])] = (found[2], int(found[3]))
                if found := LOCAL.fullmatch(text):
                    local.setdefault((name, found[3]), {})[int(found[1])] = (found[2], int(found[4]), int(found[5]))
        return helps, linked, local

    def check_logs(self, question):
        helps, linked, local = self.logged(question)
        names = {s.nodes[0]: s.name for s in question.sources[1:]}
        expected = {}
        for helper, data, spine in helps:
            links = self.world.links((spine, question.sources[0].name), (data, names[data]), question.passes)
            before = expected.setdefault(helper, [0] * (1 + len(question.passes)))
            expected[helper] = [a + b for a, b in zip(before, linking.counts(links, question.passes))]
        words = ["the identifier", *question.passes]
        self.assertEqual(linked, {helper: {1 + p: (words[p], n) for p, n in enumerate(counts)} for helper, counts in expected.items()})
        sides = {(node, s.name): linking.Side(self.world.data_sets[node, s.name], question.passes)
                 for s in question.sources for node in s.nodes}
        self.assertEqual(local, {at: {2 + p: (name, side.missing[p], side.shared[p]) for p, name in enumerate(question.passes)}
                                 for at, side in sides.items()})
        return sum(map(sum, expected.values()))

    def test_helper_logs_how_many_each_pass_linked(self):
        self.assertGreater(self.check_logs(ask([DELFT, cbs()], ["adres6", "adres4", "naam"], [], ["COUNT(*)"], "b.wijk = 'noord'")), 100)

    def test_helpers_of_three_owners_log_their_own(self):
        self.assertGreater(self.check_logs(ask([uwv(), cbs(), zorg("LEFT JOIN")], ["adres4", "adres6"], [], ["COUNT(*)"])), 200)

    def test_helpers_of_a_union_log_their_own(self):
        self.assertGreater(self.check_logs(ask([ALL, cbs()], ["adres6"], ["p.huishouden"], ["COUNT(*)"])), 100)
        self.assertGreater(self.check_logs(ask([ALL, cbs(), zorg()], ["adres6"], [], ["COUNT(*)"])), 200)

    def test_query_without_passes_logs_none(self):
        question = ask([DELFT, cbs()], [], [], ["COUNT(*)"])
        self.assertEqual(self.logged(question)[1:], ({}, {}))
