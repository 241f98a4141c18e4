"""Runs real nodes on loopback: keys, configurations, daemons, an analyst. For the demo, the system tests and the benchmark.

    with Mesh(folder, programs, {"a": [schema, ...], "b": [...], "c": []}) as mesh:
        done = mesh.query("SELECT ...", "--format", "csv")

Every daemon gets SIGTERM at the end and has to go by itself; one that does not is killed and reported. A daemon also dies
with this process, whatever ends it."""
import ctypes
import json
import pathlib
import shutil
import signal
import socket
import subprocess
import time

SECONDS_TO_CONNECT = 30
SECONDS_TO_STOP = 20
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


def peak_kb(pid):
    """VmHWM: the most memory that a process has had resident."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    return 0


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
            path = self.folder / name
            if not path.exists():
                raise MeshError(f"{path} does not exist: build first (cmake --build {build})")
            setattr(self, name.replace("-", "_"), str(path))


def run(command, cwd=None, timeout=60, check=True):
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=timeout, stdin=subprocess.DEVNULL)
    if check and done.returncode != 0:
        raise MeshError(f"{' '.join(command)} ended with {done.returncode}: {done.stderr.strip()}")
    return done


def read_card(text):
    """A public card as a dict."""
    card = {}
    for line in text.splitlines():
        key, colon, value = line.partition(":")
        if colon and not line.startswith("#"):
            card[key.strip().lstrip("- ")] = value.split(" #")[0].strip().strip('"')
    return card


class Node:
    """One organisation's daemon, in a folder of its own."""

    def __init__(self, mesh, name, port, schemas):
        self.mesh, self.name, self.port, self.schemas = mesh, name, port, schemas
        self.folder = mesh.folder / name
        self.log_path = self.folder / "schakeld.log"
        self.process = None

    def make_keys(self):
        self.folder.mkdir(exist_ok=True)
        address = f"127.0.0.1:{self.port}"
        run([self.mesh.programs.schakelctl, "init", str(self.folder / "node"), "--name", self.name, "--address", address])
        self.card = read_card(run([self.mesh.programs.schakelctl, "card", str(self.folder / "node")]).stdout)

    def configure(self, **changes):
        mesh = self.mesh
        configuration = {
            "node": self.name, "listen": f"127.0.0.1:{self.port}", "address": f"127.0.0.1:{self.port}",
            "keys": "node/keys", "data_sets": [str(s) for s in self.schemas],
            "disclosure": {"min_persons": mesh.min_persons, "zero_cells": mesh.zero_cells},
            "peers": [n.card for n in mesh.nodes.values() if n is not self],
            "analysts": [{k: v for k, v in mesh.analyst.items() if k != "address"}],
            "limits": mesh.limits, "log": {"format": "json", "level": mesh.log_level},
        }
        configuration.update(changes)
        self.path = self.folder / "node.yaml"
        write_yaml(self.path, {key: value for key, value in configuration.items() if value not in ([], {}, None)})

    def start(self):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [*self.mesh.wrapper, self.mesh.programs.schakeld, str(self.path)], stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, cwd=self.folder, start_new_session=True, preexec_fn=die_with_parent)

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

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def log_end(self, characters=1500):
        return self.log()[-characters:]

    def records(self, since=0):
        """The log's JSON lines from byte `since` on; what else stands there is skipped."""
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


class Mesh:
    """Nodes that know each other, and one analyst whom they all know."""

    def __init__(self, folder, programs, schemas, min_persons=10, zero_cells="suppress", limits=None, wrapper=(),
                 log_level="info", analyst="anna"):
        self.folder, self.programs = pathlib.Path(folder).resolve(), programs
        self.min_persons, self.zero_cells, self.limits = min_persons, zero_cells, limits or {}
        self.wrapper, self.log_level, self.analyst_name = list(wrapper), log_level, analyst
        self.folder.mkdir(parents=True, exist_ok=True)
        ports = free_ports(len(schemas))
        self.nodes = {name: Node(self, name, port, paths) for (name, paths), port in zip(schemas.items(), ports)}
        for node in self.nodes.values():
            node.make_keys()
        self.make_analyst()
        for node in self.nodes.values():
            node.configure()

    def make_analyst(self):
        home = self.folder / "analyst"
        self.analyst_keys = home / "keys"
        self.profile = home / "schakel.yaml"
        run([self.programs.schakel, "keygen", str(home), "--name", self.analyst_name])
        self.analyst = read_card(self.schakel("card").stdout)
        self.write_profile()

    def write_profile(self, call=None):
        write_yaml(self.profile, {"analyst": self.analyst_name, "keys": "keys", "node": call or next(iter(self.nodes)),
                                  "nodes": [node.card for node in self.nodes.values()]})

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

    def start(self):
        for node in self.nodes.values():
            node.start()
        self.wait_until_connected()

    def wait_until_connected(self, names=None):
        """Returns when every named node knows the data sets of every other."""
        names = set(names or self.nodes)
        end = time.monotonic() + SECONDS_TO_CONNECT
        while True:
            dead = [n for n in names if not self.nodes[n].is_running()]
            if dead:
                raise MeshError(f"{dead[0]} has ended: {self.nodes[dead[0]].log_end()}")
            missing = {n for n in names if not self._offers_all(n, names)}
            if not missing:
                return
            if time.monotonic() > end:
                name = sorted(missing)[0]
                raise MeshError(f"not connected within {SECONDS_TO_CONNECT} s; {name}: {self.nodes[name].log_end()}")
            time.sleep(0.1)

    def _offers_all(self, name, names):
        """Whether a node, asked for data sets, answers for all the others."""
        self.write_profile(call=name)
        done = self.schakel("datasets", check=False, timeout=20)
        self.write_profile()
        offered = {line.split()[0] for line in done.stdout.splitlines()
                   if line[:1].isalpha() and " is not connected to " not in line}
        return done.returncode == 0 and names <= offered

    def stop(self):
        return [c for c in [node.stop() for node in self.nodes.values()] if c]

    def schakel_command(self, *arguments):
        return [self.programs.schakel, "--profile", str(self.profile), *arguments]

    def schakel(self, *arguments, timeout=120, check=True):
        return run(self.schakel_command(*arguments), timeout=timeout, check=check)

    def query(self, sql, *arguments, timeout=120, check=True):
        return self.schakel("query", sql, *arguments, timeout=timeout, check=check)

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
    import tempfile
    return pathlib.Path(tempfile.mkdtemp(prefix=prefix, dir=parent))


def remove_folder(folder):
    shutil.rmtree(folder, ignore_errors=True)
