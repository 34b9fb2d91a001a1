Attribute VB_Name = "RpxlRibbon"
Option Explicit
' The buttons of the tab. Python (rpxl/excel/macros) decides what a macro does. This module starts it, asks its
' questions, restores calculation mode, screen and status bar whatever happens, and shows an error in a message box.

Private Const TITLE As String = "rpxl"
Private Const LONGEST As Long = 1000 ' a message box shows 1,024 letters at most

Private helpIsRegistered As Boolean

Public Sub RibbonMacro(control As Object)
    RunMacro control.Tag
End Sub

Public Sub RibbonTemplate(control As Object)
    RunMacro "template:" & control.Tag
End Sub

Public Sub RunMacro(ByVal macroName As String)
    Dim calculation As Variant, problem As String, answers As String, reply As String
    On Error Resume Next ' without a workbook there is no calculation mode
    calculation = Application.Calculation
    Application.Calculation = xlCalculationManual ' else Excel would call Python while Python writes formulas
    On Error GoTo failed
    Application.StatusBar = "rpxl: working ..."
    Do
        reply = ""
        AskPython macroName, answers, reply
        Application.ScreenUpdating = True
    Loop While Follow(reply, answers)
finish:
    On Error Resume Next
    Application.ScreenUpdating = True
    If Not IsEmpty(calculation) Then Application.Calculation = calculation
    Application.StatusBar = False
    If problem <> "" Then Say problem, vbExclamation
    Exit Sub
failed:
    problem = "rpxl could not do that: " & Err.Description & vbLf & vbLf & "If this happens again, run 'rpxl doctor' in a terminal."
    Resume finish
End Sub

Public Sub MacroReply(ByVal macroName As String, ByVal answers As String, ByVal reply As String)
    ' On a Mac, where a macro cannot wait for Python: Python calls this when it is ready
    Dim unused As String
    On Error GoTo failed
    Application.StatusBar = False
    If Follow(reply, answers) Then AskPython macroName, answers, unused
    Exit Sub
failed:
    Say "rpxl could not do that: " & Err.Description, vbExclamation
End Sub

Public Sub WriteReply(ByVal macroName As String, ByVal answers As String, ByVal target As Object)
    ' For the self-test: runs a macro with known answers, and writes into a cell what it would say or ask
    Dim reply As String
    AskPython macroName, answers, reply
    target.Value = reply
End Sub

Private Sub Say(ByVal message As String, ByVal style As Long)
    ' A long message is shown in several boxes, each ending with a line or a word
    Dim cut As Long
    Do While Len(message) > LONGEST
        cut = InStrRev(Left$(message, LONGEST), vbLf)
        If cut < LONGEST / 2 Then cut = InStrRev(Left$(message, LONGEST), " ")
        If cut < LONGEST / 2 Then cut = LONGEST
        MsgBox RTrim$(Left$(message, cut)) & " ...", style, TITLE
        message = Mid$(message, cut + 1)
    Loop
    MsgBox message, style, TITLE
End Sub

Private Function Follow(ByVal reply As String, ByRef answers As String) As Boolean
    ' reply: a kind, a text and a proposed answer, separated by tabs. True if an answer was added and Python must go on.
    Dim parts() As String, answer As String
    If reply = "" Then Exit Function
    parts = Split(reply & vbTab & vbTab, vbTab)
    Select Case parts(0)
        Case "tell"
            Say parts(1), vbInformation
            Exit Function
        Case "refuse"
            Say parts(1), vbExclamation
            Exit Function
        Case "range"
            answer = AskRange(parts(1), parts(2))
        Case "text"
            answer = AskText(parts(1), parts(2))
        Case "confirm"
            If MsgBox(parts(1), vbYesNo + vbQuestion + vbDefaultButton2, TITLE) = vbYes Then answer = "yes"
    End Select
    If answer = "" Then Exit Function ' cancelled
    answers = answers & answer & vbTab
    Follow = True
