"""Who answers the queries of the differential tests: the clear-text program, or a mesh of real nodes."""
import pathlib
import subprocess
import sys
from typing import NamedTuple

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "scripts" / "lib")]
import mesh as meshes  # noqa: E402

import pooled  # noqa: E402
import random_world  # noqa: E402
import refusals  # noqa: E402

SECONDS = 300
REFUSED = 3


class Reply(NamedTuple):
    kind: str  # ok, refused, broken
    text: str


def write_worlds(folder, worlds):
    """Files and schemas of worlds; returns node -> paths of schemas, and the reference's statements that read the files."""
    folder.mkdir(parents=True, exist_ok=True)
    paths, statements = {node: [] for node in random_world.NODES}, []
    for world in worlds:
        for data_set in world.sets:
            for node in data_set.nodes:
                path = folder / f"{node}_{data_set.name}.csv"
                random_world.write_file(path, data_set, node)
                schema = folder / f"{node}_{data_set.name}.yaml"
                meshes.write_yaml(schema, random_world.schema(data_set, node, path))
                paths[node].append(schema)
                headers = random_world.file_headers(data_set, data_set.dialects[node])
                statements.append(pooled.table_sql(data_set, node, path, headers))
    return paths, statements


class Clear:
    """clear_query over the schemas of a world."""

    def __init__(self, programs, paths, min_persons, show_zero):
        nodes = [f"{node}={','.join(map(str, found))}" for node, found in paths.items()]
        self.command = [programs.find("clear_query"), programs.schakel_source, str(min_persons), "show" if show_zero else "hide",
                        *nodes]
        self.process = None

    def start(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def ask(self, sql):
        if self.process is None:
            self.start()
        try:
            self.process.stdin.write(sql.encode() + b"\n")
            self.process.stdin.flush()
            head = self.process.stdout.readline().decode()
        except (BrokenPipeError, ValueError):
            head = ""
        if head == "":
            code = self.process.wait()
            self.close()
            return Reply("broken", f"the program ended with {code}")
        kind, _, rest = head.strip().partition(" ")
        return Reply(kind, self.process.stdout.read(int(rest)).decode() if kind == "ok" else rest)

    def close(self):
        if self.process is not None:
            self.process.stdin.close()
            self.process.wait(SECONDS)
            self.process.stdout.close()
            self.process = None


class Asker:
    """Queries a running mesh; any number of them may ask at a time."""

    def __init__(self, mesh):
        self.mesh = mesh

    def ask(self, sql):
        done = self.mesh.query(sql, "--format", "csv", timeout=SECONDS, check=False)
        if done.returncode == 0:
            return Reply("ok", done.stdout)
        text = " ".join(done.stderr.split())
        refused = done.returncode == REFUSED or refusals.reason(text)  # the program itself refuses SQL with another code than nodes do
        return Reply("refused" if refused else "broken", f"{done.returncode} {text}")

    def close(self):
        pass
