"""Expressions of random queries: a tree, its SQL as an analyst writes it, and the SQL of the reference.

The reference's numbers are integers of 128 bits, scaled by 10^decimals: so DuckDB's own rules for decimals, which differ from
Schakel's, have no say. A tree prints to JSON and back, so that a failing query can be kept."""
import datetime
from typing import NamedTuple

from random_world import EPOCH, scaled_text

COMPARISONS = ("=", "<>", "<", "<=", ">", ">=")
PAIRS = ("COVAR_SAMP", "COVAR_POP", "CORR", "REGR_COUNT", "REGR_SLOPE", "REGR_INTERCEPT", "REGR_R2", "REGR_AVGX", "REGR_AVGY")
SINGLES = ("COUNT", "SUM", "AVG", "VAR_SAMP", "VAR_POP", "STDDEV_SAMP", "STDDEV_POP", "VARIANCE", "STDDEV")
ROWS, PERSONS = "COUNT_ROWS", "COUNT_PERSONS"


class Tree(NamedTuple):
    op: str
    value: object
    args: tuple


class E(Tree):
    """op, what a leaf is or an operation needs beside its arguments, arguments.

    column [alias, name]; number [scaled, decimals]; text; boolean; date (days since 1970); null; the operators and functions by
    their names in SQL; case condition, result, ..., else; aggregate [name, whether a filter is the last argument]; key number;
    grouping number."""

    def __new__(cls, op, value=None, args=()):
        return super().__new__(cls, op, tuple(value) if isinstance(value, list) else value, tuple(args))

    def to_json(self):
        return [self.op, self.value, [a.to_json() for a in self.args]]

    @staticmethod
    def from_json(found):
        return E(found[0], found[1], tuple(E.from_json(a) for a in found[2]))

    def walk(self):
        yield self
        for argument in self.args:
            yield from argument.walk()

    def aliases(self):
        return {e.value[0] for e in self.walk() if e.op == "column"} | {
            e.value[2] for e in self.walk() if e.op == "aggregate" and e.value[0] == PERSONS}


def number(scaled, decimals=0):
    return E("number", [scaled, decimals])


def aggregate(name, *args, where=None, alias=None):
    return E("aggregate", [name, where is not None, alias], tuple(args) + ((where,) if where is not None else ()))


NULL = E("null")


# ---- types ----

class Info(NamedTuple):
    type: str  # number, text, boolean, date, null
    decimals: int = 0
    low: int = None  # of numbers and dates, scaled; None: unknown
    high: int = None


def _scaled(info, decimals):
    factor = 10 ** (decimals - info.decimals)
    return None if info.low is None else info.low * factor, None if info.high is None else info.high * factor


def _hull(infos):
    infos = [i for i in infos if i.type != "null"]
    if not infos:
        return Info("null")
    decimals = max(i.decimals for i in infos)
    bounds = [_scaled(i, decimals) for i in infos]
    known = all(low is not None for low, _ in bounds)
    return Info(infos[0].type, decimals, min(b[0] for b in bounds) if known else None,
                max(b[1] for b in bounds) if known else None)


def _arithmetic(op, a, b):
    if "date" in (a.type, b.type):
        known = None not in (a.low, b.low)
        if a.type == b.type:
            return Info("number", 0, *((a.low - b.high, a.high - b.low) if known else ()))
        low, high = (b.low, b.high) if op == "+" else (-b.high, -b.low) if b.high is not None else (None, None)
        return Info("date", 0, *((a.low + low, a.high + high) if known else ()))
    if op == "*":
        corners = [x * y for x in (a.low, a.high) for y in (b.low, b.high)] if None not in (a.low, b.low) else [None]
        return Info("number", a.decimals + b.decimals, *((min(corners), max(corners)) if None not in corners else ()))
    decimals = max(a.decimals, b.decimals)
    (al, ah), (bl, bh) = _scaled(a, decimals), _scaled(b, decimals)
    if None in (al, bl):
        return Info("number", decimals)
    return Info("number", decimals, *((al + bl, ah + bh) if op == "+" else (al - bh, ah - bl)))


def info(e, column_of):
    """Of an expression before aggregation. column_of: (alias, name) -> Column."""
    if e.op == "column":
        column = column_of(*e.value)
        kind = "number" if column.type in ("integer", "decimal") else column.type
        return Info(kind, column.decimals, column.minimum, column.maximum)
    if e.op == "number":
        return Info("number", e.value[1], e.value[0], e.value[0])
    if e.op == "date":
        return Info("date", 0, e.value, e.value)
    if e.op in ("text", "boolean", "null"):
        return Info(e.op)
    of = [info(a, column_of) for a in e.args]
    if e.op in ("+", "-", "*"):
        return _arithmetic(e.op, *of)
    if e.op == "%":
        most = max(abs(of[1].low), abs(of[1].high)) - 1
        return Info("number", 0, -most, most)
    if e.op in ("NEGATE", "ABS"):
        if of[0].low is None:
            return Info("number", of[0].decimals)
        most = max(abs(of[0].low), abs(of[0].high))
        return Info("number", of[0].decimals, *((-of[0].high, -of[0].low) if e.op == "NEGATE" else (0, most)))
    if e.op == "COALESCE":
        return _hull(of)
    if e.op == "case":
        return _hull(of[1::2] + of[-1:])
    if e.op == "YEAR" and of[0].low is not None:
        return Info("number", 0, *((EPOCH + datetime.timedelta(days=d)).year for d in (of[0].low, of[0].high)))
    if e.op in ("LENGTH", "YEAR", "MONTH"):
        return Info("number", 0, 1 if e.op == "MONTH" else 0, 12 if e.op == "MONTH" else 10_000)
    return Info("text" if e.op in ("LOWER", "UPPER", "SUBSTRING") else "boolean")


