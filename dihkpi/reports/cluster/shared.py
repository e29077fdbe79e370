"""What one report is made of, packed so that it can be made on another machine.

It travels in the job itself, or through a URL that both sides can read (a folder, an object store). Either way a file
goes by the hash of its content: what is there already is not sent again, and what arrives is what was sent.
"""

from __future__ import annotations

import hashlib
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from dihkpi.errors import ReportError, UsageError, hint_for
from dihkpi.reports.extract import FOLDER, extract_path, packed
from dihkpi.reports.wording import visible

Job = Mapping[str, Any]
_FRAME, _PLACE = "frame", "place"
_ONE_PROCESS = ("memory",)
_QUICK = 1  # one process packs for all workers


@dataclass(frozen=True)
class Parcel:
    """The files of one job.

    Attributes
    ----------
    files : mapping of str to str
        Where a file belongs on the other side, relative and with forward slashes, and the SHA-256 of its content.
    content : mapping of str to bytes
        Hash to the compressed content of what travels in the parcel.
    url : str
        Where the rest lies, by its hash; empty when nothing is left.
    """

    files: Mapping[str, str]
    content: Mapping[str, bytes]
    url: str = ""


class Packing:
    """Packs jobs: template, page, dictionary and extract, and nothing else.

    Parameters
    ----------
    url : str
        Where the files are to be left for the other side; by default they travel in the parcel.
    """

    def __init__(self, url: str = "") -> None:
        self._depot = Depot(url) if url else None
        self._read: dict[tuple[Path, int, int], tuple[str, bytes]] = {}

    def pack(self, job: Job) -> tuple[dict[str, Any], Parcel]:
        """The job in words of the other side, and its files."""
        template, page = Path(job["template"]), Path(job["page"])
        data = Path(job["folder"], job["parameters"]["data"])
        sources = {
            f"{_FRAME}/{template.name}": template,
            f"{_PLACE}/{data.name}/dictionary.json": data / "dictionary.json",
        }
        for file in sorted(file for file in page.rglob("*") if file.is_file()):
            sources[f"{_FRAME}/page/{file.relative_to(page).as_posix()}"] = file
        items = {name: self._once(file) for name, file in sources.items()}
        place = extract_path(job["parameters"]["level"], job["parameters"]["code"])
        items[f"{_PLACE}/{data.name}/{place}"] = _item(_rows(data, place, job["parameters"]))
        moved = {"template": f"{_FRAME}/{template.name}", "page": f"{_FRAME}/page", "folder": _PLACE}
        return {**job, **moved}, self._parcel(items)

    def _once(self, file: Path) -> tuple[str, bytes]:
        """What all reports have in common is read and compressed once."""
        state = file.stat()
        key = (file, state.st_mtime_ns, state.st_size)
        if key not in self._read:
            self._read[key] = _item(file.read_bytes())
        return self._read[key]

    def _parcel(self, items: Mapping[str, tuple[str, bytes]]) -> Parcel:
        files = {name: digest for name, (digest, _) in items.items()}
        content = dict(items.values())
        if self._depot is None:
            return Parcel(files, content)
        for digest, small in content.items():
            self._depot.put(digest, small)
        return Parcel(files, {}, self._depot.url)


def _item(content: bytes) -> tuple[str, bytes]:
    return hashlib.sha256(content).hexdigest(), zlib.compress(content, _QUICK)


def _rows(data: Path, place: str, parameters: Mapping[str, Any]) -> bytes:
    """The extract of a place; where a results folder has none, it is taken from its tables."""
    if (data / FOLDER).is_dir():
        return (data / place).read_bytes()
    return packed(_taking(data).take(parameters["level"], parameters["code"]))


@lru_cache(maxsize=1)
def _taking(data: Path) -> Any:
    from dihkpi.reports.extracting import Extracting
    from dihkpi.reports.results import Results

    return Extracting(Results(data))


@contextmanager
def unpacked(job: Job, parcel: Parcel, scratch: Path) -> Iterator[dict[str, Any]]:
    """On the other side: the job as it can be made here.

    Template and page stay, so that what was compiled of them is used again. The rows of a place go with its report.

    Parameters
    ----------
    job : mapping
        From `Packing.pack`.
    parcel : Parcel
        Its files.
    scratch : Path
        Folder for them.

    Raises
    ------
    ReportError
        When a file would lie elsewhere, is missing or is not what was sent.
    """
    frame = {name: digest for name, digest in parcel.files.items() if name.startswith(f"{_FRAME}/")}
    own = {name: digest for name, digest in parcel.files.items() if name not in frame}
    lasting = scratch / hashlib.sha256(repr(sorted(frame.items())).encode()).hexdigest()[:16]
    if not lasting.is_dir():
        with tempfile.TemporaryDirectory(dir=scratch, ignore_cleanup_errors=True) as aside:
            _lay_out(parcel, frame, Path(aside, "frame"))
            try:
                Path(aside, "frame").rename(lasting)
            except OSError:  # another thread was first
                if not lasting.is_dir():
                    raise
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        _lay_out(parcel, own, Path(folder))
        moved = {name: str(lasting / job[name]) for name in ("template", "page")}
        yield {**job, **moved, "folder": str(Path(folder, job["folder"]))}


