"""Random queries over a world: any number of data sets and owners, unions, conditions and aggregates over columns of several owners,
grouping sets, and what follows aggregation."""
import dataclasses

import expressions as ex
from expressions import E
from random_world import TEXT_CODES

MAX_EXACT = 1 << 61
MAX_CELLS = 1500
MAX_WIDE = 8


@dataclasses.dataclass
class Source:
    alias: str
    name: str  # of the data set
    nodes: list  # two or more: a union
    join: str = "inner"
    on: str = None  # the alias that it is joined to; None: USING
    named: bool = False  # with its node in front

    @property
    def site(self):
        return "union" if len(self.nodes) > 1 else self.nodes[0]


@dataclasses.dataclass
class Key:
    kind: str  # column, bin, organisation
    alias: str
    name: str = None


@dataclasses.dataclass
class Query:
    sources: list
    where: list
    keys: list
    grouping: str  # plain, rollup, cube, sets
    sets: list  # of lists of keys' numbers; plain: one of all
    outputs: list  # (name, E)
    having: E = None
    order: list = dataclasses.field(default_factory=list)  # (E, descending, nulls first or None)
    limit: int = None
    world: object = None

    # ---- what is in it ----

    def source(self, alias):
        return next(s for s in self.sources if s.alias == alias)

    def data_set(self, alias):
        name = self.source(alias).name
        return next(s for s in self.world.sets if s.name == name)

    def column(self, alias, name):
        return self.data_set(alias).column(name)

    def identifier(self, alias):
        return self.data_set(alias).identifier

    def union(self):
        return next((s for s in self.sources if len(s.nodes) > 1), None)

    def key_codes(self, number):
        key = self.keys[number]
        if key.kind == "organisation":
            return self.source(key.alias).nodes
        return self.column(key.alias, key.name).key_codes(key.kind == "bin")

    def after(self):
        """Everything that stands after aggregation."""
        return [e for _, e in self.outputs] + ([self.having] if self.having else []) + [e for e, _, _ in self.order]

    def aggregates(self):
        found = []
        for e in self.after():
            found += [a for a in e.walk() if a.op == "aggregate" and a not in found]
        return found

    def used_aliases(self):
        used = {k.alias for k in self.keys}
        for e in self.where + self.after():
            used |= e.aliases()
        return used

    # ---- its text ----

    def key_sql(self, number):
        key = self.keys[number]
        if key.kind == "organisation":
            return f"ORGANISATION({key.alias})"
        return f"{key.alias}.{key.name}" if key.kind == "column" else f"BIN({key.alias}.{key.name})"

    def _source_sql(self, source):
        holders = next(s for s in self.world.sets if s.name == source.name).nodes
        if len(source.nodes) == 1:
            named = source.named or len(holders) > 1
            return (f"{source.nodes[0]}." if named else "") + f"{source.name} {source.alias}"
        if len(source.nodes) == len(holders) and not source.named:
            return f"ALL({source.name}) {source.alias}"
        return f"ALL({', '.join(f'{n}.{source.name}' for n in source.nodes)}) {source.alias}"

    def _from_sql(self):
        text = self._source_sql(self.sources[0])
        for source in self.sources[1:]:
            text += f" {'LEFT JOIN' if source.join == 'left' else 'JOIN'} {self._source_sql(source)}"
            own = self.identifier(source.alias)
            text += f" USING ({own})" if source.on is None else (
                f" ON {source.on}.{self.identifier(source.on)} = {source.alias}.{own}")
        return text

    def _group_sql(self):
        names = [self.key_sql(i) for i in range(len(self.keys))]
        if self.grouping == "plain":
            return ", ".join(names)
        if self.grouping in ("rollup", "cube"):
            return f"{self.grouping.upper()} ({', '.join(names)})"
        return "GROUPING SETS (" + ", ".join("(" + ", ".join(names[k] for k in s) + ")" for s in self.sets) + ")"

    def sql(self):
        text = "SELECT " + ", ".join(f"{ex.sql(e, self)} AS {name}" for name, e in self.outputs)
        text += f" FROM {self._from_sql()}"
        if self.where:
            text += " WHERE " + " AND ".join(ex.sql(e, self) for e in self.where)
        if self.keys:
            text += f" GROUP BY {self._group_sql()}"
        if self.having:
            text += f" HAVING {ex.sql(self.having, self)}"
        if self.order:
            text += " ORDER BY " + ", ".join(
                ex.sql(e, self) + (" DESC" if down else "") + {None: "", True: " NULLS FIRST", False: " NULLS LAST"}[first]
                for e, down, first in self.order)
        return text + (f" LIMIT {self.limit}" if self.limit is not None else "")

    # ---- JSON ----

    def to_json(self):
        return {
            "sources": [dataclasses.asdict(s) for s in self.sources], "where": [e.to_json() for e in self.where],
            "keys": [dataclasses.asdict(k) for k in self.keys], "grouping": self.grouping, "sets": self.sets,
            "outputs": [[name, e.to_json()] for name, e in self.outputs],
            "having": self.having and self.having.to_json(),
            "order": [[e.to_json(), down, first] for e, down, first in self.order], "limit": self.limit}

    @staticmethod
    def from_json(found, world):
        return Query(
            [Source(**s) for s in found["sources"]], [E.from_json(e) for e in found["where"]],
            [Key(**k) for k in found["keys"]], found["grouping"], found["sets"],
            [(name, E.from_json(e)) for name, e in found["outputs"]],
            E.from_json(found["having"]) if found["having"] else None,
            [(E.from_json(e), down, first) for e, down, first in found["order"]], found["limit"], world)


