"""The README says what the project does."""

from pathlib import Path

from rpxl.formulas.catalogue import CATEGORIES, FUNCTIONS

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")


def test_the_function_table_is_the_catalogue():
    lines = ["| function | answer |", "|---|---|"]
    for category in CATEGORIES:
        chosen = [formula for formula in FUNCTIONS.values() if formula.category == category]
        lines += [f"| `{formula.usage}` | {formula.description} |" for formula in chosen]
    table = "\n".join(lines)
    written = README.split("<!-- functions -->\n")[1].split("\n<!-- /functions -->")[0]
    assert written == table, f"put this table into the README:\n\n{table}\n"
