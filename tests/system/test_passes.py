#!/usr/bin/env python3
"""Linking in several passes on real nodes: queries, unions, regressions, reports of linkage and logs against files that were linked in
plain Python; random queries over random files; what is refused.

    test_passes.py --build BUILD [--seed N] [--queries N] [CLASS[.TEST] ...] [unittest's own arguments]

A class is a subject (tests/system/passes/); all of them share one mesh of five nodes. The seed is that of random files and queries."""
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "scripts" / "lib"), str(ROOT / "tests" / "system")]
from passes import people, random_questions, world  # noqa: E402
from passes.queries import Queries  # noqa: E402, F401
from passes.random_questions import RandomQueries  # noqa: E402, F401
from passes.refusals import Refusals  # noqa: E402, F401
from passes.reports import Reports  # noqa: E402, F401
import suites  # noqa: E402

SIZE = 600  # of the population that all tests but the random ones know


def main():
    build = suites.build_folder()
    seed = random_questions.SEED = int(suites.take_option("--seed", random_questions.SEED))
    random_questions.QUERIES = int(suites.take_option("--queries", random_questions.QUERIES))
    print(f"test_passes: seed {seed}", flush=True)
    known = world.make_population("known", 0, SIZE, world.KEYS, people.Dirt())
    world.make(build, [known, *random_questions.populations(seed, random_questions.POPULATIONS)])
    return suites.run_in(world.WORLD)


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
