"""The readers of files: each module of this folder registers its own. A new kind of file needs one more module here."""

import importlib
import pkgutil

from rpxl.prices.kinds import READERS

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")
