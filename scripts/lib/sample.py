#!/usr/bin/env python3
"""Makes the demo's sample: files of three organisations about 40,000 residents who do not exist.

    sample.py FOLDER [--residents N] [--seed N]

writes FOLDER/{gemeente,cbs,partner}/*.csv, their schemas beside them, and FOLDER/README.txt. The same seed gives the same bytes.

The files have what real ones have: semicolons, decimal commas, a byte-order mark (bijstand), CRLF line ends (jeugdhulp),
quoted fields, empty fields, numbers that fail the 11-test, identifiers that occur twice. Who was helped into work by a
better fitting programme earns more afterwards, so that the demo's table has something to show.
"""
import argparse
import pathlib
import random
import shutil

SCHEMAS = pathlib.Path(__file__).resolve().parent / "sample_schemas"
MUNICIPALITY = "GM1916"  # Leidschendam-Voorburg
DISTRICTS = {0: 5, 1: 4, 2: 4, 3: 5, 4: 3, 5: 4, 6: 4, 7: 3, 8: 4, 9: 4}  # district: its neighbourhoods; 40 in all
# programme: (share of the clients, chance of work in a later year, wage in that work relative to the average)
PROGRAMMES = {
    "werkfit": (0.30, 0.38, 0.80),
    "taal": (0.18, 0.30, 0.72),
    "scholing": (0.17, 0.52, 1.06),
    "bemiddeling": (0.20, 0.58, 0.98),
    "ondernemen": (0.06, 0.45, 1.12),
    "ontheffing": (0.09, 0.07, 0.62),
}
INTAKE_YEARS = {2018: 7, 2019: 7, 2020: 11, 2021: 10, 2022: 11, 2023: 15, 2024: 19, 2025: 20}
AGE_CLASSES = {"18-26": 16, "27-34": 20, "35-44": 24, "45-54": 22, "55-66": 18}
SECTORS = {"zorg": 18, "handel": 17, "zakelijk": 16, "uitzend": 14, "overheid": 10, "onderwijs": 8, "horeca": 8,
           "bouw": 5, "vervoer": 4}
CARE_FORMS = {"ambulant": 55, "dagbehandeling": 15, "pleegzorg": 8, "verblijf": 7, "crisis": 3, "dyslexie": 12}
JOB_YEARS = (2022, 2023, 2024, 2025)
AVERAGE_WAGE_CENTS = 3_050_000


def passes_eleven_test(number):
    digits = [int(d) for d in f"{number:09d}"]
    return (sum((9 - i) * d for i, d in enumerate(digits[:8])) - digits[8]) % 11 == 0


def comma(cents):
    """An amount in cents as Dutch files write it."""
    sign, cents = ("-", -cents) if cents < 0 else ("", cents)
    return f"{sign}{cents // 100},{cents % 100:02d}"


def pick(rng, weights):
    return rng.choices(list(weights), weights=list(weights.values()))[0]


class Residents:
    """Identifiers, all of the range 999000000 to 999999999, and for each resident what the three files tell of."""

    def __init__(self, rng, count):
        valid = [n for n in range(999_000_000, 1_000_000_000) if passes_eleven_test(n)]
        self.invalid = [n for n in rng.sample(range(999_000_000, 1_000_000_000), 400) if not passes_eleven_test(n)]
        rng.shuffle(valid)
        self.bsn = valid[:count]
        self.elsewhere = valid[count:]  # persons whom only one of the files knows
        self.buurt = {}
        districts = [(d, n) for d, neighbourhoods in DISTRICTS.items() for n in range(neighbourhoods)]
        # neighbourhoods differ in size by a factor of about ten
        sizes = [rng.lognormvariate(0, 0.6) for _ in districts]
        for bsn in self.bsn:
            district, neighbourhood = rng.choices(districts, weights=sizes)[0]
            self.buurt[bsn] = f"BU1916{district:02d}{neighbourhood:02d}"
        self.buurten = sorted(f"BU1916{d:02d}{n:02d}" for d, n in districts)


def benefit_rows(rng, residents, clients):
    """bijstand: one row a person; some occur twice, some numbers fail the 11-test, some neighbourhoods are unknown."""
    shares = {name: share for name, (share, _, _) in PROGRAMMES.items()}
    rows, programme = [], {}
    for bsn in clients:
        programme[bsn] = pick(rng, shares)
        amount = rng.gauss(121_000, 24_000)
        rows.append([
            f"{bsn:09d}",
            residents.buurt[bsn] if rng.random() > 0.01 else "",
            programme[bsn],
            str(pick(rng, INTAKE_YEARS)),
            pick(rng, AGE_CLASSES),
            comma(int(min(max(amount, 15_000), 210_000))) if rng.random() > 0.03 else "",
        ])
    for bsn in residents.invalid[:25]:
        rows.append([f"{bsn:09d}", rng.choice(residents.buurten), "werkfit", "2023", "27-34", comma(118_000)])
    rows += [list(row) for row in rng.sample(rows[:len(clients)], 30)]  # the same row twice
    for row in rng.sample(rows[:len(clients)], 10):  # the same person with another programme
        rows.append(row[:2] + ["scholing"] + row[3:])
    rng.shuffle(rows)
    return rows, programme


def wage_cents(rng, level, part):
    wage = AVERAGE_WAGE_CENTS * level * part * rng.lognormvariate(-0.08, 0.4)
    return int(min(max(wage, 50_000), 20_000_000))


