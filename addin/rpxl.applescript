-- What the add-in may run on a Mac: rpxl's macros, with the Python that 'rpxl install' wrote into the settings.
-- No workbook's name passes through here, and every text that does is quoted for the shell.

on runMacro(parameters)
	set {pythonPath, macroName, answers, logPath} to paragraphs of parameters
	do shell script quoted form of pythonPath & " -P -m rpxl.excel.mac " & quoted form of macroName & " " & quoted form of answers & " > /dev/null 2> " & quoted form of logPath & " &"
end runMacro
