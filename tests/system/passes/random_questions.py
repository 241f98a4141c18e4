"""Random queries over random files that are linked by random keys. Everything follows from a seed."""
import random

import refusals
from questions import check

from passes import people, reports, world
from passes.world import BIJSTAND, DAGEN, HULP, MUNICIPALITIES, PERSONEN, Source, several

SEED, QUERIES, POPULATIONS = 556576006, 60, 3  # set from the command line
OTHERS = [("cbs", "personen", "p", PERSONEN), ("uwv", "dagen", "d", DAGEN), ("zorg", "hulp", "h", HULP)]
MAX_REFUSED_SHARE = 0.3


def random_keys(rng):
    """Two to four link keys of random columns; the first of them few, so that they link many."""
    found = {}
    for i in range(rng.randint(2, 4)):
        names = rng.sample(sorted(people.ALIKE), rng.randint(1, 4))
        if not set(names) & {"geboortedatum", "postcode", "achternaam"}:
            names.append(rng.choice(["geboortedatum", "postcode", "achternaam"]))
        parts = [(name, rng.choice([0, 0, 1, 3, 4, 5, 6]) if people.ALIKE[name] == "text" else 0) for name in names]
        found[f"sleutel{i}"] = parts
    return found


def random_dirt(rng):
    scale = rng.choice([0.2, 1, 1, 3])
    return people.Dirt(**{name: min(share * scale, 0.6) for name, share in vars(people.Dirt()).items()})


def populations(seed, count):
    """Of the numbers 1 to count; that of number 0 is the one that the other tests know."""
    found = []
    for number in range(1, count + 1):
        rng = people.rng_of(seed, "population", number)
        keys = random_keys(rng)
        found.append(world.make_population(seed, number, rng.choice([20, 120, 400]), keys, random_dirt(rng)))
    return found


# ---- a query ----

def columns_of(sources):
    """alias, column of every own column of the query's data sets."""
    own = {"bijstand": BIJSTAND, "personen": PERSONEN, "dagen": DAGEN, "hulp": HULP}
    return [(s.alias, column) for s in sources for column in own[s.name.split("_")[0]]]


def random_sources(rng, number):
    municipal = Source(rng.choice([MUNICIPALITIES, MUNICIPALITIES, ["delft"], ["gouda"]]), several("bijstand", number), "b")
    others = [Source([node], several(name, number), alias, rng.choice(["JOIN", "JOIN", "LEFT JOIN"]))
              for node, name, alias, _ in rng.sample(OTHERS, rng.choice([1, 1, 2, 3]))]
    if len(municipal.nodes) == 1 and rng.random() < 0.4:  # the spine is another one
        municipal.join = rng.choice(["JOIN", "LEFT JOIN"])
        sources = others + [municipal]
        sources[0].join = "JOIN"
        return sources
    return [municipal] + others


def condition(rng, columns):
    numbers = [(a, c) for a, c in columns if "codes" not in c]
    texts = [(a, c) for a, c in columns if "codes" in c]
    kind = rng.randrange(5)
    if kind == 0:
        alias, column = rng.choice(texts)
        some = rng.sample(column["codes"], rng.randint(1, len(column["codes"])))
        return f"{alias}.{column['name']} {rng.choice(['IN', 'NOT IN'])} ({', '.join(repr(c) for c in some)})"
    alias, column = rng.choice(numbers)
    if kind == 1:
        return f"{alias}.{column['name']} IS {rng.choice(['', 'NOT '])}NULL"
    if kind == 2:
        other, second = rng.choice(numbers)
        return f"{alias}.{column['name']} {rng.choice(['<', '>=', '<>'])} {other}.{second['name']}"
    return f"{alias}.{column['name']} {rng.choice(['<', '>'])} {rng.randint(column['minimum'], column['maximum'])}"


def random_where(rng, columns):
    parts = [condition(rng, columns) for _ in range(rng.choice([0, 0, 1, 1, 2, 3]))]
    if len(parts) == 3:
        return f"({parts[0]} OR {parts[1]}) AND {parts[2]}"
    return rng.choice([" AND ", " OR "]).join(parts)


