#!/usr/bin/env python3
"""Identifiers normalised as docs/linking.md says, version 1, in another language: checks the vectors beside it.

Anyone may copy this to prepare a file or to check other software. It needs Python's own library only. Where the C code has
tables this asks unicodedata; what the rule lets through decomposes the same in every version of Unicode from 5.1 on.

    check_vectors.py             checks the two files of vectors
    check_vectors.py KIND TEXT   prints what an identifier comes to, or "invalid"
"""
import pathlib
import re
import sys
import unicodedata

BLANK = {0x09, 0x20, 0xA0, 0x202F, 0x2212, 0x2D, *range(0x2000, 0x200B), *range(0x2010, 0x2015)}
DROPPED = {0x27, 0x60, 0xB4, 0x2BC, 0x2018, 0x2019, 0x201B, 0x2032, 0x2E, 0xB7, *range(0x300, 0x370)} - {0x345, 0x34F}
LETTERS = {"æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ħ": "h", "ı": "i", "ĸ": "q", "ŋ": "n",
           "ŧ": "t"}


def plain_character(character):
    """What one character comes to; None where it is outside the repertoire."""
    point = ord(character)
    if point in BLANK:
        return " "
    if point in DROPPED:
        return ""
    if 0x21 <= point <= 0x7E:
        return character.lower()
    if not (0xC0 <= point <= 0x24F or 0x1E00 <= point <= 0x1EFF):
        return None
    parts = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", character).casefold())
    parts = [LETTERS.get(c, c) for c in parts if unicodedata.category(c) != "Mn" and ord(c) not in DROPPED]
    found = "".join(parts)
    return found if re.fullmatch("[a-z]{1,2}", found) else None


def plain_text(raw):
    """The plain form of bytes, or None."""
    try:
        parts = [plain_character(c) for c in raw.decode("utf-8")]
    except UnicodeDecodeError:
        return None
    if None in parts:
        return None
    found = re.sub(" +", " ", "".join(parts)).strip(" ")
    return found if 1 <= len(found) <= 64 else None


def digits(raw, least, want):
    """So many digits, zeros in front, not all of them zero; or None."""
    text = raw.decode("latin-1").strip(" \t")
    if not re.fullmatch("[0-9]{%d,%d}" % (least, want), text) or int(text) == 0:
        return None
    return text.zfill(want)


def bsn(raw):
    text = digits(raw, 8, 9)
    weights = (9, 8, 7, 6, 5, 4, 3, 2, -1)
    return text if text and sum(w * int(d) for w, d in zip(weights, text)) % 11 == 0 else None


def a_number(raw):
    text = digits(raw, 10, 10)
    if not text or text[0] == "0" or re.search(r"(.)\1", text):
        return None
    figures = [int(d) for d in text]
    weighted = sum(d << i for i, d in enumerate(figures))
    return text if sum(figures) % 11 in (0, 5) and weighted % 11 == 0 else None


def kvk(raw):
    return digits(raw, 7, 8)


def bag(raw):
    text = digits(raw, 13, 16)
    return text if text and text[:4] != "0000" and text[4:6] in ("01", "02", "03", "10", "20", "30") else None


KINDS = {"bsn": bsn, "rsin": bsn, "a-nummer": a_number, "kvk": kvk, "bag": bag, "text": plain_text}


def unescape(text):
    return re.sub(rb"\\x([0-9A-F]{2})", lambda m: bytes([int(m.group(1), 16)]), text.encode("ascii"))


def check(path, columns):
    """Compares every line of a file; gives how many there were and how many differed."""
    lines = wrong = 0
    for number, line in enumerate(path.read_text(encoding="ascii").splitlines(), 1):
        if line.startswith("#"):
            continue
        kind, raw, want = (line.split("\t") if columns == 4 else ["text", *line.split("\t")])[:3]
        found = KINDS[kind](unescape(raw))
        got = "invalid" if found is None else found
        lines += 1
        if got != unescape(want).decode("ascii"):
            wrong += 1
            print(f"{path.name}:{number}: {kind} {raw}: {got} instead of {want}")
    print(f"{path.name}: {lines} vectors, {wrong} wrong")
    return lines, wrong


def main():
    if len(sys.argv) == 3:
        found = KINDS[sys.argv[1]](sys.argv[2].encode("utf-8", "surrogateescape"))
        print("invalid" if found is None else found)
        return 0
    folder = pathlib.Path(__file__).resolve().parent
    results = [check(folder / "normalisation_1.tsv", 3), check(folder / "identifiers_1.tsv", 4)]
    return 1 if any(wrong or not lines for lines, wrong in results) else 0


if __name__ == "__main__":
    sys.exit(main())
