"""The agreement of the sample's four organisations, over the sample's files. config/agreement.yaml explains every field."""
import agreements

ORGANISATIONS = {"leidschendam": "Gemeente Leidschendam-Voorburg", "wassenaar": "Gemeente Wassenaar",
                 "cbs": "Centraal Bureau voor de Statistiek", "partner": "Stichting Jeugdhulp Voorbeeld"}
NUMBERS = ["count", "sum", "avg", "spread", "quantile"]
FINDING = {"geboortedatum": ["link"], "geslacht": ["link"], "postcode": ["link"], "huisnummer": ["link"]}
BENEFIT = {
    "bsn": ["link"], "buurt": ["group", "filter"], "traject": ["group", "filter"], "instroomjaar": ["group", "filter"],
    "leeftijdsklasse": ["filter"], "uitkering": ["filter", "count", "sum", "avg", "spread"], "begin": ["filter", "avg"],
    **FINDING}
USES = {
    ("leidschendam", "bijstand"): BENEFIT,
    ("wassenaar", "bijstand"): BENEFIT,
    ("leidschendam", "schuldhulp"): {
        "bsn": ["link"], "fase": ["group", "filter"], "schuld": ["group", "filter"] + NUMBERS, "maanden": ["filter", "count", "avg"]},
    ("cbs", "banen"): {
        "bsn": ["link"], "jaar": ["group", "filter"], "sector": ["group", "filter", "count"],
        "werkt": ["filter", "count", "sum", "avg"], "loon": ["group", "filter"] + NUMBERS,
        "uren": ["filter", "count", "sum", "avg", "spread"]},
    ("cbs", "personen"): {
        "bsn": ["link"], "leeftijd": ["group", "filter"] + NUMBERS, "huishouden": ["group", "filter"],
        "kinderen": ["filter", "count", "sum", "avg", "spread"], "inkomen": ["group", "filter"] + NUMBERS,
        "werkt": ["group", "filter"], "sector": ["group", "filter", "count"], "werkgemeente": ["group", "filter"],
        "eerste_baan": ["filter", "count", "avg"], **FINDING},
    ("cbs", "zelfstandigen"): {
        "bsn": ["link"], "branche": ["group", "filter"], "starter": ["group", "filter"],
        "winst": ["group", "filter"] + NUMBERS, "uren": ["count", "sum", "avg", "spread"]},
    ("partner", "jeugdhulp"): {
        "bsn": ["link"], "jaar": ["group", "filter"], "zorgvorm": ["group", "filter"], "begin": ["filter"],
        "duur": ["filter", "count", "sum", "avg", "spread"], "kosten": ["filter", "count", "sum", "avg"], "opmerking": ["never"]},
}


def change(agreed):
    """Makes the sample's agreement of a draft with the parties' and analysts' cards."""
    agreed.update({
        "id": "regio_bijstand_werk",
        "title": "Samenwerkingsovereenkomst bijstand, werk en jeugdhulp (voorbeeld)",
        "purpose": "Beleidsevaluatie van de uitstroom uit de bijstand naar werk in Leidschendam-Voorburg en Wassenaar",
        "legal_basis": "AVG artikel 6, eerste lid, onder e, en artikel 89; Participatiewet artikel 7; "
                       "CBS-wet artikelen 3, 37 en 41",
        "dpia": "DPIA-LV-2026-017", "cbs": {"authorisation": "Besluit 2026-0412 (voorbeeld)", "project": "9412"},
        "retention_days": 90, "budget": {"requests": 60, "period": "month"}, "rules": {"case": "guarded", "max_cells": 5000},
        "data_sets": [{"party": party, "name": name, "columns": [{"name": c, "uses": uses} for c, uses in columns.items()]}
                      for (party, name), columns in USES.items()],
    })
    for party in agreed["parties"]:
        party["organisation"] = ORGANISATIONS[party["name"]]
    agreements.analyst_of(agreed, "anna")["organisation"] = ORGANISATIONS["leidschendam"]