ALL_FEATURES = (
    "2 owners", "3 owners", "plain", "rollup", "cube", "sets", "a union", "LEFT JOIN", "several data sets of a node",
    "several rows a person", "at two owners", "WHERE over owners", "keys of owners", "ORGANISATION", "BIN", "an argument over owners",
    "a pair over owners", "records over owners", "FILTER", "HAVING", "ORDER BY", "LIMIT", ex.ROWS, ex.PERSONS, *ex.SINGLES, *ex.PAIRS)


def features(query):
    """What a query has that a run of many has to have seen."""
    def sites(e):
        return {query.source(a).site for a in e.aliases()}
    found = {f"{len({s.site for s in query.sources})} owners", query.grouping}
    aggregates, several = query.aggregates(), {s.site for s in query.sources if query.data_set(s.alias).many}
    for name, there in [
            ("a union", query.union()), ("LEFT JOIN", any(s.join == "left" for s in query.sources)),
            ("several data sets of a node", len({s.site for s in query.sources}) < len(query.sources)),
            ("several rows a person", several), ("at two owners", len(several) > 1),
            ("WHERE over owners", any(len(sites(e)) > 1 for e in query.where)),
            ("keys of owners", len({query.source(k.alias).site for k in query.keys}) > 1),
            ("ORGANISATION", any(k.kind == "organisation" for k in query.keys)), ("BIN", any(k.kind == "bin" for k in query.keys)),
            ("an argument over owners", any(len(sites(a)) > 1 and a.value[0] not in ex.PAIRS for a in aggregates)),
            ("a pair over owners", any(len(sites(a)) > 1 and a.value[0] in ex.PAIRS for a in aggregates)),
            ("records over owners", any(len(sites(e)) > 1 and sites(e) & several for e in query.where + aggregates)),
            ("FILTER", any(a.value[1] for a in aggregates)), ("HAVING", query.having), ("ORDER BY", query.order),
            ("LIMIT", query.limit is not None)]:
        if there:
            found.add(name)
    return found | {a.value[0] for a in aggregates} | {e.op for e in query.after() if e.op not in ("key", "grouping", "aggregate")}


# ---- FROM ----

