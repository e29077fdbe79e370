"""Who is who: mentions of an organisation by identifier, registration number or name become one respondent.

Two mentions are the same when they share an identifier or a registration number, or a name that belongs to no two
numbers. A number or name that occurs in several countries is one per country. The result is a pseudonym: a keyed hash
of the identity, which tells nothing without the key.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from dihkpi.definitions import Definitions
from dihkpi.definitions.survey import Respondent
from dihkpi.store.snapshot import Snapshot

if TYPE_CHECKING:
    import pandas as pd

Key = tuple[str, str]
_ATTRIBUTES = ("kind", "country", "nuts", "sector", "size")


def identify(
    snapshot: Snapshot, definitions: Definitions, secret: bytes
) -> tuple[dict[Key, pd.DataFrame], pd.DataFrame]:
    """Tables of a snapshot with pseudonyms, and what is known of each respondent.

    Parameters
    ----------
    snapshot : Snapshot
    definitions : Definitions
    secret : bytes
        Key of the pseudonyms.

    Returns
    -------
    tables : dict of (survey, form) to pandas.DataFrame
        ``respondent`` is the pseudonym and ``key`` a number; identifiers and names are gone.
    respondents : pandas.DataFrame
        One row per respondent: ``respondent``, kind, country, nuts, sector, size.
    """
    import pandas as pd

    tables: dict[Key, pd.DataFrame] = {}
    mentions: list[pd.DataFrame] = []
    states = {row[name]: row["code"] for row in definitions.codelists["countries"].rows for name in ("iso", "code")}
    for name, survey in definitions.surveys.items():
        for form_name, form in survey.forms.items():
            frame = snapshot.table(name, form_name)
            if frame is None:
                continue
            tables[name, form_name] = frame
            if form.respondent:
                mentions.append(_mentions(frame, form.respondent, states).assign(survey=name, form=form_name))
    if not mentions:
        return tables, pd.DataFrame({name: pd.Series(dtype="str") for name in ("respondent", *_ATTRIBUTES)})
    everyone = pd.concat(mentions, ignore_index=True)
    everyone["respondent"] = _pseudonyms(_merge(_by_country(everyone)), secret)
    for (name, form_name), frame in tables.items():
        who = definitions.surveys[name].forms[form_name].respondent
        if who:
            own = everyone.loc[(everyone["survey"] == name) & (everyone["form"] == form_name), "respondent"]
            # the id of a hub is no secret, also where the hub itself answered
            named = [c for c in (who.id, who.registration, who.name) if c and c in frame and c != "hub"]
            tables[name, form_name] = frame.drop(columns=named).assign(respondent=own.array, key=np.arange(len(frame)))
    known = everyone.groupby("respondent", sort=True)[list(_ATTRIBUTES)].first().reset_index()
    return tables, known.astype("str")


def _mentions(frame: pd.DataFrame, who: Respondent, states: Mapping[str, str]) -> pd.DataFrame:
    """One row per row of the form: by what it names an organisation, and what it says of it.

    ``states`` tells the country of the letters that a registration number may start with.
    """
    import pandas as pd

    def column(name: str | None) -> Any:
        return frame[name] if name and name in frame else pd.Series(pd.NA, index=frame.index, dtype="str")

    kind = column(who.kind_from) if who.kind_from else pd.Series(who.kind, index=frame.index, dtype="str")
    plain = column(who.registration).str.upper().str.replace(r"[^0-9A-Z]", "", regex=True)
    state = plain.str.slice(0, 2).where(plain.str.slice(2).str.contains("[0-9]", na=False)).map(states)
    plain = plain.where(state.isna(), plain.str.slice(2))
    name = column(who.name).str.casefold().str.replace(r"\s+", " ", regex=True).str.strip()
    return pd.DataFrame({
        "id": "1:" + column(who.id).str.strip(),
        "number": "2:" + plain.where(plain.str.contains("[1-9]", na=False)),
        "name": "3:" + kind.fillna("") + ":" + name,
        "state": state.fillna(column(who.country)),
        "kind": kind, "country": column(who.country), "nuts": column(who.nuts), "sector": column(who.sector),
        "size": column(who.size),
    }).astype("str")  # fmt: skip


def _by_country(mentions: pd.DataFrame) -> pd.DataFrame:
    """Numbers and names that occur in several countries, told apart by their country."""
    apart = {}
    for column in ("number", "name"):
        several = mentions.groupby(column)["state"].transform("nunique") > 1
        apart[column] = mentions[column].mask(several, mentions[column] + ":" + mentions["state"].fillna(""))
    return mentions.assign(**apart)


def _merge(mentions: pd.DataFrame) -> pd.Series:
    """The smallest key of each group of mentions that are the same organisation."""
    import pandas as pd
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    pairs = [mentions[["id", "number"]]]
    for strong in ("id", "number"):
        known = mentions[["name", strong]].dropna().drop_duplicates()
        several = known.loc[known["name"].duplicated(keep=False), "name"]
        pairs.append(known[~known["name"].isin(several)])
    edges = pd.concat([pair.dropna().drop_duplicates().set_axis(["a", "b"], axis=1) for pair in pairs])
    ambiguous = _ambiguous_names(mentions)
    edges = edges[~edges["a"].isin(ambiguous)]
    nobody = "9:" + pd.Series(mentions.index, index=mentions.index).astype("str")
    own = mentions["id"].fillna(mentions["number"]).fillna(mentions["name"]).fillna(nobody)
    codes, keys = pd.factorize(
        pd.concat([own, edges["a"], edges["b"]], ignore_index=True).to_numpy(dtype=object), sort=True
    )
    first, second = codes[len(own) : len(own) + len(edges)], codes[len(own) + len(edges) :]
    graph = coo_matrix((np.ones(len(edges)), (first, second)), shape=(len(keys), len(keys)))
    _, labels = connected_components(graph, directed=False)
    smallest = pd.Series(np.arange(len(keys))).groupby(labels).min().to_numpy()
    return pd.Series(keys[smallest[labels[codes[: len(own)]]]], index=mentions.index)


def _ambiguous_names(mentions: pd.DataFrame) -> set[str]:
    """Names that belong to several identifiers or several registration numbers."""
    found: set[str] = set()
    for strong in ("id", "number"):
        counts = mentions[["name", strong]].dropna().drop_duplicates()["name"].value_counts()
        found.update(counts.index[counts > 1])
    return found


def _pseudonyms(keys: pd.Series, secret: bytes) -> pd.Series:
    unique: Mapping[str, str] = {
        key: "r" + hmac.new(secret, str(key).encode(), hashlib.sha256).hexdigest()[:16] for key in keys.unique()
    }
    return keys.map(unique).astype("str")
