"""The demo's report of linkage in several passes, and its check against the files in the clear."""
import csv
import pathlib
import sys
from fractions import Fraction

import sample

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "system"))
from passes import linking  # noqa: E402

QUERY = """SELECT ORGANISATION(b) AS gemeente
FROM ALL(bijstand) b JOIN personen p USING (bsn)
GROUP BY ORGANISATION(b)"""
PASSES = {"adres6": [("geboortedatum", 0), ("geslacht", 0), ("postcode", 0), ("huisnummer", 0)],
          "adres4": [("geboortedatum", 0), ("geslacht", 0), ("postcode", 4)]}
OPTIONS = [word for name in PASSES for word in ("--pass", name)]
# data set -> delimiter, encoding, form of dates, duplicates, headers of the number and of what the keys are made of
FORMS = {
    ("leidschendam", "bijstand"): (";", "utf-8-sig", "%d-%m-%Y", "leave_out",
                                   ["bsn", "geboortedatum", "geslacht", "postcode", "huisnummer"]),
    ("wassenaar", "bijstand"): ("\t", "utf-8", "%Y%m%d", "leave_out", ["SOFINR", "GEBDAT", "GESL", "PC", "HNR"]),
    ("cbs", "personen"): (";", "utf-8", "%Y-%m-%d", "refuse", ["bsn", "geboortedatum", "geslacht", "postcode", "huisnummer"]),
}
NAMES = ["bsn", "geboortedatum", "geslacht", "postcode", "huisnummer"]


class File:
    """One of the sample's files as linking.Side takes it."""

    def __init__(self, paths, node, name):
        delimiter, encoding, dates, self.duplicates, headers = FORMS[node, name]
        self.keys = PASSES
        with open(paths[node][name], encoding=encoding, newline="") as file:
            found = csv.DictReader(file, delimiter=delimiter)
            self.rows = [dict(zip(NAMES, (line[header] for header in headers))) for line in found]
        for row in self.rows:
            row["geboortedatum"] = sample.date_of(row["geboortedatum"], dates)
            row["huisnummer"] = int(row["huisnummer"])


def is_enough(persons, least):
    return persons == 0 or persons >= least


def wanted(paths, least):
    """municipality -> the cells of its row; None where one is suppressed."""
    data = linking.Side(File(paths, "cbs", "personen"), PASSES)
    found = {}
    for node in ("leidschendam", "wassenaar"):
        spine = linking.Side(File(paths, node, "bijstand"), PASSES)
        by_pass = linking.counts(linking.link(spine, data), PASSES)
        persons, linked = len(spine.rows), sum(by_pass)
        shown = is_enough(linked, least) and is_enough(persons - linked, least)
        parts = shown and all(is_enough(count, least) for count in by_pass)
        found[node] = [persons] + [linked, Fraction(linked, persons)] * shown + [None, None] * (not shown)
        found[node] += by_pass if parts else [None] * len(by_pass)
    return found


def check(paths, least, rows):
    """rows: of the printed table. Returns (values that are equal, faults)."""
    left, equal, faults = wanted(paths, least), 0, 0
    for node, *cells in rows:
        for got, want in zip(cells, left.pop(node), strict=True):
            right = got == "." if want is None else got != "." and abs(Fraction(got) - want) <= abs(want) / 10 ** 12
            equal, faults = equal + right, faults + (not right)
    return equal, faults + len(left)
