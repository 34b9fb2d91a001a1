"""Fail if the description in a wheel has pictures or links that a package index can't show: `described.py WHEEL`."""

import re
import sys
import zipfile

with zipfile.ZipFile(sys.argv[1]) as wheel:
    (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    text = wheel.read(name).decode("utf-8")
lost = re.findall(r"\]\((?!https?:)[^)]+\)", text)
if lost or "RP_WEIGHTS(" not in text:
    raise SystemExit(f"the description of the wheel: {', '.join(lost) or 'is empty'}")
