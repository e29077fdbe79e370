"""A notebook as one self-contained page: no input, nothing fetched, no script but one known by its hash."""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

from dihkpi.errors import ReportError
from dihkpi.reports.blocks import Block
from dihkpi.reports.wording import visible


@lru_cache(maxsize=4)
def _exporter(folder: Path) -> Any:
    """The exporter for a page template; made once, because that is most of its cost.

    The page shows outputs as they are, so no step that prepares cells has anything to do.
    """
    from nbconvert.exporters.html import HTMLExporter

    return HTMLExporter(
        template_name=folder.name, extra_template_basedirs=[str(folder.parent)], exclude_anchor_links=True,
        exclude_input=True, sanitize_html=False, default_preprocessors=[],
    )  # fmt: skip


def make_page(notebook: Any, folder: Path, title: str, script: str = "") -> str:
    """Turn a notebook into a page.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        Markdown cells and the HTML outputs of code cells are shown, in their order.
    folder : Path
        Folder of the page template.
    title : str
        Title of the page; escaped in the template.
    script : str, optional
        The only script that the page may run.
    """
    from jinja2 import TemplateError, TemplateSyntaxError

    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() if script else ""
    resources = {"page": {"title": visible(title), "script": script, "script_hash": digest}}
    # As the exporter does it, but the notebook is neither copied, checked nor prepared: the page only reads it.
    try:
        return str(_exporter(folder).template.render(nb=notebook, resources=resources)).lstrip("\r\n")
    except TemplateError as fault:
        where = f" in line {fault.lineno}" if isinstance(fault, TemplateSyntaxError) else ""
        raise ReportError(f"the frame of the page cannot be used: {visible(fault.message)}{where}") from None


def warm_page(folder: Path) -> None:
    """Make a page once, so that the first report finds the template compiled.

    Parameters
    ----------
    folder : Path
        Folder of the page template.
    """
    make_page(notebook_of("## warm", Block("<p>warm</p>")), folder, "warm")


def notebook_of(*parts: str | Block) -> Any:
    """A notebook of headings (text, Markdown) and blocks, for pages that no template makes."""
    from nbformat import v4

    notebook = v4.new_notebook()
    for position, part in enumerate(parts):
        if isinstance(part, Block):
            output = v4.new_output("display_data", data={"text/html": part.html})
            cell = v4.new_code_cell(outputs=[output])
        else:
            cell = v4.new_markdown_cell(part)
        cell.id = f"cell-{position:02d}"
        notebook.cells.append(cell)
    return notebook
