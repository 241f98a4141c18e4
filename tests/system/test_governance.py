#!/usr/bin/env python3
"""Governed requests on real nodes: rules, approvals, crashes, restarts, disks, copies, audit, secrets,
load, revocation, hostile parties.

    test_governance.py --build BUILD [CLASS[.TEST] ...] [unittest's own arguments]

A class is a subject (tests/system/governance/), with a mesh of three nodes of its own."""
import pathlib
import sys
import time
import unittest

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


class Result(unittest.TextTestResult):
    """Also says how long each class took."""
    current, began = None, 0.0

    def startTest(self, test):
        if type(test) is not self.current:
            self.close_class()
            type(self).current, type(self).began = type(test), time.monotonic()
        super().startTest(test)

    def close_class(self):
        if self.current:
            self.stream.writeln(f"-- {self.current.__name__}: {time.monotonic() - self.began:.0f} s")


class Runner(unittest.TextTestRunner):
    resultclass = Result

    def run(self, test):
        result = super().run(test)
        result.close_class()
        return result


def main():
    build = ROOT / "build"
    if "--build" in sys.argv:
        at = sys.argv.index("--build")
        build = pathlib.Path(sys.argv[at + 1]).resolve()
        del sys.argv[at:at + 2]
    world.make(build)
    try:
        return unittest.main(verbosity=2, testRunner=Runner, exit=False).result.wasSuccessful()
    finally:
        world.remove()


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
