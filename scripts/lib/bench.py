#!/usr/bin/env python3
"""scripts/bench: linked statistics by several nodes beside PostgreSQL and DuckDB on the pooled files.

    scripts/bench [W1 ... W6] [--runs N] [--json] [--profile] [--build FOLDER]

Each workload runs from CSV files on disk to the analyst's result: ours through daemons with TLS on loopback, timed
from the start of `schakel query` to its end; PostgreSQL as COPY into unlogged tables and the query; DuckDB as the query
straight over the files, 2 threads. All three run in turn, --runs times (3), and their results have to be the same.
Figures are medians. Everything is made in a temporary folder and removed."""
import argparse
import csv
import io
import json
import pathlib
import re
import statistics
import sys
import time

import mesh as meshes
import peers
import schemas
import workloads

ROOT = pathlib.Path(__file__).resolve().parents[2]
SPANS = ["read", "hash", "wait", "join", "align", "program", "group", "network", "compute", "threshold", "seal", "total"]


def data_schemas(workload, folder):
    """Writes the schemas; returns node -> paths."""
    found = {node: [] for node in workload.nodes}
    for name, columns in workload.columns.items():
        node, data_set = workload.placed(name)
        described = []
        for column, kind in list(columns.items())[1:]:
            described.append(workload.describe[name][column])
            assert described[-1]["name"] == column, (column, kind)
        path = folder / f"{name}.yaml"
        schema = schemas.schema(data_set, folder / f"{name}.csv", described, name in workload.many, next(iter(columns)), "text",
                                max_rows=workload.rows[name])
        meshes.write_yaml(path, schema | ({"link_keys": workload.link_keys} if workload.link_keys else {}))
        found[node].append(path)
    return found


def answer_rows(text, keys):
    """Rows of our CSV as the peers give them: without the column that tells of suppression; no cell may be suppressed."""
    rows = list(csv.reader(io.StringIO(text)))
    if rows[0][-1] == "suppressed":
        if any(row[-1] for row in rows[1:]):
            raise SystemExit("bench: a cell is suppressed, so the answers cannot be compared")
        rows = [row[:-1] for row in rows]
    return sorted(rows[1:])


def run_ours(mesh, workload, folder):
    """(seconds, rows, node -> the job's record)"""
    since = mesh.log_sizes()
    out = folder / "ours.csv"
    start = time.monotonic()
    mesh.query(workload.query, *workload.options, "--format", "csv", "-o", str(out), timeout=600)
    seconds = time.monotonic() - start
    rows = answer_rows(out.read_text(), workload.keys)
    out.unlink()
    jobs = {name: records[-1] for name, records in mesh.jobs_done(since).items() if records}
    if len(jobs) != len(mesh.nodes):
        raise SystemExit(f"bench: only {sorted(jobs)} logged the end of the job")
    return seconds, rows, jobs


def predicted_mb(mesh, workload):
    """What --explain says is sent at most."""
    text = mesh.query(workload.query, *workload.options, "--explain").stdout
    return float(re.search(r"at most ([0-9.]+) MB over the wire", text).group(1))


