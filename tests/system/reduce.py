"""Makes a failing query small: what can be left out of it, of its data sets and of their rows, with the same kind of failure."""
import copy
import time

from expressions import E


def without(items, i):
    return items[:i] + items[i + 1:]


def smaller_expressions(e):
    """Trees with a part replaced by one of its own parts."""
    for i, argument in enumerate(e.args):
        for smaller in [a for a in argument.args if a.op not in ("null",)] + list(smaller_expressions(argument)):
            yield e._replace(args=e.args[:i] + (smaller,) + e.args[i + 1:])
    if e.op == "aggregate" and e.value[1]:
        yield E("aggregate", [e.value[0], False, e.value[2]], e.args[:-1])


def drop_key(query, number):
    found = copy.copy(query)
    def uses(e):
        return any(x.op in ("key", "grouping") and x.value == number for x in e.walk())
    def moved(e):
        if e.op in ("key", "grouping"):
            return e._replace(value=e.value - (e.value > number))
        return e._replace(args=tuple(moved(a) for a in e.args))
    found.keys = without(query.keys, number)
    sets = [[k - (k > number) for k in s if k != number] for s in query.sets]
    found.sets = [s for i, s in enumerate(sets) if sorted(s) not in [sorted(t) for t in sets[:i]]]
    if query.grouping == "rollup":
        found.sets = [list(range(n)) for n in range(len(found.keys), -1, -1)]
    if not found.keys:
        found.grouping, found.sets = "plain", [[]]
    names = [(n, e) for n, e in query.outputs if not uses(e)]
    found.outputs = [(f"{n[0]}{moved(e).value}" if e.op in ("key", "grouping") else n, moved(e)) for n, e in names
                     if found.grouping != "plain" or e.op != "grouping"]
    found.having = moved(query.having) if query.having and not uses(query.having) else None
    found.order = [(moved(e), d, f) for e, d, f in query.order if not uses(e)]
    return found


def plain(query):
    found = copy.copy(query)
    found.grouping, found.sets = "plain", [list(range(len(query.keys)))]
    found.outputs = [(n, e) for n, e in query.outputs if e.op != "grouping"]
    return found if not any(x.op == "grouping" for e in found.after() for x in e.walk()) else None


def changed(query, **fields):
    found = copy.copy(query)
    for name, value in fields.items():
        setattr(found, name, value)
    return found


def smaller_queries(query):
    if query.limit is not None:
        yield changed(query, limit=None)
    if query.order:
        yield changed(query, order=[])
        for i in range(len(query.order)):
            yield changed(query, order=without(query.order, i))
    if query.having:
        yield changed(query, having=None)
        for e in smaller_expressions(query.having):
            yield changed(query, having=e)
    values = [i for i, (_, e) in enumerate(query.outputs) if e.op not in ("key", "grouping")]
    if len(values) > 1:
        for i in values:
            yield changed(query, outputs=without(query.outputs, i))
    for i in range(len(query.where)):
        yield changed(query, where=without(query.where, i))
    if query.grouping != "plain" and plain(query):
        yield plain(query)
    if query.grouping == "sets" and len(query.sets) > 2:
        for i in range(len(query.sets)):
            sets = without(query.sets, i)
            if {k for s in sets for k in s} == set(range(len(query.keys))):
                yield changed(query, sets=sets)
    for i in range(len(query.keys)):
        yield drop_key(query, i)
    yield from smaller_sources(query)
    for i in values:
        name, e = query.outputs[i]
        for smaller in list(e.args) + list(smaller_expressions(e)):
            if any(a.op == "aggregate" for a in smaller.walk()):
                yield changed(query, outputs=query.outputs[:i] + [(name, smaller)] + query.outputs[i + 1:])
    for i, e in enumerate(query.where):
        for smaller in list(e.args) + list(smaller_expressions(e)):
            yield changed(query, where=query.where[:i] + [smaller] + query.where[i + 1:])


def smaller_sources(query):
    used = query.used_aliases()
    for i, source in enumerate(query.sources):
        if source.alias not in used and len(query.sources) > 2 and not (i == 0 and query.sources[1].join == "left"):
            rest = [copy.copy(s) for s in without(query.sources, i)]
            for s in rest:
                s.on = rest[0].alias if s.on == source.alias else s.on
            yield changed(query, sources=rest)
        if source.join == "left":
            rest = [copy.copy(s) for s in query.sources]
            rest[i].join = "inner"
            yield changed(query, sources=rest)
        if len(source.nodes) > 2:
            for n in range(len(source.nodes)):
                rest = [copy.copy(s) for s in query.sources]
                rest[i].nodes = without(source.nodes, n)
                yield changed(query, sources=rest)


def unused_sets(world, query):
    names = {s.name for s in query.sources}
    found = copy.copy(world)
    found.sets = [s for s in world.sets if s.name in names]
    return found


def with_rows(world, number, node, rows):
    smaller, found = copy.copy(world.sets[number]), copy.copy(world)
    smaller.rows = {**smaller.rows, node: rows}
    found.sets = world.sets[:number] + [smaller] + world.sets[number + 1:]
    return found


def fewer_rows(world, fails):
    """Leaves out runs of rows, halves first; fails: of a world."""
    for number, data_set in enumerate(world.sets):
        for node in data_set.nodes:
            step = (len(data_set.rows[node]) + 1) // 2
            while step >= 1:
                start = 0
                while start < len(world.sets[number].rows[node]):
                    rows = world.sets[number].rows[node]
                    smaller = with_rows(world, number, node, rows[:start] + rows[start + step:])
                    if fails(smaller):
                        world = smaller
                    else:
                        start += step
                step = step // 2
    return world


def reduce(world, query, fails, seconds=30):
    """fails(world, query): whether it still fails in that way. Returns the smallest found within so many seconds."""
    end = time.monotonic() + seconds

    def attempt(candidates):
        for candidate in candidates:
            if time.monotonic() > end:
                return None
            try:
                if fails(*candidate):
                    return candidate
            except (KeyError, ValueError, IndexError, StopIteration):
                continue
        return None
    while True:
        found = attempt((world, changed(q, world=world)) for q in smaller_queries(query))
        if found is None:
            break
        world, query = found
    smaller = unused_sets(world, query)
    if fails(smaller, changed(query, world=smaller)):
        world = smaller
    world = fewer_rows(world, lambda w: time.monotonic() < end and fails(w, changed(query, world=w)))
    return world, changed(query, world=world)
