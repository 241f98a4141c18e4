"""How the suites of several classes that share meshes are run: which build, how long each class took, what is printed."""
import pathlib
import sys
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


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


def take_option(name, default=None):
    """An option's value, taken from the command line so that unittest reads the rest."""
    if name not in sys.argv:
        return default
    at = sys.argv.index(name)
    value = sys.argv[at + 1]
    del sys.argv[at:at + 2]
    return value


def build_folder():
    return pathlib.Path(take_option("--build", ROOT / "build")).resolve()


def run():
    """Runs what the command line asks of the main module's classes; whether all is well."""
    return unittest.main(verbosity=2, testRunner=Runner, exit=False).result.wasSuccessful()


def run_in(world):
    """The same in a world that is closed afterwards, and says then what was wrong with its nodes."""
    try:
        good = run()
    finally:
        complaints = world.close()
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    return good and not complaints
