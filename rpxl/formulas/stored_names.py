"""How spreadsheets write rpxl's functions into files."""

CALC_IDENTIFIER = "org.rpxl.calc"
"""What LibreOffice knows the add-in by."""

CALC_SERVICE = f"{CALC_IDENTIFIER}.Functions"
"""What Calc calls the functions by in a file that it saves: ``ORG.RPXL.CALC.FUNCTIONS.RP_WEIGHTS(…)``."""
