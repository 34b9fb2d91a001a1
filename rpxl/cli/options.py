"""Options that several commands have: how a file of prices is read."""

import typer

SHEET = typer.Option(help="The sheet with the prices, if several sheets have some.")
COLUMN = typer.Option(help="The column with an asset's price, such as Close; else the adjusted close.")
MISSING = typer.Option(help="If a price is missing: error, or drop_rows to leave that date out.")
