"""What is made and checked without a node: keys, cards, configuration, passphrases."""
import pathlib
import re
import shutil
import stat
import tempfile
import unittest

from ctl.program import ROOT, run, run_at_terminal

COMMANDS = ("init", "card", "fingerprint", "psk new", "operator new", "key rotate", "check-config", "dataset check",
            "agreement check", "agreement sign", "agreement show", "agreement diff", "agreement activate", "agreement revoke",
            "agreement list", "agreement get", "requests", "requests show", "approve", "deny", "status", "reload", "peer accept",
            "backup", "restore", "audit heads", "audit verify", "audit export")


class Folders(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="schakel-test-"))
        self.node = self.folder / "node"

    def tearDown(self):
        shutil.rmtree(self.folder)

    def init(self, *more, folder=None, name="cbs", **environment):
        return run("init", folder or self.node, "--name", name, "--address", "127.0.0.1:7300", *more, **environment)

    def test_init_makes_a_node_that_checks_well(self):
        code, out, err = self.init()
        self.assertEqual((code, err), (0, ""))
        self.assertIn("schakelctl card", out)
        code, out, err = run("check-config", self.node / "schakel.yaml")
        self.assertEqual((code, err), (0, ""))
        self.assertIn("is well: node cbs at 127.0.0.1:7300", out)
        for name in ("keys/identity.key", "keys/tls.key", "schakel.yaml"):
            self.assertEqual(stat.S_IMODE((self.node / name).stat().st_mode), 0o600, name)

    def test_init_again_is_refused_and_changes_nothing(self):
        self.init()
        before = {p: p.read_bytes() for p in self.node.rglob("*") if p.is_file()}
        self.assertEqual(len(before), 6)
        code, out, err = self.init()
        self.assertEqual((code, out), (3, ""))
        self.assertIn("exists already and is not overwritten", err)
        self.assertEqual({p: p.read_bytes() for p in self.node.rglob("*") if p.is_file()}, before)

    def test_init_with_old_keys_leaves_no_configuration(self):
        (self.node / "keys").mkdir(parents=True)
        (self.node / "keys" / "tls.crt").write_text("old")
        self.assertEqual(self.init()[0], 3)
        self.assertEqual([p.name for p in self.node.rglob("*") if p.is_file()], ["tls.crt"])

    def test_wrong_command_lines_exit_2(self):
        lines = [("requests", "show"), ("approve",), ("deny", "x"), ("operator", "new", self.node), ("key",), ("key", "rotate"),
                 ("agreement", "get", "x"), ("agreement", "revoke", "x"), ("peer", "accept", "x"), ("backup",), ("status", "x"),
                 (), ("nothing",), ("psk",), ("psk", "old"), ("init", self.node), ("card",), ("card", "a", "b"),
                 ("init", self.node, "--name", "CBS", "--address", "h:1"), ("check-config",), ("dataset", "check"),
                 ("init", self.node, "--name", "cbs", "--address", "h"), ("fingerprint", "--colour", "red")]
        for line in lines:
            code, out, err = run(*line)
            self.assertEqual((code, out), (2, ""), line)
            self.assertTrue(err.startswith("schakelctl"), err)
        self.assertFalse(self.node.exists())

    def test_help_and_version_tell_of_every_command(self):
        code, out, _ = run("--help")
        self.assertEqual(code, 0)
        self.assertLess(max(map(len, out.splitlines())), 80)
        for command in COMMANDS:
            self.assertIn(f"  {command} ", out)
            self.assertEqual(run(*command.split(), "--help")[0], 0, command)
        self.assertRegex(run("--version")[1], r"^schakelctl \d+\.\d+\.\d+\n$")

    def test_fingerprints_of_a_folder_a_card_and_a_profile_are_the_same(self):
        self.init()
        card = run("card", self.node)[1]
        own = run("fingerprint", self.node)[1].split("  ")[0]
        self.assertRegex(own, r"^([0-9a-f]{4} ){9}[0-9a-f]{4}$")
        self.assertIn(own, card)
        self.assertEqual(run("fingerprint", self.node / "keys" / "card.yaml"), (0, f"{own}  card     cbs\n", ""))
        profile = self.folder / "profile.yaml"
        profile.write_text("analyst: anna\nkeys: keys\nnodes:\n" + card)
        self.assertEqual(run("fingerprint", profile), (0, f"{own}  node     cbs\n", ""))
        code, out, err = run("fingerprint", self.node / "schakel.yaml")  # no cards stand in a node's configuration
        self.assertEqual((code, out), (1, ""))
        self.assertIn("unknown key", err)

    def test_psk_new_is_named_in_a_configuration(self):
        self.init()
        psk = self.node / "lv.psk"
        self.assertEqual(run("psk", "new", psk), (0, "", ""))
        self.assertEqual(run("psk", "new", psk)[0], 3)
        self.assertEqual(stat.S_IMODE(psk.stat().st_mode), 0o600)
        path = self.node / "schakel.yaml"
        path.write_text(path.read_text().replace("psk: []\n", "psk:\n  - peer: lv\n    file: lv.psk\n"))
        code, out, err = run("check-config", path)
        self.assertEqual((code, err), (0, ""))
        self.assertIn("1 pre-shared keys", out)
        psk.chmod(0o644)
        code, _, err = run("check-config", path)
        self.assertEqual(code, 3)
        self.assertIn("chmod 600", err)

    def test_check_config_keys_of_an_agreement_are_told_where_they_belong(self):
        self.init()
        path = self.node / "schakel.yaml"
        text = path.read_text()
        for key in ("peers: []", "analysts: []", "disclosure: {min_persons: 10}"):
            path.write_text(text + key + "\n")
            code, out, err = run("check-config", path)
            self.assertEqual((code, out), (1, ""))
            self.assertIn(f"{key.split(':')[0]} now belongs in the agreement", err)

    def test_check_config_socket_and_operators_are_checked(self):
        self.init()
        path = self.node / "schakel.yaml"
        text = path.read_text()
        key = re.search(r'identity: "(.*)"', (self.node / "keys" / "card.yaml").read_text()).group(1)
        own = f"operators:\n  - name: jan\n    user: no-such-account\n    identity: \"{key}\"\n"
        path.write_text(text.replace("operators: []\n", own).replace("# socket: state/control.sock", f"socket: {'s' * 200}"))
        code, out, err = run("check-config", path)
        self.assertEqual((code, out, len(err.splitlines())), (1, "", 3))
        for words in ("longer than the 107 bytes", "which this machine does not know", "has this node's own key"):
            self.assertIn(words, err)
        path.write_text(text)
        self.assertIn("nobody may give this node orders", run("check-config", path)[1])

    def test_check_config_tells_every_fault(self):
        self.init()
        path = self.node / "schakel.yaml"
        text = path.read_text()
        path.write_text(text.replace("node: cbs", "node: other").replace("data_sets: []", "data_sets: [a.yaml, example.yaml]"))
        code, out, err = run("check-config", path)
        self.assertEqual((code, out), (1, ""))
        self.assertIn("are those of 'cbs', not of 'other'", err)
        self.assertIn("a.yaml: No such file", err)
        self.assertIn("bijstand.csv, which does not exist", err)
        path.write_text(text.replace("max_jobs: 4", "max_jobs: 400"))
        self.assertIn("limits.max_jobs has to be a whole number from 1 to 64", run("check-config", path)[2])

    def test_passphrase_from_a_file_or_not_at_all(self):
        words = self.folder / "words"
        words.write_text("correct horse battery\n")
        words.chmod(0o600)
        self.assertEqual(self.init("--passphrase")[0], 3)  # no terminal, no file
        self.assertFalse((self.node / "keys").exists())
        self.assertEqual(self.init("--passphrase", SCHAKEL_PASSPHRASE_FILE=str(words))[0], 0)
        path = self.node / "schakel.yaml"
        self.assertEqual(run("check-config", path, SCHAKEL_PASSPHRASE_FILE=str(words))[0], 0)
        code, _, err = run("check-config", path)
        self.assertEqual(code, 1)
        self.assertIn("SCHAKEL_PASSPHRASE_FILE", err)
        words.write_text("another passphrase\n")
        self.assertIn("the passphrase is wrong", run("check-config", path, SCHAKEL_PASSPHRASE_FILE=str(words))[2])
        words.chmod(0o644)
        self.assertIn("chmod 600", run("check-config", path, SCHAKEL_PASSPHRASE_FILE=str(words))[2])

    def test_passphrase_at_the_terminal_is_never_shown(self):
        init = ("init", self.node, "--name", "cbs", "--address", "h:7300", "--passphrase")
        code, shown = run_at_terminal(["short\r"], *init)
        self.assertEqual(code, 1)
        self.assertIn("12 to 1023", shown)
        code, shown = run_at_terminal(["correct horse\r", "correct hoarse\r"], *init)
        self.assertEqual(code, 1)
        self.assertIn("differ", shown)
        code, shown = run_at_terminal(["\x03"], *init)
        self.assertEqual(code, 3)
        self.assertFalse((self.node / "keys").exists())
        code, shown = run_at_terminal(["wrong\x15correct horsX\x7fe\r", "correct horse\r"], *init)
        self.assertEqual(code, 0, shown)
        self.assertNotIn("hors", shown)
        code, shown = run_at_terminal(["correct horse\r"], "check-config", self.node / "schakel.yaml")
        self.assertEqual(code, 0, shown)
        self.assertIn("is well", shown)

    def test_examples_are_a_configuration_but_for_their_keys(self):
        code, _, err = run("check-config", ROOT / "config" / "node.yaml")
        self.assertEqual(code, 1)
        self.assertIn("identity.key", err)
        # The rest is accounts of the examples' operators that this machine may not have.
        others = [line for line in err.splitlines() if "which this machine does not know" not in line]
        self.assertEqual(len(others), 1)
        self.assertEqual(len(run("fingerprint", ROOT / "config" / "analyst.yaml")[1].splitlines()), 3)


    def test_operator_new_prints_what_a_configuration_takes(self):
        self.init()
        jan = self.folder / "jan"
        code, out, err = run("operator", "new", jan, "--name", "jan")
        self.assertEqual(code, 0)
        self.assertIn("under \"operators:\"", err)
        self.assertRegex(out, r'^  - name: jan\n    user: \S+\n    identity: "[A-Za-z0-9+/]{43}="\n$')
        self.assertEqual(stat.S_IMODE((jan / "identity.key").stat().st_mode), 0o600)
        path = self.node / "schakel.yaml"
        path.write_text(path.read_text().replace("operators: []\n", "operators:\n" + out))
        code, out, err = run("check-config", path)
        self.assertEqual((code, err), (0, ""))
        self.assertIn("1 operators", out)
        self.assertEqual(run("operator", "new", jan, "--name", "jan")[0], 3)

    def test_key_rotate_makes_the_next_keys_once(self):
        self.init()
        before = {p: p.read_bytes() for p in self.node.rglob("*") if p.is_file()}
        code, out, err = run("key", "rotate", self.node)
        self.assertEqual(code, 0)
        self.assertIn("agreement sign FILE --keys", err)
        own = run("fingerprint", self.node / "keys.next" / "card.yaml")[1].split("  ")[0]
        self.assertIn(f"# fingerprint {own}\n  - name: cbs\n", out)
        self.assertIn("127.0.0.1:7300", out)
        self.assertNotIn(own, run("fingerprint", self.node)[1])
        code, out, err = run("key", "rotate", self.node)
        self.assertEqual((code, out), (3, ""))
        self.assertIn("exists already", err)
        self.assertEqual({p: p.read_bytes() for p in before}, before)
        self.assertEqual(run("key", "rotate", self.folder / "none")[0], 1)

    def test_key_rotate_keys_under_a_passphrase_are_followed_by_such(self):
        words = self.folder / "words"
        words.write_text("correct horse battery\n")
        words.chmod(0o600)
        self.init("--passphrase", SCHAKEL_PASSPHRASE_FILE=str(words))
        self.assertEqual(run("key", "rotate", self.node)[0], 3)  # no terminal, no file
        self.assertFalse((self.node / "keys.next").exists())
        self.assertEqual(run("key", "rotate", self.node, SCHAKEL_PASSPHRASE_FILE=str(words))[0], 0)
        self.assertEqual((self.node / "keys.next" / "identity.key").stat().st_size, 140)
