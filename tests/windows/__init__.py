"""Excel's way to Python as it is on Windows, run for real under Wine.

`excel.c` takes Excel's place: it loads xlwings' own DLL and calls rpxl's server with the VARIANTs that VBA would pass.
The DLL starts CPython for Windows, pywin32 serves COM in it, and rpxl computes. What the add-in's VBA decides (when to
start, when to try again, when to give up) is decided by that VBA itself, in pyOpenVBA's interpreter.

pytest runs it only when its path is named (`python -m pytest tests/windows`), because it first builds a Windows of its
own (a minute, about 1.2 GB in the user's cache). `.ci/run` runs it with Wine 8 and with Wine 10. It needs Debian's
packages wine64, wine, gcc-mingw-w64-x86-64 and mingw-w64-tools.
"""
