"""The reasons for which Schakel may refuse a random query. Each begins as the message does, behind what it says of the place."""
import re

# name -> pattern, searched for in the message
ALLOWED = {
    "records of several owners": r"a condition or an expression uses columns of several owners, of which .* has several rows a person",
    "rows of a person not bounded": r"has several rows a person, and each data set that is linked to it is sent once for each",
    "no spine": r"no data set of the query can be the one that others are linked to",
    "wide": r"grouping on .* combinations, and at most 8 are possible",
    "cells": r"GROUP BY gives \d+ cells; at most",
    "columns": r"the query needs more than \d+ table columns",
    "steps": r"the query needs more than \d+ (steps|registers|products)",
    "magnitude of a sum": r"could pass what sums can hold",
    "square across owners": r"is made of several owners' columns, and its square could pass 2\^62",
    "range beside another owner": r"stands beside columns of another owner, and its declared range is too wide",
    "range of arithmetic": r"could exceed 2\^62 within the declared ranges",
    "range of a comparison": r"compares numbers of several nodes whose difference could exceed 2\^62",
    "no declared range": r"has no declared range",
    "join too large": r"the join could have more than 2\^60 rows",
    "persons of a union": r"cannot tell that a person at two organisations of the union is one",
    "persons in several rows": r"cannot count each person once, since a person may stand in several rows of a cell",
    "member holds another": r"leave it out of ALL\(\.\.\.\), or join data of another node",
    "ON of what may be absent": r"ON links \w+ to \w+, which is LEFT joined and may lack the person",
    "text chosen across owners": r"gives texts and has columns of several nodes",
    "high powers": r"is multiplied with itself too often: sums of high powers tell the values of single persons",
    "union left joined": r"a union is not LEFT joined",
    "date leaves the calendar": r"could leave the years 1 to 9999",
    "grouping set twice": r"a grouping set comes out twice here",
    "decimals of a product": r"would have more than 18 decimals",
}


def reason(text):
    """The name of the reason, or None where it is none of the allowed ones."""
    return next((name for name, pattern in ALLOWED.items() if re.search(pattern, text)), None)
