"""The sample's population: 50,000 residents of two municipalities who do not exist, and what happened to them.

Everything follows from a seed. Who was helped into work by a better fitting programme earns more afterwards, who has debts has
youth care more often, so that tables over several files have something to show."""
import dataclasses
import datetime
import random

# municipality: (code, part of all residents, part of these on benefit, district -> its neighbourhoods)
MUNICIPALITIES = {
    "leidschendam": ("1916", 0.8, 0.25, {0: 5, 1: 4, 2: 4, 3: 5, 4: 3, 5: 4, 6: 4, 7: 3, 8: 4, 9: 4}),
    "wassenaar": ("0629", 0.2, 0.22, {0: 4, 1: 4, 2: 2}),
}
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
AGE_CLASSES = {"18-26": (16, 18, 26), "27-34": (20, 27, 34), "35-44": (24, 35, 44), "45-54": (22, 45, 54), "55-66": (18, 55, 66)}
FIRST_POSTCODE = {"leidschendam": 2260, "wassenaar": 2240}
LETTERS = "ABCDEGHJKLMNPRSTVWXZ"
SECTORS = {"zorg": 18, "handel": 17, "zakelijk": 16, "uitzend": 14, "overheid": 10, "onderwijs": 8, "horeca": 8,
           "bouw": 5, "vervoer": 4}
JOB_YEARS = (2022, 2023, 2024, 2025)
AVERAGE_WAGE_CENTS = 3_050_000
AGE_WAGE = {"18-26": 0.72, "27-34": 0.92, "35-44": 1.06, "45-54": 1.14, "55-66": 1.08}


def eleven_tested(first, last):
    """The numbers of nine digits that pass the 11-test, with their first eight digits from first to last."""
    checks = ((n, sum((9 - i) * int(d) for i, d in enumerate(f"{n:08d}")) % 11) for n in range(first, last + 1))
    return [10 * n + check for n, check in checks if check < 10]


def pick(rng, weights):
    return rng.choices(list(weights), weights=list(weights.values()))[0]


def day_in(rng, year):
    return datetime.date(year, 1, 1) + datetime.timedelta(days=rng.randrange(365))


@dataclasses.dataclass
class Home:
    """Where a person lives, and what else finds the person where the number does not."""
    born: datetime.date
    sex: str  # M, V
    postcode: str  # 2263 AB
    number: int

    def moved(self, rng):
        """The same person at an address in the same part of town, as another file may still or already have it."""
        return dataclasses.replace(self, postcode=self.postcode[:5] + letters(rng), number=rng.randrange(1, 200))


def letters(rng):
    return rng.choice(LETTERS) + rng.choice(LETTERS)


@dataclasses.dataclass
class Job:
    year: int
    sector: str
    cents: int  # wage of the year
    hours: int
    begin: datetime.date


@dataclasses.dataclass
class Person:
    bsn: int
    municipality: str
    buurt: str
    age: int
    age_class: str
    household: str
    children: int
    programme: str = None  # None: not on benefit
    begin: datetime.date = None  # of the benefit
    jobs: list = dataclasses.field(default_factory=list)
    debts: bool = False
    home: Home = None


def age_class_of(age):
    for name, (_, low, high) in AGE_CLASSES.items():
        if low <= age <= high:
            return name
    return "55-66"


class Residents:
    """Identifiers are all of the range 999000000 to 999999999."""

    def __init__(self, seed, count):
        rng = random.Random(f"{seed} residents")
        valid = eleven_tested(99_900_000, 99_999_999)
        known = set(valid)
        self.invalid = [n for n in rng.sample(range(999_000_000, 1_000_000_000), 400) if n not in known]
        rng.shuffle(valid)
        self.persons = []
        self.buurten = {}
        for name, (code, part, on_benefit, districts) in MUNICIPALITIES.items():
            places = [f"BU{code}{d:02d}{n:02d}" for d, neighbourhoods in districts.items() for n in range(neighbourhoods)]
            self.buurten[name] = sorted(places)
            sizes = [rng.lognormvariate(0, 0.6) for _ in places]  # differ by a factor of about ten
            for _ in range(round(count * part)):
                self.persons.append(self._person(rng, valid.pop(), name, rng.choices(places, weights=sizes)[0],
                                                 rng.random() < on_benefit))
        self.elsewhere = valid[:2_000]  # whom only CBS knows
        for person in self.persons:
            self._work(rng, person)
        homes = random.Random(f"{seed} homes")
        for person in self.persons:
            person.home = self.home(homes, person.age, person.municipality, person.buurt)

    def home(self, rng, age, municipality, buurt):
        """A person's birth date, sex and address."""
        born = day_in(rng, 2025 - age)
        postcode = FIRST_POSTCODE[municipality] + self.buurten[municipality].index(buurt) // 4
        return Home(born, rng.choice("MV"), f"{postcode} {letters(rng)}", rng.randrange(1, 200))

    def _person(self, rng, bsn, municipality, buurt, client):
        if client:
            age_class = pick(rng, {name: weight for name, (weight, _, _) in AGE_CLASSES.items()})
            age = rng.randint(*AGE_CLASSES[age_class][1:])
        else:
            age = min(18 + int(rng.triangular(0, 62, 26)), 80)
            age_class = age_class_of(age)
        household = pick(rng, {"alleenstaand": 36 + 20 * client, "eenouder": 7 + 11 * client, "paar": 28 - 14 * client,
                               "paar met kinderen": 29 - 12 * client})
        children = 1 + (rng.random() < 0.55) + (rng.random() < 0.2) if household in ("eenouder", "paar met kinderen") else 0
        person = Person(bsn, municipality, buurt, age, age_class, household, children)
        if client:
            person.programme = pick(rng, {name: share for name, (share, _, _) in PROGRAMMES.items()})
            person.begin = day_in(rng, pick(rng, INTAKE_YEARS))
        person.debts = rng.random() < (0.16 if client else 0.015)
        return person

    def _work(self, rng, person):
        """Jobs of each year: a spell of work goes on under the same date of beginning until it ends."""
        _, chance, level = PROGRAMMES.get(person.programme, (0, 0.86, 1.35))
        level *= AGE_WAGE[person.age_class]
        begin = None
        works = rng.random() < chance
        for year in JOB_YEARS:
            if rng.random() < 0.14:
                works, begin = rng.random() < chance, None
            if person.begin is not None and year < person.begin.year:  # before the benefit
                works = works and rng.random() < 0.4
            if not works:
                begin = None
                continue
            if begin is None:
                begin = day_in(rng, year) if person.programme or year > JOB_YEARS[0] else day_in(rng, rng.randint(2015, 2022))
                if person.begin is not None and begin < person.begin and person.begin.year <= year:
                    begin = person.begin + (datetime.date(year, 12, 31) - person.begin) * rng.random()  # work came after it
            for number in range(1 + (rng.random() < 0.17) + (rng.random() < 0.03)):
                hours = min(max(int(rng.gauss(1_250 if number == 0 else 420, 380)), 40), 2_080)
                cents = int(min(max(AVERAGE_WAGE_CENTS * level * hours / 1_664 * rng.lognormvariate(-0.08, 0.4), 50_000),
                                10_000_000))
                if number == 0 and rng.random() < 0.004:
                    cents = -rng.randrange(1_000, 90_000)  # a correction of the year before
                person.jobs.append(Job(year, pick(rng, SECTORS), cents, hours, begin if number == 0 else day_in(rng, year)))

    def wage_of(self, person, year):
        return sum(job.cents for job in person.jobs if job.year == year)
