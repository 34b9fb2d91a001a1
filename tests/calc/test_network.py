"""Nothing is fetched: a workbook of a stranger is recalculated and printed, and no address in it is asked."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from rpxl.calc import office as module
from rpxl.calc.recalculate import recalculate

from ..make import LINKS, parts_of, with_parts, workbook

pytestmark = pytest.mark.usefixtures("office_installed")

DRAWING = "http://schemas.openxmlformats.org/drawingml/2006"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


class Listener:
    """A server on this machine that takes down what it is asked for, and answers nothing."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(5)
                self.asked.append(connection.recv(1000).decode("latin-1").split("\r\n")[0])
                connection.sendall(b"HTTP/1.0 404 Not Found\r\nContent-Length: 0\r\n\r\n")

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    made = Listener()
    yield made
    made.close()


def hostile(address: str) -> bytes:
    """A workbook with a linked picture, a linked workbook, and a formula that asks a server."""

    def write(book):
        sheet = book.add_worksheet("S")
        sheet.write_formula("A1", f'=_xlfn.WEBSERVICE("{address}/formula")')
        sheet.write_formula("A2", f"='{address}/[book.xlsx]Sheet1'!$A$1")
        sheet.write_formula("A3", "=1+1")
        sheet.write_formula("A4", f'=HYPERLINK("{address}/hyperlink","x")')
        sheet.insert_textbox("C3", "x")

    content = workbook(write)
    picture = (
        "<xdr:twoCellAnchor><xdr:from><xdr:col>3</xdr:col><xdr:colOff>0</xdr:colOff><xdr:row>3</xdr:row>"
        "<xdr:rowOff>0</xdr:rowOff></xdr:from><xdr:to><xdr:col>5</xdr:col><xdr:colOff>0</xdr:colOff>"
        '<xdr:row>8</xdr:row><xdr:rowOff>0</xdr:rowOff></xdr:to><xdr:pic><xdr:nvPicPr><xdr:cNvPr id="9" name="P"/>'
        f'<xdr:cNvPicPr/></xdr:nvPicPr><xdr:blipFill><a:blip xmlns:r="{LINKS}" r:link="rId1"/><a:stretch>'
        '<a:fillRect/></a:stretch></xdr:blipFill><xdr:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="900000" '
        'cy="900000"/></a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom></xdr:spPr></xdr:pic><xdr:clientData/>'
        "</xdr:twoCellAnchor></xdr:wsDr>"
    )
    drawing = parts_of(content)["xl/drawings/drawing1.xml"].decode().replace("</xdr:wsDr>", picture)
    links = (
        f'<Relationships xmlns="{PACKAGE}"><Relationship Id="rId1" Type="{LINKS}/image" '
        f'Target="{address}/picture.png" TargetMode="External"/></Relationships>'
    )
    return with_parts(
        content,
        {"xl/drawings/drawing1.xml": drawing.encode(), "xl/drawings/_rels/drawing1.xml.rels": links.encode()},
    )


def test_nothing_is_fetched(listener: Listener, tmp_path: Path) -> None:
    source = tmp_path / "a.xlsx"
    source.write_bytes(hostile(listener.address))
    assert recalculate(source, pdf=tmp_path / "a.pdf").sheets["S"]["A3"].value == 2.0
    assert listener.asked == []


def test_the_settings_are_what_keeps_it_from_fetching(listener: Listener, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(module, "_settings", lambda: "<oor:items xmlns:oor='http://openoffice.org/2001/registry'/>")
    source = tmp_path / "a.xlsx"
    source.write_bytes(hostile(listener.address))
    recalculate(source, pdf=tmp_path / "a.pdf")
    assert any("/picture.png" in line for line in listener.asked)