End Function

Private Function AskRange(ByVal prompt As String, ByVal proposal As String) As String
    Dim picked As Object
    On Error Resume Next ' Cancel gives False, which is no range
    Set picked = Application.InputBox(prompt, TITLE, proposal, Type:=8)
    If Not picked Is Nothing Then AskRange = picked.Address(True, True, 1, True)
End Function

Private Function AskText(ByVal prompt As String, ByVal proposal As String) As String
    Dim typed As Variant
    typed = Application.InputBox(prompt, TITLE, proposal, Type:=2)
    If VarType(typed) <> vbBoolean Then AskText = Replace(typed, vbTab, " ")
End Function

Public Sub RibbonExplain(control As Object)
    Dim explanation As String
    On Error GoTo failed
    If TypeName(Selection) <> "Range" Then
        Say "Select the cell that shows the error first.", vbInformation
    Else
        ExplainCell ActiveCell, explanation
        Say explanation, vbInformation
    End If
    Exit Sub
failed:
    Say "rpxl could not compute that cell again: " & Err.Description, vbExclamation
End Sub

Public Sub RibbonRelink(control As Object)
    ' A workbook from another PC looks for the add-in at that PC's path: point it to this PC's add-in
    Dim links As Variant, link As Variant, changed As Long
    On Error GoTo failed
    If ActiveWorkbook Is Nothing Then Exit Sub
    links = ActiveWorkbook.LinkSources(1)
    If Not IsEmpty(links) Then
        For Each link In links
            If LCase$(Right$(link, 9)) = "rpxl.xlam" And LCase$(link) <> LCase$(ThisWorkbook.FullName) Then
                ActiveWorkbook.ChangeLink link, ThisWorkbook.FullName, 1
                changed = changed + 1
            End If
        Next link
    End If
    Application.CalculateFull
    Say changed & " link(s) to rpxl on another PC now point to this one, and all formulas were computed again.", vbInformation
    Exit Sub
failed:
    Say "rpxl could not relink the formulas: " & Err.Description, vbExclamation
End Sub

Public Sub RibbonReasons(control As Object, pressed As Boolean)
    On Error GoTo failed
    KeepReasonsInCells pressed
    Application.CalculateFull
    Exit Sub
failed:
    Say "rpxl could not keep the setting: " & Err.Description, vbExclamation
End Sub

Public Sub RibbonReasonsPressed(control As Object, ByRef pressed As Variant)
    Dim value As String
    On Error Resume Next
    ReadSetting "REASONS_IN_CELLS", value
    pressed = (LCase$(value) = "true")
End Sub

Public Sub RibbonRestart(control As Object)
    On Error GoTo failed
    RestartPython
    Say "Python was stopped; the next formula starts it again.", vbInformation
    Exit Sub
failed:
    Say "rpxl could not stop Python: " & Err.Description, vbExclamation
End Sub

Public Sub RegisterHelp()
    ' The help in the function wizard, from the sheet that the formula tooltips use too
    Dim sheet As Object, line As Long, column As Long, count As Long, help() As String
    If helpIsRegistered Then Exit Sub
    helpIsRegistered = True
    On Error Resume Next ' the functions work without their help too
    Set sheet = ThisWorkbook.Worksheets("_IntelliSense_")
    For line = 2 To sheet.UsedRange.Rows.Count
        count = 0
        Do While sheet.Cells(line, 4 + 2 * count).Value <> ""
            count = count + 1
        Loop
        ReDim help(1 To count)
        For column = 1 To count
            help(column) = Left$(sheet.Cells(line, 3 + 2 * column).Value, 255)
        Next column
        Application.MacroOptions Macro:="'" & ThisWorkbook.Name & "'!" & sheet.Cells(line, 1).Value, Description:=Left$(sheet.Cells(line, 2).Value, 255), Category:="Risk Parity", ArgumentDescriptions:=help
    Next line
End Sub
