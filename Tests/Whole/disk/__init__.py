"""Disks that fail: one that keeps only what was synced (`powercut.c`), one that is full for a while (`fulldisk.c`), one whose syncs fail (`brokendisk.c`)."""
import os
import pathlib
import shutil
import signal
import stat
import subprocess

from conftest import Slipway, eventually

def build(name, folder):
    """The library that makes a program's disk such a disk, compiled into the folder."""
    source, library = pathlib.Path(__file__).parent / f"{name}.c", folder / f"{name}.so"
    compiler = shutil.which("cc") or shutil.which("clang")
    assert compiler, "A C compiler is needed: install gcc or clang."
    subprocess.run([compiler, "-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-Werror", "-o", library, source, "-ldl"], check=True)
    return library


class Disk:
    """What is below a folder, from the start of a program on: as the program sees it, and what a power cut would leave of it."""

    def __init__(self, library, folder):
        self.library, self.folder = library, pathlib.Path(folder).resolve()
        self.beside = self.folder.with_name(self.folder.name + ".disk")

    def begin(self):
        """All that is there now is on the disk. Returns what to run a program with."""
        shutil.rmtree(self.beside, ignore_errors=True)
        self.beside.mkdir()
        return self.command(self.folder, self.beside / "synced")

    def command(self, root, shadow):
        return ["env", f"LD_PRELOAD={self.library}", f"POWERCUT_ROOT={root}", f"POWERCUT_SHADOW={shadow}"]

    def cut(self, chance=None):
        """Makes the folder what the disk holds. No program may be running on it any more.

        What was not synced is gone - or, given a source of chance, here and there on the disk all the same: the system
        may write whatever it likes whenever it likes.
        """
        seen = self.folder.rename(self.beside / "seen")
        if chance:
            # All that is there when a program starts counts as synced: so the library makes a second shadow, of all.
            subprocess.run([*self.command(seen, self.beside / "now"), "true"], check=True)
        self._restore((self.beside / "synced/root").read_text(), self.folder, chance)

    def _restore(self, key, folder, chance):
        folder.mkdir(mode=0o700)
        for entry in self._held(key, chance).split(b"\0")[:-1]:
            mode, key, name = entry.decode().split(" ", 2)
            mode, path = int(mode, 8), folder / name
            if stat.S_ISDIR(mode):
                self._restore(key, path, chance)
            elif stat.S_ISREG(mode):
                path.write_bytes(self._held(key, chance))
            else:
                continue  # Slipway promises nothing about links and sockets
            path.chmod(stat.S_IMODE(mode))

    def _held(self, key, chance):
        """The bytes of a file, the list of a folder; nothing when it was never synced."""
        synced, now = (path.read_bytes() if path.exists() else None for path in (self.beside / "synced" / key, self.beside / "now" / key))
        if chance and now is not None and chance.random() < 0.5:
            return now
        return synced or b""


class Machine(Slipway):
    """A server on a machine whose power can be cut."""

    def __init__(self, library, folder, *options):
        super().__init__(folder, *options)
        self.disk = Disk(library, self.folder)

    def start(self):
        self.prefix = self.disk.begin()
        return super().start()

    def cut_power(self, chance=None):
        self.kill()
        eventually("every process to be gone", lambda: not self.end_processes())
        self.disk.cut(chance)

    def end_processes(self):
        """Ends what the server has started, as far as it lives still. How many there were."""
        found = 0
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                if f"={self.disk.folder}".encode() not in pathlib.Path(f"/proc/{pid}/environ").read_bytes():
                    continue
                os.kill(int(pid), signal.SIGKILL)
                found += 1
            except OSError:
                continue  # it has ended already, or is none of ours
        return found
