"""The sample's files (scripts/lib/sample.py) pooled in DuckDB, under the names that queries use, and the SQL of queries as DuckDB takes it.

It is possible only because the sample is synthetic. The files' forms are written down here again, apart from the schemas: nothing but
the engine is shared with the nodes."""
import re

import pooled

# (node, data set) -> delimiter, decimal separator, form of dates, TRUE, encoding, several rows a person, and by column its header and type
FORMS = {
    ("leidschendam", "bijstand"): (";", ",", "%d-%m-%Y", "", "utf-8", False, {
        "bsn": ("bsn", "bsn"), "buurt": ("buurt", "text"), "traject": ("traject", "text"),
        "instroomjaar": ("instroomjaar", "integer"), "leeftijdsklasse": ("leeftijdsklasse", "text"),
        "uitkering": ("uitkering", "decimal"), "begin": ("begin", "date"), "geboortedatum": ("geboortedatum", "date"),
        "geslacht": ("geslacht", "text"), "postcode": ("postcode", "text"), "huisnummer": ("huisnummer", "integer")}),
    ("wassenaar", "bijstand"): ("\t", ".", "%Y%m%d", "", "utf-8", False, {
        "bsn": ("SOFINR", "bsn"), "buurt": ("BUURT", "text"), "traject": ("TRAJECT", "text"), "instroomjaar": ("JAAR", "integer"),
        "leeftijdsklasse": ("LFTKL", "text"), "uitkering": ("BEDRAG", "decimal"), "begin": ("INGANG", "date"),
        "geboortedatum": ("GEBDAT", "date"), "geslacht": ("GESL", "text"), "postcode": ("PC", "text"),
        "huisnummer": ("HNR", "integer")}),
    ("leidschendam", "schuldhulp"): ("|", ",", "", "", "latin-1", False, {
        "bsn": ("bsn", "bsn"), "fase": ("fase", "text"), "schuld": ("schuld", "decimal"), "maanden": ("maanden", "integer")}),
    ("cbs", "banen"): (";", ",", "", "", "utf-8", True, {
        "bsn": ("bsn", "bsn"), "jaar": ("jaar", "integer"), "sector": ("sector", "text"), "werkt": ("werkt", "integer"),
        "loon": ("loon", "decimal"), "uren": ("uren", "integer")}),
    ("cbs", "personen"): (";", ",", "%Y-%m-%d", "1", "utf-8", False, {
        "bsn": ("bsn", "bsn"), "leeftijd": ("leeftijd", "integer"), "huishouden": ("huishouden", "text"),
        "kinderen": ("kinderen", "integer"), "inkomen": ("inkomen", "integer"), "werkt": ("werkt", "boolean"),
        "sector": ("sector", "text"), "werkgemeente": ("werkgemeente", "text"), "eerste_baan": ("eerste_baan", "date"),
        "geboortedatum": ("geboortedatum", "date"), "geslacht": ("geslacht", "text"), "postcode": ("postcode", "text"),
        "huisnummer": ("huisnummer", "integer")}),
    ("cbs", "zelfstandigen"): (",", ".", "", "J", "utf-8", False, {
        "bsn": ("bsn", "bsn"), "branche": ("branche", "text"), "starter": ("starter", "boolean"), "winst": ("winst", "decimal"),
        "uren": ("uren", "integer")}),
    ("partner", "jeugdhulp"): (";", ",", "%d-%m-%Y", "", "utf-8", True, {
        "bsn": ("bsn", "bsn"), "jaar": ("jaar", "integer"), "zorgvorm": ("zorgvorm", "text"), "begin": ("begin", "date"),
        "duur": ("duur", "integer"), "kosten": ("kosten", "decimal"), "opmerking": ("opmerking", "text")}),
}
UNIONS = {"bijstand": ["leidschendam", "wassenaar"]}
# column -> (decimals, edges of its bins)
BINS = {"loon": (2, [-1000] + list(range(0, 105_001, 5000))), "inkomen": (0, list(range(0, 125_001, 5000))),
        "winst": (2, list(range(-50_000, 155_001, 5000))), "schuld": (2, list(range(0, 105_001, 5000))),
        "leeftijd": (0, list(range(18, 89, 10)))}


def _field(header, kind, decimal_separator, date_format, true):
    text = f"NULLIF(\"{header}\", '')"
    if kind == "bsn":
        return f"norm_bsn(trim(COALESCE({text}, '')))"
    if kind == "decimal":
        return f"replace({text}, '{decimal_separator}', '.')::DECIMAL(14, 2)"
    if kind == "boolean":
        return f"({text} = '{true}')"
    if kind == "date":
        return f"strptime({text}, '{date_format}')::DATE"
    return text if kind == "text" else f"{text}::BIGINT"


def open_engine(program, paths):
    """A DuckDB that has the cleaned tables of the files that sample.make returned; the caller closes it."""
    engine = pooled.Engine(program)
    for (node, name), (delimiter, separator, dates, true, encoding, several, columns) in FORMS.items():
        fields = ", ".join(f'{_field(header, kind, separator, dates, true)} AS "{column}"'
                           for column, (header, kind) in columns.items())
        types = ", ".join(f"'{header}': 'VARCHAR'" for header, _ in columns.values())
        once = "" if several else " QUALIFY count(*) OVER (PARTITION BY bsn) = 1"
        engine.run(f"CREATE SCHEMA IF NOT EXISTS {node}; CREATE TABLE {node}.{name} AS SELECT * FROM (SELECT {fields} FROM read_csv("
                   f"'{paths[node][name]}', delim='{delimiter}', header=true, quote='\"', escape='\"', auto_detect=false, "
                   f"strict_mode=true, encoding='{encoding}', columns={{{types}}})) WHERE bsn IS NOT NULL{once}")
    for name, nodes in UNIONS.items():
        parts = " UNION ALL ".join(f"SELECT '{node}' AS organisation, * FROM {node}.{name}" for node in nodes)
        engine.run(f"CREATE SCHEMA unions; CREATE VIEW unions.{name} AS {parts}")
    engine.run("SET search_path = 'cbs,partner,leidschendam'")
    return engine


def _bin(match):
    alias, column = match.groups()
    decimals, edges = BINS[column]
    whens = "".join(f" WHEN {alias}.{column} < {high} THEN '[{low:.{decimals}f}, {high:.{decimals}f})'"
                    for low, high in zip(edges, edges[1:]))
    return f"(CASE{whens} END)"


def to_duckdb(sql):
    """A query of schakel as DuckDB takes it over these tables. What is dropped: thresholds, and that quantiles come from bins."""
    sql = re.sub(r"\bALL\((\w+)\)", r"unions.\1", sql)
    sql = re.sub(r"\bORGANISATION\((\w+)\)", r"\1.organisation", sql)
    return re.sub(r"\bBIN\((\w+)\.(\w+)\)", _bin, sql)