def measure(workload, programs, server, duck, folder, runs):
    """Runs a workload on all three; returns the figures as a dict."""
    folder.mkdir(mode=0o755)
    workload.make(programs.duckdb_sql, folder)
    times = {"ours": [], "postgresql": [], "duckdb": []}
    with meshes.Mesh(folder / "mesh", programs, data_schemas(workload, folder), min_persons=10,
                     zero_cells="suppress", limits=workload.limits) as mesh:
        for _ in range(runs):
            seconds, ours, jobs = run_ours(mesh, workload, folder)
            times["ours"].append(seconds)
            seconds, theirs = server.run(*workload.postgresql(folder))
            times["postgresql"].append(seconds)
            seconds, also = duck.run(workload.duckdb(folder))
            times["duckdb"].append(seconds)
            for name, rows in (("PostgreSQL", theirs), ("DuckDB", also)):
                if sorted(rows) != ours:
                    raise SystemExit(f"bench: {workload.name}: our answer differs from that of {name}")
        predicted = predicted_mb(mesh, workload)
        memory = {name: (meshes.peak_kb(node.process.pid) + jobs[name].get("child_peak_kb", 0)) / 1024
                  for name, node in mesh.nodes.items()}
    medians = {name: statistics.median(values) for name, values in times.items()}
    sent = {name: jobs[name]["sent_bytes"] for name in mesh.nodes}
    return {
        "workload": workload.name, "seconds": round(medians["ours"], 4),
        "postgresql_seconds": round(medians["postgresql"], 4), "duckdb_seconds": round(medians["duckdb"], 4),
        "ratio_postgresql": round(medians["ours"] / medians["postgresql"], 3),
        "ratio_duckdb": round(medians["ours"] / medians["duckdb"], 3),
        "predicted_mb": predicted, "bytes_per_row": round(sum(sent.values()) / sum(workload.rows.values()), 1),
        "peak_mb": round(max(memory.values()), 1),
        "runs": runs, "cells": len(ours), "sent_bytes": sent, "node_peak_mb": {n: round(m, 1) for n, m in memory.items()},
        "spans": {name: {s: jobs[name].get(f"{s}_ns", 0) for s in SPANS} for name in mesh.nodes},
    }


def print_table(found, profile):
    print(f"{'':4} {'ours':>8} {'PostgreSQL':>11} {'ratio':>6} {'DuckDB':>8} {'ratio':>6} {'bytes a row':>12}"
          f"   {'sent by each node (MB)':26} peak memory of each (MB)")
    for f in found:
        sent = ", ".join(f"{n} {b / 1e6:.0f}" for n, b in f["sent_bytes"].items())
        memory = ", ".join(f"{n} {m:.0f}" for n, m in f["node_peak_mb"].items())
        print(f"{f['workload']:4} {f['seconds']:6.2f} s {f['postgresql_seconds']:9.2f} s {f['ratio_postgresql']:6.2f} "
              f"{f['duckdb_seconds']:6.2f} s {f['ratio_duckdb']:6.2f} {f['bytes_per_row']:12.1f}   {sent:26} {memory}")
        print(f"     --explain predicted at most {f['predicted_mb']:.0f} MB; {sum(f['sent_bytes'].values()) / 1e6:.0f} MB were sent, framing included")
    if profile:
        print("\nwhere the time of the last run went, in ms (steps of several shards run at the same time, so they add up to"
              "\nmore than the whole)")
        print(f"{'':8}" + "".join(f"{s:>10}" for s in SPANS))
        for f in found:
            for n in f["sent_bytes"]:
                spans = f["spans"][n]
                print(f"{f['workload']:4} {n:3}" + "".join(f"{spans[s] / 1e6:10.1f}" for s in SPANS))


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workloads", nargs="*", help=f"of {', '.join(workloads.ALL)}; all where none is named")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="one object a line")
    parser.add_argument("--profile", action="store_true", help="print where the time goes, node by node")
    parser.add_argument("--build", default=ROOT / "build", type=pathlib.Path)
    arguments = parser.parse_args()
    unknown = [name for name in arguments.workloads if name not in workloads.ALL]
    if unknown or arguments.runs < 1:
        parser.error(f"no workload {unknown[0]}; there are {', '.join(workloads.ALL)}" if unknown else "--runs: 1 or more")
    programs = meshes.Programs(arguments.build)
    folder = meshes.make_folder(prefix="schakel-bench-")
    server, found = None, []
    try:
        duck = peers.DuckDB(programs.duckdb_sql)
        server = peers.PostgreSQL(folder / "postgresql", folder)
        server.start()
        if not arguments.json:
            print(f"nodes with TLS on loopback; PostgreSQL {server.version()}; DuckDB {duck.version()}, 2 threads; "
                  f"medians of {arguments.runs}", flush=True)
        for name in arguments.workloads or workloads.ALL:
            figures = measure(workloads.ALL[name], programs, server, duck, folder / name, arguments.runs)
            found.append(figures)
            if arguments.json:
                print(json.dumps(figures), flush=True)
        if not arguments.json:
            print_table(found, arguments.profile)
        elif arguments.profile:
            print_table(found, True)
    except (meshes.MeshError, peers.PeerError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    finally:
        if server:
            server.stop()
        meshes.remove_folder(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