def _lay_out(parcel: Parcel, files: Mapping[str, str], folder: Path) -> None:
    for name, digest in files.items():
        target = folder / _relative(name)
        target.parent.mkdir(parents=True, exist_ok=True)
        small = parcel.content[digest] if digest in parcel.content else _depot(parcel.url).get(digest)
        target.write_bytes(_checked(name, digest, small))


def _relative(name: str) -> PurePosixPath:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name:
        raise ReportError(f"'{visible(name)}' would lie outside of the folder of a job")
    return path


def _checked(name: str, digest: str, small: bytes) -> bytes:
    try:
        content = zlib.decompress(small)
    except zlib.error:
        content = b""
    if hashlib.sha256(content).hexdigest() != digest:
        raise ReportError(f"{visible(name)} did not arrive as it was sent\n  remove {digest} there, and run again")
    return content


@lru_cache(maxsize=4)
def _depot(url: str) -> Depot:
    return Depot(url)


class Depot:
    """Files by their hash, below a URL.

    Parameters
    ----------
    url : str
        Of anything that fsspec can write to: ``file:///mnt/shared``, ``s3://bucket/folder``. Keys and passwords come
        from the environment of either side.
    """

    def __init__(self, url: str) -> None:
        from fsspec.core import url_to_fs

        self.url = checked_url(url)
        try:
            self._system, root = url_to_fs(self.url)
        except ImportError as fault:
            raise UsageError(f"'{self.url}' needs a package that is not installed: {fault}") from None
        self._root = root.rstrip("/")
        self._there: dict[str, int] | None = None

    def put(self, digest: str, small: bytes) -> None:
        """Leave a file, unless it is there."""
        try:
            if self._there is None:
                self._there = self._list()
            if self._there.get(digest) != len(small):
                self._write(self._place(digest), small)
                self._there[digest] = len(small)
        except OSError as fault:
            raise ReportError(f"{self.url} cannot be written: {visible(fault)[:200]}") from None

    def get(self, digest: str) -> bytes:
        """The content that was left under a hash; not yet compared with it."""
        try:
            return bytes(self._system.cat_file(self._place(digest)))
        except OSError as fault:
            raise ReportError(
                f"{self.url} has no file {digest}, or it cannot be read here: {visible(fault)[:200]}\n"
                "  both sides must see the same files under this URL"
            ) from None

    def _place(self, digest: str) -> str:
        return f"{self._root}/{digest[:2]}/{digest}"

    def _list(self) -> dict[str, int]:
        """Hash to size of what is there: a file that was left half written has another size, and is written again."""
        self._system.invalidate_cache()
        try:
            found = self._system.find(self._root, detail=True)
        except FileNotFoundError:
            return {}
        return {str(name).rpartition("/")[2]: int(about["size"]) for name, about in found.items()}

    def _write(self, place: str, small: bytes) -> None:
        from fsspec.implementations.local import LocalFileSystem

        if not isinstance(self._system, LocalFileSystem):  # object stores show a file when it is whole
            self._system.makedirs(place.rpartition("/")[0], exist_ok=True)
            self._system.pipe_file(place, small)
            return
        aside = Path(f"{place}.{uuid4().hex}.part")
        aside.parent.mkdir(parents=True, exist_ok=True)
        aside.write_bytes(small)
        aside.replace(place)


def checked_url(url: str) -> str:
    """A URL that two processes can share files by.

    Examples
    --------
    >>> checked_url("s3://bucket/reports/")
    's3://bucket/reports'
    >>> checked_url("fil:///mnt/reports")
    Traceback (most recent call last):
    dihkpi.errors.UsageError: 'fil:///mnt/reports' is not a URL that files can be shared by
      did you mean 'file'?
    """
    from fsspec import available_protocols

    def refused(reason: str) -> UsageError:
        return UsageError(f"'{visible(url)[:200]}' is not a URL that files can be shared by\n  {reason}")

    scheme, mark, rest = url.partition("://")
    if not mark:
        raise refused(f"did you mean '{Path(url).absolute().as_uri()}'?")
    if "@" in rest.partition("/")[0]:
        raise UsageError(f"a URL of shared files of kind {visible(scheme)} names a user or a password\n"
                         "  keep both in the environment: URLs are shown")  # fmt: skip
    if "::" in url:
        raise refused("one place, without '::'")
    if scheme not in available_protocols():
        raise refused(hint_for(scheme, available_protocols()))
    if scheme in _ONE_PROCESS:
        raise refused("memory is seen by one process only\n  allowed: a folder (file://…) or an object store (s3://…)")
    if not rest.strip("/") or ".." in PurePosixPath(urlsplit(url).path).parts:
        raise refused("it must name a folder, without '..'")
    return url.rstrip("/")
