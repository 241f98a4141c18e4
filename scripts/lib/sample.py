#!/usr/bin/env python3
"""Makes the sample: files of four organisations about 50,000 residents who do not exist (residents.py).

    sample.py FOLDER [--residents N] [--seed N]

writes FOLDER/{leidschendam,wassenaar,cbs,partner}/*, the schemas beside the files, and FOLDER/README.txt. The same seed gives the
same bytes.

The files have what real ones have: semicolons, tabs, decimal commas and points, a byte-order mark (bijstand), Latin-1 (schuldhulp),
CRLF line ends (jeugdhulp), several forms of dates and postcodes, quoted fields, empty fields, numbers that are missing or fail the
11-test, identifiers that occur twice. Both municipalities have the data set bijstand, each in a file of its own form; a few persons are in both."""
import argparse
import datetime
import pathlib
import random
import shutil

import residents as people

SCHEMAS = pathlib.Path(__file__).resolve().parent / "sample_schemas"
CARE_FORMS = {"ambulant": 55, "dagbehandeling": 15, "pleegzorg": 8, "verblijf": 7, "crisis": 3, "dyslexie": 12}
WORK_PLACES = {"leidschendam": {"GM1916": 24, "GM0518": 38, "GM0637": 12, "GM0546": 6, "GM0599": 8, "GM0629": 3, "elders": 9},
               "wassenaar": {"GM0629": 21, "GM0518": 36, "GM0546": 19, "GM1916": 8, "GM0599": 5, "GM0637": 3, "elders": 8}}
BRANCHES = {"zakelijk": 26, "bouw": 17, "zorg": 15, "handel": 15, "horeca": 9, "vervoer": 8, "cultuur": 10}
AT_BOTH = 60  # persons who moved and are on benefit in both files
# data set at node -> (its file, its schema)
FILES = {
    "leidschendam": {"bijstand": "bijstand_synthetisch.csv", "schuldhulp": "schuldhulp_synthetisch.txt"},
    "wassenaar": {"bijstand": "BIJST25_synthetisch.txt"},
    "cbs": {"banen": "banen_synthetisch.csv", "personen": "personen_synthetisch.csv",
            "zelfstandigen": "zelfstandigen_synthetisch.csv"},
    "partner": {"jeugdhulp": "jeugdhulp_synthetisch.csv"},
}


def decimal(cents, separator=","):
    """An amount in cents as files write it."""
    sign, cents = ("-", -cents) if cents < 0 else ("", cents)
    return f"{sign}{cents // 100}{separator}{cents % 100:02d}"


def date_of(text, form):
    return datetime.datetime.strptime(text, form).date()


def clamp(value, low, high):
    return int(min(max(value, low), high))


def mistyped(rng, bsn):
    """A number as somebody wrote it down: with two digits exchanged, which the 11-test notices, or left out."""
    digits = list(f"{bsn:09d}")
    at = [i for i in range(8) if digits[i] != digits[i + 1]]
    if rng.random() < 0.4 or not at:
        return ""
    i = rng.choice(at)
    digits[i], digits[i + 1] = digits[i + 1], digits[i]
    return "".join(digits)


def find_by(home, date_format, postcode):
    """The columns that find a person without the number."""
    return [home.born.strftime(date_format), home.sex, postcode(home.postcode), str(home.number)]


