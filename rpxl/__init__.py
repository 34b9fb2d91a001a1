"""Risk parity that lives in a spreadsheet."""
