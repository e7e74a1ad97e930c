"""A copy of this Linux machine that is gone at the end: what is written there goes to memory (an overlay).

It can be started as a machine of its own, with systemd as its first process, in namespaces; its network is the driver's.
Only root may. Python's standard library only.
"""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys

import crowd
import harness

DATA = "var/lib/rollcall"
OUTSIDE = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
# What a machine needs that nothing else shares; the last word is the first process.
BOOT = """
mount --make-rprivate / &&
mount -t proc proc "$0/proc" && mount -t sysfs -o ro sysfs "$0/sys" && mount -t cgroup2 cgroup2 "$0/sys/fs/cgroup" &&
mount -t devpts -o newinstance,ptmxmode=666 devpts "$0/dev/pts" &&
mount --make-rshared "$0" &&
exec chroot "$0" env -i container=rollcall PATH=/usr/sbin:/usr/bin:/sbin:/bin \
    /lib/systemd/systemd --system --unit=multi-user.target --log-target=journal --show-status=0
"""


def mount(*words):
    done = harness.run("mount", *words)
    if done.returncode != 0:
        raise OSError(done.stdout)


def built(out, *words):
    """The package, made from the executable under test."""
    done = harness.run(harness.PROJECT / "scripts/build-deb", "--executable", harness.PROGRAM, "--out", out, *words)
    if done.returncode != 0:
        raise ChildProcessError(done.stdout)
    return next(out.glob("*.deb"))


class Machine:
    """The copy. For a driver in a mount namespace of its own."""

    def __init__(self, folder):
        self.root = folder / "machine"
        memory = folder / "memory"
        for place in (self.root, memory):
            place.mkdir()
        mount("-t", "tmpfs", "none", memory)
        self.written, work = memory / "written", memory / "work"
        self.written.mkdir()
        work.mkdir()
        done = harness.run("mount", "-t", "overlay", "none", "-o", f"lowerdir=/,upperdir={self.written},workdir={work}", self.root)
        if done.returncode != 0:
            print("LEFT OUT: this system has no overlays:", done.stdout.strip())
            sys.exit(77)
        mount("-t", "proc", "none", self.root / "proc")
        mount("-t", "tmpfs", "-o", "mode=755", "none", self.root / "dev")
        for name in DEVICES:
            (self.root / "dev" / name).touch()
            mount("--bind", f"/dev/{name}", self.root / "dev" / name)
        for name in ("pts", "shm"):
            (self.root / "dev" / name).mkdir()
        for name, target in (("fd", "/proc/self/fd"), ("ptmx", "pts/ptmx")):
            (self.root / "dev" / name).symlink_to(target)
        for name in ("run", "tmp"):
            mount("-t", "tmpfs", "-o", "mode=1777" if name == "tmp" else "mode=755", "none", self.root / name)
        self.number = 0
        self.first = None  # number of its first process, when it is on
        self._group = None

    def at(self, path):
        return self.root / path

    def run(self, *words, **more):
        """A command on it, whether it is on or off."""
        enter = ["chroot", self.root]
        if self.first:
            enter = ["nsenter", f"--target={self.first}", "--mount", "--pid", "--uts", "--ipc", "--cgroup", "--root", "--wd"]
        return harness.run(*enter, *words, env=OUTSIDE, timeout=120, **more)

    def install(self, package):
        """`dpkg --install`, as it ended."""
        self.number += 1
        (self.root / f"tmp/{self.number}.deb").write_bytes(package.read_bytes())
        return self.run("dpkg", "--install", f"/tmp/{self.number}.deb")

    def account(self):
        """(number, group, home, shell) of the service's account, or None."""
        for line in self.at("etc/passwd").read_text().splitlines():
            name, _, number, group, _, home, shell = line.split(":")
            if name == "rollcall":
                return int(number), int(group), home, shell
        return None

    def shows(self, name, program="rollcall", data=f"/{DATA}"):
        """The revisions that the running server shows a computer with, or the code of the command's failure."""
        done = self.run(program, "--data", data, "show", crowd.device(name), "--json", stderr=subprocess.DEVNULL)
        return crowd.revisions(json.loads(done.stdout)) if done.returncode == 0 else done.returncode

    # --- on and off --------------------------------------------------------------------------------------

    def forget_services(self):
        """Before it is started: what starts with this machine does not start with the copy, and packages may start theirs."""
        self.at("usr/sbin/policy-rc.d").unlink(missing_ok=True)
        for link in [*self.at("etc/systemd/system").glob("*.wants/*"), *self.at("lib/systemd/system").glob("multi-user.target.wants/*")]:
            link.unlink()

    def on(self):
        """Starts it, until systemd says that everything was started. Exit code 77 where that cannot be."""
        self._group = self._control_group()
        script = f'echo $$ >"{self._group}/cgroup.procs" && exec unshare --mount --pid --fork --kill-child --uts --ipc --cgroup sh -c "$1" "$2"'
        with open(self.root.parent / "boot.log", "ab") as log:
            harness.started(subprocess.Popen(
                ["sh", "-c", script, "boot", BOOT, str(self.root)], stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                start_new_session=True, preexec_fn=harness.die_with_parent,
            ))
        try:
            self.first = harness.wait_until(self._systemd, 30, "systemd")
        except TimeoutError:
            print("LEFT OUT: systemd does not start here:", (self.root.parent / "boot.log").read_text()[-300:])
            sys.exit(77)
        state = self.run("systemctl", "is-system-running", "--wait").stdout.strip()
        if state not in ("running", "degraded"):
            raise OSError(f"systemd says {state!r}")

    def off(self, orderly=True):
        """Told to stop, or as if the power went."""
        if orderly:
            self.run("systemctl", "poweroff", "--no-block")
        else:
            os.kill(self.first, signal.SIGKILL)
        harness.wait_until(lambda: not pathlib.Path(f"/proc/{self.first}").exists(), 90, "the machine off")
        for left in self.at("run").iterdir():  # what is in memory does not outlive this
            shutil.rmtree(left) if left.is_dir() and not left.is_symlink() else left.unlink()
        self.first = None
        harness.run("find", self._group, "-depth", "-type", "d", "-exec", "rmdir", "{}", "+")

    def _systemd(self):
        """Its first process, once it takes commands."""
        first = self._group / "init.scope/cgroup.procs"
        if first.exists() and (found := first.read_text().split()):
            self.first = int(found[0])
            if self.run("systemctl", "is-system-running").stdout.strip() in ("initializing", "starting", "running", "degraded"):
                return self.first
        self.first = None
        return None

    @staticmethod
    def _control_group():
        """A new group in the hierarchy of version 2, wherever that is mounted."""
        for line in pathlib.Path("/proc/self/mounts").read_text().splitlines():
            _, place, kind, *_ = line.split()
            if kind == "cgroup2":
                group = pathlib.Path(place) / f"rollcall-{os.getpid()}"
                group.mkdir(exist_ok=True)
                return group
        print("LEFT OUT: this system has no control groups of version 2")
        sys.exit(77)