def benefit_rows(rng, slips, residents, municipality, date_format, separator, postcode):
    """bijstand: one row a person; some occur twice, some numbers fail the 11-test or are missing, some neighbourhoods are unknown."""
    def row(person, buurt):
        amount = clamp(rng.gauss(121_000, 24_000), 15_000, 210_000)
        bsn = f"{person.bsn:09d}" if slips.random() > 0.015 else mistyped(slips, person.bsn)
        return [bsn, buurt, person.programme, str(person.begin.year), person.age_class,
                decimal(amount, separator) if rng.random() > 0.03 else "", person.begin.strftime(date_format)] + find_by(
                    person.home, date_format, postcode)
    clients = [p for p in residents.persons if p.programme and p.municipality == municipality]
    moved = [p for p in residents.persons if p.programme and p.municipality != municipality][:AT_BOTH // 2]
    places = residents.buurten[municipality]
    rows = [row(p, p.buurt if rng.random() > 0.01 else "") for p in clients] + [row(p, rng.choice(places)) for p in moved]
    known = len(rows)
    for bsn in residents.invalid[:25]:
        buurt = rng.choice(places)
        rows.append([f"{bsn:09d}", buurt, "werkfit", "2023", "27-34", decimal(118_000, separator), rows[0][6]] + find_by(
            residents.home(slips, slips.randint(27, 34), municipality, buurt), date_format, postcode))
    rows += [list(r) for r in rng.sample(rows[:known], 30)]  # the same row twice
    rows += [r[:2] + ["scholing"] + r[3:] for r in rng.sample(rows[:known], 10)]  # the same person with another programme
    rng.shuffle(rows)
    return rows


def job_rows(rng, residents):
    """banen: each person has a row a job and year, and a row without job, wage and hours in a year without work."""
    rows = []
    for person in residents.persons:
        if person.programme is None and rng.random() < 0.45:
            continue  # not in this extract
        bsn = f"{person.bsn:09d}"
        for year in people.JOB_YEARS:
            jobs = [job for job in person.jobs if job.year == year]
            for job in jobs:
                rows.append([bsn, str(year), job.sector, "1", decimal(job.cents) if rng.random() > 0.01 else "",
                             str(job.hours)])
            if not jobs and rng.random() < 0.9:
                rows.append([bsn, str(year), "", "0", "", ""])
    for bsn in residents.elsewhere + residents.invalid[100:160]:
        rows.append([f"{bsn:09d}", "2025", "handel", "1", decimal(2_400_000), "1500"])
    rng.shuffle(rows)
    return rows


def person_rows(rng, slips, residents):
    """personen: one row each; about one in a hundred is missing, and a few have moved."""
    rows = []
    for person in residents.persons:
        if rng.random() < 0.01:
            continue
        own = max(residents.wage_of(person, 2025) // 100, 0)
        partner = rng.lognormvariate(10.1, 0.6) if person.household.startswith("paar") and rng.random() < 0.6 else 0
        benefit = 14_500 if person.programme and own < 14_500 else 0
        income = clamp((own + partner + benefit) * rng.uniform(0.72, 0.86) + rng.uniform(0, 4_000), 0, 120_000)
        jobs = [job for job in person.jobs if job.year == 2025]
        rows.append([f"{person.bsn:09d}", str(person.age), person.household, str(person.children),
                     str(income) if rng.random() > 0.02 else "", "1" if jobs else "0",
                     max(jobs, key=lambda job: job.hours).sector if jobs else "",
                     people.pick(rng, WORK_PLACES[person.municipality]) if jobs else "",
                     min(job.begin for job in person.jobs).isoformat() if person.jobs else ""] + find_by(
                         person.home if slips.random() > 0.04 else person.home.moved(slips), "%Y-%m-%d", str.lower))
    rng.shuffle(rows)
    return rows


def self_employed_rows(rng, residents):
    """zelfstandigen: one row each for the year 2025; profit may be a loss."""
    rows = []
    for person in residents.persons:
        if rng.random() < (0.42 if person.programme == "ondernemen" else 0.03 if person.programme else 0.07):
            level = 13_000 if person.programme else 34_000
            profit = clamp((level * rng.lognormvariate(-0.15, 0.7) - 4_000) * 100, -5_000_000, 15_000_000)
            rows.append([f"{person.bsn:09d}", people.pick(rng, BRANCHES), "J" if rng.random() < 0.3 else "N",
                         decimal(profit, "."), str(clamp(rng.gauss(1_150, 480), 50, 3_500))])
    rng.shuffle(rows)
    return rows


def debt_rows(rng, residents):
    """schuldhulp: one row a person, as an older system exports it."""
    rows = []
    for person in residents.persons:
        if person.debts and person.municipality == "leidschendam":
            debt = clamp(rng.lognormvariate(14.4, 0.8), 50_000, 10_000_000)
            rows.append([f"{person.bsn:09d}", people.pick(rng, {"intake": 25, "minnelijk": 45, "wettelijk": 12, "afgerond": 18}),
                         decimal(debt), str(clamp(rng.gauss(11, 5), 1, 40))])
    rng.shuffle(rows)
    return rows


def youth_rows(rng, residents):
    """jeugdhulp: one to three rows under the number of a parent; a text that holds the separator stands between quotes."""
    remarks = ["", "", "", "verlengd", "\"via huisarts; wijkteam\"", "\"zegt \"\"ja\"\"\""]
    rows = []
    for person in residents.persons:
        chance = 0.0 if person.children == 0 else 0.14 + 0.08 * (person.household == "eenouder") + 0.12 * person.debts
        if rng.random() < chance:
            for _ in range(1 + (rng.random() < 0.3) + (rng.random() < 0.05)):
                days = clamp(rng.lognormvariate(4.9, 0.7), 7, 1_460)
                begin = people.day_in(rng, rng.choice((2023, 2024, 2025)))
                rows.append([f"{person.bsn:09d}", str(begin.year), people.pick(rng, CARE_FORMS), begin.strftime("%d-%m-%Y"),
                             str(days), decimal(days * rng.randrange(1_500, 16_000)) if rng.random() > 0.04 else "",
                             rng.choice(remarks)])
    for bsn in residents.invalid[200:215]:
        rows.append([f"{bsn:09d}", "2024", "ambulant", "01-03-2024", "90", decimal(350_000), ""])
    rng.shuffle(rows)
    return rows


README = """These files are SYNTHETIC. No row is about a person.

They were made by scripts/lib/sample.py (seed {seed}) for the demonstration of Schakel: {residents} residents who do not exist,
placed in Leidschendam-Voorburg (GM1916) and Wassenaar (GM0629). Every identifier lies in the range 999000000 to 999999999. The
neighbourhood codes have the form of CBS's codes and are made up. Numbers about programmes, wages, debts and care were drawn at random
and say nothing about the real municipalities.

"""


def write(path, header, rows, delimiter=";", encoding="utf-8", newline="\n"):
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding=encoding, newline="") as file:
        for row in [header, *rows]:
            file.write(delimiter.join(row) + newline)
    return len(rows)


def make(folder, residents=50_000, seed=1916):
    """Writes the sample below folder (a pathlib.Path); returns {node: {data set: path}}."""
    population = people.Residents(seed, residents)
    paths = {node: {name: folder / node / file for name, file in files.items()} for node, files in FILES.items()}
    def rng(name):
        return random.Random(f"{seed} {name}")
    def put(node, name, header, rows, **form):
        counts.append(f"{node}/{paths[node][name].name}: {write(paths[node][name], header.split(), rows, **form)} rows")
    counts = []
    put("leidschendam", "bijstand", "bsn buurt traject instroomjaar leeftijdsklasse uitkering begin geboortedatum geslacht postcode "
        "huisnummer", benefit_rows(rng("leidschendam"), rng("slips"), population, "leidschendam", "%d-%m-%Y", ",", str),
        encoding="utf-8-sig")
    put("wassenaar", "bijstand", "SOFINR BUURT TRAJECT JAAR LFTKL BEDRAG INGANG GEBDAT GESL PC HNR",
        benefit_rows(rng("wassenaar"), rng("more slips"), population, "wassenaar", "%Y%m%d", ".",
                     lambda text: text.replace(" ", "")), delimiter="\t")
    put("leidschendam", "schuldhulp", "bsn fase schuld maanden", debt_rows(rng("schuldhulp"), population), delimiter="|",
        encoding="latin-1")
    put("cbs", "banen", "bsn jaar sector werkt loon uren", job_rows(rng("banen"), population))
    put("cbs", "personen", "bsn leeftijd huishouden kinderen inkomen werkt sector werkgemeente eerste_baan geboortedatum geslacht "
        "postcode huisnummer", person_rows(rng("personen"), rng("moves"), population))
    put("cbs", "zelfstandigen", "bsn branche starter winst uren", self_employed_rows(rng("zelfstandigen"), population),
        delimiter=",")
    put("partner", "jeugdhulp", "bsn jaar zorgvorm begin duur kosten opmerking", youth_rows(rng("jeugdhulp"), population),
        newline="\r\n")
    for node, files in paths.items():
        for name in files:
            source = SCHEMAS / node / f"{name}.yaml"
            shutil.copy(source if source.exists() else SCHEMAS / f"{name}.yaml", folder / node / f"{name}.yaml")
        if "bijstand" in files:
            codes = [code for places in population.buurten.values() for code in places]
            (folder / node / "buurten.txt").write_text("\n".join(codes) + "\n")
    (folder / "README.txt").write_text(README.format(seed=seed, residents=residents) + "\n".join(counts) + "\n")
    return paths


def schemas(paths):
    """The schemas' files by node, as a mesh wants them."""
    return {node: [path.parent / f"{name}.yaml" for name, path in files.items()] for node, files in paths.items()}


def main():
    parser = argparse.ArgumentParser(description="make the synthetic sample")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--residents", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=1916)
    arguments = parser.parse_args()
    for node, files in make(arguments.folder, arguments.residents, arguments.seed).items():
        for name, path in files.items():
            print(f"{node} {name}: {path}")


if __name__ == "__main__":
    main()