def random_sources(rng, world):
    """Two to five data sets of two sites or more, a union among them at times."""
    count, sources, members = rng.choice([2, 2, 3, 3, 4, 5]), [], set()
    shared = [s for s in world.sets if len(s.nodes) > 1]
    if rng.random() < 0.45:
        chosen = rng.choice(shared)
        nodes = chosen.nodes if rng.random() < 0.6 else rng.sample(chosen.nodes, rng.randint(2, len(chosen.nodes)))
        named = rng.random() < 0.3
        sources.append(Source("", chosen.name, nodes if named else [n for n in chosen.nodes if n in nodes], named=named))
        members = set(nodes)
    others = [(s, n) for s in world.sets for n in s.nodes if n not in members]
    rng.shuffle(others)
    sites = {"union"} if sources else set()
    for data_set, node in others:
        if len(sources) < count and (len(sources) < count - 1 or len(sites | {node}) > 1):
            sources.append(Source("", data_set.name, [node], named=rng.random() < 0.3))
            sites.add(node)
    if rng.random() < 0.25:
        rng.shuffle(sources)
    for i, source in enumerate(sources):
        source.alias = "abcde"[i]
    return sources


def join_sources(rng, sources, world):
    ids = {s.alias: next(d.identifier for d in world.sets if d.name == s.name) for s in sources}
    using = len(set(ids.values())) == 1 and rng.random() < 0.6
    left = rng.random() < 0.4
    for i, source in enumerate(sources[1:], 1):
        if left and len(source.nodes) == 1 and rng.random() < 0.6:
            source.join = "left"
        if not using:
            earlier = [s.alias for s in sources[:i] if s.join == "inner" or rng.random() < 0.05]
            source.on = rng.choice(earlier)


