"""Excel on Windows, Mac and the web through xlwings Lite: the functions and scripts, and workbooks that bring them.

`functions`, `desk`, `questions` and `scripts` run in Excel, in Pyodide; `code` packs them, `extension` and `workbooks`
put them into files.
"""
