"""Schemas of data sets for tests and benchmark, as dicts to write as YAML."""


def schema(name, path, columns, many, identifier, kind, delimiter=";", decimal_separator=".", duplicates="refuse",
           max_rows=100_000):
    return {
        "name": name, "rows": "many per person" if many else "one per person", "max_rows": max_rows, "duplicates": duplicates,
        "file": {"path": str(path), "format": "csv", "delimiter": delimiter, "decimal_separator": decimal_separator},
        "columns": [{"name": identifier, "role": "identifier", "identifier": kind}] + columns,
    }
