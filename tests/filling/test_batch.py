"""Many workbooks at once: each is what a single fill gives, a bad client harms nobody, and a run resumes."""

import csv
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from lxml import etree

from rpxl import templates
from rpxl.errors import InputError
from rpxl.filling import batch
from rpxl.filling.batch import Result, fill_batch
from rpxl.filling.fill import fill
from rpxl.filling.jobs import Job, passed_over, read_jobs
from rpxl.filling.journal import JOURNAL, key, read_journal
from rpxl.filling.workers import Died, Done, Started
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
    for name in ("b.csv", "a.CSV", "c.xlsx", "d.tsv", "~$c.xlsx", "notes.txt", "e.docx", JOURNAL):
        (tmp_path / name).write_text("")
    (tmp_path / "d.xls").write_text("")
    (tmp_path / "f.txt").write_text("Date,A\n2024-01-02,1\n2024-01-03,2\n")
    (tmp_path / "old").mkdir()
    jobs = read_jobs(tmp_path, {"Borrow_rate": "2%"}, {"missing": "drop_rows"})
    assert [job.client for job in jobs] == ["a", "b", "c", "d.tsv", "d.xls", "f"]
    assert jobs[0].inputs == {"missing": "drop_rows", "prices": str(tmp_path / "a.CSV")}
    assert jobs[0].settings == {"Borrow_rate": "2%"}
    reasons = passed_over(tmp_path)
    assert sorted(reasons) == ["e.docx", "notes.txt", "old", JOURNAL, "~$c.xlsx"]
    assert reasons["e.docx"].startswith("its ending is none of .csv, ")
    assert reasons["notes.txt"] == "a text without dates and prices"


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (["name,weights", "a,1"], "no column 'client'"),
        (["client,weights", ",1"], r"row 2, column 1 \(client\): '' can't be the name of a file"),
        (["client", "../a"], "can't be the name of a file"),
        (["client", "a", "A"], "twice"),
        (["client,prices,Borrow_rate", "x,p.csv,0,05"], r"row 2, column 4: '05' has no heading over it.*decimal comma"),
        (["client,,weights", "x,1,2"], r"row 2, column 2: '1' has no heading"),
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


def test_a_workbook_changed_by_hand_is_not_replaced(clients, tmp_path):
    out = tmp_path / "out"
    run(clients, out)
    mine = out / "Müller, A..xlsx"
    mine.write_bytes(mine.read_bytes() + b"my notes")
    kept = run(clients, out)["Müller, A."]
    assert kept.status == "kept" and "changed since it was filled" in kept.reason
    write_table(tmp_path / "vols.csv", "Stocks (SPY),0.25", "Bonds (AGG),0.06")
    refused = run(clients, out)["Müller, A."]
    assert refused.status == "failed" and "changed since" in refused.reason
    assert mine.read_bytes().endswith(b"my notes")
    assert run(clients, out, force=True)["Müller, A."].status == "filled"
    assert not mine.read_bytes().endswith(b"my notes")


def test_a_workbook_saved_under_the_name_of_a_client_that_failed_is_not_replaced(clients, tmp_path):
    out = tmp_path / "out"
    assert run(clients, out)["bad"].status == "failed"
    (out / "bad.xlsx").write_bytes(b"mine")
    clients.write_text(clients.read_text("utf-8").replace("0.3,0.7,0.1", "0.3,0.7"), "utf-8")
    assert run(clients, out)["bad"].status == "failed"
    assert (out / "bad.xlsx").read_bytes() == b"mine"


def test_an_input_is_never_an_output(tmp_path):
    prices = tmp_path / "one.xlsx"
    prices.write_bytes(TEMPLATE)
    results = fill_batch(TEMPLATE, read_jobs(tmp_path), tmp_path, workers=1, force=True)
    assert [result.status for result in results] == ["failed"]
    assert "never replaced" in results[0].reason
    table = tmp_path / "table.xlsx"
    table.write_bytes(b"a table")
    job = Job("table", {"weights": "0.5,0.5"})
    assert fill_batch(TEMPLATE, [job], tmp_path, workers=1, force=True, keep=[table])[0].status == "failed"
    assert (prices.read_bytes(), table.read_bytes()) == (TEMPLATE, b"a table")


def ends_for_bad(template, task):
    """Stands for what a hostile file does to the process that reads it."""
    if task.job.client == "bad":
        os.kill(os.getpid(), signal.SIGKILL)
    return fill_one(template, task)


fill_one = batch._fill_one