def random_values(rng, columns):
    numbers = [f"{a}.{c['name']}" for a, c in columns if "codes" not in c]
    found = ["COUNT(*)"]
    for _ in range(rng.randint(1, 4)):
        a, b = rng.choice(numbers), rng.choice(numbers)
        found.append(rng.choice([f"SUM({a})", f"SUM({a})", f"AVG({a})", f"COUNT({a})", f"SUM({a} - {b})", f"STDDEV_SAMP({a})",
                                 f"CORR({a}, {b})", f"AVG({a} * {b})"]))
    return found


def random_question(rng, data_sets, number):
    sources = random_sources(rng, number)
    columns = columns_of(sources)
    keys = [f"{a}.{c['name']}" for a, c in rng.sample([(a, c) for a, c in columns if "codes" in c], rng.choice([0, 1, 1, 2]))]
    if len(sources[0].nodes) > 1 and rng.random() < 0.5:
        keys.insert(rng.randint(0, len(keys)), "ORGANISATION(b)")
    common = [name for name in data_sets[sources[0].nodes[0], sources[0].name].keys
              if all(name in data_sets[s.nodes[0], s.name].keys for s in sources)]
    passes = rng.sample(common, rng.randint(1, len(common)))
    return world.ask(sources, passes, keys, random_values(rng, columns), random_where(rng, columns))


def random_report(rng, data_sets, number):
    """A question whose keys and conditions are of the first data set, and the GROUP BY of its report."""
    question = random_question(rng, data_sets, number)
    columns = columns_of(question.sources[:1])
    keys = [f"{a}.{c['name']}" for a, c in columns if "codes" in c and c["required"]][:rng.randint(0, 1)]
    union = len(question.sources[0].nodes) > 1
    margins = keys and not union and rng.random() < 0.5
    keys = ["ORGANISATION(b)"] * union + keys
    group = f" GROUP BY {'ROLLUP (' if margins else ''}{', '.join(keys)}{')' if margins else ''}" if keys else ""
    return world.ask(question.sources, question.passes, keys, ["COUNT(*)"], random_where(rng, columns)), group


class RandomQueries(reports.ReportCase):
    def test_random_reports_equal_the_linked_files(self):
        rng, compared = random.Random(f"{SEED}/reports"), 0
        for number in range(QUERIES // 4):
            question, group = random_report(rng, self.world.data_sets, rng.randint(0, POPULATIONS))
            with self.subTest(seed=SEED, number=number, passes=question.passes):
                compared += self.check(question, group)
        self.assertGreater(compared, 3 * (QUERIES // 4))

    def test_random_queries_equal_the_linked_files(self):
        rng, compared, refused, links = random.Random(f"{SEED}/queries"), 0, [], 0
        for number in range(QUERIES):
            question = random_question(rng, self.world.data_sets, rng.randint(0, POPULATIONS))
            with self.subTest(seed=SEED, number=number, passes=question.passes):
                done = self.query(question.sql(), *question.options(), "--format", "csv", check=False)
                text = " ".join(done.stderr.split())
                if done.returncode != 0:
                    self.assertIsNotNone(refusals.reason(text), f"{text}\n{question.sql()}")
                    refused.append(refusals.reason(text))
                    continue
                self.world.make_tables(question)
                rows = self.world.engine.run(question.pooled_sql())
                compared += check(self, question, done.stdout, rows, 0, 0)
                links += sum(int(row[len(question.keys)]) for row in rows)  # COUNT(*)
        print(f"seed {SEED}: {QUERIES} queries, {compared} values, {links} records, {len(refused)} refused: {sorted(set(refused))}")
        self.assertLessEqual(len(refused), MAX_REFUSED_SHARE * QUERIES + 3, refused)
        self.assertGreater(compared, 5 * QUERIES)
        self.assertGreater(links, 20 * QUERIES)
