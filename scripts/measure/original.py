"""The original in the same run: the real communication server with its database, started by a script beside ours.

It is there when `../shared/tools/start-original.sh` is (or the script that ORIGINAL names) and we are root. Its work
folder is made anew, so that its computers are new too.
"""

import os
import pathlib
import shutil
import socket
import subprocess

from .tools import PROJECT, WORK

START = pathlib.Path(os.environ.get("ORIGINAL", PROJECT.parent / "shared/tools/start-original.sh"))
STOP = START.with_name("stop-original.sh")


def why_not():
    """Why it cannot be measured; empty when it can."""
    if not START.exists():
        return f"{START.name} is not there"
    return "" if os.geteuid() == 0 else "it needs root"


def _free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Original:
    def __enter__(self):
        self.folder = WORK / "original"
        self._stop()
        shutil.rmtree(self.folder, ignore_errors=True)
        ports = [str(_free_port()) for _ in range(3)]
        self.address = f"http://127.0.0.1:{ports[0]}"
        # Its servers run as users of their own, who may not write to a temporary folder that is root's alone.
        environment = os.environ | {"TMPDIR": "/tmp", "PATH": os.environ["PATH"] + ":/usr/sbin:/sbin"}
        with open(WORK / "original.log", "w") as log:
            done = subprocess.run([START, self.folder, *ports], env=environment, stdin=subprocess.DEVNULL, stdout=log,
                                  stderr=log)
        if done.returncode:
            self._stop()
            raise RuntimeError(f"the original did not start; see {WORK / 'original.log'}")
        return self

    def __exit__(self, *_):
        self._stop()

    def _stop(self):
        if self.folder.exists():
            subprocess.run([STOP, self.folder], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def processes(self):
        """Apache's and MariaDB's first processes; their children are counted with them."""
        return [int((self.folder / file).read_text()) for file in ("apache/run/apache.pid", "db/mysqld.pid")]

    def load(self, tools, what, **options):
        return tools.load(self.address, what, processes=self.processes(), **options)

    def computers(self):
        told = subprocess.run(["mariadb", "--no-defaults", "-S", self.folder / "db/mysqld.sock", "-u", "root", "-N",
                               "-e", "SELECT COUNT(*) FROM ocsweb.hardware"], stdout=subprocess.PIPE, text=True)
        return int(told.stdout.strip() or -1)
