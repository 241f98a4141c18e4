#!/usr/bin/env python3
"""Several owners on real nodes: queries over five and six nodes and unions against DuckDB, deaths, approvals, secrets and traffic,
regressions on published data, spells, hostile requests.

    test_many.py --build BUILD [CLASS[.TEST] ...] [unittest's own arguments]

A class is a subject (tests/system/many/); all of them share one mesh of six nodes."""
import pathlib
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "scripts" / "lib"), str(ROOT / "tests" / "system")]
from many import world  # noqa: E402
from many.approvals import Approvals  # noqa: E402
from many.deaths import Deaths  # noqa: E402
from many.hostile import Hostile  # noqa: E402
from many.queries import Queries  # noqa: E402
from many.regressions import Regressions  # noqa: E402
from many.secrets import Secrets  # noqa: E402
from many.spells import Spells  # noqa: E402
from many.traffic import Traffic  # noqa: E402
import suites  # noqa: E402

# Deaths and then secrets last: those look through what all the others left.
ORDER = [Queries, Regressions, Spells, Traffic, Hostile, Approvals, Deaths, Secrets]


def load_tests(loader, _tests, _pattern):
    return unittest.TestSuite(loader.loadTestsFromTestCase(case) for case in ORDER)


def main():
    world.make(suites.build_folder())
    return suites.run_in(world.WORLD)


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
