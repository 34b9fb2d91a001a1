"""Template workbooks: building, calculating and filling them."""
