"""Runs a supervisor over small scripts: `supervised.py FOLDER NAME=SCRIPT …`; each is a stage of its own."""

import sys
from pathlib import Path

from gateway.locks import FolderLock
from gateway.programs import Program
from gateway.supervisor import LOCK, Supervisor


def main() -> None:
    folder = Path(sys.argv[1])
    pairs = [argument.split("=", 1) for argument in sys.argv[2:]]
    wanted = [
        Program(name, (sys.executable, "-uc", script), stage=stage, patience=3.0)
        for stage, (name, script) in enumerate(pairs)
    ]
    FolderLock(folder, LOCK).take()
    supervisor = Supervisor(folder, wanted, facts={"address": "http://127.0.0.1:1"})
    with supervisor.running():
        supervisor.run()


if __name__ == "__main__":
    main()
