Attribute VB_Name = "RpxlCall"
Option Explicit
' Passes a cell's formula to Python. The values of all ranges go over in one call. An error comes back as a marked
' text and becomes a real Excel error; its reason is kept for "Explain error".
' Only Subs are public here, because no formula can call a Sub; see RpxlPython.

Private Const MARK As String = "#RPXL!"
Private Const MAX_CELLS As Double = 2000000
Private Const MAX_REASONS As Long = 500

#If Mac Then
#Else
    Private Declare PtrSafe Function FindWindowEx Lib "user32" Alias "FindWindowExA" (ByVal parent As LongPtr, ByVal after As LongPtr, ByVal className As String, ByVal caption As String) As LongPtr
    Private Declare PtrSafe Function GetWindowThreadProcessId Lib "user32" (ByVal window As LongPtr, ByRef processId As Long) As Long
    Private Declare PtrSafe Function GetCurrentProcessId Lib "kernel32" () As Long
#End If

Private reasons As Collection ' the reasons of each failed cell by its full address, oldest first

Public Sub CallRpxl(ByVal functionName As String, ByVal argumentNames As String, ByVal arguments As Variant, ByRef answer As Variant)
    Dim values() As Variant, found As Variant, i As Long, problem As String
    If WizardIsOpen() Then ' the wizard would call Python at each keystroke: let its preview show #N/A
        answer = CVErr(2042)
        Exit Sub
    End If
    On Error GoTo failed
    ReDim values(LBound(arguments) To UBound(arguments))
    For i = LBound(arguments) To UBound(arguments)
        If TypeName(arguments(i)) = "Range" Then
            ReadCells arguments(i), found, problem
            If problem <> "" Then
                answer = Failure(functionName, "#VALUE! " & Split(argumentNames)(i) & ": " & problem)
                Exit Sub
            End If
            values(i) = found
        Else
            values(i) = arguments(i)
        End If
    Next i
    CallPython functionName, values, CountsFrom1904(), answer
    If VarType(answer) = vbString Then
        If Left$(answer, Len(MARK)) = MARK Then answer = Failure(functionName, Mid$(answer, Len(MARK) + 1))
    End If
    Exit Sub
failed:
    answer = Failure(functionName, "#VALUE! rpxl could not read the cells: " & Err.Description)
End Sub

Private Sub ReadCells(ByVal area As Object, ByRef values As Variant, ByRef problem As String)
    ' Value2 gives dates as serial numbers and amounts as plain numbers, whatever the PC's regional settings
    Dim height As Long, width As Long, wholeColumns As Boolean, wholeRows As Boolean
    If area.Areas.Count > 1 Then
        problem = "is several ranges. Give one block of cells."
        Exit Sub
    End If
    height = area.Rows.Count
    width = area.Columns.Count
    If height >= 65536 Or width >= 256 Then ' no sheet has fewer
        wholeColumns = (height = area.Worksheet.Rows.Count)
        wholeRows = (width = area.Worksheet.Columns.Count)
        If wholeColumns Or wholeRows Then ClipToUsed area, height, width
    End If
    If CDbl(height) * width > MAX_CELLS Then
        problem = "has " & CDbl(height) * width & " cells; 2000000 are the most that one argument can have."
        Exit Sub
    End If
    values = area.Resize(height, width).Value2
    If Not (wholeColumns Or wholeRows) Or Not IsArray(values) Then Exit Sub
    ' At the end of whole columns or rows, blank rows or columns are no data
    If wholeColumns Then
        Do While height > 1
            If Not RowIsBlank(values, height) Then Exit Do
            height = height - 1
        Loop
    End If
    If wholeRows Then
        Do While width > 1
            If Not ColumnIsBlank(values, width) Then Exit Do
            width = width - 1
        Loop
    End If
    values = area.Resize(height, width).Value2
End Sub

Private Sub ClipToUsed(ByVal area As Object, ByRef height As Long, ByRef width As Long)
    ' Whole columns begin in row 1, whole rows in column 1
    Dim used As Object
    Set used = area.Worksheet.UsedRange
    If height = area.Worksheet.Rows.Count Then height = used.Row + used.Rows.Count - 1
    If width = area.Worksheet.Columns.Count Then width = used.Column + used.Columns.Count - 1
End Sub

Private Function RowIsBlank(ByRef values As Variant, ByVal line As Long) As Boolean
    Dim i As Long
    For i = LBound(values, 2) To UBound(values, 2)
        If Not IsEmpty(values(line, i)) Then Exit Function
    Next i
    RowIsBlank = True
End Function

