"""Builds a Windows in the user's cache: Wine with CPython, rpxl and the small program in Excel's place.

All comes from PyPI and Debian. CPython's DLL and the extension modules of its standard library are in the wheel of
Panda3D, a game engine that carries them; the library's Python modules are those of this machine, whose Python has the
same minor version.
"""

import fcntl
import getpass
import hashlib
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
PROJECT = HERE.parents[1]
VERSION = f"{sys.version_info.major}{sys.version_info.minor}"
TOOLS = "x86_64-w64-mingw32-"

DEBIAN_PACKAGES = "wine64 wine gcc-mingw-w64-x86-64 mingw-w64-tools"
"""The packages that the machine needs."""

_WINDOWS_ONLY = ("pywin32", "colorama", "tzdata")
"""What packages need on Windows alone; pip looks at this machine when it reads their conditions."""

_PYTHON_DLLS = ("libffi-8.dll", "libcrypto-3.dll", "libssl-3.dll", "sqlite3.dll", "zlib1.dll")
_SETTINGS = {
    r"HKCU\Software\Wine\DllOverrides": ("ucrtbase", "native"),
    r"HKCU\Software\Wine": ("Version", "win10"),
}
_MANIFEST = """<assembly xmlns="urn:schemas-microsoft-com:asm.v1" manifestVersion="1.0">
<compatibility xmlns="urn:schemas-microsoft-com:compatibility.v1"><application>
<supportedOS Id="{8e0f7a12-bfb3-4fe8-b9a5-48fd50a15a9a}"/></application></compatibility></assembly>"""
_PYTHON_EXE = """#include <wchar.h>
__declspec(dllimport) int Py_Main(int, wchar_t **);
int wmain(int count, wchar_t **words) { return Py_Main(count, words); }"""
_RANDOM = """int __stdcall SystemFunction036(void *bytes, unsigned count);
int __stdcall ProcessPrng(unsigned char *bytes, unsigned long long count) {
    for (unsigned part; count; bytes += part, count -= part) {
        part = count > 65536 ? 65536 : (unsigned)count;
        SystemFunction036(bytes, part);
    }
    return 1;
}"""


class MissingToolError(Exception):
    """What the machine lacks, and what to install."""


def find_tools() -> tuple[Path, Path]:
    """Return Wine's server and the folder of Wine's own 64-bit DLLs.

    Raises
    ------
    MissingToolError
        Wine or the compiler is not there.
    """
    servers = [Path(found) for name in ("wineserver", "wineserver64") if (found := shutil.which(name))]
    servers += [path for path in Path("/usr/lib/wine").glob("wineserver*") if os.access(path, os.X_OK)]
    dlls = [*Path("/usr/lib").glob("*/wine/x86_64-windows/ucrtbase.dll")]
    if not (shutil.which("wine") and servers and dlls and shutil.which(TOOLS + "gcc") and shutil.which(TOOLS + "widl")):
        raise MissingToolError(f"Needs Wine and a compiler for Windows: apt-get install {DEBIAN_PACKAGES}")
    return servers[-1] if servers[-1].name == "wineserver64" else servers[0], dlls[0].parent


@dataclass(frozen=True)
class Target:
    """A Windows with Python, rpxl and the program in Excel's place."""

    folder: Path
    server: Path
    seconds: float
    """How long it took to build; 0 when it was there."""

    @property
    def prefix(self) -> Path:
        """The folder that Wine takes for its computer."""
        return self.folder / "prefix"

    @property
    def drive(self) -> Path:
        """Drive C."""
        return self.prefix / "drive_c"

    python_folder = r"C:\Program Files\Python"
    python = python_folder + r"\python.exe"
    user_folder = rf"C:\users\{getpass.getuser()}"

    @property
    def packages(self) -> Path:
        """Where Python's packages lie, as this machine sees it."""
        return self.drive / "Program Files" / "Python" / "Lib" / "site-packages"

    @property
    def excel(self) -> Path:
        """The program in Excel's place."""
        return self.folder / "excel.exe"

    @property
    def environment(self) -> dict[str, str]:
        """The environment of what runs in it: of this machine's, no setting of Python's."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
        return {
            **kept,
            "WINEPREFIX": str(self.prefix),
            "WINEARCH": "win64",
            "WINEDEBUG": "-all",
            "WINEDLLOVERRIDES": "mscoree=;mshtml=",
            "LC_ALL": "C.UTF-8",
            "OPENBLAS_NUM_THREADS": "2",
        }

    def path(self, windows_path: str) -> Path:
        """Return where a path of drive C lies on this machine."""
        return self.drive / windows_path.removeprefix("C:\\").replace("\\", "/")

    def start(self) -> None:
        """Start Wine's server, which stays until `stop`: a program that starts while it ends hangs."""
        subprocess.run([self.server, "-p"], env=self.environment, check=False)
        # The services of Windows keep what they are started with open, so they get nothing of ours
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run(["wine", "cmd.exe", "/c", "exit"], env=self.environment, check=True, timeout=120, **quiet)

    def stop(self) -> None:
        """End all that runs in it."""
        subprocess.run([self.server, "-k"], env=self.environment, check=False)
        subprocess.run([self.server, "-w"], env=self.environment, check=False, timeout=60)


