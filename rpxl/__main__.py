"""``python -m rpxl``: the command line where no ``rpxl`` is on the path."""

from rpxl.cli import main

main()
