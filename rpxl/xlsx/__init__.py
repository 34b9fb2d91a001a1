"""The file format: packages of parts, workbooks as cells, references, rows. It does not depend on rpxl's functions."""
