"""Runs real nodes on loopback: keys, a signed agreement, daemons, analysts, operators. For the demo, the system tests and the
benchmark.

    with Mesh(folder, programs, {"a": [schema, ...], "b": [...], "c": []}) as mesh:
        done = mesh.query("SELECT ...", "--format", "csv")

The nodes start without an agreement; one is made from the schemas (agreements.py), signed by each of them in turn, and
activated at each by an operator. Every daemon gets SIGTERM at the end and has to go by itself; one that does not is killed
and reported. A daemon also dies with this process, whatever ends it."""
import contextlib
import ctypes
import json
import os
import pathlib
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import time

import agreements

SECONDS_TO_CONNECT = 30
SECONDS_TO_STOP = 20
TRY_AGAIN = 4  # exit code of our programs
MAX_SOCKET_PATH = 100  # of the 108 bytes that a Unix socket's path may have
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None, use_errno=True)


class MeshError(Exception):
    """Something that should run does not; the text says what, with the end of its log."""


def die_with_parent():
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def status_kb(pid, key):
    """A figure in kB of /proc/PID/status: VmHWM is the most memory that was resident, VmRSS what is now."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(key + ":"):
            return int(line.split()[1])
    return 0


def peak_kb(pid):
    return status_kb(pid, "VmHWM")


def children(pid):
    """The pids of a process's children."""
    found = []
    for task in pathlib.Path(f"/proc/{pid}/task").glob("*"):
        try:
            found += [int(child) for child in (task / "children").read_text().split()]
        except OSError:
            pass
    return found


def yaml_lines(value, indent=0):
    """A small subset of YAML: dicts, lists, strings, numbers."""
    blank = " " * indent
    if isinstance(value, dict):
        for key, item in value.items():
            if isinstance(item, (dict, list)) and item:
                yield f"{blank}{key}:"
                yield from yaml_lines(item, indent + 2)
            else:
                yield f"{blank}{key}: {json.dumps(item, ensure_ascii=False)}"
    else:
        for item in value:
            lines = list(yaml_lines(item, indent + 2)) if isinstance(item, dict) else [blank + "  " + json.dumps(item)]
            yield blank + "- " + lines[0][indent + 2:]
            yield from lines[1:]


def write_yaml(path, value):
    path.write_text("\n".join(yaml_lines(value)) + "\n", encoding="utf-8")


class Programs:
    """The built programs, found in a build folder."""

    def __init__(self, build):
        self.folder = pathlib.Path(build).resolve() / "bin"
        for name in ("schakeld", "schakel", "schakelctl", "schakel-source", "duckdb_sql"):
            setattr(self, name.replace("-", "_"), self.find(name))

    def find(self, name):
        path = self.folder / name
        if not path.exists():
            raise MeshError(f"{path} does not exist: build first (cmake --build {self.folder.parent})")
        return str(path)


def run(command, cwd=None, timeout=60, check=True):
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=timeout, stdin=subprocess.DEVNULL)
    if check and done.returncode != 0:
        raise MeshError(f"{' '.join(map(str, command))} ended with {done.returncode}: {done.stderr.strip()}")
    return done


def read_card(text):
    """A public card as a dict."""
    card = {}
    for line in text.splitlines():
        key, colon, value = line.partition(":")
        if colon and not line.startswith("#"):
            card[key.strip().lstrip("- ")] = value.split(" #")[0].strip().strip('"')
    return card


def until(condition, seconds, what):
    """Returns what the condition gives as soon as that is true; what: the complaint, a text or a function that gives one."""
    end = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > end:
            raise MeshError(f"not within {seconds} s: {what() if callable(what) else what}")
        time.sleep(0.03)


