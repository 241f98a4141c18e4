"""An answer against the reference: which rows there are, every value in them, their order, and what the rules let be seen."""
import csv
import io
from decimal import Decimal
from fractions import Fraction

import expressions as ex
from after import COUNTS, MAYBE, Number, Row


class Mismatch(Exception):
    """An answer differs from the reference; the text says where."""


class Answer:
    """The CSV of an answer, read: (set, key texts) -> fields of the other outputs, and what the column `suppressed` says."""

    def __init__(self, query, text):
        rows = list(csv.reader(io.StringIO(text)))
        self.query, self.names = query, [name for name, _ in query.outputs]
        if rows[0] != self.names + ["suppressed"]:
            raise Mismatch(f"the answer has the header {rows[0]}")
        self.lines = []  # ((set, keys), fields by output, word), in the order of the answer
        for row in rows[1:]:
            if len(row) != len(rows[0]):
                raise Mismatch(f"a row has {len(row)} fields: {row}")
            fields = dict(zip(self.names, row[:-1]))
            self.lines.append((self._place(fields), fields, row[-1]))
        self.by_place = {place: (fields, word) for place, fields, word in self.lines}
        if len(self.by_place) != len(self.lines):
            raise Mismatch("two rows stand at one place")

    def _place(self, fields):
        query = self.query
        keys = tuple(fields[f"k{i}"] or None for i in range(len(query.keys)))
        if query.grouping == "plain":
            return 0, keys
        kept = [i for i in range(len(query.keys)) if fields[f"g{i}"] == "0"]
        for number, keys_of in enumerate(query.sets):
            if sorted(keys_of) == kept:
                return number, keys
        raise Mismatch(f"a row is of no grouping set: {fields}")


def fits(text, want):
    """Whether a printed field is the reference's value."""
    if want is MAYBE:
        return True
    if want is None or text == "":
        return want is None and text == ""
    if not isinstance(want, Number):
        return text == {True: "true", False: "false"}.get(want, want)
    got = Fraction(Decimal(text))
    if want.exact and want.digits:
        return got == want.value
    value = Fraction(want.value)
    return abs(got - value) <= max(abs(value) * Fraction(1, 10 ** 9), Fraction(10 * want.error))


def values_of(query):
    return [(name, e) for name, e in query.outputs if e.op not in ("key", "grouping")]


def show(want):
    return str(float(want.value) if isinstance(want, Number) and not want.digits else want.value if isinstance(want, Number) else want)


def check_fields(query, place, fields, row):
    for name, e in query.outputs:
        want = row.key_text(e.value) if e.op == "key" else row.value(e)
        if not fits(fields[name], want):
            raise Mismatch(f"{name} at {place} is {fields[name]!r}, not {show(want)}; {row.cell.persons} persons"
                           + "".join(f", {s}" for a, s in row.cell.sums.items() if a in e.walk()))
    return len(fields)


# ---- order ----

def order_key(row, e, descending, first):
    """(rank, value): NULLs stand where SQL puts them; None where it cannot be told."""
    value = row.value(e)
    if value is MAYBE:
        return None
    if value is None:
        return (-1 if (descending if first is None else first) else 1), 0
    if isinstance(value, Number):
        value = Fraction(value.value)
    elif isinstance(value, str):
        value = value.encode()
    return 0, value


def is_before(query, a, b):
    """Whether row a may stand before row b."""
    for e, descending, first in query.order:
        x, y = order_key(a, e, descending, first), order_key(b, e, descending, first)
        if x is None or y is None:
            return True
        if x[0] != y[0]:
            return x[0] < y[0]
        if x[1] != y[1]:
            value = a.value(e), b.value(e)
            if isinstance(value[0], Number) and abs(x[1] - y[1]) <= Fraction(4 * (value[0].error + value[1].error)):
                return True
            return (x[1] < y[1]) != descending
    return True


def code_order(query, place):
    """Without ORDER BY rows stand by their codes, what is summed over last."""
    number, keys = place
    found = []
    for k, text in enumerate(keys):
        codes = query.key_codes(k)
        found.append(len(codes) + 1 if k not in query.sets[number] else codes.index(text) if text is not None else len(codes))
    return found


def check_order(query, answer, rows):
    printed = [rows[place] for place, _, _ in answer.lines]
    for a, b in zip(printed, printed[1:]):
        if not is_before(query, a, b):
            raise Mismatch(f"the row {b.cell.keys} stands behind {a.cell.keys}")
    if not query.order and query.grouping in ("plain", "rollup"):
        codes = [code_order(query, place) for place, _, _ in answer.lines]
        if codes != sorted(codes):
            raise Mismatch("without ORDER BY the rows are not in the order of their codes")


