Attribute VB_Name = "RpxlPython"
Option Explicit
' The way to Python. One process serves all workbooks, because the command that starts it (by which xlwings' DLL
' knows the process) is the same for all. Settings come from the user's rpxl.conf alone, so that no workbook and no
' folder can choose the program that is run, and each is read once.

Private Const SERVER_DIED As Long = -2147023174 ' the RPC server is unavailable
Private Const SERVER_GONE As Long = -2147417848 ' the object has disconnected from its clients

Private settings As Collection

Public Function GetConfig(ByVal configKey As String, Optional ByVal default As String = "", Optional ByVal source As String = "") As Variant
    Dim setting As String
    If settings Is Nothing Then Set settings = New Collection
    On Error Resume Next
    GetConfig = settings(configKey & "=" & default)
    If Err.Number = 0 Then Exit Function
    On Error GoTo 0
    setting = default
    Select Case UCase$(configKey)
        Case "ADD_WORKBOOK_TO_PYTHONPATH", "USE UDF SERVER", "SHOW CONSOLE"
            setting = "False"
        Case Else
            ReadUserSetting configKey, setting
    End Select
    setting = ExpandEnvironmentStrings(setting)
    settings.Add setting, configKey & "=" & default
    GetConfig = setting
End Function

Private Sub ReadUserSetting(ByVal configKey As String, ByRef setting As String)
    Dim found As String
    If GetConfigFromFile(GetConfigFilePath(), configKey, found) Then setting = found
End Sub

Public Sub KeepSetting(ByVal configKey As String, ByVal setting As String)
    SaveConfigToFile GetConfigFilePath(), configKey, setting
    Set settings = Nothing
End Sub

Public Function XLPyCommand() As String
    ' The quotes are doubled for cmd.exe, as in the command that xlwings ships; -P: never import from the current folder
    XLPyCommand = "cmd.exe /K """"" & GetConfig("INTERPRETER_WIN") & """ -B -P -c ""import rpxl.excel.udfs, xlwings; xlwings.serve('$(CLSID)')"""""
End Function

Public Function PythonCall(ByVal functionName As String, ByVal values As Variant) As Variant
    #If Mac Then
        PythonCall = "#RPXL!#N/A Excel for Mac cannot compute rpxl's functions in cells. The value is computed when the workbook is opened in Excel for Windows or in LibreOffice with rpxl; 'rpxl fill' computes rpxl's own templates on a Mac."
    #Else
        Dim attempt As Long
        If GetConfig("INTERPRETER_WIN") = "" Then
            PythonCall = "#RPXL!#VALUE! rpxl does not know its Python yet. Run 'rpxl install' in a terminal, then start Excel again."
            Exit Function
        End If
        On Error GoTo failed
again:
        attempt = attempt + 1
        PythonCall = XLPy.CallUDF("rpxl.excel.udfs", (functionName), (values)) ' in brackets: by value
        Exit Function
failed:
        If attempt = 1 And (Err.Number = SERVER_DIED Or Err.Number = SERVER_GONE) Then
            KillPy ' the next call starts a new process
            Resume again
        End If
        Err.Raise Err.Number, , Err.Description
    #End If
End Function

Public Function PythonMacro(ByVal macroName As String, ByVal answers As String) As String
    ' Returns what Python wants next (see RpxlRibbon.Follow); on a Mac Python calls MacroReply when it is ready
    #If Mac Then
        RunPython "import rpxl.excel.host; rpxl.excel.host.run_on_mac('" & macroName & "', '" & AsHex(answers) & "')"
    #Else
        PythonMacro = XLPy.Str(XLPy.Call(XLPy.Module("rpxl.excel.host"), "run", XLPy.Tuple((macroName), (answers), Application)))
    #End If
End Function

Public Function AsHex(ByVal text As String) As String
    ' The answers pass through AppleScript and a shell: as hexadecimal digits nothing in them needs quoting
    Dim i As Long
    For i = 1 To Len(text)
        AsHex = AsHex & Right$("000" & Hex$(AscW(Mid$(text, i, 1))), 4)
    Next i
End Function

Public Sub RestartPython()
    Set settings = Nothing
    #If Not Mac Then
        KillPy
    #End If
End Sub