def job_rows(rng, residents, programme):
    """banen: each person has a row a job and year, and a row without job, wage and hours in a year without work."""
    rows = []
    persons = [bsn for bsn in residents.bsn if bsn in programme or rng.random() < 0.55]
    persons += residents.elsewhere[:2_000]
    for bsn in persons:
        _, chance, level = PROGRAMMES.get(programme.get(bsn), (0, 0.86, 1.35))
        works = rng.random() < chance
        for year in JOB_YEARS:
            if rng.random() < 0.12:
                works = rng.random() < chance
            if not works:
                if rng.random() < 0.9:
                    rows.append([f"{bsn:09d}", str(year), "", "0", "", ""])
                continue
            for job in range(1 + (rng.random() < 0.17) + (rng.random() < 0.03)):
                hours = min(max(int(rng.gauss(1_250 if job == 0 else 420, 380)), 40), 2_080)
                wage = wage_cents(rng, level, hours / 1_664)
                if job == 0 and rng.random() < 0.004:
                    wage = -rng.randrange(1_000, 90_000)  # a correction of the year before
                rows.append([f"{bsn:09d}", str(year), pick(rng, SECTORS), "1",
                             comma(wage) if rng.random() > 0.01 else "", str(hours)])
    for bsn in residents.invalid[100:160]:
        rows.append([f"{bsn:09d}", "2025", "handel", "1", comma(2_400_000), "1500"])
    rng.shuffle(rows)
    return rows


def youth_rows(rng, residents, programme):
    """jeugdhulp: several rows a person; a text that holds the separator stands between quotes."""
    remarks = ["", "", "", "verlengd", "\"via huisarts; wijkteam\"", "\"zegt \"\"ja\"\"\""]
    rows = []
    for bsn in residents.bsn:
        if rng.random() < (0.08 if bsn in programme else 0.05):
            for _ in range(1 + (rng.random() < 0.3)):
                days = int(min(max(rng.lognormvariate(4.9, 0.7), 7), 1_460))
                rows.append([f"{bsn:09d}", str(rng.choice((2023, 2024, 2025))), pick(rng, CARE_FORMS), str(days),
                             comma(days * rng.randrange(1_500, 16_000)) if rng.random() > 0.04 else "",
                             rng.choice(remarks)])
    for bsn in residents.invalid[200:215]:
        rows.append([f"{bsn:09d}", "2024", "ambulant", "90", comma(350_000), ""])
    rng.shuffle(rows)
    return rows


README = """These files are SYNTHETIC. No row is about a person.

They were made by scripts/lib/sample.py (seed {seed}) for the demonstration of Schakel: {residents} residents who do not exist,
placed in {municipality}. Every identifier lies in the range 999000000 to 999999999. The neighbourhood codes have the form of CBS's codes and
are made up. Numbers about programmes, wages and care were drawn at random and say nothing about the real municipality.

gemeente/bijstand_synthetisch.csv   {bijstand} rows, one a person (a few occur twice): who receives benefit and in which programme
cbs/banen_synthetisch.csv           {banen} rows, several a person: jobs and wages a year
partner/jeugdhulp_synthetisch.csv   {jeugdhulp} rows, several a person: youth care
"""


def write(path, header, rows, encoding="utf-8", newline="\n"):
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding=encoding, newline="") as file:
        for row in [header, *rows]:
            file.write(";".join(row) + newline)


def make(folder, residents=40_000, seed=1916):
    """Writes the sample below folder (a pathlib.Path); returns a dict of name to path."""
    rng = random.Random(seed)
    people = Residents(rng, residents)
    clients = rng.sample(people.bsn, residents * 25 // 100)
    bijstand, programme = benefit_rows(rng, people, clients)
    banen = job_rows(rng, people, programme)
    jeugdhulp = youth_rows(rng, people, programme)
    paths = {
        "bijstand": folder / "gemeente" / "bijstand_synthetisch.csv",
        "banen": folder / "cbs" / "banen_synthetisch.csv",
        "jeugdhulp": folder / "partner" / "jeugdhulp_synthetisch.csv",
    }
    write(paths["bijstand"], ["bsn", "buurt", "traject", "instroomjaar", "leeftijdsklasse", "uitkering"], bijstand,
          encoding="utf-8-sig")
    write(paths["banen"], ["bsn", "jaar", "sector", "werkt", "loon", "uren"], banen)
    write(paths["jeugdhulp"], ["bsn", "jaar", "zorgvorm", "duur", "kosten", "opmerking"], jeugdhulp, newline="\r\n")
    for name, path in paths.items():
        shutil.copy(SCHEMAS / f"{name}.yaml", path.parent)
    (folder / "README.txt").write_text(README.format(
        seed=seed, residents=residents, municipality=MUNICIPALITY, bijstand=len(bijstand), banen=len(banen),
        jeugdhulp=len(jeugdhulp)))
    return paths


def main():
    parser = argparse.ArgumentParser(description="make the demo's synthetic sample")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--residents", type=int, default=40_000)
    parser.add_argument("--seed", type=int, default=1916)
    arguments = parser.parse_args()
    for name, path in make(arguments.folder, arguments.residents, arguments.seed).items():
        print(f"{name}: {path}")


if __name__ == "__main__":
    main()