def build() -> Target:
    """Return the target, with the rpxl of this project; it is built when the cache has none that fits."""
    server, wine_dlls = find_tools()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "rpxl-ci"
    cache.mkdir(parents=True, exist_ok=True)
    version = subprocess.run(["wine", "--version"], capture_output=True, text=True, check=True).stdout
    parts = [HERE / "target.py", HERE / "ucrt.c", PROJECT / "pyproject.toml"]
    folder = cache / f"windows-{_key(sys.version, version, getpass.getuser(), time.strftime('%G-%V'), *parts)}"
    start = time.monotonic()
    with (cache / "windows.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        whole = folder / "whole"
        is_new = not whole.exists()
        if is_new:
            for old in cache.glob("windows-*"):
                shutil.rmtree(old, ignore_errors=True)
            _build_windows(Target(folder, server, 0), wine_dlls)
            whole.touch()
        target = Target(folder, server, time.monotonic() - start if is_new else 0)
        _put_rpxl(target)
        _put_excel(target)
    return target


def _key(*parts: str | Path) -> str:
    told = b"\0".join(part.read_bytes() if isinstance(part, Path) else part.encode() for part in parts)
    return hashlib.sha256(told).hexdigest()[:12]


def _build_windows(target: Target, wine_dlls: Path) -> None:
    work = target.folder / "work"
    work.mkdir(parents=True)
    target.prefix.mkdir()
    _wheels(work)
    target.start()
    try:
        shims = _shims(work, wine_dlls)
        for shim in shims:
            shutil.copy(shim, target.drive / "windows" / "system32")
        for key, (name, value) in _SETTINGS.items():
            command = ["wine", "reg", "add", key, "/v", name, "/d", value, "/f"]
            subprocess.run(command, env=target.environment, check=True, stdin=subprocess.DEVNULL, capture_output=True)
        python = target.path(target.python_folder)
        _python(python, work)
    finally:
        target.stop()
    shutil.rmtree(work)


def _wheels(work: Path) -> None:
    wanted = _dependencies()
    _download(work / "engine", ["--no-deps", "panda3d"])
    _download(work / "wheels", [*wanted, *_WINDOWS_ONLY])


def _dependencies() -> list[str]:
    import tomllib

    return list(tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"])


def _download(folder: Path, wanted: list[str]) -> None:
    """Download wheels for Windows."""
    kinds = [word for abi in (f"cp{VERSION}", "abi3", "none") for word in ("--abi", abi)]
    options = ["--only-binary=:all:", "--platform", "win_amd64", "--implementation", "cp", "--python-version", VERSION]
    _pip("download", *options, *kinds, "-d", str(folder), *wanted)


def _pip(*words: str) -> None:
    """Run pip, again after a pause where it fails."""
    for pause in (5, 20, 60, 0):
        done = subprocess.run([sys.executable, "-m", "pip", *words, "-q"], capture_output=True, text=True)
        if done.returncode == 0:
            return
        time.sleep(pause)
    raise RuntimeError(f"pip {' '.join(words)}:\n{done.stderr[-2000:]}")


def _python(python: Path, work: Path) -> None:
    """Put CPython together in a folder, with all packages but rpxl."""
    packages = python / "Lib" / "site-packages"
    (python / "DLLs").mkdir(parents=True)
    with zipfile.ZipFile(next((work / "engine").glob("panda3d-*.whl"))) as engine:
        for entry in engine.namelist():
            folder, _, name = entry.rpartition("/")
            if folder != "deploy_libs":
                continue
            if name == f"python{VERSION}.dll" or name.upper().startswith("VCRUNTIME"):
                (python / name.lower()).write_bytes(engine.read(entry))
            elif (name.endswith(".pyd") and ".cp" not in name and "_test" not in name) or name in _PYTHON_DLLS:
                (python / "DLLs" / name).write_bytes(engine.read(entry))
    left = shutil.ignore_patterns(
        "__pycache__", "test", "site-packages", "dist-packages", "lib-dynload", "config-*", "*.so"
    )
    shutil.copytree(sysconfig.get_path("stdlib"), python / "Lib", ignore=left, dirs_exist_ok=True)
    for wheel in (work / "wheels").glob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(packages)
    for dll in packages.glob("xlwings-*.data/data/*.dll"):
        shutil.copy(dll, python)
    _compile_python(python, work)
    subprocess.run([sys.executable, "-m", "compileall", "-q", "-j", "2", str(python / "Lib")], capture_output=True)


def _compile_python(python: Path, work: Path) -> None:
    """Compile python.exe, which calls CPython's DLL, and python3.dll, which passes on to it."""
    dll = f"python{VERSION}.dll"
    (work / "python.c").write_text(_PYTHON_EXE)
    (work / "python.manifest").write_text(_MANIFEST)
    (work / "python.rc").write_text('1 24 "python.manifest"\n')
    (work / "python.def").write_text(f"LIBRARY {dll}\nEXPORTS\nPy_Main\n")
    _run(work, "windres", "python.rc", "manifest.o")
    _run(work, "dlltool", "-d", "python.def", "-l", "libpython.a")
    _run(work, "gcc", "-municode", "-O2", "-s", "-o", python / "python.exe", "python.c", "libpython.a", "manifest.o")
    names = [name for name in _exports(python / dll) if re.fullmatch(r"_?Py\w+", name)]
    passed_on = "".join(f"{name} = python{VERSION}.{name}\n" for name in sorted(set(names)))
    (work / "python3.def").write_text(f"LIBRARY python3.dll\nEXPORTS\n{passed_on}")
    _run(work, "gcc", "-shared", "-nostdlib", "-Wl,--entry=0", "-o", python / "python3.dll", "python3.def")


def _shims(work: Path, wine_dlls: Path) -> list[Path]:
    """Make the DLLs that Wine lacks: a ucrtbase.dll that passes all else on to Wine's own, and bcryptprimitives.dll."""
    source = HERE / "ucrt.c"
    text = source.read_text("utf-8")
    own = {
        name + ending: f"my_{name}{'f' if ending == 'f' else ''}"
        for name in [*re.findall(r"^(?:COMPLEX|REAL)\((\w+)", text, re.M), "cpow"]
        for ending in ("", "f", "l")
    }
    operators = re.findall(r"^\w+ my_(_F?C\w+)\(", text, re.M)
    own |= {name: f"my_{name}" for name in operators}
    own |= {name.replace("_C", "_LC"): f"my_{name}" for name in operators if name.startswith("_C")}
    theirs = {name: f"ucrtwine.{name}" for name in _exports(wine_dlls / "ucrtbase.dll")}
    if len(theirs) < 2000:
        raise RuntimeError(f"only {len(theirs)} names were found in Wine's ucrtbase.dll")
    lines = [
        f'"{name}" = ucrtwine."{name}"' if re.search("[?@]", name) else f"{name} = {(theirs | own)[name]}"
        for name in sorted(theirs | own)
    ]
    (work / "ucrtbase.def").write_text("\n".join(["LIBRARY ucrtbase.dll", "EXPORTS", *lines, ""]))
    _run(work, "gcc", "-O2", "-s", "-static-libgcc", "-shared", "-o", "ucrtbase.dll", source, "ucrtbase.def")
    # Wine takes a DLL with its mark for its own and would load it by its old name
    renamed = (wine_dlls / "ucrtbase.dll").read_bytes().replace(b"Wine builtin DLL", b"Wine renamed DLL", 1)
    (work / "ucrtwine.dll").write_bytes(renamed)
    made = [work / "ucrtbase.dll", work / "ucrtwine.dll"]
    if not (wine_dlls / "bcryptprimitives.dll").exists():
        (work / "random.c").write_text(_RANDOM)
        made.append(work / "bcryptprimitives.dll")
        _run(work, "gcc", "-O2", "-s", "-static-libgcc", "-shared", "-o", made[-1], "random.c", "-ladvapi32")
    return made


def _exports(dll: Path) -> list[str]:
    told = subprocess.run([TOOLS + "objdump", "-p", dll], capture_output=True, text=True, check=True).stdout
    table = told.split("[Ordinal/Name Pointer] Table")[1].split("\n\n")[0]
    return re.findall(r"^\s+\[\s*\d+\](?: \+base\[\s*\d+\]\s+[0-9a-f]+)?\s+(\S+)$", table, re.M)


def _run(folder: Path, tool: str, *arguments: str | Path) -> None:
    subprocess.run([TOOLS + tool, *map(str, arguments)], cwd=folder, check=True)


def _put_rpxl(target: Target) -> None:
    """Build this project's wheel and unpack it, if the target has another."""
    sources = [PROJECT / "pyproject.toml", PROJECT / "README.md"]
    sources += [path for room in ("rpxl", "addin") for path in sorted((PROJECT / room).rglob("*")) if path.is_file()]
    key = _key(*(each for path in sources if "__pycache__" not in path.parts for each in (path.name, path)))
    mark = target.folder / "rpxl.key"
    if mark.exists() and mark.read_text() == key:
        return
    mark.unlink(missing_ok=True)
    for old in target.packages.glob("rpxl*"):
        shutil.rmtree(old)
    made = target.folder / "made"
    _pip("wheel", "--no-deps", "-w", str(made), str(PROJECT))
    with zipfile.ZipFile(next(made.glob("rpxl-*.whl"))) as wheel:
        wheel.extractall(target.packages)
    shutil.rmtree(made)
    subprocess.run([sys.executable, "-m", "compileall", "-q", str(target.packages / "rpxl")], check=True)
    mark.write_text(key)


def _put_excel(target: Target) -> None:
    if target.excel.exists() and target.excel.stat().st_mtime > (HERE / "excel.c").stat().st_mtime:
        return
    libraries = ("-lole32", "-loleaut32", "-luuid")
    _run(HERE, "gcc", "-O2", "-s", "-static-libgcc", "-o", target.excel, "excel.c", *libraries)