class Writer:
    """Writes random expressions over the columns of some sources of a query."""

    def __init__(self, rng, query):
        self.rng, self.query = rng, query
        self.many = {s.site for s in query.sources if query.data_set(s.alias).many}
        self.left = {s.site for s in query.sources} - {s.site for s in query.sources if s.join == "inner"}
        self.crossing = self._crossing()

    def aliases_of(self, sites):
        return [s.alias for s in self.query.sources if s.site in sites]

    def _crossing(self):
        """The sites whose columns may stand in one expression: those of one row a person, and one of several at most."""
        sites = {s.site for s in self.query.sources}
        found = sites - self.many
        declared = {s for s in self.many - self.left if all(
            not self.query.data_set(a).many or self.query.data_set(a).max_rows_a_person for a in self.aliases_of({s}))}
        if "union" in sites:
            declared &= {"union"}
        if declared and self.rng.random() < 0.6:
            found.add(self.rng.choice(sorted(declared)))
        return found

    def some_aliases(self):
        """Of one site, or of several that may stand together; and whether the expression may be other than NULL where a row is missing."""
        sites = sorted({s.site for s in self.query.sources})
        crossing = self.aliases_of(self.crossing)
        if len(self.crossing) > 1 and self.rng.random() < 0.35:
            return crossing
        return self.aliases_of({self.rng.choice(sites)})

    def lenient(self, aliases):
        """Whether IS NULL, COALESCE and the like may stand in it: not over a left joined site of several rows a person."""
        sites = {self.query.source(a).site for a in aliases}
        return not (sites & self.left & self.many) or self.rng.random() < 0.02

    # ---- leaves ----

    def columns(self, aliases, types, roles=("dimension", "measure", "attribute"), bounded=False):
        return [(a, c) for a in aliases for c in self.query.data_set(a).columns
                if c.type in types and c.role in roles and (not bounded or c.minimum is not None)]

    def pick(self, *args, **more):
        found = self.columns(*args, **more)
        return self.rng.choice(found) if found else None

    @staticmethod
    def ref(found):
        return E("column", [found[0], found[1].name])

    def constant(self, column):
        low, high = (column.minimum, column.maximum) if column.minimum is not None else (-1000, 1000)
        return ex.number(self.rng.randint(low, high), column.decimals)

    def day(self, column):
        low, high = (column.minimum, column.maximum) if column.minimum is not None else (10_000, 12_000)
        return E("date", self.rng.randint(low, high))

    def text(self, column):
        return E("text", self.rng.choice(column.codes or TEXT_CODES))

    # ---- before aggregation ----

    def bounded(self, e, most=MAX_EXACT):
        found = ex.info(e, self.query.column)
        return found.low is not None and -most < found.low * 10 ** 2 and found.high * 10 ** 2 < most and found.decimals <= 12

    def number(self, aliases, depth, lenient):
        e = self._number(aliases, depth, lenient)
        return e if self.bounded(e) else self.ref(self.pick(aliases, ("integer", "decimal"), ("measure",)))

    def _number(self, aliases, depth, lenient):
        rng = self.rng
        plain = self.ref(self.pick(aliases, ("integer", "decimal"), ("measure", "measure", "dimension"), bounded=True))
        if depth == 0 or rng.random() < 0.3:
            return plain
        def more():
            return self.number(aliases, depth - 1, lenient)
        form = rng.randrange(11)
        if form in (0, 1):
            return E(rng.choice("+-"), None, (more(), more()))
        if form == 2:
            return E("*", None, (more(), ex.number(rng.randint(-3, 12))))
        if form == 3:
            return E("*", None, (plain, more()))
        if form == 4:
            return E(rng.choice(["ABS", "NEGATE"]), None, (more(),))
        if form == 5 and lenient:
            return E("COALESCE", None, (more(), ex.number(rng.randint(-99, 99), rng.choice([0, 1]))))
        if form == 6:
            last = more() if lenient and rng.random() < 0.5 else ex.NULL
            return E("case", None, (self.condition(aliases, depth - 1, lenient), more(), last))
        if form == 7:
            last = ex.number(0) if lenient else ex.NULL
            return E("case", None, (self.condition(aliases, depth - 1, lenient), ex.number(1), last))
        if form == 8:
            return self._days(aliases) or plain
        if form == 9:
            date = self.pick(aliases, ("date",))
            return E(rng.choice(["YEAR", "MONTH"]), None, (self.ref(date),)) if date else plain
        integer = self.pick(aliases, ("integer",), ("measure",))
        return E("%", None, (self.ref(integer), ex.number(rng.randint(2, 9)))) if integer else plain

    def _days(self, aliases):
        dates = self.columns(aliases, ("date",), bounded=True)
        if not dates:
            return None
        a, b = self.rng.choice(dates), self.rng.choice(dates)
        return E("-", None, (self.ref(a), self.ref(b) if self.rng.random() < 0.7 else self.day(a[1])))

    def condition(self, aliases, depth, lenient):
        rng = self.rng
        if depth > 0 and rng.random() < 0.3:
            form = rng.choice(["NOT", "AND", "OR"])
            return E(form, None, tuple(self.condition(aliases, depth - 1, lenient) for _ in range(1 if form == "NOT" else 2)))
        if len(aliases) > 1 and rng.random() < 0.6:
            found = self._comparison_of_columns(aliases)
            if found:
                return found
        found = rng.choice(self.columns(aliases, ("integer", "decimal", "text", "boolean", "date")))
        if lenient and rng.random() < 0.15:
            return E(rng.choice(["IS NULL", "IS NOT NULL"]), None, (self.ref(found),))
        return getattr(self, f"_{found[1].type}_condition")(self.ref(found), found[1], aliases, depth, lenient)

    def _comparison_of_columns(self, aliases):
        rng = self.rng
        types = rng.choice([("integer", "decimal"), ("integer", "decimal"), ("date",), ("text",), ("boolean",)])
        found = self.columns(aliases, types, bounded=types[0] in ("integer", "date"))
        a = rng.choice(found) if found else None
        others = [f for f in found if a and f[0] != a[0]]
        if not others:
            return None
        b = self.ref(rng.choice(others))
        op = rng.choice(["=", "<>"] if types[0] in ("text", "boolean") else ex.COMPARISONS)
        if types == ("date",) and rng.random() < 0.3:
            b = E(rng.choice("+-"), None, (b, ex.number(rng.randint(0, 400))))
        e = E(op, None, (self.ref(a), b))
        if op in ("=", "<>") or rng.random() < 0.8:
            return e
        return E(rng.choice(["BETWEEN", "NOT BETWEEN"]), None, (self.ref(a), b, self.ref(rng.choice(found))))

    def _boolean_condition(self, ref, *_):
        return self.rng.choice([ref, E("=", None, (ref, E("boolean", True))), E("NOT", None, (ref,))])

    def _date_condition(self, ref, column, *_):
        days = [self.day(column), self.day(column)]
        if self.rng.random() < 0.3:
            return E(self.rng.choice(["BETWEEN", "NOT BETWEEN"]), None, (ref, *sorted(days, key=lambda d: d.value)))
        return E(self.rng.choice(["<", ">=", "<>"]), None, (ref, days[0]))

    def _text_condition(self, ref, column, *_):
        rng = self.rng
        form = rng.randrange(6)
        if form == 0:
            return E(rng.choice(["=", "<>"]), None, (ref, self.text(column)))
        if form in (1, 2):
            return E(rng.choice(["IN", "NOT IN"]), None, (ref, self.text(column), self.text(column)))
        if form == 3:
            return E(rng.choice(["LIKE", "NOT LIKE"]), None, (ref, E("text", rng.choice(["%o%", "z_%", "%", "o'%", "_"]))))
        if form == 4:
            return E(">", None, (E("LENGTH", None, (ref,)), ex.number(rng.randint(1, 6))))
        return rng.choice([E("=", None, (E("UPPER", None, (ref,)), E("UPPER", None, (self.text(column),)))),
                           E("=", None, (E("SUBSTRING", [1, 1], (ref,)), E("text", "z")))])

    def _integer_condition(self, ref, column, aliases, depth, lenient):
        rng, form = self.rng, self.rng.randrange(5)
        if form == 0:
            return E(rng.choice(["IN", "NOT IN"]), None, (ref, self.constant(column), self.constant(column)))
        if form == 1:
            pair = sorted([self.constant(column), self.constant(column)], key=lambda e: e.value[0])
            return E(rng.choice(["BETWEEN", "NOT BETWEEN"]), None, (ref, *pair))
        if form == 2 and depth > 0:
            return E(rng.choice(ex.COMPARISONS), None, (self.number(aliases, depth - 1, lenient), self.constant(column)))
        return E(rng.choice(ex.COMPARISONS), None, (ref, self.constant(column)))

    _decimal_condition = _integer_condition

    # ---- aggregates ----

    def aggregate(self):
        rng = self.rng
        name = rng.choice([ex.ROWS, ex.ROWS, ex.PERSONS, "COUNT", "SUM", "SUM", "SUM", "AVG", "AVG", "single", "single", "pair", "pair"])
        where, aliases = None, self.some_aliases()
        lenient = self.lenient(aliases)
        if rng.random() < 0.2:
            where = self.condition(aliases, rng.randint(0, 1), lenient)
        if name == ex.ROWS:
            return ex.aggregate(name, where=where)
        if name == ex.PERSONS:
            return self._persons()
        if name == "single":
            name = rng.choice(ex.SINGLES[3:])
        if name == "pair":
            return self._pair(rng.choice(ex.PAIRS), where, aliases)
        if name == "COUNT" and rng.random() < 0.7:
            return ex.aggregate(name, self.ref(rng.choice(self.columns(aliases, ("integer", "decimal", "text", "date", "boolean")))),
                                where=where)
        return ex.aggregate(name, self.number(aliases, rng.randint(0, 2), lenient), where=where)

    def _persons(self):
        """Of a union only where no row brings its organisations together; mostly not where a row is no person."""
        inner = [s for s in self.query.sources if s.join == "inner"]
        organisations = {i for i, k in enumerate(self.query.keys) if k.kind == "organisation"}
        apart = not self.query.union() or all(organisations & set(s) for s in self.query.sets) and organisations
        if (not apart or len(self.query.sets) > 1 or self.many) and self.rng.random() < 0.9:
            return ex.aggregate(ex.ROWS)
        return ex.aggregate(ex.PERSONS, alias=self.rng.choice(inner if self.rng.random() < 0.7 else self.query.sources).alias)

    def _pair(self, name, where, aliases):
        most = self.rng.choice([10 ** 10, 10 ** 13, MAX_EXACT])

        def small(aliases):
            for _ in range(5):
                e = self.number(aliases, self.rng.choice([0, 0, 1]), False)
                if self.bounded(e, most):
                    return e
            return e
        sites = sorted({s.site for s in self.query.sources})
        if where is not None or self.rng.random() < 0.3:
            return ex.aggregate(name, small(aliases), small(aliases), where=where)
        # each of a site of its own needs no records; of several sites those of `crossing`
        one, other = [self.aliases_of({self.rng.choice(sites)}) for _ in "yx"]
        return ex.aggregate(name, small(one), small(other))

    # ---- after aggregation ----

    def after_number(self, depth, known):
        """known: aggregates that are there, to be used again."""
        rng = self.rng
        if depth == 0 or rng.random() < 0.25:
            return rng.choice(known) if rng.random() < 0.8 else ex.number(rng.randint(-50, 500), rng.choice([0, 0, 1]))
        def more():
            return self.after_number(depth - 1, known)
        form = rng.randrange(12)
        if form < 3:
            return E("+-*"[form], None, (more(), more()))
        if form < 5:
            return E("/", None, (more(), more()))
        if form == 5:
            return E("ROUND", rng.randint(0, 3), (more(),))
        if form == 6:
            return E(rng.choice(["ABS", "NEGATE"]), None, (more(),))
        if form == 7:
            return E("SQRT", None, (E("ABS", None, (more(),)),))
        if form == 8:
            return E("LN", None, (E("+", None, (ex.number(2), E("ABS", None, (more(),)))),))
        if form == 9:
            return rng.choice([E("POWER", None, (more(), ex.number(2))), E("NULLIF", None, (more(), ex.number(0)))])
        if form == 10:
            return E("COALESCE", None, (more(), ex.number(0)))
        return E("case", None, (self.after_condition(depth - 1, known), more(), rng.choice([ex.NULL, more()])))

    def after_condition(self, depth, known):
        rng = self.rng
        if depth > 0 and rng.random() < 0.3:
            form = rng.choice(["NOT", "AND", "OR"])
            return E(form, None, tuple(self.after_condition(depth - 1, known) for _ in range(1 if form == "NOT" else 2)))
        if self.query.keys and rng.random() < 0.25:
            return self._key_condition()
        form = rng.randrange(4)
        value = self.after_number(max(depth, 0), known)
        if form == 0:
            return E(rng.choice(["IS NULL", "IS NOT NULL"]), None, (value,))
        if form == 1:
            low = rng.randint(-100, 100)
            return E(rng.choice(["BETWEEN", "NOT BETWEEN"]), None, (value, ex.number(low), ex.number(low + rng.randint(0, 1000))))
        return E(rng.choice(ex.COMPARISONS), None, (value, ex.number(rng.choice([0, 1, 2, 5, 20, 100, 1000]))))

    def _key_condition(self):
        number = self.rng.randrange(len(self.query.keys))
        key, ref = self.query.keys[number], E("key", number)
        column = None if key.kind == "organisation" else self.query.column(key.alias, key.name)
        if self.rng.random() < 0.2:
            return E("IS NULL", None, (ref,))
        if key.kind == "bin" or (column and column.type == "integer"):
            low = 0 if key.kind == "bin" else column.minimum
            return E(self.rng.choice(ex.COMPARISONS), None, (ref, ex.number(low + 1)))
        if column and column.type == "boolean":
            return E("=", None, (ref, E("boolean", self.rng.random() < 0.5)))
        return E(self.rng.choice(["=", "<>"]), None, (ref, E("text", self.rng.choice(self.query.key_codes(number)))))


