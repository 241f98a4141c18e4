#!/usr/bin/env python3
"""schakelctl as people use it. Needs no network.

    test_schakelctl.py PROGRAM [CLASS[.TEST] ...] [unittest's own arguments]

A class is a subject (tests/system/ctl/)."""
import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path[:0] = [str(ROOT / "scripts" / "lib"), str(ROOT / "tests" / "system")]
from ctl import program  # noqa: E402
from ctl.agreed import Agreements  # noqa: E402, F401
from ctl.data_sets import DataSets  # noqa: E402, F401
from ctl.folders import Folders  # noqa: E402, F401
from ctl.orders import Orders  # noqa: E402, F401
import suites  # noqa: E402

if __name__ == "__main__":
    program.PROGRAM = os.path.abspath(sys.argv.pop(1))
    sys.exit(0 if suites.run() else 1)
