"""Stories of `windows`: the scripts of the agent kit and of a stick, read by Wine's command interpreter (CON-AGT-2, CON-IMP-5).

No agent for Windows may be run here, so a program stands in for all of them: it notes what it was called with, and
writes an inventory where it is told to. What Wine's interpreter reads otherwise than Windows' is in
appliance/windows/README.md.
"""

import re
import shutil

from wine import path

# Every sign that means something to the interpreter and is known to pass through Wine's.
TAG = "R&D 100% ^c (x) l'"
# Wine's `call` reads percent signs in another way, and doubles no caret.
PLAIN_TAG = "R&D (x) ; | l'"

# Notes its words in called.txt beside it, and writes an inventory. As PowerShell it tells one time, as an installer it fails.
STAND_IN = r"""
#include <stdio.h>
#include <wchar.h>
#include <windows.h>
static FILE *in(const wchar_t *folder, const wchar_t *name) {
    wchar_t path[2048];
    swprintf(path, 2048, L"%ls\\%ls", folder, name);
    return _wfopen(path, L"ab");
}
static void line(FILE *file, const wchar_t *text) {
    char bytes[8192];
    int length = WideCharToMultiByte(CP_UTF8, 0, text, -1, bytes, sizeof bytes, 0, 0);
    if (length > 0) fwrite(bytes, 1, length - 1, file);
    fputc('\n', file);
}
int wmain(int count, wchar_t **words) {
    wchar_t own[1024], *name;
    GetModuleFileNameW(0, own, 1024);
    name = wcsrchr(own, L'\\');
    *name++ = 0;
    if (!_wcsicmp(name, L"powershell.exe")) return puts("2026-11-28-08-40-00"), 0;
    FILE *called = in(own, L"called.txt");
    for (int n = 1; n < count; n++) line(called, words[n]);
    fclose(called);
    if (wcsstr(name, L"etup")) return 42;
    for (int n = 1; n < count; n++) {
        const wchar_t *to = !wcsncmp(words[n], L"/LOCAL=", 7) || !wcsncmp(words[n], L"--local=", 8) ? wcschr(words[n], L'=') + 1 : 0;
        FILE *inventory = to ? in(to, L"pc.ocs") : 0;
        if (inventory) fputs("an inventory\n", inventory), fclose(inventory);
    }
    return 0;
}
"""


def written(windows, claims, program, folder, *words):
    """The kit as the Windows program writes it into a folder."""
    data = windows.folder / "data of the kit"
    done = windows.run(program, "--data", path(data), "kit", path(folder), "--server", "ocs.office.lan", *words)
    return claims.equal(done.returncode, 0, f"the program writes the files: {done.stdout.strip()[-200:]}")


def called(folder):
    """What the stand-in in a folder was called with, once."""
    file = folder / "called.txt"
    words = file.read_text().splitlines() if file.exists() else []
    file.unlink(missing_ok=True)
    return words


