"""dataset check: what it counts, and that it shows no value."""
import pathlib
import re
import shutil
import tempfile
import unittest

from ctl import program
from ctl.program import ROOT, run

OWN = "rows that have one of their own"
SHARED = "rows that share theirs with another row: not linked by it"
MISSING = "rows without one: a part is empty or at fault, or has too few characters"

class DataSets(unittest.TestCase):
    def setUp(self):
        if not (pathlib.Path(program.PROGRAM).parent / "schakel-source").exists():
            self.skipTest("schakel-source is not built")
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="schakel-test-"))
        for name in ("bijstand.yaml", "bijstand.csv"):
            shutil.copy(ROOT / "config" / name, self.folder)

    def tearDown(self):
        shutil.rmtree(self.folder)

    def test_dataset_check_clean_file_exits_0(self):
        code, out, err = run("dataset", "check", self.folder / "bijstand.yaml")
        self.assertEqual((code, err), (0, ""))
        self.assertIn("24 rows", out)
        self.assertIn("no faults", out)

    def test_dataset_check_faults_are_counted_and_no_value_is_shown(self):
        with open(self.folder / "bijstand.csv", "a", encoding="utf-8") as file:
            file.write("123456789;BU19160000;2023;werkfit;1,00\n;BU19160000;2023;werkfit;1,00\n"
                       "000001004;BU99160000;2029;leerfit;9999,00\na;b\n")
        code, out, _ = run("dataset", "check", self.folder / "bijstand.yaml")
        self.assertEqual(code, 1)
        told = re.sub(r" +", " ", out)
        for line in ("1 rows without an identifier: left out", "1 rows with an invalid identifier: left out",
                     "1 malformed lines, first on line 29", "1 persons with more than one row",
                     "1 values outside the declared codes or range in buurt, first on line 28",
                     "1 values outside the declared codes or range in uitkering, first on line 28"):
            self.assertIn(line, told)
        for value in ("BU99160000", "leerfit", "9999", "123456789", "000001004"):
            self.assertNotIn(value, out)

    def test_dataset_check_counts_rows_by_each_link_key(self):
        rows = ["bsn;geboren;postcode", "111222333;1980-01-01;2513 AA", ";1980-01-01;2513-ab", "123;1980-01-02;2513AB",
                "123456782;1980-01-03;25"]
        (self.folder / "adressen.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
        (self.folder / "adressen.yaml").write_text(
            "name: adressen\nrows: one per person\nfile: {path: adressen.csv}\ncolumns:\n"
            "  - {name: bsn, role: identifier, identifier: bsn}\n  - {name: geboren, type: date, role: attribute}\n"
            "  - {name: postcode, type: text, role: attribute}\nlink_keys:\n"
            "  - {name: adres4, columns: [{column: geboren}, {column: postcode, first: 4}]}\n"
            "  - {name: straat, columns: [{column: postcode}]}\n", encoding="utf-8")
        code, out, err = run("dataset", "check", self.folder / "adressen.yaml")
        self.assertEqual((code, err), (0, ""))
        told = re.sub(r" +", " ", out)
        self.assertIn(f" link key adres4: geboren, postcode (first 4)\n 1 {OWN}\n 2 {SHARED}\n 1 {MISSING}\n", told)
        self.assertIn(f" link key straat: postcode\n 2 {OWN}\n 2 {SHARED}\n 0 {MISSING}\n", told)
        self.assertIn("1 rows without an identifier: linked by passes alone", told)
        self.assertIn("1 rows with an invalid identifier: linked by passes alone", told)
        for value in ("2513", "1980", "123456782"):
            self.assertNotIn(value, out)

    def test_dataset_check_says_which_rows_no_link_key_counts(self):
        rows = ["bsn;geboren", "111222333;1980-01-01", "111222333;1980-01-02", "123456782;1980-01-03", "123456782;",
                "000001004;1980-01-03", ";1980-01-04"]
        (self.folder / "adressen.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
        schema = ("name: adressen\nrows: one per person\nfile: {path: adressen.csv}\ncolumns:\n"
                  "  - {name: bsn, role: identifier, identifier: bsn}\n  - {name: geboren, type: date, role: attribute}\n"
                  "link_keys: [{name: dag, columns: [{column: geboren}]}]\n")
        left = "rows of persons with more than one row: left out of every job"
        for more, counted in (("duplicates: leave_out\n", f" 2 {OWN}\n 0 {SHARED}\n 0 {MISSING}\n 4 {left}\n"),
                              ("", f" 3 {OWN}\n 2 {SHARED}\n 1 {MISSING}\n")):
            (self.folder / "adressen.yaml").write_text(schema + more, encoding="utf-8")
            told = re.sub(r" +", " ", run("dataset", "check", self.folder / "adressen.yaml")[1])
            self.assertIn(f" link key dag: geboren\n{counted}", told)
            self.assertEqual(left in told, more != "")

    def test_dataset_check_without_file_schema_or_engine_exits_1(self):
        (self.folder / "bijstand.csv").unlink()
        self.assertIn("does not exist", run("dataset", "check", self.folder / "bijstand.yaml")[2])
        self.assertEqual(run("dataset", "check", self.folder / "bijstand.yaml")[0], 1)
        self.assertEqual(run("dataset", "check", self.folder / "none.yaml")[0], 1)
        self.assertEqual(run("dataset", "check", self.folder / "bijstand.yaml", "--program", "/nonexistent")[0], 1)
