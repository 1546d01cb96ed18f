"""Documents follow the code: limits, byte formats, dependencies."""
import re
from typing import Iterator

from .tree import Finding, Tree, line_at, rule

CODE, PAGE = re.compile(r"src/base/(\w+_)?limits\.hpp"), "docs/limits.md"


@rule
def limits_are_listed(tree: Tree) -> Iterator[Finding]:
    page = tree.files.get(PAGE, "")
    constants = {m[1]: (path, line_at(code, m.start())) for path, code in tree.files.items() if CODE.fullmatch(path)
                 for m in re.finditer(r"^inline constexpr [\w:]+\s+(\w+)", code, re.M)}
    rows = {m[1]: (line_at(page, m.start()), m[2]) for m in re.finditer(r"^\| *`(\w+)` *\|(.*)\|\s*$", page, re.M)}
    for name, (path, line) in constants.items():
        if name not in rows:
            yield Finding(path, line, f"{name} is not in {PAGE}: add `| {name} | value | what | answer when full |`")
    for name, (line, cells) in rows.items():
        if name not in constants:
            yield Finding(PAGE, line, f"{name} is not in src/base/limits.hpp or a file beside it: take the row out")
        elif sum(1 for cell in cells.split("|") if cell.strip()) < 3:
            yield Finding(PAGE, line, f"{name} lacks its value, what it bounds or its answer when full: fill the cell")


@rule
def formats_name_their_version(tree: Tree) -> Iterator[Finding]:
    for path, text in tree.files.items():
        if re.fullmatch(r"docs/formats/.*\.md", path) and not re.search(r"(?i)\bversion\b[^\n]*\d", text):
            yield Finding(path, 1, "the page names no version: say which version byte it describes")


@rule
def dependencies_have_a_record(tree: Tree) -> Iterator[Finding]:
    """DESIGN 3, rule 6. The machine's threads and CMake's own helpers are no dependencies."""
    records = "\n".join(t for p, t in tree.files.items() if p.startswith("docs/decisions/")).lower()
    for path, text in tree.files.items():
        if not path.endswith("CMakeLists.txt"):
            continue
        for m in re.finditer(r"^\s*(?:find_package|pkg_check_modules)\((\w+)", text, re.M):
            if m[1].lower() not in records and m[1] not in ("Threads", "PkgConfig", "Python3"):
                line = line_at(text, m.start())
                yield Finding(path, line, f"{m[1]} has no record: say in docs/decisions/ why it is used")
