"""What follows aggregation, worked out by the reference: expressions over a cell, in fractions as long as SQL's functions let them.

A number is a Number: exact, or a float with a bound on its error. What cannot be told for that error is MAYBE, and compares with anything."""
import math
from fractions import Fraction
from typing import NamedTuple

import expressions as ex
import pooled

COUNTS = (ex.ROWS, ex.PERSONS, "COUNT", "REGR_COUNT")


class Marker:
    def __init__(self, name):
        self.name = name

    def __repr__(self):
        return self.name


MAYBE = Marker("MAYBE")
SUPPRESSED = Marker("SUPPRESSED")


class Number(NamedTuple):
    value: object  # Fraction, or float
    error: float = 0.0  # 0 of a Fraction
    digits: bool = True  # exact, and printed in full

    @property
    def exact(self):
        return isinstance(self.value, Fraction)


def whole(value):
    return Number(Fraction(value))


def real(value, error=0.0):
    """None where it is not finite."""
    try:
        value = float(value)
    except OverflowError:
        return None
    return Number(value, error + 1e-12 * abs(value), False) if math.isfinite(value) else None


def _double(n):
    return float(n.value)


def _arithmetic(op, a, b):
    if a.exact and b.exact:
        if op in "/%":
            if b.value == 0:
                return None
            if op == "/":
                return Number(a.value / b.value, 0.0, False)
            return Number(a.value - b.value * math.trunc(a.value / b.value), 0.0, a.digits and b.digits)
        value = a.value + b.value if op == "+" else a.value - b.value if op == "-" else a.value * b.value
        return Number(value, 0.0, a.digits and b.digits)
    try:
        x, y = _double(a), _double(b)
        if op in "+-":
            return real(x + y if op == "+" else x - y, a.error + b.error + 1e-12 * (abs(x) + abs(y)))
        if op == "*":
            return real(x * y, abs(x) * b.error + abs(y) * a.error)
        if abs(y) <= 2 * b.error:
            return None if y == 0 and b.error == 0 else MAYBE
        return real(x / y, (a.error + abs(x / y) * b.error) / (abs(y) - b.error))
    except OverflowError:
        return None


def _round(a, decimals):
    def nearest(x):
        scaled = abs(x) * 10 ** decimals
        return Fraction(math.floor(scaled + Fraction(1, 2)) * (1 if x >= 0 else -1), 10 ** decimals)
    if a.exact:
        return Number(nearest(a.value))
    low, high = nearest(Fraction(a.value) - Fraction(a.error)), nearest(Fraction(a.value) + Fraction(a.error))
    return Number(low) if low == high else MAYBE


def _function(op, a):
    x = _double(a)
    if op == "SQRT":
        if a.exact:
            return None if a.value < 0 else real(pooled.root(a.value))
        return real(math.sqrt(x), math.sqrt(x + a.error) - math.sqrt(max(x - a.error, 0))) if x >= 0 else None
    if op == "LN":
        return None if x <= 0 else real(math.log(x), a.error / x)
    try:
        return real(math.exp(x), math.exp(x) * a.error)
    except OverflowError:
        return None


def _power(a, b):
    try:
        x, y = _double(a), _double(b)
        value = math.pow(x, y)
        return real(value, abs(y * value / x) * a.error if x else 0.0)
    except (OverflowError, ValueError, ZeroDivisionError):
        return None


def numeric(e, args):
    if SUPPRESSED in args:
        return SUPPRESSED
    if None in args:
        return None
    if MAYBE in args:
        return MAYBE
    if e.op == "ROUND":
        return _round(args[0], e.value)
    if e.op in ("ABS", "NEGATE"):
        a = args[0]
        return a._replace(value=abs(a.value) if e.op == "ABS" else -a.value)
    if e.op in ("SQRT", "LN", "EXP"):
        return _function(e.op, args[0])
    return _power(*args) if e.op == "POWER" else _arithmetic(e.op, *args)


# ---- conditions ----

