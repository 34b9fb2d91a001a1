"""Try an installed rpxl as a person would, in the current, empty folder: `python -I smoke.py`."""

import csv
import io
import math
import subprocess
import sys
from pathlib import Path

import rpxl as package
from rpxl.formulas.catalogue import FUNCTIONS
from rpxl.templates import names


def rpxl(*arguments: str) -> str:
    """Run a command, which must succeed, and return what it prints."""
    print("rpxl", *arguments, flush=True)
    run = subprocess.run(
        [str(Path(sys.executable).with_name("rpxl")), *arguments], capture_output=True, encoding="utf-8", check=False
    )
    if run.returncode:
        raise SystemExit(f"rpxl {' '.join(arguments)}:\n{run.stdout}{run.stderr}")
    return run.stdout


def main() -> None:
    """Run all checks; end with a message at the first fault."""
    if not any(part == "site-packages" for part in Path(str(package.__file__)).parts):
        raise SystemExit(f"{package.__file__} is not an installed rpxl.")

    # Uncorrelated assets with volatilities of 20 and 30 %: weights in inverse proportion, 3/5 and 2/5.
    weights = [float(row[0]) for row in csv.reader(io.StringIO(rpxl("eval", "RP_WEIGHTS", "0.04,0;0,0.09")))]
    if not all(math.isclose(found, right, rel_tol=1e-12) for found, right in zip(weights, (0.6, 0.4), strict=True)):
        raise SystemExit(f"RP_WEIGHTS of volatilities 20 % and 30 % are {weights}.")

    if rpxl("functions").count("(") < len(FUNCTIONS):
        raise SystemExit("rpxl functions lists too few.")
    for name in names():
        rpxl("fill", name, "--out", f"{name}.xlsx")
    rpxl("demo", "--out", "demo")
    made = sorted(path.stem for path in Path("demo").glob("*.xlsx"))
    if made != sorted(names()):
        raise SystemExit(f"rpxl demo made {made}.")
    rpxl("templates", "build", "--out", "templates")
    rpxl("templates", "build", "--out", "templates", "--check")
    rpxl("addin", "build", "--out", "rpxl.xlam")
    rpxl("addin", "build", "--out", "rpxl.xlam", "--check")
    print(f"rpxl {package.__version__}: {len(names())} templates filled and built, demo, eval, add-in: all passed")


if __name__ == "__main__":
    main()
