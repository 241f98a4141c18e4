"""What the tests of linking in passes share: five organisations' files, one mesh of them, and DuckDB over the linked files.

delft and gouda have `bijstand` alike, to be asked as a union; cbs, uwv and zorg have a data set each, and cbs and gouda further ones
that do not go with passes. There are several populations, each with data sets of its own names: NAME, NAME_1, NAME_2 and so on."""
import csv
import dataclasses
import pathlib
import re
import unittest

import agreements
import mesh as meshes
import pooled
import schemas
from questions import Question, check

from passes import linking, people
from passes.people import codes, own_column

MUNICIPALITIES = ["delft", "gouda"]
NODES = MUNICIPALITIES + ["cbs", "uwv", "zorg"]
MIN_PERSONS = 10  # of the agreement `drempel`; `proef` has no threshold
ADRES6 = [("geboortedatum", 0), ("geslacht", 0), ("postcode", 0), ("huisnummer", 0)]
ADRES4 = [("geboortedatum", 0), ("geslacht", 0), ("postcode", 4)]
NAAM = [("achternaam", 6), ("geboortedatum", 0)]
KEYS = {"adres6": ADRES6, "adres4": ADRES4, "naam": NAAM}
BIJSTAND = [codes("wijk", "noord", "zuid", "oost"), codes("traject", "taal", "werk", "zorg", required=False),
            own_column("bedrag", "decimal", 0, 2_000, decimals=2), own_column("leeftijd", "integer", 18, 70)]
PERSONEN = [codes("huishouden", "een", "paar", "gezin"), own_column("inkomen", "integer", -500, 90_000, required=False)]
DAGEN = [codes("regeling", "ww", "wia", "geen"), own_column("dagen", "integer", 0, 365)]
HULP = [codes("vorm", "thuis", "dag", "kliniek", required=False), own_column("kosten", "decimal", 0, 9_000, decimals=2)]
OTHER_HEADERS = {"geboortedatum": "geboren", "geslacht": "sekse", "postcode": "pc", "huisnummer": "nr"}

WORLD = None


def several(name, number):
    return f"{name}_{number}" if number else name