Private Function ColumnIsBlank(ByRef values As Variant, ByVal line As Long) As Boolean
    Dim i As Long
    For i = LBound(values, 1) To UBound(values, 1)
        If Not IsEmpty(values(i, line)) Then Exit Function
    Next i
    ColumnIsBlank = True
End Function

Private Function CountsFrom1904() As Boolean
    On Error Resume Next ' a function that VBA calls has no cell
    CountsFrom1904 = Application.Caller.Worksheet.Parent.Date1904
End Function

Private Function WizardIsOpen() As Boolean
    ' While a formula is typed, the first button of the bar 'Standard' is disabled. It is so too while a workbook opens,
    ' when the cells must be computed. So look for the wizard's own window as well.
    #If Mac Then
    #Else
        Dim buttonWorks As Boolean
        On Error Resume Next
        buttonWorks = True
        buttonWorks = Application.CommandBars("Standard").Controls(1).Enabled
        If Not buttonWorks Then WizardIsOpen = DialogIsOpen()
    #End If
End Function

#If Mac Then
#Else

Private Function DialogIsOpen() As Boolean
    Dim window As LongPtr, owner As Long
    Do
        window = FindWindowEx(0, window, "bosa_sdm_XL9", vbNullString)
        If window = 0 Then Exit Function
        GetWindowThreadProcessId window, owner
        If owner = GetCurrentProcessId() Then
            DialogIsOpen = True
            Exit Function
        End If
    Loop
End Function

#End If

Private Function Failure(ByVal functionName As String, ByVal told As String) As Variant
    ' told: the error that the cell is to show, a blank, and the reason in words
    Dim kind As String, reason As String, inCells As String
    kind = Left$(told, InStr(told, " ") - 1)
    reason = Mid$(told, InStr(told, " ") + 1)
    KeepReason CallerKey(), functionName & ": " & kind & vbLf & reason
    ReadSetting "REASONS_IN_CELLS", inCells
    If LCase$(inCells) = "true" Then
        Failure = MARK & " " & reason
        Exit Function
    End If
    Select Case kind
        Case "#N/A"
            Failure = CVErr(2042)
        Case "#NUM!"
            Failure = CVErr(2036)
        Case Else
            Failure = CVErr(2015)
    End Select
End Function

Private Function CallerKey() As String
    On Error Resume Next ' a function that VBA calls has no cell
    CallerKey = KeyOf(Application.Caller)
End Function

Private Function KeyOf(ByVal cell As Object) As String
    KeyOf = cell.Cells(1, 1).Address(True, True, 1, True)
End Function

Private Sub KeepReason(ByVal key As String, ByVal reason As String)
    Dim earlier As String
    If reasons Is Nothing Then Set reasons = New Collection
    earlier = ReasonFor(key)
    If InStr(earlier, reason) > 0 Or Len(earlier) > 2000 Then Exit Sub
    ForgetReason key
    If earlier <> "" Then reason = earlier & vbLf & vbLf & reason
    reasons.Add reason, key & " "
    If reasons.Count > MAX_REASONS Then reasons.Remove 1
End Sub

Private Function ReasonFor(ByVal key As String) As String
    On Error Resume Next ' no reason is kept for this cell
    ReasonFor = reasons(key & " ")
End Function

Private Sub ForgetReason(ByVal key As String)
    On Error Resume Next
    reasons.Remove key & " "
End Sub

Public Sub ExplainCell(ByVal cell As Object, ByRef explanation As String)
    ' Computes the formula again and keeps what fails, so that the reason is never an old one
    Dim key As String, area As Object
    Set area = FormulaCells(cell)
    key = KeyOf(area)
    ForgetReason key
    area.Dirty
    area.Calculate
    explanation = ReasonFor(key)
    If explanation <> "" Then Exit Sub
    If IsError(area.Cells(1, 1).Value) Then
        explanation = "No function of rpxl failed in this cell: the error comes from Excel or from a cell that the formula refers to."
    Else
        explanation = "This cell has no error."
    End If
End Sub

Public Sub WriteExplanation(ByVal cell As Object, ByVal target As Object)
    ' For the self-test, which runs the add-in from outside, where a Sub returns no text
    Dim explanation As String
    ExplainCell cell, explanation
    target.Value = explanation
End Sub

Private Function FormulaCells(ByVal cell As Object) As Object
    ' The cells to compute: all cells of an array formula, as Excel computes no part of one; or the cell that spills
    Set FormulaCells = cell.Cells(1, 1)
    On Error Resume Next ' not part of an array; an Excel that does not spill
    If cell.Cells(1, 1).HasArray Then Set FormulaCells = cell.Cells(1, 1).CurrentArray
    If cell.Cells(1, 1).HasSpill Then Set FormulaCells = cell.Cells(1, 1).SpillParent
End Function
