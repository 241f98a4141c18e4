"""A population and what several organisations have of it, with the dirt that makes linking in passes worth the while.

Everybody has a number, a birth date, a sex, an address and a name; every file has its own copy of these, in which numbers are
missing, invalid or mistyped, people have moved, fields are empty, and texts are written in other ways. There are twins at one
address, and families with one name. Everything follows from one seed."""
import dataclasses
import datetime
import random

import random_world

FIRST_DAY = datetime.date(1950, 1, 1)
NAMES = ["Jansen", "de Vries", "van den Berg", "Müller", "Muller", "O'Neill", "Coşkun", "Łukasz", "Bø", "IJsselstein", "van der Wal-Smit",
         "Özdemir", "Bakker", "Ng", "Groß", "El Idrissi", "Visser", "Meijer", "Smit", "Père"]
LETTERS = "ABCDEGHJKLMN"
# What link keys are made of: name, type.
ALIKE = {"geboortedatum": "date", "geslacht": "text", "postcode": "text", "huisnummer": "integer", "achternaam": "text",
         "nederlander": "boolean", "schoenmaat": "decimal"}
SCHEMAS = {
    "geboortedatum": {"role": "attribute", "type": "date", "minimum": "1900-01-01", "maximum": "2025-12-31"},
    "geslacht": {"role": "attribute", "type": "text"},
    "postcode": {"role": "attribute", "type": "text"},
    "huisnummer": {"role": "attribute", "type": "integer", "minimum": 1, "maximum": 99_999},
    "achternaam": {"role": "attribute", "type": "text"},
    "nederlander": {"role": "attribute", "type": "boolean"},
    "schoenmaat": {"role": "measure", "type": "decimal", "decimals": 1, "minimum": 20, "maximum": 60},
}


@dataclasses.dataclass
class DataSet:
    """What one node has. rows: by column's name in ALIKE, `bsn` or own, the value (bsn and texts as the file writes them); None: empty."""
    node: str
    name: str
    own: list  # columns of its own, as a schema has them
    keys: dict  # name -> [(name in ALIKE, first characters or 0)]
    rows: list
    headers: dict = dataclasses.field(default_factory=dict)  # name in ALIKE -> name of the column here
    dates: str = "%Y-%m-%d"
    truth: tuple = ("true", "false")
    duplicates: str = "refuse"
    many: bool = False

    def header(self, name):
        return self.headers.get(name, name)

    def alike(self):
        return list(ALIKE) if not self.many else []

    def columns(self):
        """Of the schema, without the identifier."""
        return [{"name": self.header(name), **SCHEMAS[name]} for name in self.alike()] + self.own

    def types(self):
        """By column of the rows its type."""
        return {**{name: ALIKE[name] for name in self.alike()}, **{c["name"]: c["type"] for c in self.own}}


@dataclasses.dataclass
class Dirt:
    """Shares of the records of a file."""
    empty_number: float = 0.06
    invalid_number: float = 0.04
    other_number: float = 0.06  # a typing error that is a number all the same, mostly nobody's
    moved_near: float = 0.08  # another address in the same four digits
    moved_far: float = 0.05
    empty_field: float = 0.03
    written: float = 0.5  # in another way: case, blanks, hyphens
    twice: float = 0.01  # a second record of the same number, where the schema leaves those out


# ---- a population ----

def home(rng):
    return {"postcode": f"25{rng.randrange(10, 14)} {rng.choice(LETTERS)}{rng.choice(LETTERS)}", "huisnummer": rng.randrange(1, 40)}


def population(rng, count):
    """People; some of them live with others, and some are twins."""
    found, numbers = [], set()
    while len(found) < count:
        base = rng.choice(found) if found and rng.random() < 0.3 else None
        person = {"geboortedatum": FIRST_DAY + datetime.timedelta(days=rng.randrange(1_500)), "geslacht": rng.choice("MV"),
                  "achternaam": rng.choice(NAMES), "nederlander": rng.random() < 0.8, "schoenmaat": rng.randrange(360, 480, 5) // 5 * 5,
                  **home(rng)}
        if base:
            person.update({name: base[name] for name in ("postcode", "huisnummer", "achternaam")})
            if rng.random() < 0.25:  # twins
                person.update({name: base[name] for name in ("geboortedatum", "geslacht")})
        number = random_world.random_bsn(rng)
        if number not in numbers:
            numbers.add(number)
            found.append({"bsn": number, **person})
    return found


# ---- a record of a file ----

