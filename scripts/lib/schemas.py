"""Schemas of data sets for tests and benchmark, as dicts to write as YAML."""


def schema(name, path, columns, many, identifier, kind, delimiter=";", decimal_separator=".", duplicates="refuse",
           max_rows=100_000):
    return {
        "name": name, "rows": "many per person" if many else "one per person", "max_rows": max_rows, "duplicates": duplicates,
        "file": {"path": str(path), "format": "csv", "delimiter": delimiter, "decimal_separator": decimal_separator},
        "columns": [{"name": identifier, "role": "identifier", "identifier": kind}] + columns,
    }


def number_text(scaled, decimals):
    """A scaled integer with its decimal point."""
    if decimals == 0:
        return str(scaled)
    sign, scaled = ("-", -scaled) if scaled < 0 else ("", scaled)
    return f"{sign}{scaled // 10 ** decimals}.{scaled % 10 ** decimals:0{decimals}d}"


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
            column["minimum"] = number_text(c.minimum, c.decimals)
            column["maximum"] = number_text(c.maximum, c.decimals)
        columns.append(column)
    return schema(data_set.name, path, columns, data_set.many, "id", data_set.kind, data_set.delimiter,
                  data_set.decimal_separator, "refuse" if data_set.many else "leave_out", len(data_set.rows) + 10)
