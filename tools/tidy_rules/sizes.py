"""Functions, files and lines stay short enough to be read."""
import re
from typing import Iterator

from .tree import COMMENT_OR_LITERAL, Finding, Tree, code_of, let_off, line_at, rule

FUNCTION_LINES_MAX = 70
FILE_LINES_MAX = 500
COLUMNS_MAX = 120

SCOPE_HEAD = re.compile(r"(^|\s)(namespace|class|struct|union|enum|extern)\b[^()=]*$")
CONTROL_HEAD = re.compile(r"(^|\s)(if|for|while|switch|catch|do|else|try)\b")
FUNCTION_HEAD = re.compile(
    r"\)[\s&]*((const|noexcept(\(.*\))?|override|final|mutable|requires .*|->[^;]*|:[^;]*[)}])[\s&]*)*$", re.S)
MEMBER_INIT_HEAD = re.compile(r"\)\s*(noexcept\s*)?:[^;:].*[\w>]\s*$", re.S)


def functions_of(code: str) -> Iterator[tuple[int, int]]:
    """First and last line of each outermost function body with its head. A heuristic that clang-format makes safe."""
    code = re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda m: re.sub(r"[^\n]", " ", m[0]), code, flags=re.M)
    kinds: list[str] = []
    head_start = 0
    began = None
    for m in re.finditer(r"[{};]", code):
        inside = began is not None
        if m[0] == "{":
            head = code[head_start:m.start()]
            if inside or SCOPE_HEAD.search(head):
                kinds.append("inner" if inside else "scope")
            elif MEMBER_INIT_HEAD.search(head) and not FUNCTION_HEAD.search(head):
                kinds.append("member")
            elif FUNCTION_HEAD.search(head) and not CONTROL_HEAD.match(head.strip()):
                kinds.append("function")
                began = line_at(code, head_start + len(head) - len(head.lstrip()))
            else:
                kinds.append("data")
        elif m[0] == "}" and kinds:
            kind = kinds.pop()
            if kind == "function":
                yield began, line_at(code, m.start())
                began = None
            if kind == "member":
                continue
        if began is None and "data" not in kinds and "member" not in kinds:
            head_start = m.end()


def inside_raw_strings(text: str) -> set[int]:
    """Lines of a text that a test or a table carries: they are data, and do not make a function long."""
    raw = (m for m in COMMENT_OR_LITERAL.finditer(text) if m[0].startswith('R"'))
    return {n for m in raw for n in range(line_at(text, m.start()) + 1, line_at(text, m.end()) + 1)}


@rule
def functions_are_short(tree: Tree) -> Iterator[Finding]:
    for path, text in tree.code.items():
        lines, data = text.splitlines(), inside_raw_strings(text)
        for first, last in functions_of(code_of(text)):
            count = len(set(range(first, last + 1)) - data)
            if count > FUNCTION_LINES_MAX and not let_off(lines[max(first - 4, 0):first], "long"):
                yield Finding(path, first, f"this function has {count} lines, over {FUNCTION_LINES_MAX}: split it, or "
                              "say why above it with `// tidy: long — why`")


@rule
def files_are_short(tree: Tree) -> Iterator[Finding]:
    for path, text in tree.code.items():
        lines = text.splitlines()
        if len(lines) > FILE_LINES_MAX and not let_off(lines[:6], "long"):
            yield Finding(path, FILE_LINES_MAX, f"this file has {len(lines)} lines, over {FILE_LINES_MAX}: split it by "
                          "concept, or say why in its first lines with `// tidy: long — why`")


@rule
def lines_are_narrow(tree: Tree) -> Iterator[Finding]:
    for path, text in tree.files.items():
        if not path.endswith((".hpp", ".cpp", ".py")) and not path.startswith(("tools/", "bench/")):
            continue
        for number, line in enumerate(text.splitlines(), 1):
            if len(line) > COLUMNS_MAX:
                yield Finding(path, number, f"this line has {len(line)} columns, over {COLUMNS_MAX}: run `make format`")


@rule
def headers_are_included_once(tree: Tree) -> Iterator[Finding]:
    for path, text in tree.code.items():
        if path.endswith(".hpp") and not path.endswith("/pch.hpp") and "#pragma once" not in text:
            yield Finding(path, 1, "the header has no include guard: begin with `#pragma once`")