# ---- GROUP BY ----

def possible_keys(query):
    found = []
    for source in query.sources:
        if len(source.nodes) > 1:
            found += [Key("organisation", source.alias)] * 3
        for column in query.data_set(source.alias).columns:
            if column.role == "dimension":
                found += [Key("column", source.alias, column.name)] * 2
            elif column.edges:
                found.append(Key("bin", source.alias, column.name))
    return found


def random_keys(rng, query, writer):
    """None to four keys, of several owners at times; of data sets with several rows a person few combinations but for one site's."""
    wanted = rng.choice([0, 1, 1, 2, 2, 3, 3, 4])
    cells, wide = 1, 1
    inner = [s.site for s in query.sources if s.join == "inner"]
    spine = "union" if query.union() else rng.choice(inner) if not writer.left else query.sources[0].site
    most = rng.choice([20, 100, MAX_CELLS])
    found = possible_keys(query)
    rng.shuffle(found)
    for key in found:
        if len(query.keys) == wanted or key in query.keys:
            continue
        query.keys.append(key)
        size = len(query.key_codes(len(query.keys) - 1)) + 1
        site = query.source(key.alias).site
        narrow = key.kind != "organisation" and site in writer.many and site != spine
        if cells * size > most or (narrow and wide * size > MAX_WIDE and rng.random() < 0.97):
            query.keys.pop()
            continue
        cells *= size
        wide *= size if narrow else 1
    keys = list(range(len(query.keys)))
    query.sets = [keys]
    if keys and rng.random() < 0.3:
        query.grouping = rng.choice(["rollup", "rollup", "cube", "sets"] if len(keys) <= 3 else ["rollup", "sets"])
    if query.grouping == "rollup":
        query.sets = [keys[:n] for n in range(len(keys), -1, -1)]
    elif query.grouping == "cube":
        query.sets = [[k for k in keys if not mask >> k & 1] for mask in range(1 << len(keys))]
    elif query.grouping == "sets":
        masks = rng.sample(range(1 << len(keys)), min(rng.randint(2, 4), 1 << len(keys)))
        query.sets = [[k for k in keys if mask >> k & 1] for mask in masks]
        kept = sorted({k for s in query.sets for k in s})
        query.keys = [query.keys[k] for k in kept]
        query.sets = [[kept.index(k) for k in s] for s in query.sets]


