"""Many workbooks at once: each is what a single fill gives, a bad client harms nobody, and a run resumes."""

import csv
from pathlib import Path

import pytest
from lxml import etree

from rpxl import templates
from rpxl.errors import InputError
from rpxl.filling.batch import JOURNAL, Result, fill_batch, read_jobs
from rpxl.filling.fill import fill
from rpxl.templates.built import built
from rpxl.xlsx.package import Package

TEMPLATE = built(templates.get("decomposition_60_40"))


def write_table(path: Path, *rows: str) -> Path:
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def clients(tmp_path) -> Path:
    write_table(tmp_path / "vols.csv", "Stocks (SPY),0.2", "Bonds (AGG),0.06")
    return write_table(
        tmp_path / "clients.csv",
        "client,weights,vols,Assets",
        '"Müller, A.","0.3,0.7",vols.csv,',
        'bad,"0.3,0.7,0.1",,',
        'Smith,"50%,50%",,"US,EU"',
    )


def run(clients: Path, folder: Path, **options) -> dict[str, Result]:
    results = fill_batch(TEMPLATE, read_jobs(clients), folder, workers=1, **options)
    return {result.client: result for result in results}


def test_each_workbook_is_what_a_single_fill_gives(clients, tmp_path):
    out = tmp_path / "out"
    results = run(clients, out)
    assert [results[name].status for name in ("Müller, A.", "bad", "Smith")] == ["filled", "failed", "filled"]
    assert "weights" in results["bad"].reason.lower()
    assert sorted(path.name for path in out.iterdir()) == sorted(["Müller, A..xlsx", "Smith.xlsx", JOURNAL])
    fill(TEMPLATE, tmp_path / "one.xlsx", weights="0.3,0.7", vols=str(tmp_path / "vols.csv"))
    assert (out / "Müller, A..xlsx").read_bytes() == (tmp_path / "one.xlsx").read_bytes()
    fill(TEMPLATE, tmp_path / "two.xlsx", weights="50%,50%", settings={"Assets": "US,EU"})
    assert (out / "Smith.xlsx").read_bytes() == (tmp_path / "two.xlsx").read_bytes()


def test_processes_of_their_own_give_the_same_bytes(clients, tmp_path):
    run(clients, tmp_path / "one")
    fill_batch(TEMPLATE, read_jobs(clients), tmp_path / "two", workers=2)
    for path in (tmp_path / "one").glob("*.xlsx"):
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()


def test_a_second_run_does_only_what_is_new_or_has_changed(clients, tmp_path):
    out = tmp_path / "out"
    run(clients, out)
    assert {r.status for r in run(clients, out).values()} == {"kept", "failed"}
    write_table(tmp_path / "vols.csv", "Stocks (SPY),0.25", "Bonds (AGG),0.06")
    (out / "Smith.xlsx").unlink()
    assert [r.status for r in run(clients, out).values()] == ["filled", "failed", "filled"]
    assert [r.status for r in run(clients, out, force=True).values()] == ["filled", "failed", "filled"]


def test_another_template_makes_every_workbook_anew(clients, tmp_path):
    out = tmp_path / "out"
    run(clients, out)
    other = Package(TEMPLATE)
    other.edit("docProps/core.xml").append(etree.Comment("a newer edition"))
    results = fill_batch(other.to_bytes(), read_jobs(clients), out, workers=1)
    assert [result.status for result in results] == ["filled", "failed", "filled"]
    results = fill_batch(other.to_bytes(), read_jobs(clients), out, workers=1)
    assert [result.status for result in results] == ["kept", "failed", "kept"]


def test_a_run_resumes_after_a_crash(clients, tmp_path):
    class CrashError(Exception):
        pass

    def crash(result):
        raise CrashError

    out = tmp_path / "out"
    with pytest.raises(CrashError):
        run(clients, out, report=crash)
    with (out / JOURNAL).open("a", encoding="utf-8") as journal:
        journal.write('"Smith","fil')  # the machine went down in the middle of a line
    assert [r.status for r in run(clients, out).values()] == ["kept", "failed", "filled"]
    assert [r.status for r in run(clients, out).values()] == ["kept", "failed", "kept"]


def test_somebodys_own_workbook_is_not_replaced(clients, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "Smith.xlsx").write_bytes(b"mine")
    results = run(clients, out)
    assert results["Smith"].status == "failed"
    assert "not from a batch" in results["Smith"].reason
    assert (out / "Smith.xlsx").read_bytes() == b"mine"
    assert run(clients, out, force=True)["Smith"].status == "filled"


def test_a_folder_has_a_price_file_per_client(tmp_path):
    for name in ("b.csv", "a.CSV", "c.xlsx", "~$c.xlsx", "notes.txt"):
        (tmp_path / name).write_text("")
    jobs = read_jobs(tmp_path, {"Borrow_rate": "2%"})
    assert [job.client for job in jobs] == ["a", "b", "c"]
    assert jobs[0].inputs == {"prices": str(tmp_path / "a.CSV")}
    assert jobs[0].settings == {"Borrow_rate": "2%"}


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (["name,weights", "a,1"], "no column 'client'"),
        (["client,weights", ",1"], r"row 2, column 1 \(client\): '' can't be the name of a file"),
        (["client", "../a"], "can't be the name of a file"),
        (["client", "a", "A"], "twice"),
        (["client"], "holds no client"),
    ],
)
def test_a_table_that_is_wrong_is_refused_with_the_place(tmp_path, rows, words):
    with pytest.raises(InputError, match=words):
        read_jobs(write_table(tmp_path / "clients.csv", *rows))


def test_the_journal_can_be_read_by_people(clients, tmp_path):
    out = tmp_path / "out"
    run(clients, out)
    with (out / JOURNAL).open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(row["client"], row["status"]) for row in rows if row["status"] != "started"] == [
        ("Müller, A.", "filled"),
        ("bad", "failed"),
        ("Smith", "filled"),
    ]