class Node:
    """One organisation's daemon, in a folder of its own."""

    def __init__(self, mesh, name, port, schemas, operators):
        self.mesh, self.name, self.port, self.schemas, self.operators = mesh, name, port, schemas, operators
        self.folder = mesh.folder / name
        self.log_path = self.folder / "schakeld.log"
        self.state_folder = self.folder / "state"
        self.program, self.environment, self.wrapper = mesh.programs.schakeld, {}, list(mesh.wrapper)
        self.process = None
        self.socket_folder = None

    # ---- before it runs ----

    def make_keys(self):
        self.folder.mkdir(exist_ok=True)
        address = f"127.0.0.1:{self.port}"
        run([self.mesh.programs.schakelctl, "init", str(self.folder / "node"), "--name", self.name, "--address", address])
        self.read_own_card()
        self.operator_entries = [self.make_operator(name) for name in self.operators]

    def read_own_card(self):
        self.card = read_card(run([self.mesh.programs.schakelctl, "card", str(self.folder / "node")]).stdout)

    def operator_folder(self, name):
        return self.folder / "operators" / name

    def make_operator(self, name):
        """Makes an operator's keys; returns the entry for the configuration."""
        self.operator_folder(name).parent.mkdir(exist_ok=True)
        done = run([self.mesh.programs.schakelctl, "operator", "new", str(self.operator_folder(name)), "--name", name])
        return {key: value for key, value in read_card(done.stdout).items() if key in ("name", "identity")}

    def socket_path(self):
        """The control socket in the state folder, or where that path is too long in a folder of its own."""
        path = self.state_folder / "control.sock"
        if len(str(path)) <= MAX_SOCKET_PATH:
            return path
        if self.socket_folder is None:
            self.socket_folder = pathlib.Path(tempfile.mkdtemp(prefix="schakel-"))
        return self.socket_folder / "control.sock"

    def configure(self, **changes):
        mesh = self.mesh
        configuration = {
            "node": self.name, "listen": f"127.0.0.1:{self.port}", "address": f"127.0.0.1:{self.port}",
            "keys": "node/keys", "state": "state", "socket": str(self.socket_path()), "operators": self.operator_entries,
            "data_sets": [str(s) for s in self.schemas], "psk": mesh.psk_entries(self.name),
            "limits": mesh.limits, "log": {"format": "json", "level": mesh.log_level},
        }
        configuration.update(changes)
        self.path = self.folder / "node.yaml"
        write_yaml(self.path, {key: value for key, value in configuration.items() if value not in ([], {}, None)})

    # ---- the daemon ----

    def start(self):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [*self.wrapper, self.program, str(self.path)], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                cwd=self.folder, env={**os.environ, **self.environment}, start_new_session=True, preexec_fn=die_with_parent)

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        """Ends the daemon; returns a complaint, or None where it ended cleanly."""
        if self.process is None:
            return None
        process, self.process = self.process, None
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(SECONDS_TO_STOP)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                return f"{self.name} did not end within {SECONDS_TO_STOP} s of SIGTERM"
        if process.returncode not in (0, -signal.SIGKILL):
            return f"{self.name} ended with {process.returncode}: {self.log_end()}"
        return None

    def restart(self):
        """Ends the daemon where it runs, starts it again and waits until it takes orders."""
        complaint = self.stop()
        if complaint:
            raise MeshError(complaint)
        self.start()
        self.wait_until_serving()

    def wait_until_serving(self):
        """Returns when the control socket answers an operator."""
        def serves():
            if not self.is_running():
                raise MeshError(f"{self.name} has ended: {self.log_end()}")
            return self.socket_path().exists() and self.ctl("status", check=False).returncode == 0
        until(serves, SECONDS_TO_CONNECT, lambda: f"{self.name} takes no orders: {self.log_end()}")

    def ctl(self, *arguments, operator=None, check=True, timeout=60):
        """schakelctl by one of this node's operators; the first of them where none is named."""
        command = [self.mesh.programs.schakelctl, *map(str, arguments), "--config", str(self.path),
                   "--operator", str(self.operator_folder(operator or self.operators[0]))]
        return run(command, check=check, timeout=timeout)

    # ---- what it remembers ----

    def backup(self, path=None):
        """A copy of state.db made by the node; the caller's to delete."""
        path = path or pathlib.Path(tempfile.mkdtemp(prefix="backup-", dir=self.folder)) / "state.db"
        self.ctl("backup", path)
        return path

    def rows(self, statement, *values):
        """Rows of a statement on a copy of the node's state."""
        copy = self.backup()
        try:
            with contextlib.closing(sqlite3.connect(copy)) as database:
                return database.execute(statement, values).fetchall()
        finally:
            shutil.rmtree(copy.parent)

    # ---- its log ----

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def log_end(self, characters=1500):
        return self.log()[-characters:]

    def records(self, since=0):
        """The log's JSON lines from character `since` on; what else stands there is skipped."""
        found = []
        for line in self.log()[since:].splitlines():
            try:
                found.append(json.loads(line))
            except ValueError:
                continue
        return found

    def jobs_done(self, since=0):
        """The figures that the node logged at the end of each job: sent_bytes, peak_kb, read_ns, ..."""
        found = []
        for record in self.records(since):
            word, _, rest = record.get("text", "").partition(" ")
            if word == "job_done":
                pairs = (pair.split("=", 1) for pair in rest.split())
                found.append({key: int(value) if value.isdigit() else value for key, value in pairs})
        return found


