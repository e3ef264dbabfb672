"""The part of a rule that differs from kind to kind, as people write it: YAML, of which JSON is a part.

Stricter than YAML is: only `true` and `false` are booleans and only JSON's numbers are numbers, so that a country `NO`
stays a text; no anchors, no tags, no key twice. Every value knows the line it begins in.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

import yaml

from compliance.engine.faults import join

MOST_DIGITS = 40
_BOOL, _NULL, _INT, _FLOAT, _STR = (f"tag:yaml.org,2002:{name}" for name in ("bool", "null", "int", "float", "str"))
_READ: dict[str, Callable[[str], Any]] = {
    _STR: str, _INT: int, _FLOAT: float, _BOOL: lambda text: text == "true", _NULL: lambda _: None
}  # fmt: skip


class BadText(ValueError):
    """The text cannot be read; `line` counts from 1."""

    def __init__(self, line: int, message: str) -> None:
        self.line = line
        super().__init__(f"line {line}: {message}")


class Lines(dict[str, int]):
    """{path: line}, paths as faults have them: `where.AND[0].operator`."""

    def of(self, path: str) -> int:
        """The line of the value at `path`, or of the nearest one around it that is there."""
        while path and path not in self:
            path = re.sub(r"(?:\.?[^.\[\]]+|\[\d+\])$", "", path) if re.search(r"[.\[]", path) else ""
        return self.get(path, 1)


class _Loader(yaml.SafeLoader):
    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012  PyYAML's own way of telling values apart

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            event: Any = self.peek_event()  # type: ignore[no-untyped-call]
            raise BadText(event.start_mark.line + 1, f"'*{event.anchor}' repeats another part; write it out")
        return super().compose_node(parent, index)


_Loader.add_implicit_resolver(_BOOL, re.compile(r"^(?:true|false)$"), list("tf"))
_Loader.add_implicit_resolver(_NULL, re.compile(r"^(?:null|~|)$"), ["n", "~", ""])
_Loader.add_implicit_resolver(_INT, re.compile(r"^-?(?:0|[1-9][0-9]*)$"), list("-0123456789"))


class _Dumper(yaml.SafeDumper):
    """Puts whatever this module would read as a number between quotation marks, too, when it is text: 1E5."""


for each in (_Loader, _Dumper):
    each.add_implicit_resolver(
        _FLOAT, re.compile(r"^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?$"), list("-0123456789")
    )


def read(text: str) -> tuple[dict[str, Any], Lines]:
    """The object that the text describes, and where its values stand. BadText names the line."""
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as fault:
        mark = fault.problem_mark or fault.context_mark
        raise BadText(mark.line + 1 if mark else 1, _plain(fault)) from fault
    except yaml.YAMLError as fault:
        raise BadText(1, "holds a character that no text has") from fault
    except RecursionError as fault:
        raise BadText(1, "is nested too deep") from fault
    if node is None:
        return {}, Lines()
    if not isinstance(node, yaml.MappingNode):
        _refuse(node, "must be an object: lines of 'key: value', such as 'where: {field: amount, ...}'")
    lines = Lines()
    return _value(node, "", lines), lines


def write(body: Mapping[str, Any]) -> str:
    """The text of an object; what can stand in one line does."""
    if not body:
        return ""
    style: Any = {"sort_keys": False, "allow_unicode": True, "width": 100, "default_flow_style": None}
    return str(yaml.dump(dict(body), Dumper=_Dumper, **style))


def _value(node: Any, path: str, lines: Lines) -> Any:
    lines[path] = node.start_mark.line + 1
    match node:
        case yaml.MappingNode():
            return _object(node, path, lines)
        case yaml.SequenceNode():
            return [_value(item, join(path, index), lines) for index, item in enumerate(node.value)]
    return _scalar(node)


def _object(node: Any, path: str, lines: Lines) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            _refuse(key, "a key must be a word")
        if key.value in made:
            _refuse(key, f"'{key.value[:60]}' stands twice in one object")
        made[key.value] = _value(value, join(path, key.value), lines)
        lines[join(path, key.value)] = key.start_mark.line + 1
    return made


def _scalar(node: Any) -> Any:
    text = node.value
    if node.tag in (_INT, _FLOAT) and len(text) > MOST_DIGITS:
        _refuse(node, f"the number {text[:20]}... has too many digits")
    if node.tag not in _READ:
        _refuse(node, f"'{node.tag[:60]}' is no kind of value here; write text, numbers, booleans, lists, objects")
    return _READ[node.tag](text)


def _refuse(node: Any, message: str) -> NoReturn:
    raise BadText(node.start_mark.line + 1, message)


def _plain(fault: yaml.MarkedYAMLError) -> str:
    """YAML's own words, as a sentence."""
    return ", ".join(part for part in (fault.context, fault.problem) if part) or "cannot be read"