# ---- all ----

def random_order(rng, query, writer, known):
    for _ in range(rng.randint(1, 3)):
        if query.keys and rng.random() < 0.5:
            e = E("key", rng.randrange(len(query.keys)))
        else:
            e = rng.choice(known) if rng.random() < 0.7 else writer.after_number(1, known)
        if any(a.op in ("key", "aggregate") for a in e.walk()):
            query.order.append((e, rng.random() < 0.5, rng.choice([None, None, True, False])))


def random_query(rng, world, plain=False):
    """plain: aggregates alone, as they are released."""
    sources = random_sources(rng, world)
    join_sources(rng, sources, world)
    query = Query(sources, [], [], "plain", [[]], [], world=world)
    writer = Writer(rng, query)
    random_keys(rng, query, writer)
    for _ in range(rng.choice([0, 0, 1, 1, 2])):
        aliases = writer.some_aliases()
        query.where.append(writer.condition(aliases, rng.randint(0, 2), writer.lenient(aliases)))
    query.outputs = [(f"k{i}", E("key", i)) for i in range(len(query.keys))]
    if query.grouping != "plain":
        query.outputs += [(f"g{i}", E("grouping", i)) for i in range(len(query.keys))]
    known = [writer.aggregate() for _ in range(rng.randint(1, 4))]
    outputs = list(known)
    if not plain:
        outputs = [writer.after_number(rng.randint(1, 2), known) if rng.random() < 0.3 else e for e in known]
        outputs = [e for e in outputs if any(a.op == "aggregate" for a in e.walk())] or known
        query.having = writer.after_condition(rng.randint(0, 1), known) if rng.random() < 0.2 else None
        if rng.random() < 0.3:
            random_order(rng, query, writer, known)
        if rng.random() < 0.15:
            query.limit = rng.randint(0, 12)
    query.outputs += [(f"v{i}", e) for i, e in enumerate(outputs)]
    return query

