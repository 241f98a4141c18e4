"""Agreements for meshes of nodes: what an official would write, made from the schemas of the data sets.

An agreement is a dict in the form of its YAML file (node/govern/agreement_file.h), so that a test can change it before it is
written and signed."""
import copy
import datetime
import re


def read_schema(path):
    """Name and columns (name, role, type, whether a link key has it) of a schema's file: the few lines of YAML that matter here."""
    schema, section, linked = {"columns": []}, "", set()
    for line in path.read_text(encoding="utf-8").splitlines():
        words = line.split("#")[0].strip()
        key, _, value = words.removeprefix("- ").partition(":")
        value = value.strip().strip('"')
        if words and not line.startswith(" "):
            section = key
        if section == "name" and key == "name":
            schema["name"] = value
        elif section == "link_keys":
            linked.update(re.findall(r'\bcolumn: *"?(\w+)', words))
        elif section == "columns" and key == "name" and words.startswith("- "):
            schema["columns"].append({"name": value})
        elif section == "columns" and key in ("role", "type"):
            schema["columns"][-1][key] = value
    for column in schema["columns"]:
        column["linked"] = column["name"] in linked
    return schema


def uses_of(column):
    """All uses that make sense for a column of a schema. Of a date YEAR and MONTH may be summed; a measure is grouped on by its bins."""
    if column["role"] == "identifier":
        return ["link"]
    link = ["link"] if column.get("linked") else []
    if column["role"] == "dimension":
        return link + ["group", "filter", "count"]
    numeric = column["role"] == "measure" or column["type"] in ("integer", "decimal", "date")
    return link + ["filter", "count"] + (["group", "sum", "avg", "spread", "quantile"] if numeric else [])


def day(days=0):
    """A date some days from now, as agreements write it."""
    return (datetime.datetime.now(datetime.timezone.utc).date() + datetime.timedelta(days=days)).isoformat()


def party(card, number, helper, min_persons, zero_cells, approval):
    """A party from its card; `number` makes its OIN."""
    found = {"name": card["name"], "organisation": f"Organisatie {card['name']}", "oin": f"{number:020d}",
             "address": card["address"], "identity": card["identity"], "exchange": card["exchange"],
             "tls_pin": card["tls_pin"], "role": "helper" if helper else "owner"}
    if not helper:
        found.update({"approval": approval, "min_persons": min_persons, "zero_cells": zero_cells})
    found["processing_activity"] = f"https://register.example/{card['name']}/1"
    return found


def analyst(card, number):
    return {"name": card["name"], "organisation": "Organisatie van analisten", "oin": f"{number:020d}",
            "identity": card["identity"], "exchange": card["exchange"], "tls_pin": card["tls_pin"],
            "valid_until": day(365)}


def data_set(owner, schema):
    return {"party": owner, "name": schema["name"],
            "columns": [{"name": c["name"], "uses": uses_of(c)} for c in schema["columns"]]}


def agreement(name, parties, data_sets, analysts, case="free"):
    """The whole; texts are those of a test."""
    return {
        "id": name, "version": 1, "title": "Overeenkomst voor een proef", "purpose": "Nagaan of alles werkt",
        "legal_basis": "AVG artikel 6, eerste lid, onder e", "dpia": "DPIA-0",
        "cbs": {"authorisation": "CBS-0", "project": "0"},
        "valid_from": day(-1), "valid_until": day(365), "retention_days": 30, "linkage_epoch": 1,
        "normalisation": 1,
        "budget": {"requests": 1_000_000, "period": "day"}, "rules": {"case": case, "max_cells": 100_000},
        "parties": parties, "data_sets": data_sets, "analysts": analysts,
    }


def column(agreed, party_name, data_set_name, column_name):
    """A column's entry in an agreement."""
    for entry in agreed["data_sets"]:
        if (entry["party"], entry["name"]) == (party_name, data_set_name):
            for found in entry["columns"]:
                if found["name"] == column_name:
                    return found
    raise KeyError((party_name, data_set_name, column_name))


def party_of(agreed, name):
    return next(entry for entry in agreed["parties"] if entry["name"] == name)


def analyst_of(agreed, name):
    return next(entry for entry in agreed["analysts"] if entry["name"] == name)


def next_version(agreed):
    new = copy.deepcopy(agreed)
    new["version"] += 1
    return new
