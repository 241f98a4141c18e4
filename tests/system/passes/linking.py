"""Who is linked to whom, worked out on the files in the clear as docs/linking.md says. Nothing of it is shared with the nodes."""
import collections
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "vectors"))
import check_vectors  # noqa: E402  the rules of normalisation in plain Python


def number_of(row):
    return check_vectors.bsn((row["bsn"] or "").encode())


def part_of(value, first):
    """What a column gives to a key, or None."""
    if not isinstance(value, str):
        return value
    text = (check_vectors.plain_text(value.encode()) or "").replace(" ", "")
    if not text or len(text) < first:
        return None
    return text[:first] if first else text


def key_of(row, parts):
    found = tuple(part_of(row[name], first) for name, first in parts)
    return None if None in found else found


class Side:
    """A file as linking takes it: of each row, by pass, what it may be linked by."""

    def __init__(self, data_set, passes):
        numbers = [number_of(row) for row in data_set.rows]
        often = collections.Counter(n for n in numbers if n)
        self.rows = [at for at, n in enumerate(numbers) if n is None or often[n] == 1]
        assert len(self.rows) == len(numbers) or data_set.duplicates == "leave_out", "a file that a node refuses"
        self.by = [{at: numbers[at] for at in self.rows if numbers[at]}]
        self.missing, self.shared = [], []
        for name in passes:
            keys = {at: key_of(data_set.rows[at], data_set.keys[name]) for at in self.rows}
            often = collections.Counter(key for key in keys.values() if key)
            self.by.append({at: key for at, key in keys.items() if key and often[key] == 1})
            self.missing.append(sum(key is None for key in keys.values()))
            self.shared.append(sum(1 for key in keys.values() if key and often[key] > 1))


def link(spine, data):
    """Row of the spine -> (row of the other file, pass), of two Sides; passes from 0."""
    found, taken = {}, set()
    for number, (left, right) in enumerate(zip(spine.by, data.by)):
        at_right = {key: at for at, key in right.items() if at not in taken}
        for at, key in left.items():
            other = at_right.get(key)
            if at not in found and other is not None:
                found[at] = (other, number)
                taken.add(other)
    return found


def counts(links, passes):
    """How many each pass linked, the identifier's first."""
    found = collections.Counter(number for _, number in links.values())
    return [found[p] for p in range(1 + len(passes))]
