"""The file format: packages of parts, the workbook's model, references, rows. Knows nothing of rpxl's functions."""
