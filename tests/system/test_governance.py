#!/usr/bin/env python3
"""Governed requests on real nodes: rules, approvals, crashes, restarts, disks, copies, audit, secrets,
load, revocation, hostile parties.

    test_governance.py --build BUILD [CLASS[.TEST] ...] [unittest's own arguments]

A class is a subject (tests/system/governance/), with a mesh of three nodes of its own."""
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "scripts" / "lib"), str(ROOT / "tests" / "system")]
from governance import world  # noqa: E402
from governance.approvals import Approvals  # noqa: E402, F401
from governance.audits import Audits  # noqa: E402, F401
from governance.copies import Copies  # noqa: E402, F401
from governance.crashes import Crashes  # noqa: E402, F401
from governance.disks import Disks  # noqa: E402, F401
from governance.hostile import Hostile  # noqa: E402, F401
from governance.loads import Loads  # noqa: E402, F401
from governance.restarts import Restarts  # noqa: E402, F401
from governance.revocations import Revocations  # noqa: E402, F401
from governance.rules import RulesAtCalledNode, RulesAtDataOwner, RulesAtHelper, RulesAtSpine  # noqa: E402, F401
from governance.secrets import Secrets  # noqa: E402, F401
import suites  # noqa: E402


def main():
    world.make(suites.build_folder())
    try:
        return suites.run()
    finally:
        world.remove()


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
