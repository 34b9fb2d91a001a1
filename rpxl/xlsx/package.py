"""The file: a zip archive of parts, checked when it is read, and written back without other changes.

A part that is not edited is written exactly as it was read, in the same place and with the same date. A part is parsed
only when its tree is asked for, and is written from its tree only after :meth:`Package.edit`.
"""

import copy
import io
import posixpath
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Container
from pathlib import Path
from typing import NamedTuple

from lxml import etree

from rpxl.errors import InputError
from rpxl.files import write_file

MEBIBYTE = 1 << 20
MAX_FILE = 128 * MEBIBYTE
MAX_PARTS = 10_000
MAX_UNPACKED = 256 * MEBIBYTE  # 200 assets on 10,000 days are 70 MB
MAX_CELLS = 2_000_000  # of a part that is parsed, which then takes some 2 GB of memory
MAX_RATIO = 100  # a large sheet packs at about 1:10, one of repeated rows at 1:50
RATIO_FREE = 4 * MEBIBYTE  # for a part below this size there is no limit on how well it packs

CONTENT_TYPES = "[Content_Types].xml"
_CONTENT = "{http://schemas.openxmlformats.org/package/2006/content-types}"
_RELATIONSHIP = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_NO_LINKS = (
    b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"/>'
)
_DECLARATION = re.compile(rb"(?:\xef\xbb\xbf)?<\?xml[^>]*\?>\s*")


class Relationship(NamedTuple):
    """A link from one part to another; `target` is a part's name, or an address if it is `external`."""

    id: str
    type: str
    target: str
    external: bool