def the_stick(windows, claims, program):
    stand_in = windows.compile("stand-in", STAND_IN)
    stick = windows.folder / "Clé d'été"  # blanks and accents, as sticks have them
    if not written(windows, claims, program, stick, "--usb", "--tag", TAG):
        return
    agent, kept = stick / "agent", stick / "inventories"
    collect = lambda: windows.run("cmd", "/c", path(stick / "collect.cmd"))
    files = lambda: sorted(file.name for file in kept.iterdir()) if kept.is_dir() else []
    left = lambda: [file.name for file in (windows.disk / "users").glob("*/Temp/collect-*")]

    none = collect()
    claims.equal((none.returncode, files()), (1, []), "without an agent the script ends with 1 and writes nothing")
    claims.that("There is no OCS" in none.stdout and "Il n'y a pas d'agent" in none.stdout, "and says so in both languages", none.stdout)

    agent.mkdir()
    shutil.copy(stand_in, agent / "OCSInventory.exe")
    machine = windows.run("cmd", "/c", "echo %COMPUTERNAME%").stdout.strip()
    done = collect()
    claims.equal(done.returncode, 0, f"an agent of OCS from the stick is run: {done.stdout.strip()[-200:]}")
    words = called(agent)
    claims.that(f"/TAG={TAG}" in words and "/NP" in words, "it gets the TAG with its signs as it is", words)
    name = files()[0] if files() else ""
    claims.that(machine and re.match(rf"{re.escape(machine)}-(\d+-){{4}}.*\.ocs$", name), "the file is named by machine and time", name)
    claims.that("You can unplug the stick now." in done.stdout and "Vous pouvez retirer la cle maintenant." in done.stdout,
                "it says in both languages that it is done", done.stdout)

    # PowerShell, which Wine has none of, tells the time in an order that sorts.
    shell = windows.disk / "windows/system32/WindowsPowerShell/v1.0/powershell.exe"
    original = shell.read_bytes()
    shutil.copy(stand_in, shell)
    for _ in range(3):
        collect()
    shell.write_bytes(original)
    wanted = [f"{machine}-2026-11-28-08-40-00{number}.ocs" for number in ("-2", "-3", "")]
    claims.equal([name for name in files() if "-2026-11-28-08-40-00" in name], wanted, "three inventories of one second are three files")
    claims.equal({file.read_text() for file in kept.iterdir()}, {"an inventory\n"}, "none was written over or added to")
    called(agent)

    # An agent of Perl comes as a batch file.
    (agent / "OCSInventory.exe").unlink()
    other = windows.folder / "other stick"
    written(windows, claims, program, other, "--usb", "--tag", PLAIN_TAG)
    for name in ("glpi-agent.bat", "fusioninventory-agent.bat"):
        shutil.rmtree(other / "agent", ignore_errors=True)
        (other / "agent").mkdir()
        shutil.copy(stand_in, other / "agent/inner.exe")
        (other / "agent" / name).write_bytes(b'@echo off\r\n"%~dp0inner.exe" %*\r\n')
        done = windows.run("cmd", "/c", path(other / "collect.cmd"))
        words = called(other / "agent")
        claims.equal(done.returncode, 0, f"{name} is run: {done.stdout.strip()[-100:]}")
        claims.that(f"--tag={PLAIN_TAG}" in words and "--tasks=inventory" in words, "and gets the TAG", words)

    (agent / "glpi-agent.bat").write_bytes(b"@exit /b 3\r\n")
    before = files()
    broken = collect()
    claims.equal((broken.returncode, files()), (1, before), "an agent that writes nothing ends it with 1, and nothing changes")
    claims.that("The agent wrote no inventory" in broken.stdout and "L'agent n'a ecrit aucun inventaire" in broken.stdout,
                "and it says so in both languages", broken.stdout)
    claims.equal(left(), [], "nothing is left on the machine")

    shutil.rmtree(kept)
    kept.write_text("no folder")
    full = collect()
    claims.that(full.returncode == 1 and "cannot be written" in full.stdout and "ne peut pas etre ecrite" in full.stdout,
                "a stick that cannot be written is said to be one", full.stdout)


def the_kit(windows, claims, program):
    stand_in = windows.folder / "stand-in.exe"
    kit = windows.folder / "Kit de l'été"
    # An accent makes a script change the code page, which Wine's interpreter does not follow.
    tag = "R&D 100 ^c (x) l'"
    if not written(windows, claims, program, kit, "--tag", tag, "--plain-port", "8080", "--now"):
        return
    run = lambda file: windows.run("cmd", "/c", path(kit / file))

    missing = run("windows/install.cmd")
    claims.that(missing.returncode == 1 and "Put the installer" in missing.stdout, "without an installer the script says what to put there", missing.stdout)
    shutil.copy(stand_in, kit / "windows/OCS-Windows-Agent-Setup-x64.exe")
    done = run("windows/install.cmd")
    if done.returncode != 42:  # seen once, on a busy machine: Wine did not start the program
        print(f"once more: the script ended with {done.returncode} and said {done.stdout!r}", flush=True)
        done = run("windows/install.cmd")
    claims.that(done.returncode == 42, "the exit code of the installer is the script's", f"{done.returncode} {done.stdout!r}")
    wanted = ["/S", "/NOSPLASH", "/SERVER=https://ocs.office.lan/ocsinventory", "/SSL=1", "/CA=cacert.pem", "/NOW", "/NO_SYSTRAY", f"/TAG={tag}"]
    claims.equal(called(kit / "windows"), wanted, "the installer gets its switches, the TAG with its signs")
    copied = windows.disk / "ProgramData/OCS Inventory NG/Agent/cacert.pem"
    claims.that(copied.exists() and copied.read_bytes() == (kit / "cacert.pem").read_bytes(), "cacert.pem is where the agent looks for it")

    old = kit / "windows-1.x"
    missing = run("windows-1.x/install.cmd")
    claims.that(missing.returncode == 1 and "OcsAgentSetup.exe" in missing.stdout, "the script for old agents asks for theirs", missing.stdout)
    shutil.copy(stand_in, old / "OcsAgentSetup.exe")
    claims.equal(run("windows-1.x/install.cmd").returncode, 42, "its exit code is the script's")
    claims.equal(called(old), ["/S", "/NP", "/SERVER:ocs.office.lan", "/PNUM:8080", "/NOW", f"/TAG:{tag}"], "it gets its switches")
    shutil.copy(stand_in, old / "OcsLogon.exe")
    run("windows-1.x/login.cmd")
    found = list((windows.disk / "users").glob("*/Temp/ocs.office.lan.exe"))
    claims.that(len(found) == 1, "the launcher is copied under the name of the server", found)
    words = called(found[0].parent) if found else []
    claims.equal(words, ["/PNUM:8080", "/NP", "/FORCE", f"/TAG:{tag}"], "and started with its switches")
