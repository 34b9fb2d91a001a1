"""Computing the formulas of a workbook, so that the values stored in the file are right."""
