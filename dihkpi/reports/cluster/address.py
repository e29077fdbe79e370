"""The address of a cluster, as a person types it."""

from __future__ import annotations

from urllib.parse import urlsplit

from dihkpi.errors import UsageError, hint_for
from dihkpi.reports.wording import visible

LOCAL = "local"
"""Stands for a cluster of processes of this machine."""
_SCHEMES = ("tcp", "tls")
_PORT = 8786


def checked_address(text: str) -> str:
    """The address of a scheduler, or ``local``.

    Examples
    --------
    >>> checked_address("tls://scheduler.example:8786")
    'tls://scheduler.example:8786'
    >>> checked_address("scheduler.example:8786")
    Traceback (most recent call last):
    dihkpi.errors.UsageError: 'scheduler.example:8786' is not the address of a Dask scheduler
      did you mean 'tcp://scheduler.example:8786'?
    """
    if text == LOCAL:
        return text
    scheme, mark, rest = text.partition("://")
    if not mark:
        bare = rest or text.rpartition("/")[2]
        hint = f"did you mean 'tcp://{visible(bare)}'?" if ":" in bare else hint_for(text, [LOCAL, "tcp://host:8786"])
        raise _no_address(text, hint)
    if scheme not in _SCHEMES:
        raise _no_address(text, hint_for(scheme, _SCHEMES))
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or rest != (parts.netloc.rpartition("@")[2]):
        raise _no_address(text, f"allowed: {LOCAL}, {scheme}://host:port")
    if port is None:
        raise _no_address(text, f"did you mean '{scheme}://{visible(host)}:{_PORT}'?")
    return text


def _no_address(text: str, hint: str) -> UsageError:
    return UsageError(f"'{visible(text)[:200]}' is not the address of a Dask scheduler\n  {hint}")
