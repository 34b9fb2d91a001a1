"""Excel on Windows, Mac and the web through xlwings Lite: the functions and scripts, and workbooks that hold them.

`functions`, `desk`, `questions` and `scripts` run inside Excel, in Pyodide. `code` packs them; `extension` and
`workbooks` put them into workbooks.
"""