def make_population(seed, number, size, keys, dirt):
    """The five files of one population. Everybody is in most of them; some are in one alone."""
    rng = people.rng_of(seed, number)
    persons = people.population(rng, size)
    middle = size // 2
    def of(node, name, own, some, few=None, **more):
        found = people.DataSet(node, several(name, number), own, few or keys, [], **more)
        people.fill(rng, found, [p for p in some if rng.random() < 0.85], dirt)
        return found
    return [
        of("delft", "bijstand", BIJSTAND, persons[:middle + size // 10], dates="%d-%m-%Y"),
        of("gouda", "bijstand", BIJSTAND, persons[middle:], truth=("J", "N")),
        of("cbs", "personen", PERSONEN, persons, dates="%Y%m%d", truth=("1", "0")),
        of("uwv", "dagen", DAGEN, persons[size // 10:], {name: parts for name, parts in keys.items() if name != "naam"},
           headers=OTHER_HEADERS, duplicates="leave_out"),
        of("zorg", "hulp", HULP, persons[:size - size // 5]),
    ]


def make_misfits():
    """Data sets that a query with passes refuses, or some of them."""
    rng = people.rng_of("misfits")
    persons = people.population(rng, 30)
    found = [people.DataSet("gouda", "scheef", DAGEN, {"adres4": [("geboortedatum", 0), ("geslacht", 0), ("postcode", 5)]}, []),
             people.DataSet("cbs", "zelfstandigen", DAGEN, {"adres6": ADRES6, "adres4": ADRES4}, []),
             people.DataSet("cbs", "banen", DAGEN, {}, [], many=True)]
    for data_set in found:
        people.fill(rng, data_set, persons, people.Dirt())
    return found


class World:
    def __init__(self, build, populations):
        self.folder, self.programs = meshes.make_folder(), meshes.Programs(build)
        self.schemas = {node: [] for node in NODES}
        self.data_sets, self.engine = {}, pooled.Engine(self.programs.duckdb_sql)
        for data_set in [s for found in populations for s in found] + make_misfits():
            self.add(data_set)
        self.mesh = meshes.Mesh(self.folder / "mesh", self.programs, self.schemas, min_persons=1, zero_cells="show")
        try:
            self.mesh.start()
            self.mesh.add_agreement("drempel", self.with_threshold)
            self.mesh.add_agreement("zonder", self.without_postcode)
            for analyst in self.mesh.analysts.values():
                analyst.write_profiles(agreement="proef")
        except BaseException:
            self.close()
            raise

    def close(self):
        complaints = self.mesh.stop()
        self.engine.close()
        meshes.remove_folder(self.folder)
        return complaints

    @staticmethod
    def with_threshold(agreed):
        for party in agreed["parties"]:
            party["min_persons"] = MIN_PERSONS

    @staticmethod
    def without_postcode(agreed):
        agreements.column(agreed, "cbs", "personen", "postcode")["uses"].remove("link")

    # ---- files ----

    def add(self, data_set):
        path = self.folder / f"{data_set.node}-{data_set.name}.csv"
        header = ["bsn"] + [data_set.header(name) for name in data_set.types()]
        with open(path, "w", encoding="utf-8", newline="") as out:
            csv.writer(out, delimiter=";", lineterminator="\n").writerows(
                [header] + people.lines(data_set, data_set.dates, data_set.truth))
        declared = schemas.schema(data_set.name, path, data_set.columns(), data_set.many, "bsn", "bsn", max_rows=2_000,
                                  duplicates=data_set.duplicates)
        declared["file"].update({"date_format": data_set.dates, "true": data_set.truth[0], "false": data_set.truth[1]})
        if data_set.keys:
            declared["link_keys"] = [{"name": name, "columns": [
                {"column": data_set.header(column), **({"first": first} if first else {})} for column, first in parts]}
                for name, parts in data_set.keys.items()]
        schema = self.folder / f"{data_set.node}-{data_set.name}.yaml"
        meshes.write_yaml(schema, declared)
        self.schemas[data_set.node].append(schema)
        self.data_sets[data_set.node, data_set.name] = data_set
        self.load(data_set)

    def load(self, data_set):
        """The file's rows as a table of the engine, in plain writing and without blanks around fields, with the number of each."""
        path = self.folder / f"plain-{data_set.node}-{data_set.name}.csv"
        with open(path, "w", encoding="utf-8", newline="") as out:
            csv.writer(out, lineterminator="\n").writerows(
                [at, *(text.strip() for text in line[1:])] for at, line in enumerate(people.lines(data_set)))
        kinds = {"integer": "BIGINT", "decimal": "DECIMAL(18, 2)", "date": "DATE", "text": "VARCHAR", "boolean": "BOOLEAN"}
        types = {"row": "BIGINT", **{data_set.header(name): kinds[kind] for name, kind in data_set.types().items()}}
        listed = ", ".join(f"'{name}': '{kind}'" for name, kind in types.items())
        self.engine.run(f"CREATE TABLE {self.table(data_set)} AS SELECT * FROM read_csv('{path}', delim=',', header=false, quote='\"', "
                        f"auto_detect=false, columns={{{listed}}})")

    @staticmethod
    def table(data_set):
        return f"{data_set.node}__{data_set.name}"

    # ---- what is linked ----

    def links(self, spine, other, passes):
        """Of two (node, data set): row of the spine -> (row of the other, pass)."""
        return linking.link(*(linking.Side(self.data_sets[key], passes) for key in (spine, other)))

    def make_tables(self, question):
        """The data sets of a question as tables of the engine, linked: alias_linked, whose bsn says to which row of the first one."""
        first = question.sources[0]
        parts = " UNION ALL ".join(
            f"SELECT '{node}' AS organisatie, '{node}' || row AS bsn, * EXCLUDE row FROM {self.table(self.data_sets[node, first.name])} "
            f"WHERE row IN ({', '.join(map(str, linking.Side(self.data_sets[node, first.name], []).rows))})" for node in first.nodes)
        self.engine.run(f"CREATE OR REPLACE TABLE {first.alias}_linked AS {parts}")
        for other in question.sources[1:]:
            at = other.nodes[0], other.name
            found = [f"('{node}{row}', {match}, {number})" for node in first.nodes
                     for row, (match, number) in self.links((node, first.name), at, question.passes).items()]
            self.engine.run(f"CREATE OR REPLACE TABLE {other.alias}_linked AS SELECT l.bsn, l.pass, t.* EXCLUDE row FROM "
                            f"(VALUES {', '.join(found + ['(NULL, NULL, NULL)'])}) l(bsn, row, pass) "
                            f"JOIN {self.table(self.data_sets[at])} t USING (row)")


@dataclasses.dataclass
class Source:
    nodes: list
    name: str
    alias: str
    join: str = "JOIN"


@dataclasses.dataclass
class Linked(Question):
    """A question whose data sets are linked in passes. source is made of sources."""
    sources: list = None
    passes: list = None

    def __post_init__(self):
        def named(s):
            return f"ALL({s.name}) {s.alias}" if len(s.nodes) > 1 else f"{s.nodes[0]}.{s.name} {s.alias}"
        self.source = named(self.sources[0]) + "".join(f" {s.join} {named(s)} USING (bsn)" for s in self.sources[1:])
        self.person = self.sources[0].alias + ".bsn"

    def pooled_source(self):
        def named(s):
            return f"{s.alias}_linked {s.alias}"
        first = self.sources[0].alias
        return named(self.sources[0]) + "".join(f" {s.join} {named(s)} ON {first}.bsn = {s.alias}.bsn" for s in self.sources[1:])

    def options(self):
        return [word for name in self.passes for word in ("--pass", name)]


DELFT, GOUDA = (Source([node], "bijstand", "b") for node in MUNICIPALITIES)
ALL = Source(MUNICIPALITIES, "bijstand", "b")


def cbs(join="JOIN"):
    return Source(["cbs"], "personen", "p", join)


def uwv(join="JOIN"):
    return Source(["uwv"], "dagen", "d", join)


def zorg(join="JOIN"):
    return Source(["zorg"], "hulp", "h", join)


def ask(sources, passes, keys, values, where=""):
    """A question; a value is an aggregate, or an aggregate with what it is of."""
    pairs = [v if isinstance(v, tuple) else (v, argument_of(v)) for v in values]
    return Linked("", keys, pairs, where, None, sources, passes)


def argument_of(aggregate):
    """x of SUM(x), x + y of CORR(x, y), whether there is an x of COUNT(DISTINCT x), None of COUNT(*)."""
    inner = re.fullmatch(r"\w+\((.*)\)", aggregate).group(1)
    if inner.startswith("DISTINCT "):
        return f"CASE WHEN {inner.removeprefix('DISTINCT ')} IS NOT NULL THEN 1 END"
    return None if inner == "*" else inner.replace(", ", " + ")


def make(build, populations):
    global WORLD
    WORLD = World(pathlib.Path(build), populations)


class Case(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.world, self.mesh, self.nodes = WORLD, WORLD.mesh, WORLD.mesh.nodes
        self.since = self.mesh.log_sizes()

    def query(self, sql, *more, check=True):
        done = self.mesh.query(sql, *more, check=False)
        if check:
            self.assertEqual(done.returncode, 0, f"{done.stderr}\n{more} {sql}")
        return done

    def refused(self, says, sql, *more, code=None):
        done = self.query(sql, *more, check=False)
        self.assertNotEqual(done.returncode, 0, done.stdout)
        if code is not None:
            self.assertEqual(done.returncode, code, done.stderr)
        self.assertEqual(done.stdout, "")
        self.assertIn(says, " ".join(done.stderr.split()))

    def compare(self, question, least, agreement="proef"):
        """Asks, and compares each cell with the linked files; how many values were compared."""
        text = self.query(question.sql(), *question.options(), "--agreement", agreement, "--format", "csv").stdout
        self.world.make_tables(question)
        rows = self.world.engine.run(question.pooled_sql())
        return check(self, question, text, rows, 0 if agreement == "proef" else MIN_PERSONS, least)
