"""The encoding of a text file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dihkpi.errors import FileRefusedError
from dihkpi.intake.readers import encodings
from dihkpi.intake.readers.encodings import Encoding, detect, open_text
from dihkpi.pipeline.inbox import all_issues, take_in
from dihkpi.workspace import create_workspace

from .conftest import csv_text

TABLE = {"PL": "cp1250", "other": "cp1252"}


def found(files: Any, content: bytes, declared: str | None = None, country: str | None = None) -> tuple[Encoding, str]:
    path = files.raw("a.csv", content)
    encoding = detect(path, declared, country, TABLE)
    with open_text(path, encoding) as stream:
        return encoding, stream.read()


def test_the_warning_shows_the_letters_and_the_line(files: Any) -> None:
    content = "n;t\n1;a\n2;Zażółć gęślą jaźń\n".encode("cp1250")
    encoding, _ = found(files, content, country="PL")
    assert encoding.notes == (
        ("encoding", "the file is not UTF-8 (line 3); it was read as cp1250, for example '2;Zażółć gęślą jaźń'"),
    )


@pytest.mark.parametrize(("end", "line"), [(b"\n", 3), (b"\r\n", 3), (b"\r", 3)])
def test_lines_end_as_they_like(end: bytes, line: int, files: Any) -> None:
    encoding, text = found(files, end.join((b"a", b"b", b"\xfcx", b"")))
    assert f"(line {line})" in encoding.notes[0][1]
    assert "'üx'" in encoding.notes[0][1]
    assert text == "a{0}b{0}üx{0}".format(end.decode())


@pytest.mark.parametrize("block", [1, 2, 3, 7])
def test_blocks_do_not_show(block: int, files: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    contents = [
        "a\nžluťoučký €\n".encode(),
        "a\nb\nßä\n".encode("cp1252"),
        "€\n\n€".encode()[:-1],
        b"\xef\xbb\xbfa\xe9b",
    ]
    whole = [found(files, content) for content in contents]
    monkeypatch.setattr(encodings, "_BLOCK", block)
    for content, (encoding, text) in zip(contents, whole, strict=True):
        again, same = found(files, content)
        assert same == text
        assert (again.name, again.bom_bytes) == (encoding.name, encoding.bom_bytes)
        assert [note[1].split(";")[0] for note in again.notes] == [note[1].split(";")[0] for note in encoding.notes]


def test_what_is_declared_is_taken_when_it_is_not_utf_8(files: Any) -> None:
    assert found(files, "Łódź\n".encode("cp1250"), declared="cp1250") == (Encoding("cp1250"), "Łódź\n")
    assert found(files, "Łódź\n".encode(), declared="cp1250") == (Encoding("utf-8"), "Łódź\n")


def test_a_declared_encoding_that_cannot_be_is_refused(files: Any) -> None:
    with pytest.raises(FileRefusedError, match="no encoding 'cp125O'"):
        found(files, b"\xe9", declared="cp125O")
    with pytest.raises(FileRefusedError, match=r"neither UTF-8 \(line 1\) nor ascii"):
        found(files, b"\xe9", declared="ascii")


def test_a_file_that_says_it_is_utf_8_is_read_as_such(files: Any) -> None:
    encoding, text = found(files, b"\xef\xbb\xbfM\xc3\xbcller\nM\xfcller\n", country="PL")
    assert text == "Müller\nM\ufffdller\n"
    assert "(line 2)" in encoding.notes[0][1]


@pytest.mark.parametrize("name", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_told_by_its_nul_bytes(name: str, files: Any) -> None:
    encoding, text = found(files, ("header;name\n" * 60 + "Łódź;\u2028\n").encode(name))
    assert (encoding.name, text[-7:]) == (name, "Łódź;\u2028\n")
    assert "no byte order mark" in encoding.notes[0][1]
    with pytest.raises(FileRefusedError, match="NUL bytes"):
        found(files, "Łódź;a\n".encode(name))
    with pytest.raises(FileRefusedError, match="damaged UTF-16"):
        found(files, "header;name\n".encode(name)[:-1])


@pytest.mark.parametrize("content", ["a\0b".encode("utf-16"), b"a\0b", b"\xe9\0", b"\0"])
def test_nul_characters_are_refused(content: bytes, files: Any) -> None:
    with pytest.raises(FileRefusedError, match="NUL bytes") as refusal:
        found(files, content)
    assert refusal.value.rule == "wrong_container"


@pytest.mark.parametrize("text", ["Müller", "Θεσσαλ", "София", "naïve – “a”", "Łódź", "5 €", "Ö’s"])
def test_garbled_letters_are_told_with_what_they_were(text: str, files: Any) -> None:
    garbled = "".join(
        bytes([byte]).decode("cp1252") if byte not in (0x81, 0x8D, 0x8F, 0x90, 0x9D) else chr(byte)
        for byte in text.encode()
    )
    assert found(files, f"n\n{text}\n".encode())[0].notes == ()
    ((rule, message),) = found(files, f"n\n{garbled}\n".encode())[0].notes
    assert rule == "mojibake"
    assert message.endswith(f"was '{text}'")


@settings(max_examples=150, deadline=None, derandomize=True, database=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(text=st.text(st.characters(exclude_characters="\0\ufeff", exclude_categories=["Cs"])), marks=st.integers(0, 2))
def test_what_is_unicode_is_read_as_it_is(text: str, marks: int, files: Any) -> None:
    encoding, read = found(files, b"\xef\xbb\xbf" * marks + text.encode())
    assert read == text
    assert {rule for rule, _ in encoding.notes} <= {"mojibake"}
    assert found(files, b"\xff\xfe" + text.encode("utf-16-le"))[1] == text


def test_a_file_is_never_in_memory_as_a_whole(files: Any) -> None:
    import tracemalloc

    line = "żółw;1\n" * 1000
    path: Path = files.folder / "large.csv"
    with path.open("wb") as stream:
        for _ in range(4000):
            stream.write(line.encode("cp1250"))
    assert path.stat().st_size == 28_000_000
    tracemalloc.start()
    assert detect(path, None, "PL", TABLE).name == detect(path, "cp1250", None, TABLE).name == "cp1250"
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10_000_000


# From the country to the letters


def test_the_command_line_tells_the_country(files, sme, ask) -> None:
    sme[2][2] = "Łódź Żółw"
    path = files.raw("a.csv", csv_text(sme).encode("cp1250"))
    assert "cp1252" in ask(path).issues[0]["message"]
    told = ask(path, "--country", "PL")
    assert [issue["rule"] for issue in told.issues] == ["encoding"]
    assert "cp1250" in told.issues[0]["message"]
    assert "Łódź" in told.issues[0]["message"]


def test_greek_letters_in_the_folder_of_a_greek_hub(files, sme, tmp_path, definitions) -> None:
    space = create_workspace(tmp_path / "space")
    (space.inbox / "hubs.csv").write_text("hub,name,country,nuts,type\nEL-agora,Agora,EL,EL30,EDIH\n", encoding="utf-8")
    sme[2][2] = "Αθήνα ΑΕ"
    folder = space.inbox / "EL-agora"
    folder.mkdir()
    (folder / "a.csv").write_bytes(csv_text(sme).encode("cp1253"))
    store = space.open_store()
    try:
        intake = take_in(space.inbox, store, definitions)
        _, issues = all_issues(store, intake)
    finally:
        store.close()
    (message,) = issues.loc[issues["rule"] == "encoding", "message"]
    assert "cp1253" in message
    assert "Αθήνα" in message