def check_limit(query, answer, sure, maybe, rows):
    least, most = len(sure), len(sure) + len(maybe)
    limit = query.limit if query.limit is not None else most
    if not min(limit, least) <= len(answer.lines) <= min(limit, most):
        missing = sorted((p for p in sure if p not in answer.by_place), key=str)[:5]
        raise Mismatch(f"there are {len(answer.lines)} rows, not {least} to {most}, of which {limit} are asked for; missing {missing}")
    if query.order and answer.lines and len(answer.lines) == limit:
        last = rows[answer.lines[-1][0]]
        for place in sure:
            if place not in answer.by_place and not is_before(query, last, rows[place]):
                raise Mismatch(f"LIMIT leaves out {place}, which stands before {last.cell.keys}")


def rows_of(query, cells):
    found = {}
    for cell in cells:
        row = Row(query, cell)
        found[cell.set, tuple(row.key_text(k) for k in range(len(query.keys)))] = row
    return found


def compare_open(query, cells, text):
    """Without a threshold: the rows of SQL, and nothing else. Returns how many values were compared."""
    answer, rows = Answer(query, text), rows_of(query, cells)
    sure, maybe = set(), set()
    for place, row in rows.items():
        having = row.value(query.having) if query.having else True
        if having is True or having is MAYBE:
            (sure if having is True else maybe).add(place)
    compared = 0
    for place, fields, word in answer.lines:
        if word:
            raise Mismatch(f"the row {place} is suppressed: {word}; {f'{rows[place].cell.persons} persons' if place in rows else 'nobody'}")
        if place not in sure | maybe:
            raise Mismatch(f"there is a row {place}; the reference has {'it not' if place not in rows else 'a HAVING that drops it'}")
        compared += check_fields(query, place, fields, rows[place])
    check_limit(query, answer, sure, maybe, rows)
    check_order(query, answer, rows)
    return compared


# ---- thresholds ----

class Rules:
    def __init__(self, query, min_persons, show_zero):
        self.query, self.least, self.show_zero = query, min_persons, show_zero
        self.simple = query.grouping == "plain" and not any(query.data_set(s.alias).many for s in query.sources)

    def _few(self, persons, zero=True):
        """Whether so few may not be seen."""
        return not (persons >= self.least or (persons == 0 and zero and self.show_zero))

    def row_hides(self, cell):
        return cell.persons < self.least

    def _contributors(self, e, n, total, nonzero, complete):
        found = ex.info(e, self.query.column)
        if complete and found.low is not None and found.high - found.low == 1:  # two neighbours: the sum says how many have each
            upper = total - n * found.low
            return self._few(upper) or self._few(n - upper)
        never = found.low is not None and (found.low > 0 or found.high < 0)
        return not never and self._few(nonzero)

    def _others(self, args, filtered, cell, s):
        """Persons of a row who have no value by the analyst's doing, or by a left join's; None where that is a column's own affair:
        one column, of which WHERE says nothing."""
        plain = not filtered and len(args) == 1 and args[0].op == "column" and self.query.source(args[0].value[0]).join == "inner"
        named = plain and any(e.op == "column" and e.value == args[0].value for where in self.query.where for e in where.walk())
        return None if plain and not named else cell.persons - s.persons

    def hides(self, aggregate, cell, complete):
        """Whether the rules hide a value of a row that is shown. complete: whether they may, else whether they must."""
        name, filtered, alias = aggregate.value
        args, s = aggregate.args[:-1] if filtered else aggregate.args, cell.sums[aggregate]
        if name == ex.ROWS and not filtered:
            return False
        if name == ex.PERSONS and self.query.source(alias).join == "inner":
            return False
        direct = all(a.op == "column" for a in args)
        if s.persons < self.least or (complete and not direct):
            return True
        if complete and filtered:
            return True  # those whom the FILTER leaves out of them who have a value are not counted here
        others = self._others(args, filtered or name == ex.PERSONS, cell, s)
        if others is not None and (self._few(others) if complete else filtered and 0 < others < self.least):
            return True
        if name in COUNTS or s.n == 0 or not direct:
            return False
        x = name != "REGR_AVGY" and self._contributors(args[-1], s.n, s.x, s.nonzero_x, complete)
        y = len(args) == 2 and name != "REGR_AVGX" and self._contributors(args[0], s.n, s.y, s.nonzero_y, complete)
        return x or y