@pytest.mark.parametrize(("cores", "processes"), [(3, 3), (None, 1)])
def test_where_a_system_tells_only_the_cores_of_the_machine_each_has_a_process(monkeypatch, tmp_path, cores, processes):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    monkeypatch.setattr(batch, "run", lambda function, shared, tasks, count: iter([count]))
    task = batch._Task(Job("a"), tmp_path / "a.xlsx", "")
    assert [*batch._events(TEMPLATE, [task], -1, "processes")] == [processes]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("workers", "at_once"), [(1, 1), (2, 4), (-1, 4), (0, 4), (9, 4)])
def test_a_dask_cluster_has_the_next_tasks_at_hand_unless_fewer_are_to_run(clients, tmp_path, workers, at_once):
    """With two threads, two more tasks wait there, so that no thread idles between two workbooks."""
    import distributed

    tasks = [batch._Task(Job(f"c{i}", {}, {}), tmp_path / f"{i}.xlsx", "") for i in range(6)]
    under_way = most = 0
    with distributed.Client(processes=False, n_workers=1, threads_per_worker=2, dashboard_address=None):
        for event in batch._events(TEMPLATE, tasks, workers, "dask"):
            under_way += 1 if isinstance(event, Started) else -1
            most = max(most, under_way)
    assert (most, under_way) == (at_once, 0)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="ends a process as a system out of memory does")
def test_a_client_that_ends_its_process_harms_nobody_and_is_gone_past(clients, tmp_path, monkeypatch):
    monkeypatch.setattr(batch, "_fill_one", ends_for_bad)
    results = run(clients, tmp_path / "out")
    assert [r.status for r in results.values()] == ["filled", "failed", "filled"]
    assert "SIGKILL" in results["bad"].reason
    assert read_journal(tmp_path / "out")["bad"].status == "crashed"
    monkeypatch.setattr(batch, "_events", lambda template, waiting, *_: iter([] if not waiting else 1 / 0))
    again = run(clients, tmp_path / "out")
    assert [r.status for r in again.values()] == ["kept", "failed", "kept"]
    assert "SIGKILL" in again["bad"].reason


def test_a_client_that_a_run_ended_with_comes_last(clients, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / JOURNAL).write_text("client,status,inputs,reason,workbook\nbad,started,0,,\n", "utf-8")
    order = []
    run(clients, tmp_path / "out", report=lambda result: order.append(result.client))
    assert order == ["Müller, A.", "Smith", "bad"]


def test_difficult_names_and_long_reasons(tmp_path):
    jobs = [Job("=cmd|' C calc'!A1"), Job("a\nb"), Job("a\\nb"), Job("\u2028"), Job("caf\udce9")]
    jobs.append(Job("long", {"weights": "9" * 150_000}))
    out = tmp_path / "out"
    results = fill_batch(TEMPLATE, jobs, out, workers=2)
    assert [r.status for r in results] == ["failed" if job.client == "caf\udce9" else "filled" for job in jobs[:5]] + [
        "failed"
    ]
    text = (out / JOURNAL).read_text("utf-8")
    assert not any(line.startswith(("=", "+", "-", "@")) for line in text.splitlines())
    assert "no character" in results[4].reason
    assert max(map(len, text.splitlines())) < 5000
    assert len({key(job.client) for job in jobs}) == len(jobs)
    with (out / JOURNAL).open("a", encoding="utf-8") as journal:
        journal.write(f'long,failed,0,"{"x" * 200_000}",\n')
    again = fill_batch(TEMPLATE, jobs, out, workers=1)
    assert [r.status for r in again] == ["kept"] * 4 + ["failed"] * 2


def test_two_runs_do_not_write_into_one_folder(clients, tmp_path):
    pytest.importorskip("fcntl")

    def second(_):
        with pytest.raises(InputError, match="another run"):
            run(clients, tmp_path / "out")

    run(clients, tmp_path / "out", report=second)


def test_the_ending_follows_the_template(tmp_path):
    from ..make import parts_of, with_parts

    types = parts_of(TEMPLATE)["[Content_Types].xml"]
    plain = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
    assert plain in types
    macros = types.replace(plain, b"application/vnd.ms-excel.sheet.macroEnabled.main+xml")
    template = with_parts(TEMPLATE, {"[Content_Types].xml": macros})
    assert fill_batch(template, [Job("a", {"weights": "0.5,0.5"})], tmp_path, workers=1)[0].status == "filled"
    assert (tmp_path / "a.xlsm").is_file()


def test_permissions_stay(clients, tmp_path):
    out = tmp_path / "out"
    run(clients, out)
    (out / "Smith.xlsx").chmod(0o600)
    run(clients, out, force=True)
    assert (out / "Smith.xlsx").stat().st_mode & 0o777 == 0o600