def mistyped(rng, number):
    """Two digits changed so that the result passes the 11-test."""
    while True:
        digits = list(number)
        for at in rng.sample(range(9), 2):
            digits[at] = rng.choice("0123456789")
        found = "".join(digits)
        if found != number and found != "0" * 9 and random_world.eleven([int(d) for d in found]) % 11 == 0:
            return found


def number_of(rng, number, dirt):
    roll = rng.random()
    if roll < dirt.empty_number:
        return rng.choice(["", "  "])
    roll -= dirt.empty_number
    if roll < dirt.invalid_number:
        return rng.choice(["123456789", "999999999", "12345", number[:8] + str((int(number[8]) + 1) % 10), "onbekend"])
    roll -= dirt.invalid_number
    if roll < dirt.other_number:
        return mistyped(rng, number)
    return random_world.written_identifier(rng, "bsn", number)


def written(rng, name, text):
    """The same text as another clerk writes it."""
    if name == "geslacht":
        return rng.choice([text, text.lower(), f" {text}"])
    if name == "postcode":
        return rng.choice([text, text.lower(), text.replace(" ", ""), text.replace(" ", "-"), text.replace(" ", "  "), f"{text} "])
    return rng.choice([text, text.upper(), text.lower(), text.replace(" ", "-"), text.replace("ü", "u\u0308"), text.replace("'", "’"),
                       text.replace(" ", "")])


def record(rng, person, dirt):
    found = {name: person[name] for name in ALIKE}
    if rng.random() < dirt.moved_near:
        found.update(home(rng), postcode=found["postcode"][:4] + home(rng)["postcode"][4:])
    elif rng.random() < dirt.moved_far:
        found.update(home(rng))
    for name, kind in ALIKE.items():
        if rng.random() < dirt.empty_field:
            found[name] = None
        elif kind == "text" and rng.random() < dirt.written:
            found[name] = written(rng, name, found[name])
        elif kind == "text" and rng.random() < 0.01:
            found[name] = rng.choice(["-", ".", "Ж", "2513", "x" * 70])
    return {"bsn": number_of(rng, person["bsn"], dirt), **found}


def own_values(rng, columns):
    found = {}
    for column in columns:
        if not column.get("required") and rng.random() < 0.08:
            found[column["name"]] = None
        elif "codes" in column:
            found[column["name"]] = rng.choice(column["codes"])
        else:
            unit = 10 ** column.get("decimals", 0)
            found[column["name"]] = rng.randint(column["minimum"] * unit, column["maximum"] * unit)
    return found


def number_key(text):
    """What makes two numbers of a file one: zeros that lack in front and blanks do not count."""
    return text.strip().zfill(9)


def fill(rng, data_set, people, dirt):
    """Gives a data set a record of each of these people, in a random order."""
    seen = set()
    for person in people:
        found = record(rng, person, dirt)
        if data_set.duplicates == "refuse" and number_key(found["bsn"]) in seen:  # a mistyped number may be somebody's
            found["bsn"] = ""
        seen.add(number_key(found["bsn"]))
        data_set.rows.append({**found, **own_values(rng, data_set.own)})
        if data_set.duplicates == "leave_out" and rng.random() < dirt.twice:
            again = record(rng, person, dirt)
            data_set.rows.append({**again, "bsn": found["bsn"], **own_values(rng, data_set.own)})
    rng.shuffle(data_set.rows)


# ---- writing ----

def scaled(value, decimals, separator="."):
    return random_world.scaled_text(value, decimals, separator)


def field(column_type, value, decimals, dates, truth):
    if value is None:
        return ""
    if column_type == "date":
        return value.strftime(dates)
    if column_type == "boolean":
        return truth[0] if value else truth[1]
    return scaled(value, decimals) if isinstance(value, int) else value


def lines(data_set, dates="%Y-%m-%d", truth=("true", "false")):
    """The rows as texts, the identifier first."""
    types = data_set.types()
    places = {c["name"]: c.get("decimals", 0) for c in data_set.own} | {"schoenmaat": 1}
    return [[row["bsn"] or ""] + [field(types[name], row[name], places.get(name, 0), dates, truth) for name in types]
            for row in data_set.rows]


def own_column(name, kind, low, high, required=True, **more):
    return {"name": name, "role": "measure", "type": kind, "minimum": low, "maximum": high, "required": required, **more}


def codes(name, *values, required=True):
    return {"name": name, "role": "dimension", "type": "text", "codes": list(values), "required": required}


def rng_of(*words):
    return random.Random("/".join(map(str, words)))