def check_shown(rules, place, fields, word, row):
    query, compared = rules.query, 0
    if rules.row_hides(row.cell) and not (row.cell.persons == 0 and (rules.show_zero or not place[1])):
        raise Mismatch(f"the row {place} is shown, with {row.cell.persons} persons")
    for name, e in values_of(query):
        want, text = row.value(e), fields[name]
        if text == "":
            if want is not None and word == "":
                raise Mismatch(f"{name} at {place} is empty and not suppressed, not {show(want)}")
            if e.op == "aggregate" and want is not None and rules.simple and not rules.hides(e, row.cell, True):
                raise Mismatch(f"{name} at {place} is suppressed, and need not be: {row.cell.sums[e]}")
            continue
        compared += 1
        if e.op == "aggregate" and row.cell.persons > 0 and rules.hides(e, row.cell, False):
            raise Mismatch(f"{name} at {place} is shown, over too few: {row.cell.sums[e]}")
        if not fits(text, want):
            raise Mismatch(f"{name} at {place} is {text!r}, not {show(want)}")
    return compared


def check_margin(rules, place, number, answer, rows):
    """What a margin less the cells of a finer set that are shown gives away: persons of rows, and of single values."""
    query, (own, keys) = rules.query, place
    hidden, hidden_values, unclear = 0, {}, set()
    for finer, row in rows.items():
        within = all(finer[1][k] == keys[k] for k in query.sets[own])
        if finer[0] != number or not within or finer not in answer.by_place:
            continue
        fields, word = answer.by_place[finer]
        suppressed = word != "" and "behind a value" not in word
        hidden += row.cell.persons if suppressed else 0
        for name, e in values_of(query):
            if e.op == "aggregate" and fields[name] == "":
                hidden_values[name] = hidden_values.get(name, 0) + row.cell.sums[e].persons
                if row.value(e) is None and not suppressed and word:  # NULL, or suppressed
                    unclear.add(name)
    if 0 < hidden < rules.least:
        raise Mismatch(f"the margin {place} gives away {hidden} persons of the suppressed rows of set {query.sets[number]}")
    fields, _ = answer.by_place[place]
    for name, e in values_of(query):
        persons = hidden_values.get(name, 0)
        if fields[name] != "" and name not in unclear and 0 < persons < rules.least:
            raise Mismatch(f"{name} of the margin {place} gives away {persons} persons of suppressed values of set {query.sets[number]}")


def check_margins(rules, answer, rows):
    checked = 0
    for place, _, word in answer.lines:
        if word and "behind a value" not in word:
            continue
        for number, keys in enumerate(rules.query.sets):
            if set(keys) > set(rules.query.sets[place[0]]):
                check_margin(rules, place, number, answer, rows)
                checked += 1
    return checked


def compare_ruled(query, cells, text, min_persons, show_zero):
    """With a threshold: nothing that the rules hide is shown, in simple cases nothing else is hidden, and what is shown is right."""
    answer, rows = Answer(query, text), rows_of(query, cells)
    rules, compared = Rules(query, min_persons, show_zero), 0
    for place, fields, word in answer.lines:
        if word and "behind a value" not in word:
            row = rows.get(place)
            if any(fields[name] != "" for name, e in values_of(query) if e.op == "aggregate"):
                raise Mismatch(f"the row {place} is suppressed and has values")
            if row is not None and rules.simple and not rules.row_hides(row.cell):
                raise Mismatch(f"the row {place} is suppressed, and has {row.cell.persons} persons")
        elif place not in rows:
            raise Mismatch(f"there is a row {place}; the reference has none")
        else:
            compared += check_shown(rules, place, fields, word, rows[place])
    plain = not query.having and query.limit is None
    for place, row in rows.items():
        if plain and place not in answer.by_place and row.cell.persons > 0:
            raise Mismatch(f"there is no row {place}, with {row.cell.persons} persons")
    if plain:
        check_margins(rules, answer, rows)
    return compared


def compare(query, cells, text, min_persons=1, show_zero=True):
    if min_persons <= 1:
        return compare_open(query, cells, text)
    return compare_ruled(query, cells, text, min_persons, show_zero)


def tampered(query, text):
    """The answer with one number of an aggregate changed, or None where it has none: it has to be found out."""
    rows = list(csv.reader(io.StringIO(text)))
    aggregates = [i for i, (_, e) in enumerate(query.outputs) if e.op == "aggregate"]
    for row in rows[1:]:
        for i in aggregates:
            if row[i]:
                row[i] = str(3 * Decimal(row[i]) + 2 if Decimal(row[i]) >= 0 else 1 - Decimal(row[i]))
                out = io.StringIO()
                csv.writer(out).writerows(rows)
                return out.getvalue()
    return None


def check_test(query, cells, text, *rules):
    """That a changed answer would not pass."""
    changed = tampered(query, text)
    if changed is None:
        return
    try:
        compare(query, cells, changed, *rules)
    except Mismatch:
        return
    raise Mismatch("the test lets a changed answer pass")
