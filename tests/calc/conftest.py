"""One private LibreOffice for all tests of this folder."""

import os
from collections.abc import Iterator

import pytest

from rpxl.calc.locate import OfficeError, find_office_python, find_soffice, find_unopkg
from rpxl.calc.office import Office

from .bench import Bench


@pytest.fixture(scope="session")
def office_installed() -> None:
    """Skip without LibreOffice; fail instead where it must be there."""
    try:
        find_soffice(), find_unopkg(), find_office_python()
    except OfficeError as missing:
        if os.environ.get("RPXL_REQUIRE_OFFICE"):
            pytest.fail(str(missing))
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def office(office_installed: None) -> Iterator[Office]:
    with Office() as running:
        yield running


@pytest.fixture
def bench(office: Office) -> Iterator[Bench]:
    made = Bench(office)
    yield made
    made.close()
