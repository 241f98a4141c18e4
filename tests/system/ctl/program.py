"""schakelctl as a person runs it: without a terminal, and at one."""
import os
import pathlib
import pty
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[3]
PROGRAM = None  # test_schakelctl.py sets it


def run(*arguments, **environment):
    """Without a terminal: (exit code, stdout, stderr)."""
    done = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, stdin=subprocess.DEVNULL,
                          env={**os.environ, **environment}, start_new_session=True, timeout=120)
    return done.returncode, done.stdout, done.stderr


def run_at_terminal(answers, *arguments):
    """At a terminal of its own, giving the answers in turn to each question: (exit code, what the terminal showed)."""
    process, terminal = pty.fork()
    if process == 0:
        try:
            os.execv(PROGRAM, [PROGRAM, *map(str, arguments)])
        finally:
            os._exit(127)
    shown, answers = b"", list(answers)
    while True:
        try:
            piece = os.read(terminal, 1000)
        except OSError:  # the other end is closed
            break
        if not piece:
            break
        shown += piece
        if answers and shown.endswith((b": ", b"] ")):
            os.write(terminal, answers.pop(0).encode())
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), shown.decode()
