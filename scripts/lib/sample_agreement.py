"""The agreement of the demo's three organisations, over the sample's files. config/agreement.yaml explains every field."""
import agreements

ORGANISATIONS = {"gemeente": "Gemeente Leidschendam-Voorburg", "cbs": "Centraal Bureau voor de Statistiek",
                 "partner": "Stichting Jeugdhulp Voorbeeld"}
USES = {
    ("gemeente", "bijstand"): {
        "bsn": ["link"], "buurt": ["group", "filter"], "traject": ["group", "filter"], "instroomjaar": ["group", "filter"],
        "leeftijdsklasse": ["filter"], "uitkering": ["count", "sum", "avg"]},
    ("cbs", "banen"): {
        "bsn": ["link"], "jaar": ["group", "filter"], "sector": ["filter"], "werkt": ["filter", "count", "sum", "avg"],
        "loon": ["count", "sum", "avg"], "uren": ["count", "sum", "avg"]},
    ("partner", "jeugdhulp"): {
        "bsn": ["link"], "jaar": ["group", "filter"], "zorgvorm": ["group", "filter"], "duur": ["count", "avg"],
        "kosten": ["count", "sum", "avg"], "opmerking": ["never"]},
}


def change(agreed):
    """Makes the demo's agreement of a draft with the parties' and analysts' cards."""
    agreed.update({
        "id": "lv_bijstand_werk",
        "title": "Samenwerkingsovereenkomst bijstand, werk en jeugdhulp (voorbeeld)",
        "purpose": "Beleidsevaluatie van de uitstroom uit de bijstand naar werk in Leidschendam-Voorburg",
        "legal_basis": "AVG artikel 6, eerste lid, onder e, en artikel 89; Participatiewet artikel 7; "
                       "CBS-wet artikelen 3, 37 en 41",
        "dpia": "DPIA-LV-2026-017", "cbs": {"authorisation": "Besluit 2026-0412 (voorbeeld)", "project": "9412"},
        "retention_days": 90, "budget": {"requests": 40, "period": "month"}, "rules": {"case": "guarded", "max_cells": 5000},
        "data_sets": [{"party": party, "name": name, "columns": [{"name": c, "uses": uses} for c, uses in columns.items()]}
                      for (party, name), columns in USES.items()],
    })
    for party in agreed["parties"]:
        party["organisation"] = ORGANISATIONS[party["name"]]
    agreements.analyst_of(agreed, "anna")["organisation"] = ORGANISATIONS["gemeente"]
