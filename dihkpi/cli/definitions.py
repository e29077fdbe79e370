"""Commands about definitions: check, surveys."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from dihkpi.cli.messages import give, say, table

Folder = Annotated[
    Path | None,
    typer.Option("--definitions", metavar="DIR", help="A folder of your own definitions, on top of the bundled ones."),
]
AsJson = Annotated[bool, typer.Option("--json", help="The result as JSON on stdout.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command()(check)
    app.command()(surveys)


def check(definitions: Folder = None, as_json: AsJson = False) -> None:
    """Check every definition file, its cross-references and its worked examples."""
    from dihkpi.definitions import load_definitions
    from dihkpi.errors import DefinitionError
    from dihkpi.pipeline.examples import run_figures
    from dihkpi.scoring.examples import run_examples
    from dihkpi.scoring.tree import bind

    loaded = load_definitions(definitions)
    tried = 0
    problems: list[str] = []
    for (name, version), survey in loaded.versions.items():
        if survey.raw_scoring is not None:
            bind(survey, survey.scoring())
        for example, differences in run_examples(survey, loaded):
            tried += 1
            problems += [f"{name}/{version}/examples.yaml › {example} › {difference}" for difference in differences]
        for example, differences in run_figures(survey, loaded):
            tried += 1
            problems += [f"{name}/{version}/figures.yaml › {example} › {difference}" for difference in differences]
    if problems:
        raise DefinitionError(problems, "the worked examples")
    counts = {
        "surveys": len(loaded.versions), "indicators": len(loaded.indicators), "codelists": len(loaded.codelists),
        "levels": len(loaded.levels), "reports": len(loaded.reports), "examples": tried,
    }  # fmt: skip
    if as_json:
        give({"problems": [], **counts})
    else:
        say("all definitions are right: " + ", ".join(f"{count} {name}" for name, count in counts.items()))


def surveys(definitions: Folder = None, as_json: AsJson = False) -> None:
    """List surveys, versions, languages and the switches of their scoring."""
    from dihkpi.definitions import load_definitions

    loaded = load_definitions(definitions)
    listed: list[dict[str, Any]] = []
    for (name, version), survey in loaded.versions.items():
        options = survey.scoring().options if survey.raw_scoring is not None else {}
        listed.append({
            "survey": name, "version": version, "title": survey.title, "languages": list(survey.languages),
            "forms": {form: body.title for form, body in survey.forms.items()},
            "items": sum(len(form.items) for form in survey.forms.values()),
            "options": {
                key: {"default": o.default, "choices": list(o.choices), "about": o.about} for key, o in options.items()
            },
        })  # fmt: skip
    if as_json:
        give(listed)
        return
    table(
        ["survey", "version", "languages", "items", "title"],
        [[s["survey"], s["version"], ", ".join(s["languages"]), str(s["items"]), s["title"]] for s in listed],
    )
    for survey_ in listed:
        for key, option in survey_["options"].items():
            choices = ", ".join(option["choices"]) or "a value"
            default = option["default"] if isinstance(option["default"], str) else ",".join(option["default"])
            print(f"  {survey_['survey']} option {key}={default} ({choices}): {option['about']}")
