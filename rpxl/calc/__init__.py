"""LibreOffice Calc: the catalogue as a Calc add-in, and workbooks recalculated without a screen."""