class Package:
    """The parts of an Office file.

    Parameters
    ----------
    source
        Path of the file, or its bytes.
    name
        The name of the file in messages; by default its path.

    Raises
    ------
    InputError
        The file is missing, damaged, protected, not a zip archive, or too large when unpacked.
    """

    def __init__(self, source: Path | str | bytes, name: str | None = None) -> None:
        self.name = name or ("workbook" if isinstance(source, bytes) else str(source))
        self._infos: dict[str, zipfile.ZipInfo] = {}
        self._parts: dict[str, bytes] = {}
        self._late: dict[str, Callable[[], str]] = {}  # parts whose XML is made when it is needed
        self._trees: dict[str, etree._Element] = {}
        self._edited: Counter[str] = Counter()
        self._unpack(source if isinstance(source, bytes) else self._load(Path(source)))
        if CONTENT_TYPES not in self._parts:
            raise self.error("this is a zip file but not an Excel workbook. Choose an .xlsx file.")

    def copy(self, without: Container[str] = ()) -> "Package":
        """Return an independent copy of the package; the parts `without` must be given new XML then."""
        for part in list(self._late):
            self.read(part)
        other = copy.copy(self)
        other._late = {}
        other._infos, other._parts, other._edited = dict(self._infos), dict(self._parts), Counter(self._edited)
        trees = {part: root.getroottree() for part, root in self._trees.items() if part not in without}
        other._trees = {part: copy.deepcopy(tree).getroot() for part, tree in trees.items()}
        return other

    def error(self, problem: str) -> InputError:
        """Return an error that names the file."""
        return InputError(self.name, problem)

    def _load(self, path: Path) -> bytes:
        try:
            if path.stat().st_size > MAX_FILE:
                raise self.error(f"the file is larger than {MAX_FILE // MEBIBYTE} MB, which rpxl won't open.")
            with path.open("rb") as file:
                return file.read(MAX_FILE + 1)
        except FileNotFoundError:
            raise self.error("there is no such file. Check the path.") from None
        except OSError as error:
            raise self.error(f"the file can't be read: {error.strerror}.") from None

    def _unpack(self, data: bytes) -> None:
        if data.startswith(_OLE):
            raise self.error(
                "this is an old .xls file or one protected with a password. "
                "Open it in Excel, take the password off and save it as .xlsx."
            )
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                self._check_directory(archive.infolist())
                room = MAX_UNPACKED
                for info in archive.infolist():
                    content = self._unpack_part(archive, info, room)
                    room -= len(content)
                    self._infos[info.filename], self._parts[info.filename] = info, content
        except (
            zipfile.BadZipFile,
            EOFError,
            ValueError,
            OSError,
            NotImplementedError,
            zlib.error,
        ) as e:
            if isinstance(e, InputError):
                raise
            raise self.error("this is not an .xlsx file, or it is damaged. Save it again in Excel.") from e

    def _check_directory(self, infos: list[zipfile.ZipInfo]) -> None:
        if len(infos) > MAX_PARTS:
            raise self.error(f"the file holds {len(infos)} parts; rpxl opens files of at most {MAX_PARTS}.")
        seen = set()
        for info in infos:
            name = info.filename
            if name.startswith(("/", "\\")) or ":" in name or "\\" in name or ".." in name.split("/"):
                raise self.error(f"a part of the file has the unsafe name {name!r}.")
            if name.casefold() in seen:
                raise self.error(f"the part {name!r} is in the file twice. Save it again in Excel.")
            seen.add(name.casefold())
            if info.flag_bits & 1:
                raise self.error("the file is encrypted. Take the password off and save it again.")
            if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise self.error(f"the part {name!r} is compressed in a way that .xlsx files do not use.")

    def _unpack_part(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo, room: int) -> bytes:
        limit = min(room, max(RATIO_FREE, MAX_RATIO * info.compress_size))
        with archive.open(info) as part:
            content = part.read(limit + 1)  # the size that the header gives may be false
            if len(content) > limit:
                raise self.error(f"the part {info.filename!r} unpacks into too much data (a zip bomb?).")
            part.read(1)  # at the end of the part, zipfile compares the checksum
        return content

    @property
    def parts(self) -> list[str]:
        """The names of all parts, in the order of the file."""
        return list(self._parts)

    def __contains__(self, part: str) -> bool:
        return part in self._parts

    def read(self, part: str) -> bytes:
        """Return the bytes of a part, as they would be written now.

        Raises
        ------
        InputError
            There is no such part.
        """
        if part in self._late:
            self._parts[part] = self._declaration(part) + self._late.pop(part)().encode()
        if part in self._edited and part in self._trees:
            return self._serialise(part)
        try:
            return self._parts[part]
        except KeyError:
            raise self.error(f"the part {part!r} is missing. Save the file again in Excel.") from None

    def tree(self, part: str) -> etree._Element:
        """Return the root element of a part; read only.

        Raises
        ------
        InputError
            The part is missing or damaged, declares entities, or has too many cells.
        """
        if part not in self._trees:
            self._trees[part] = self._parse(part)
        return self._trees[part]

    def edit(self, part: str) -> etree._Element:
        """Return the root element of a part to be changed; the part is then written from its tree."""
        root = self.tree(part)
        self._edited[part] += 1
        return root

    def edits(self, part: str) -> int:
        """Return how many times a part was opened for changes with :meth:`edit`."""
        return self._edited[part]

    def _parse(self, part: str) -> etree._Element:
        content = self.read(part)
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
        refusal = self.error(f"the part {part!r} declares entities or a document type, which no workbook needs.")
        if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
            raise refusal
        if content.count(b"<") + content.count(b"=") // 2 > 6 * MAX_CELLS:  # a cell is four tags and 1 to 3 attributes
            raise self.error(f"the part {part!r} is too large; rpxl opens at most {MAX_CELLS:,} cells per part.")
        try:
            root = etree.fromstring(content, parser)
        except (etree.XMLSyntaxError, ValueError) as error:
            raise self.error(f"the part {part!r} is damaged ({error}). Save the file again in Excel.") from None
        if root.getroottree().docinfo.internalDTD is not None:  # not found above in another encoding than UTF-8
            raise refusal
        return root

    def _serialise(self, part: str) -> bytes:
        tree = self._trees[part].getroottree()
        return self._declaration(part) + etree.tostring(tree, encoding="UTF-8", xml_declaration=False)

    def _declaration(self, part: str) -> bytes:
        declaration = _DECLARATION.match(self._parts[part])
        head = declaration[0] if declaration else b""
        if b"encoding" in head and b"utf-8" not in head.lower():
            head = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        return head

    def replace(self, part: str, text: Callable[[], str]) -> None:
        """Give a part new XML, made when it is needed, without its declaration; its elements so far are of no use."""
        self._late[part] = text
        self._trees.pop(part, None)
        self._edited[part] += 1

    def add(self, part: str, content: bytes, content_type: str) -> None:
        """Add a new part at the end of the file; `content_type` is empty if the part's ending determines it."""
        if part in self:
            raise ValueError(f"there is a part {part} already")
        self._infos[part], self._parts[part] = zipfile.ZipInfo(part), content
        self._infos[part].compress_type = zipfile.ZIP_DEFLATED
        self._infos[part].create_system = 0
        if content_type:
            types = self.edit(CONTENT_TYPES)
            etree.SubElement(types, f"{_CONTENT}Override", PartName=f"/{part}", ContentType=content_type)

    def link(self, source: str, target: str, kind: str) -> str:
        """Add a link of type `kind` from the part `source` (empty: from the file as a whole); return its id."""
        part = self.relationships_part(source)
        if part not in self:
            self.add(part, _NO_LINKS, "")
        root = self.edit(part)
        taken = {element.get("Id") for element in root}
        number = next(i for i in range(1, len(taken) + 2) if f"rId{i}" not in taken)
        address = posixpath.relpath(target, posixpath.dirname(source) or ".") if source else target
        etree.SubElement(root, _RELATIONSHIP, Id=f"rId{number}", Type=kind, Target=address)
        return f"rId{number}"

    def unlink(self, source: str, kind: str) -> None:
        """Remove the links of type `kind` from the part `source` (empty: from the file as a whole)."""
        links = self.relationships_part(source)
        if links in self:
            stale = [element for element in self.tree(links).iter(_RELATIONSHIP) if element.get("Type") == kind]
            for element in stale:
                self.edit(links).remove(element)

    def remove(self, part: str) -> None:
        """Remove a part, and its entry in the list of content types."""
        del self._parts[part], self._infos[part]
        for known in (self._late, self._trees, self._edited):
            known.pop(part, None)
        for override in self.tree(CONTENT_TYPES).findall(f"{_CONTENT}Override"):
            if override.get("PartName", "").lstrip("/") == part:
                self.edit(CONTENT_TYPES).remove(override)

    def content_type(self, part: str) -> str:
        """Return the content type of a part, by its name or its ending; an empty text if the file gives none."""
        types = self.tree(CONTENT_TYPES)
        for override in types.iter(f"{_CONTENT}Override"):
            if override.get("PartName", "").lstrip("/").casefold() == part.casefold():
                return override.get("ContentType", "")
        ending = posixpath.splitext(part)[1].lstrip(".").casefold()
        defaults = (d for d in types.iter(f"{_CONTENT}Default") if d.get("Extension", "").casefold() == ending)
        return next((default.get("ContentType", "") for default in defaults), "")

    def relationships(self, part: str = "") -> list[Relationship]:
        """Return the links of a part; without a name, those of the file as a whole."""
        links = self.relationships_part(part)
        if links not in self:
            return []
        found = []
        for element in self.tree(links).iter(_RELATIONSHIP):
            target, external = element.get("Target", ""), element.get("TargetMode") == "External"
            if not external:
                target = posixpath.normpath(posixpath.join("/", posixpath.dirname(part), target)).lstrip("/")
            found.append(Relationship(element.get("Id", ""), element.get("Type", ""), target, external))
        return found

    @staticmethod
    def relationships_part(part: str) -> str:
        """Return the name of the part that lists the links of `part`."""
        folder, name = posixpath.split(part)
        return posixpath.join(folder, "_rels", f"{name}.rels")

    def to_bytes(self) -> bytes:
        """Return the bytes of the whole file; the same parts always give the same bytes."""
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for part, old in self._infos.items():
                info = zipfile.ZipInfo(part, old.date_time)
                info.compress_type, info.create_system = old.compress_type, old.create_system
                info.external_attr = old.external_attr
                archive.writestr(info, self.read(part))
        return buffer.getvalue()

    def save(self, path: Path | str, *, force: bool = False) -> None:
        """Write to a temporary file in the same folder, then rename it; see :func:`rpxl.files.write_file`."""
        write_file(Path(path), self.to_bytes(), force=force)
