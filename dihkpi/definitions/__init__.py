"""Definitions: strict YAML and CSV turned into frozen models, and checked against each other."""

from dihkpi.definitions.codelists import CodeList
from dihkpi.definitions.collection import Definitions, Survey
from dihkpi.definitions.loader import load_definitions

__all__ = ["CodeList", "Definitions", "Survey", "load_definitions"]
