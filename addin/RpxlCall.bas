Attribute VB_Name = "RpxlCall"
Option Explicit
' What stands between a cell's formula and Python: the cells of ranges go over by value in one call, an error
' comes back as a marked text and becomes a real Excel error, and its reason is kept for "Explain error".

Private Const MARK As String = "#RPXL!"
Private Const MAX_CELLS As Double = 2000000
Private Const MAX_REASONS As Long = 500

Private reasons As Collection ' the reasons of a cell by its full address, oldest first

Public Function CallRpxl(ByVal functionName As String, ByVal arguments As Variant) As Variant
    Dim values() As Variant, i As Long, answer As Variant
    On Error GoTo failed
    ReDim values(LBound(arguments) To UBound(arguments))
    For i = LBound(arguments) To UBound(arguments)
        If TypeName(arguments(i)) = "Range" Then
            values(i) = CellsOf(arguments(i))
        Else
            values(i) = arguments(i)
        End If
    Next i
    answer = PythonCall(functionName, values)
    If VarType(answer) = vbString Then
        If Left$(answer, Len(MARK)) = MARK Then
            CallRpxl = Failure(functionName, Mid$(answer, Len(MARK) + 1))
            Exit Function
        End If
    End If
    CallRpxl = answer
    Exit Function
failed:
    CallRpxl = Failure(functionName, "#VALUE! Python did not answer: " & Err.Description & " Run 'rpxl doctor' in a terminal.")
End Function

Private Function CellsOf(ByVal area As Object) As Variant
    ' Value2: dates as serial numbers and amounts as plain numbers, without a way through the PC's regional settings
    If area.Areas.Count > 1 Then Err.Raise vbObjectError + 1, , "an argument is several ranges; give one."
    If CDbl(area.Rows.Count) * area.Columns.Count > MAX_CELLS Then
        Err.Raise vbObjectError + 2, , "an argument is a whole column or row; select the cells with numbers only."
    End If
    CellsOf = area.Value2
End Function

Private Function Failure(ByVal functionName As String, ByVal told As String) As Variant
    ' told: the error that the cell shows, a blank, the reason in words
    Dim kind As String, reason As String
    kind = Left$(told, InStr(told, " ") - 1)
    reason = Mid$(told, InStr(told, " ") + 1)
    KeepReason CallerKey, functionName & ": " & kind & vbLf & reason
    If LCase$(GetConfig("REASONS_IN_CELLS")) = "true" Then
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

Public Function ReasonFor(ByVal key As String) As String
    On Error Resume Next ' no reason is kept for this cell
    ReasonFor = reasons(key & " ")
End Function

Private Sub ForgetReason(ByVal key As String)
    On Error Resume Next
    reasons.Remove key & " "
End Sub

Public Function ExplainCell(ByVal cell As Object) As String
    ' Computes the cell again and listens, so that what is told is never an old reason
    Dim key As String
    Set cell = FormulaCell(cell)
    key = KeyOf(cell)
    ForgetReason key
    cell.Dirty
    cell.Calculate
    ExplainCell = ReasonFor(key)
    If ExplainCell <> "" Then Exit Function
    If IsError(cell.Value) Then
        ExplainCell = "No function of rpxl failed in this cell: the error comes from Excel or from a cell that the formula refers to."
    Else
        ExplainCell = "This cell has no error."
    End If
End Function

Private Function FormulaCell(ByVal cell As Object) As Object
    ' The cell that holds the formula which fills this one
    Set FormulaCell = cell.Cells(1, 1)
    On Error Resume Next ' not part of an array; an Excel that does not spill
    If cell.HasArray Then Set FormulaCell = cell.CurrentArray.Cells(1, 1)
    If cell.HasSpill Then Set FormulaCell = cell.SpillParent
End Function