def compare(op, a, b):
    for missing in (SUPPRESSED, None, MAYBE):
        if a is missing or b is missing:
            return missing
    if isinstance(a, Number):
        apart = abs(Fraction(a.value) - Fraction(b.value))
        if (a.error or b.error) and apart <= Fraction(4 * (a.error + b.error)):
            return MAYBE
        a, b = Fraction(a.value), Fraction(b.value)
    elif isinstance(a, str):
        a, b = a.encode(), b.encode()
    return {"=": a == b, "<>": a != b, "<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}[op]


def logic(end, args):
    """end: the truth that decides alone."""
    if any(a is end for a in args):
        return end
    for missing in (MAYBE, SUPPRESSED, None):
        if any(a is missing for a in args):
            return missing
    return not end


def negate(a):
    return (not a) if isinstance(a, bool) else a


def condition(op, args):
    if op in ex.COMPARISONS:
        return compare(op, *args)
    if op in ("AND", "OR"):
        return logic(op == "OR", args)
    if op == "NOT":
        return negate(args[0])
    if op in ("IN", "NOT IN"):
        found = logic(True, [compare("=", args[0], a) for a in args[1:]])
        return found if op == "IN" else negate(found)
    if op in ("BETWEEN", "NOT BETWEEN"):
        found = logic(False, [compare(">=", args[0], args[1]), compare("<=", args[0], args[2])])
        return found if op == "BETWEEN" else negate(found)
    if args[0] is SUPPRESSED or args[0] is MAYBE:
        return args[0]
    return (args[0] is None) == (op == "IS NULL")


# ---- a cell ----

class Row:
    """One cell of the reference, as the analyst has to see it. hidden: a function that says of an aggregate whether it is suppressed."""

    def __init__(self, query, cell, hidden=None):
        self.query, self.cell, self.hidden = query, cell, hidden or (lambda a: False)

    def key(self, number):
        text, key = self.cell.keys[number], self.query.keys[number]
        if text is None or key.kind == "organisation":
            return text
        column = self.query.column(key.alias, key.name)
        if key.kind == "bin" or column.type == "integer":
            return whole(int(text))
        return text == "true" if column.type == "boolean" else text

    def key_text(self, number):
        """As it is printed; None where it is empty or summed over."""
        text, key = self.cell.keys[number], self.query.keys[number]
        return self.query.key_codes(number)[int(text)] if text is not None and key.kind == "bin" else text

    def aggregate(self, e):
        name, filtered, _ = e.value
        sums, args = self.cell.sums[e], e.args[:-1] if filtered else e.args
        if self.hidden(e):
            return SUPPRESSED
        if name in COUNTS:
            return whole(sums.n)
        decimals = [ex.info(a, self.query.column).decimals for a in args]
        found = pooled.statistic(name, sums, decimals[-1], decimals[0])
        if found is None:
            return None
        return Number(found, 0.0, name == "SUM") if isinstance(found, Fraction) else real(found)

    def value(self, e):
        if e.op == "aggregate":
            return self.aggregate(e)
        if e.op == "key":
            return self.key(e.value)
        if e.op == "grouping":
            return whole(0 if e.value in self.query.sets[self.cell.set] else 1)
        if e.op == "number":
            return Number(Fraction(e.value[0], 10 ** e.value[1]))
        if e.op in ("text", "boolean", "null"):
            return e.value
        return self._operation(e, [self.value(a) for a in e.args])

    @staticmethod
    def _operation(e, args):
        if e.op == "case":
            for when, then in zip(args[:-1:2], args[1::2]):
                if when is SUPPRESSED or when is MAYBE:
                    return when
                if when is True:
                    return then
            return args[-1]
        if e.op == "COALESCE":
            return next((a for a in args if a is not None), None)
        if e.op == "NULLIF":
            same = compare("=", *args)
            return None if same is True else same if same in (SUPPRESSED, MAYBE) else args[0]
        if e.op in ("+", "-", "*", "/", "%", "ROUND", "ABS", "NEGATE", "SQRT", "LN", "EXP", "POWER"):
            return numeric(e, args)
        return condition(e.op, args)
