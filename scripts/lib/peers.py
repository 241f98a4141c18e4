"""The peers of the benchmark: PostgreSQL in a temporary cluster of its own, and DuckDB, both on the pooled files."""
import os
import pathlib
import re
import shutil
import signal
import subprocess


class PeerError(Exception):
    """A peer cannot be run; the text says why."""


class PostgreSQL:
    """A cluster in a folder, on a Unix socket only, with settings for speed: nothing of it has to survive a crash."""

    SETTINGS = {
        "listen_addresses": "", "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off",
        "wal_level": "minimal", "max_wal_senders": "0", "autovacuum": "off", "shared_buffers": "1GB",
        "work_mem": "256MB", "maintenance_work_mem": "256MB", "max_wal_size": "4GB", "checkpoint_timeout": "1h",
        "jit": "off",  # costs more than it brings on queries of a second
    }

    def __init__(self, folder, data_folder):
        self.folder = pathlib.Path(folder)
        self.server = None
        self.user = "postgres" if os.geteuid() == 0 else None
        self.bin = self._find_programs()
        self.folder.mkdir(mode=0o755, exist_ok=True)
        if self.user:
            shutil.chown(self.folder, self.user)
            self._let_read(pathlib.Path(data_folder))
        self._run("initdb", "-D", str(self.folder / "data"), "--no-sync", "-A", "trust", "-U", "bench", "-E", "UTF8",
                  "--locale=C.UTF-8")

    @staticmethod
    def _find_programs():
        for folder in sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
            if (folder / "initdb").exists():
                return folder
        found = shutil.which("initdb")
        if found:
            return pathlib.Path(found).parent
        raise PeerError("PostgreSQL is not installed: apt-get install postgresql-15")

    @staticmethod
    def _let_read(folder):
        """The server's user has to get at the files: every folder above them can be passed."""
        for above in [folder, *folder.parents]:
            if not above.stat().st_mode & 0o001:
                above.chmod(above.stat().st_mode | 0o011)

    def _command(self, program, *arguments):
        command = [str(self.bin / program), *arguments]
        return ["setpriv", "--reuid", self.user, "--regid", self.user, "--clear-groups", "--pdeathsig", "TERM",
                *command] if self.user else command

    def _run(self, program, *arguments):
        done = subprocess.run(self._command(program, *arguments), cwd=self.folder, capture_output=True, text=True,
                              timeout=600)
        if done.returncode != 0:
            raise PeerError(f"{program}: {done.stderr.strip()}")
        return done.stdout

    def start(self):
        settings = [argument for name, value in self.SETTINGS.items() for argument in ("-c", f"{name}={value}")]
        self.log = open(self.folder / "log", "wb")
        self.server = subprocess.Popen(
            self._command("postgres", "-D", str(self.folder / "data"), "-k", str(self.folder), *settings),
            cwd=self.folder, stdout=self.log, stderr=self.log, start_new_session=True)
        for _ in range(200):
            ready = subprocess.run([str(self.bin / "pg_isready"), "-q", "-h", str(self.folder)])
            if ready.returncode == 0:
                return
            try:
                self.server.wait(0.1)
                break
            except subprocess.TimeoutExpired:
                continue
        raise PeerError("PostgreSQL does not start: " + (self.folder / "log").read_text()[-500:])

    def version(self):
        return self._run("psql", "-h", str(self.folder), "-U", "bench", "-d", "postgres", "-XAtc",
                         "SHOW server_version").split()[0]

    def run(self, prepare, timed):
        """Runs the statements `prepare`, then `timed`; returns (seconds of the timed ones, the last one's rows).

        Seconds are the client's, statement by statement (psql's \\timing), so that starting psql does not count."""
        script = "\\set ON_ERROR_STOP on\n" + "".join(s + ";\n" for s in prepare) + "\\timing on\n"
        script += "".join(s + ";\n" for s in timed)
        path = self.folder / "script.sql"
        path.write_text(script)
        out = self._run("psql", "-h", str(self.folder), "-U", "bench", "-d", "postgres", "-XAqt", "-F", ",", "-f",
                        str(path))
        times = re.findall(r"^Time: ([0-9.]+) ms.*$", out, re.M)
        if len(times) != len(timed):
            raise PeerError(f"psql timed {len(times)} of {len(timed)} statements")
        rows = [line.split(",") for line in out.splitlines() if line and not line.startswith(("Time:", "COPY"))]
        return sum(float(t) for t in times) / 1000, rows

    def stop(self):
        if self.server and self.server.poll() is None:
            self.server.send_signal(signal.SIGINT)  # "fast": ends sessions, then itself
            try:
                self.server.wait(30)
            except subprocess.TimeoutExpired:
                self.server.kill()
                self.server.wait()
        if getattr(self, "log", None):
            self.log.close()


class DuckDB:
    """DuckDB through duckdb_sql, a fresh database in memory each time."""

    def __init__(self, program, threads=2):
        self.program, self.threads = str(program), threads

    def version(self):
        return self._run("SELECT version()")[1][0][0].lstrip("v")

    def _run(self, sql):
        done = subprocess.run([self.program, "--threads", str(self.threads), "--time", sql], capture_output=True,
                              text=True, timeout=600)
        if done.returncode != 0:
            raise PeerError(done.stderr.strip())
        rows = [line.split(",") for line in done.stdout.splitlines()[1:]]
        return float(done.stderr.split()[-1]), rows

    def run(self, sql):
        """(seconds from opening the database to the last row, rows)"""
        return self._run(sql)
