"""``python -m rpxl``: the command line, also where the command ``rpxl`` is not on the path."""

import os
import sys

if sys.path[:1] == [os.getcwd()]:
    del sys.path[0]  # nothing is imported from the current folder, which may hold somebody else's files

from rpxl.cli import main

main()
