"""Schemas of data sets for tests and benchmark, as dicts to write as YAML."""


def schema(name, path, columns, many, identifier, kind, delimiter=";", decimal_separator=".", duplicates="refuse",
           max_rows=100_000, unit="person"):
    return {
        "name": name, "unit": unit, "rows_per_person": "many" if many else "one", "max_rows": max_rows,
        "file": {"path": str(path), "format": "csv", "delimiter": delimiter, "quote": '"',
                 "decimal_separator": decimal_separator, "encoding": "utf-8", "duplicates": duplicates},
        "columns": [{"name": identifier, "role": "identifier", "kind": kind}] + columns,
    }


def of_random(data_set, path):
    """The schema of a random_data.DataSet."""
    columns = []
    for c in data_set.columns:
        column = {"name": c.name, "role": c.role, "type": c.type}
        if c.type == "decimal":
            column["decimals"] = c.decimals
        if c.required:
            column["required"] = True
        if c.codes:
            column["codes"] = c.codes
        if c.minimum is not None:
            column["range"] = [c.minimum, c.maximum]
        columns.append(column)
    return schema(data_set.name, path, columns, data_set.many, "id", data_set.kind, data_set.delimiter,
                  data_set.decimal_separator, "refuse" if data_set.many else "leave_out")