# ---- text ----

def text_literal(text):
    return "'" + text.replace("'", "''") + "'"


def date_literal(days):
    return f"DATE '{(EPOCH + datetime.timedelta(days=days)).isoformat()}'"


def case_text(parts):
    text = "CASE" + "".join(f" WHEN {w} THEN {t}" for w, t in zip(parts[:-1:2], parts[1::2]))
    return f"({text}{'' if parts[-1] is None else f' ELSE {parts[-1]}'} END)"


def form(e, args):
    """The SQL of an operation that both sides write alike, of its arguments' SQL."""
    if e.op in COMPARISONS or e.op in ("+", "-", "*", "%", "/", "LIKE", "NOT LIKE"):
        return f"({args[0]} {e.op} {args[1]})"
    if e.op in ("AND", "OR"):
        return "(" + f" {e.op} ".join(args) + ")"
    if e.op in ("IN", "NOT IN"):
        return f"({args[0]} {e.op} ({', '.join(args[1:])}))"
    if e.op in ("BETWEEN", "NOT BETWEEN"):
        return f"({args[0]} {e.op} {args[1]} AND {args[2]})"
    if e.op in ("IS NULL", "IS NOT NULL"):
        return f"({args[0]} {e.op})"
    if e.op == "NOT":
        return f"(NOT {args[0]})"
    if e.op == "NEGATE":
        return f"(-({args[0]}))"
    if e.op == "SUBSTRING":
        return f"SUBSTRING({args[0]}, {e.value[0]}, {e.value[1]})"
    if e.op == "ROUND":
        return f"ROUND({args[0]}, {e.value})"
    return f"{e.op}({', '.join(args)})"


def leaf(e):
    if e.op == "column":
        return f"{e.value[0]}.{e.value[1]}"
    if e.op == "number":
        return scaled_text(*e.value)
    if e.op == "text":
        return text_literal(e.value)
    if e.op == "boolean":
        return "TRUE" if e.value else "FALSE"
    if e.op == "date":
        return date_literal(e.value)
    return "NULL"


def sql(e, query):
    """As an analyst writes it; query has key_sql(number) and identifier(alias)."""
    if e.op in ("key", "grouping"):
        return query.key_sql(e.value) if e.op == "key" else f"GROUPING({query.key_sql(e.value)})"
    args = [sql(a, query) for a in e.args]
    if e.op == "aggregate":
        name, filtered, alias = e.value
        where = f" FILTER (WHERE {args.pop()})" if filtered else ""
        if name == ROWS:
            return f"COUNT(*){where}"
        inside = f"DISTINCT {alias}.{query.identifier(alias)}" if name == PERSONS else ", ".join(args)
        return f"{'COUNT' if name == PERSONS else name}({inside}){where}"
    if e.op == "case":
        return case_text(args[:-1] + [None if e.args[-1].op == "null" else args[-1]])
    return form(e, args) if e.args else leaf(e)


# ---- the reference's text ----

class Reference:
    """Prints expressions before aggregation for DuckDB, over tables whose numbers are scaled integers."""

    def __init__(self, column_of):
        self.column_of = column_of

    def info(self, e):
        return info(e, self.column_of)

    def print(self, e, decimals=None):
        """decimals: of a number, its scale; at least its own."""
        own = self.info(e)
        if own.type == "number":
            factor = 10 ** ((own.decimals if decimals is None else decimals) - own.decimals)
            return f"({self._number(e, own)} * {factor}::HUGEINT)" if factor > 1 else self._number(e, own)
        if e.op == "null":
            return "NULL"
        if own.type == "date" and e.op in ("+", "-"):
            return f"({self.print(e.args[0])} {e.op} CAST({self.print(e.args[1])} AS INTEGER))"
        if e.op == "column":
            return f'{e.value[0]}."{e.value[1]}"'
        return self._choice(e, own) if e.op in ("case", "COALESCE") else form(e, self._alike(e)) if e.args else leaf(e)

    def _alike(self, e):
        """The arguments, numbers among them on one scale."""
        decimals = max(self.info(a).decimals for a in e.args)
        return [self.print(a, decimals) for a in e.args]

    def _choice(self, e, own):
        if e.op == "COALESCE":
            return f"COALESCE({', '.join(self.print(a, own.decimals) for a in e.args)})"
        last = len(e.args) - 1
        return case_text([self.print(a) if i % 2 == 0 and i < last else self.print(a, own.decimals)
                          for i, a in enumerate(e.args)])

    def _number(self, e, own):
        if e.op == "number":
            return f"({e.value[0]})::HUGEINT"
        if e.op == "column":
            return f'{e.value[0]}."{e.value[1]}"'
        if e.op in ("case", "COALESCE"):
            return self._choice(e, own)
        if e.op == "*":
            return f"({self.print(e.args[0])} * {self.print(e.args[1])})"
        if e.op in ("+", "-") and self.info(e.args[0]).type == "date":
            return f"({self.print(e.args[0])} - {self.print(e.args[1])})::HUGEINT"
        if e.op in ("+", "-"):
            return form(e, [self.print(a, own.decimals) for a in e.args])
        if e.op == "NEGATE":
            return f"(-{self.print(e.args[0])})"
        if e.op == "ABS":
            inner = self.print(e.args[0])
            return f"(CASE WHEN {inner} < 0 THEN -{inner} ELSE {inner} END)"
        return f"{form(e, [self.print(a) for a in e.args])}::HUGEINT"