def test_what_a_fill_notes_reaches_the_result(tmp_path):
    fill(TEMPLATE, tmp_path / "one.xlsx", weights="0.5,0.5")
    prices = tmp_path / "p.csv"
    days = [f"2024-01-{day:02d}" for day in range(1, 31)]
    write_table(prices, "Date,X,Y", *(f"{day},{100 + i % 3},{50 + i % 5}" for i, day in enumerate(days)))
    from rpxl.templates.built import built as build

    template = build(templates.get("static_analysis"))
    result = fill_batch(template, [Job("c", {"prices": str(prices)})], tmp_path / "out", workers=1)[0]
    report = fill(template, tmp_path / "two.xlsx", prices=prices)
    assert result.status == "filled" and result.reason == " ".join(report.notes) != ""


def waits(_, seconds):
    time.sleep(seconds)


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("number", ["SIGKILL", "SIGTERM", "SIGHUP"])
def test_processes_end_with_their_parent(number):
    code = (
        "from rpxl.filling import workers; from tests.filling.test_batch import waits\n"
        "for _ in workers.run(waits, None, [60, 60], 2):\n"
        "    print('started', flush=True)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]
    )
    assert [parent.stdout.readline() for _ in range(2)] == ["started\n"] * 2
    children = children_of(parent.pid)
    assert len(children) == 2
    parent.send_signal(getattr(signal, number))
    parent.wait()
    parent.stdout.close()
    for _ in range(200):
        if not any(alive(child) for child in children):
            return
        time.sleep(0.05)
    raise AssertionError("processes outlived their parent")


def children_of(pid: int) -> list[int]:
    listing = subprocess.run(["ps", "-ww", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    return [int(line.split()[0]) for line in listing.splitlines() if int(line.split()[1]) == pid]


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def quick_or_dead(template, task):
    if task.job.client == "bad":
        os.kill(os.getpid(), signal.SIGKILL)
    return task.job.client


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="ends a process as a system out of memory does")
@pytest.mark.filterwarnings("ignore")
def test_clients_that_go_to_a_dask_worker_together_each_have_their_own_end(tmp_path, monkeypatch):
    import dask
    import distributed

    names = [*(f"c{i}" for i in range(20)), "bad", *(f"d{i}" for i in range(14))]  # 35 for one thread: four at a time
    tasks = [batch._Task(Job(name), tmp_path / f"{name}.xlsx", "") for name in names]
    monkeypatch.setattr(batch, "_fill_one", quick_or_dead)
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 0}),
        distributed.Client(n_workers=1, threads_per_worker=1, dashboard_address=None, silence_logs=50),
    ):
        events = list(batch._events(b"", tasks, -1, "dask"))
    started = [event.task for event in events if isinstance(event, Started)]
    done = {event.task: event.answer for event in events if isinstance(event, Done)}
    assert started == list(range(35))
    assert [event.task for event in events if isinstance(event, Died)] == [20]
    assert done == {k: name for k, name in enumerate(names) if k != 20}
    assert len(events) == 70


def test_nothing_is_imported_from_the_current_folder(clients, tmp_path, monkeypatch):
    here = tmp_path / "here"
    here.mkdir()
    for name in ("joblib", "lxml", "json", "pickle", "numpy", "formualizer"):
        (here / f"{name}.py").write_text(f"open(r'{here / 'ran'}', 'w')")
    monkeypatch.chdir(here)
    monkeypatch.syspath_prepend("")
    assert [r.status for r in run(clients, tmp_path / "out").values()] == ["filled", "failed", "filled"]
    assert not (here / "ran").exists()


@pytest.mark.filterwarnings("ignore")
def test_a_dask_cluster_gives_the_same_bytes(clients, tmp_path):
    import distributed

    run(clients, tmp_path / "one")
    with distributed.Client(processes=False, n_workers=1, threads_per_worker=2, dashboard_address=None):
        results = fill_batch(TEMPLATE, read_jobs(clients), tmp_path / "two", backend="dask")
    assert [result.status for result in results] == ["filled", "failed", "filled"]
    for path in (tmp_path / "one").glob("*.xlsx"):
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="ends a process as a system out of memory does")
@pytest.mark.filterwarnings("ignore")
def test_a_dask_worker_that_dies_is_its_clients_failure_only(clients, tmp_path, monkeypatch):
    """Dask blames a worker's death on all tasks that it had; with one worker, these are all tasks."""
    import dask
    import distributed

    monkeypatch.setattr(batch, "_fill_one", ends_for_bad)
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 0}),
        distributed.Client(n_workers=1, threads_per_worker=4, dashboard_address=None, silence_logs=50),
    ):
        results = fill_batch(TEMPLATE, read_jobs(clients), tmp_path / "out", backend="dask")
    assert [result.status for result in results] == ["filled", "failed", "filled"]
    assert "the Dask worker that filled it ended (KilledWorker)" in results[1].reason
    assert read_journal(tmp_path / "out")["bad"].status == "crashed"