class Analyst:
    """Keys and a profile for each node to call."""

    def __init__(self, mesh, name, folder):
        self.mesh, self.name, self.folder = mesh, name, folder
        self.keys = folder / "keys"
        run([mesh.programs.schakel, "keygen", str(folder), "--name", name])
        self.card = read_card(run([mesh.programs.schakel, "--profile", str(folder / "schakel.yaml"), "card"]).stdout)

    def write_profiles(self, **more):
        first = next(iter(self.mesh.nodes))
        for called in self.mesh.nodes:
            profile = {"analyst": self.name, "keys": "keys", "node": called, "purpose": "Proef",
                       "nodes": [node.card for node in self.mesh.nodes.values()], **more}
            for path in [self.profile(called)] + ([self.profile()] if called == first else []):
                write_yaml(path, profile)

    def profile(self, node=None):
        """The profile that calls a node; the first one where none is named."""
        return self.folder / (f"{node}.yaml" if node else "schakel.yaml")


class Mesh:
    """Nodes under one agreement, with analysts and operators.

    operators: node -> names of its operators ("jan" everywhere by default); approvals: node -> its way of approving
    ("automatic"); agreement: called with the agreement before it is written, to change it; daemons: node -> another program
    than schakeld; environment: node -> its environment's additions; tell: called with the words of each command about the
    agreement, before it runs. Nodes without data sets are helpers."""

    def __init__(self, folder, programs, schemas, min_persons=10, zero_cells="suppress", limits=None, wrapper=(),
                 log_level="info", analysts=("anna",), operators=None, approvals=None, agreement=None, daemons=None,
                 environment=None, psk=False, tell=None):
        self.folder, self.programs = pathlib.Path(folder).resolve(), programs
        self.min_persons, self.zero_cells, self.limits = min_persons, zero_cells, limits or {}
        self.wrapper, self.log_level, self.approvals = list(wrapper), log_level, approvals or {}
        self.tell = tell or (lambda *words: None)
        self.folder.mkdir(parents=True, exist_ok=True)
        ports = free_ports(len(schemas))
        self.nodes = {name: Node(self, name, port, paths, (operators or {}).get(name, ["jan"]))
                      for (name, paths), port in zip(schemas.items(), ports)}
        for name, node in self.nodes.items():
            node.make_keys()
            node.program = programs.find((daemons or {}).get(name, "schakeld"))
            node.environment = (environment or {}).get(name, {})
        self.analysts = {name: Analyst(self, name, self.folder / ("analyst" if i == 0 else f"analyst_{name}"))
                         for i, name in enumerate(analysts)}
        self.analyst_name = next(iter(self.analysts))
        self.psk = self.make_psk() if psk else {}
        for analyst in self.analysts.values():
            analyst.write_profiles()
        for node in self.nodes.values():
            node.configure()
        self.agreement = self.draft_agreement()
        if agreement:
            agreement(self.agreement)
        self.bundle = None
        self.active = {}  # id -> version of what has been activated everywhere

    @property
    def profile(self):
        return self.analysts[self.analyst_name].profile()

    def make_psk(self):
        """A pre-shared key for each pair: (name, name) -> path of the file that both use."""
        names, found = sorted(self.nodes), {}
        for i, first in enumerate(names):
            for second in names[i + 1:]:
                found[first, second] = self.folder / f"{first}-{second}.psk"
                run([self.programs.schakelctl, "psk", "new", str(found[first, second])])
        return found

    def psk_entries(self, name):
        return [{"peer": pair[0] if pair[1] == name else pair[1], "file": str(path)}
                for pair, path in self.psk.items() if name in pair]

    # ---- agreements ----

    def draft_agreement(self, name="proef"):
        """An agreement of all nodes over all their data sets, with every use that makes sense."""
        parties = [agreements.party(node.card, i, not node.schemas, self.min_persons, self.zero_cells,
                                    self.approvals.get(node.name, "automatic"))
                   for i, node in enumerate(self.nodes.values(), 1)]
        data_sets = [agreements.data_set(node.name, agreements.read_schema(pathlib.Path(path)))
                     for node in self.nodes.values() for path in node.schemas]
        analysts = [agreements.analyst(analyst.card, 100 + i) for i, analyst in enumerate(self.analysts.values())]
        return agreements.agreement(name, parties, data_sets, analysts)

    def sign(self, agreed, signers=None, keys=None):
        """Writes an agreement and has parties sign it in turn (all of them by default); returns the path of the bundle.

        keys: node -> another folder of keys than the node's."""
        stem = self.folder / f"{agreed['id']}-{agreed['version']}"
        path = stem.with_suffix(".yaml")
        write_yaml(path, agreed)
        for name in signers if signers is not None else self.nodes:
            signed = stem.with_suffix(f".{name}.agreement")
            folder = (keys or {}).get(name, self.nodes[name].folder / "node")
            self.tell("schakelctl", "agreement", "sign", path.name, "--keys", f"{name}/{folder.name}", "-o", signed.name)
            run([self.programs.schakelctl, "agreement", "sign", str(path), "--keys", str(folder), "-o", str(signed)])
            path = signed
        return path

    def activate(self, bundle, names=None):
        for name in names or self.nodes:
            self.tell("schakelctl", "agreement", "activate", bundle.name, "--yes", "-c", f"{name}/node.yaml")
            until(lambda n=name: self._activates(n, bundle), SECONDS_TO_CONNECT, f"{name} does not activate {bundle}")

    def _activates(self, name, bundle):
        """False where the node is busy with the agreement before this one."""
        done = self.nodes[name].ctl("agreement", "activate", bundle, "--yes", check=False)
        if done.returncode not in (0, TRY_AGAIN):
            raise MeshError(f"{name} does not activate {bundle}: {done.stderr.strip()}")
        return done.returncode == 0

    def new_agreement_version(self, change=None, names=None):
        """A next version, changed by a function, signed by all and activated (at the named nodes)."""
        self.agreement = agreements.next_version(self.agreement)
        if change:
            change(self.agreement)
        self.bundle = self.sign(self.agreement)
        self.activate(self.bundle, names)
        self.active[self.agreement["id"]] = self.agreement["version"]
        self.wait_until_connected(names)

    def add_agreement(self, name, change=None):
        """A further agreement of its own id beside the first, active everywhere; returns it."""
        agreed = self.draft_agreement(name)
        if change:
            change(agreed)
        self.activate(self.sign(agreed))
        self.active[name] = agreed["version"]
        self.wait_until_connected()
        return agreed

    # ---- running ----

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, kind, value, trace):
        complaints = self.stop()
        if kind is None and complaints:
            raise MeshError("; ".join(complaints))

    def start_nodes(self):
        """Starts all nodes and waits until they take orders."""
        for node in self.nodes.values():
            node.start()
        for node in self.nodes.values():
            node.wait_until_serving()

    def start(self):
        """Starts all nodes; the first time also has the agreement signed and activated."""
        self.start_nodes()
        if self.bundle is None:
            self.bundle = self.sign(self.agreement)
            self.activate(self.bundle)
            self.active[self.agreement["id"]] = self.agreement["version"]
        self.wait_until_connected()

    def wait_until_connected(self, names=None):
        """Returns when every named node knows the data sets of every other under each active agreement."""
        names = set(names or self.nodes)
        def missing():
            dead = [n for n in names if not self.nodes[n].is_running()]
            if dead:
                raise MeshError(f"{dead[0]} has ended: {self.nodes[dead[0]].log_end()}")
            return sorted(n for n in names if not self._offers_all(n, names))
        until(lambda: not missing(), SECONDS_TO_CONNECT,
              lambda: "; ".join(f"{n} is not connected: {self.nodes[n].log_end()}" for n in missing()[:1]))

    def _offers_all(self, name, names):
        """Whether a node, asked for data sets, answers for all the others under each active agreement."""
        done = self.schakel("datasets", check=False, timeout=20, node=name)
        lines = [line for line in done.stdout.splitlines() if line[:1].isalpha()]
        missing = {line.split()[0] for line in lines if " is not connected to " in line}
        active = all(any(line.startswith(f"Agreement {i}, version {v},") for line in lines) for i, v in self.active.items())
        return done.returncode == 0 and active and names <= {line.split()[0] for line in lines} - missing

    def stop(self):
        complaints = [c for c in [node.stop() for node in self.nodes.values()] if c]
        for node in self.nodes.values():
            if node.socket_folder:
                shutil.rmtree(node.socket_folder, ignore_errors=True)
        return complaints

    # ---- analysts and operators ----

    def schakel_command(self, *arguments, analyst=None, node=None):
        return [self.programs.schakel, "--profile", str(self.analysts[analyst or self.analyst_name].profile(node)),
                *map(str, arguments)]

    def schakel(self, *arguments, timeout=120, check=True, analyst=None, node=None):
        return run(self.schakel_command(*arguments, analyst=analyst, node=node), timeout=timeout, check=check)

    def query(self, sql, *arguments, timeout=120, check=True, analyst=None, node=None):
        return self.schakel("query", sql, *arguments, timeout=timeout, check=check, analyst=analyst, node=node)

    def ctl(self, node, *arguments, operator=None, check=True):
        return self.nodes[node].ctl(*arguments, operator=operator, check=check)

    # ---- logs ----

    def log_sizes(self):
        return {name: len(node.log()) for name, node in self.nodes.items()}

    def jobs_done(self, since, wait=10):
        """node -> its job_done records after `since` (of log_sizes), waiting until each node has written one."""
        end = time.monotonic() + wait
        while True:
            found = {name: node.jobs_done(since[name]) for name, node in self.nodes.items()}
            if all(found.values()) or time.monotonic() > end:
                return found
            time.sleep(0.02)


def make_folder(parent=None, prefix="schakel-"):
    """A new folder for one run."""
    return pathlib.Path(tempfile.mkdtemp(prefix=prefix, dir=parent))


def remove_folder(folder):
    shutil.rmtree(folder, ignore_errors=True)
