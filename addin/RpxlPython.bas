Attribute VB_Name = "RpxlPython"
Option Explicit
' Starts and calls Python. A cell of any workbook can call the public functions of an add-in, and public declarations
' of a DLL. So this module has none: other modules call its Subs, which no formula can call, and the rest is private.
' Settings come from the user's rpxl.conf alone, so that no workbook and no folder decides which program is run.
'
' One process serves all workbooks: the DLL finds a process by the command that started it, and this is the same for
' all. The DLL is xlwings' own (https://www.xlwings.org, BSD 3-Clause License, Copyright (C) 2014-present, Zoomer
' Analytics LLC. All rights reserved. Redistribution and use in source and binary forms, with or without modification,
' are permitted provided that the copyright notice, the list of conditions and the disclaimer are retained. It is
' provided "as is", without warranty of any kind); the declarations below say what it exports.

#If Mac Then
    Private Const DLL As String = ""
#ElseIf Win64 Then
    Private Const DLL As String = "xlwings64-XLWINGS_VERSION.dll"
    Private Declare PtrSafe Function ActivatePython Lib "xlwings64-XLWINGS_VERSION.dll" Alias "XLPyDLLActivateAuto" (ByRef result As Variant, ByVal serverCommand As String, ByVal mode As Long) As Long
    Private Declare PtrSafe Function LoadLibrary Lib "kernel32" Alias "LoadLibraryA" (ByVal path As String) As LongPtr
#Else
    Private Const DLL As String = "xlwings32-XLWINGS_VERSION.dll"
    Private Declare PtrSafe Function ActivatePython Lib "xlwings32-XLWINGS_VERSION.dll" Alias "XLPyDLLActivateAuto" (ByRef result As Variant, ByVal serverCommand As String, ByVal mode As Long) As Long
    Private Declare PtrSafe Function LoadLibrary Lib "kernel32" Alias "LoadLibraryA" (ByVal path As String) As LongPtr
#End If

Private Const START As Long = 1 ' or find the process that was started before
Private Const KILL_PROCESS As Long = -1
Private Const NOT_STARTED As Long = -2147220991 ' vbObjectError + 513
Private Const PAUSE As Double = 60 ' seconds before a start that failed is tried again

Private settings As String ' a line for each setting: name, tab, value; empty until they are read
Private dllIsLoaded As Boolean
Private starts As Long ' part of the command: with the same command the DLL would look for the process that ended
Private failure As String ' why Python could not be started
Private failedAt As Date
Private isStarted As Boolean

Public Sub CallPython(ByVal functionName As String, ByVal values As Variant, ByVal from1904 As Boolean, ByRef answer As Variant)
    #If Mac Then
        answer = "#RPXL!#N/A Excel for Mac cannot compute rpxl's functions in cells. The value is computed when the workbook is opened in Excel for Windows or in LibreOffice with rpxl; 'rpxl fill' computes rpxl's own templates on a Mac."
    #Else
        Dim python As Object, attempt As Long, number As Long, description As String
        On Error GoTo failed
again:
        attempt = attempt + 1
        FindPython python
        answer = python.Compute((functionName), (values), from1904) ' brackets pass an argument by value
        Exit Sub
failed:
        number = Err.Number
        description = Err.Description
        If attempt = 1 And IsGone(number) Then
            StopPython
            Resume again
        End If
        If attempt = 1 And IsBusy(number) Then Resume again
        answer = "#RPXL!#VALUE! " & Told(number, description)
    #End If
End Sub

Public Sub AskPython(ByVal macroName As String, ByVal answers As String, ByRef reply As String)
    ' reply: what Python wants next (see RpxlRibbon.Follow). On a Mac Python calls MacroReply when it is ready.
    #If Mac Then
        Dim parameters As String
        If Setting("INTERPRETER_MAC") = "" Then Err.Raise NOT_STARTED, , "rpxl does not know its Python yet. Run 'rpxl install' in a terminal, then start Excel again."
        parameters = Setting("INTERPRETER_MAC") & vbLf & AsHex(macroName) & vbLf & AsHex(answers) & vbLf & Environ("HOME") & "/rpxl.log"
        AppleScriptTask "rpxl.applescript", "runMacro", parameters
    #Else
        Dim python As Object, number As Long, description As String
        On Error GoTo failed
        FindPython python
        reply = python.RunMacro((macroName), (answers), Application)
        Exit Sub
failed:
        number = Err.Number
        description = Err.Description
        If IsGone(number) Then StopPython ' not tried again: the macro may have written something already
        reply = "refuse" & vbTab & Told(number, description)
    #End If
End Sub

Public Sub RestartPython()
    StopPython
    failure = ""
    settings = ""
End Sub

Public Sub ReadSetting(ByVal settingName As String, ByRef value As String)
    value = Setting(settingName)
End Sub

Public Sub KeepReasonsInCells(ByVal pressed As Boolean)
    ' The one setting that Excel writes; the other lines stay as they are
    Dim number As Long, line_ As Variant, parts() As String
    ReadSettings
    number = FreeFile
    Open SettingsPath() For Output As #number
    For Each line_ In Split(settings, vbLf)
        parts = Split(line_ & vbTab, vbTab)
        If parts(0) <> "" And parts(0) <> "REASONS_IN_CELLS" Then Write #number, parts(0), parts(1)
    Next line_
    Write #number, "REASONS_IN_CELLS", LCase$(CStr(pressed))
    Close #number
    settings = ""
End Sub

Private Function SettingsPath() As String
    #If Mac Then
        SettingsPath = Environ("HOME") & "/rpxl.conf" ' Excel's own folder: its sandbox lets it read no other
    #Else
        SettingsPath = Environ("USERPROFILE") & "\.rpxl\rpxl.conf"
    #End If
End Function

Private Sub ReadSettings()
    ' Each line of the file is "NAME","value", with or without quotation marks; an incomplete last line is ignored
    Dim number As Long, text As String, held As String, cut As Long
    settings = vbLf
    If Dir(SettingsPath()) = "" Then Exit Sub
    number = FreeFile
    Open SettingsPath() For Input As #number
    Do While Not EOF(number)
        Line Input #number, text
        cut = InStr(text, ",")
        held = Mid$(text, cut + 1)
        If Left$(held, 1) = """" Then
            If Len(held) > 1 And Right$(held, 1) = """" Then held = Mid$(held, 2, Len(held) - 2) Else cut = 0
        End If
        If cut > 1 Then settings = settings & Replace(Left$(text, cut - 1), """", "") & vbTab & held & vbLf
    Loop
    Close #number
End Sub

Private Function Setting(ByVal settingName As String) As String
    Dim position As Long
    If settings = "" Then ReadSettings
    position = InStr(settings, vbLf & settingName & vbTab)
    If position = 0 Then Exit Function
    position = position + Len(settingName) + 2
    Setting = Mid$(settings, position, InStr(position, settings, vbLf) - position)
    #If Mac Then
    #Else
        Setting = Replace(Setting, "%USERPROFILE%", Environ("USERPROFILE"))
    #End If
End Function

Private Function AsHex(ByVal text As String) As String
    ' A text for AppleScript and a shell is written as hexadecimal digits, which need no quoting
    Dim i As Long
    For i = 1 To Len(text)
        AsHex = AsHex & Right$("000" & Hex$(AscW(Mid$(text, i, 1))), 4)
    Next i
End Function

#If Mac Then

Private Sub StopPython()
    ' On a Mac each macro has a Python of its own, which ends with the macro
End Sub

#Else

Private Sub FindPython(ByRef python As Object)
    ' Finds the process that serves Excel, or starts it; if it has died meanwhile, starts another, once
    Dim result As Variant, status As Long
    If failure <> "" Then
        If Abs(Now - failedAt) * 86400 < PAUSE Then Err.Raise NOT_STARTED, , failure & " rpxl tries again after a minute, or at once when you press Settings > Restart Python and compute the cells again (Ctrl+Alt+F9)."
        settings = "" ' 'rpxl install' may have been run meanwhile
    End If
    If Setting("INTERPRETER_WIN") = "" Or Setting("DLL_FOLDER") = "" Then NotStarted "rpxl does not know its Python yet. Run 'rpxl install' in a terminal, then start Excel again."
    LoadDll
    status = ActivatePython(result, ServerCommand(), START)
    If status <> 0 Then
        If IsGone(NumberIn(CStr(result))) Then
            StopPython
            status = ActivatePython(result, ServerCommand(), START)
        ElseIf IsBusy(NumberIn(CStr(result))) Then
            Err.Raise NumberIn(CStr(result)), , CStr(result)
        End If
    End If
    If status <> 0 Then NotStarted ReasonOf(CStr(result))
    If failure <> "" Or Not isStarted Then ForgetFailure
    isStarted = True
    Set python = result
End Sub

Private Sub LoadDll()
    Dim path As String
    If dllIsLoaded Then Exit Sub
    path = Setting("DLL_FOLDER") & "\" & DLL
    If LoadLibrary(path) = 0 Then NotStarted "Windows did not load " & path & " (error " & Err.LastDllError & "). It is missing, an antivirus program removed it, or a security rule forbids it. Run 'rpxl doctor' in a terminal."
    dllIsLoaded = True
End Sub

Private Function ServerCommand() As String
    ' Starts Python itself, without cmd.exe: nothing in the path needs quoting, and the DLL sees at once when Python
    ' ends. -P: never import from the current folder
    ServerCommand = """" & Setting("INTERPRETER_WIN") & """ -P -m rpxl.excel.server $(CLSID) " & starts
End Function

Private Sub StopPython()
    Dim unused As Variant
    If Not dllIsLoaded Then Exit Sub
    ActivatePython unused, ServerCommand(), KILL_PROCESS
    starts = starts + 1
    isStarted = False
End Sub

Private Sub NotStarted(ByVal reason As String)
    ' So that other cells don't each try again, and 'rpxl doctor' can read what happened
    failure = reason
    failedAt = Now
    WriteFailure
    Err.Raise NOT_STARTED, , reason
End Sub

Private Function FailurePath() As String
    FailurePath = Environ("USERPROFILE") & "\.rpxl\last-failure.txt"
End Function

Private Sub WriteFailure()
    Dim number As Long
    On Error Resume Next ' the note is for the doctor only; the cell has its reason without it
    number = FreeFile
    Open FailurePath() For Output As #number
    Print #number, Format$(failedAt, "yyyy-mm-dd hh:mm") & vbTab & failure
    Close #number
End Sub

Private Sub ForgetFailure()
    failure = ""
    On Error Resume Next ' there may be none
    If Dir(FailurePath()) <> "" Then Kill FailurePath()
End Sub

Private Function ReasonOf(ByVal result As String) As String
    ' result: the DLL's message when it could not start Python
    If InStr(result, "Could not create Python process") > 0 Then
        ReasonOf = "Windows did not let Excel start Python. Either Python was moved or removed, or a security rule forbids it ('Block all Office applications from creating child processes' is one). Run 'rpxl doctor' in a terminal; it tells which. " & Left$(result, 400)
    ElseIf InStr(result, "exited before") > 0 Then
        ReasonOf = "Python ended as soon as Excel had started it: rpxl is not in that Python, or a package is missing. Run 'rpxl doctor' in a terminal. " & Left$(result, 400)
    ElseIf NumberIn(result) = -2147221164 Then
        ReasonOf = "Python runs, but this Excel does not see it. An Excel from the Microsoft Store is shut off from other programs: install Office from office.com instead. " & Left$(result, 400)
    Else
        ReasonOf = "Python could not be started: " & Left$(result, 400) & " Run 'rpxl doctor' in a terminal."
    End If
End Function

Private Function Told(ByVal number As Long, ByVal description As String) As String
    If number = NOT_STARTED Then
        Told = description
    ElseIf IsBusy(number) Then
        Told = "Python was busy with another task. Compute the cells again: Ctrl+Alt+F9."
    ElseIf IsGone(number) Then
        Told = "Python ended while it worked on this (error " & number & "). It starts again with the next formula; if that happens each time, run 'rpxl doctor' in a terminal."
    Else
        ' Only the first line: the others are for programmers
        Told = "Python did not answer: " & Split(Replace(description, vbCr, vbLf) & vbLf, vbLf)(0) & " (error " & number & "). Run 'rpxl doctor' in a terminal."
    End If
End Function

Private Function IsGone(ByVal number As Long) As Boolean
    ' The RPC server is unavailable; the call failed, or was not made; the object is disconnected
    Select Case number
        Case -2147023174, -2147023170, -2147023169, -2147417848, -2147220995
            IsGone = True
    End Select
End Function

Private Function IsBusy(ByVal number As Long) As Boolean
    ' The system call failed because a message waits; the call was rejected; try again later
    Select Case number
        Case -2147417856, -2147418111, -2147417846
            IsBusy = True
    End Select
End Function

Private Function NumberIn(ByVal result As String) As Long
    Dim position As Long
    position = InStr(result, "hr = ")
    If position > 0 Then NumberIn = CLng(Val(Mid$(result, position + 5)))
End Function

#End If
