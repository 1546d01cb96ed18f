"""What the rules look at: the files of a working tree, the modules they form, and what includes what."""
import functools
import re
from typing import Callable, Iterator, NamedTuple

CODE_ROOTS = ("src", "sim", "tests", "bench", "fuzz")

# DESIGN 3. A folder includes lower layers only, so folders of one layer never include each other.
LAYERS = {"base": 0, "settings": 1, "crypto": 1, "csv": 1, "model": 1, "wire": 1, "io": 2, "sqlite": 2, "client": 3,
          "journal": 3, "rules": 3, "promql": 3, "quarantine": 3, "access": 3, "infer": 3, "twin": 3, "identity": 3,
          "ota": 3, "plan": 3, "alarm": 3, "doors": 4, "readers": 4, "control": 4, "api": 4, "node": 5, "cli": 6}
# Below layer 4, all but these have no Asio, clocks, threads, filesystem or sockets: time comes in as an argument.
IMPURE = ("io", "client")


class Finding(NamedTuple):
    path: str
    line: int
    message: str


class Module(NamedTuple):
    """What a perigee_module(...) call says about a folder under src/."""
    folder: str
    deps: tuple[str, ...]
    asio: bool
    cmake: str
    line: int

    @property
    def layer(self) -> int | None:
        return LAYERS.get(self.folder.split("/")[0])

    @property
    def pure(self) -> bool:
        return self.layer is not None and self.layer < 4 and self.folder not in IMPURE


COMMENT_OR_LITERAL = re.compile(
    r'//[^\n]*|/\*.*?\*/'
    r'|R"(?P<tag>[^\s()\\]*)\(.*?\)(?P=tag)"'
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9a-fA-F])'(?:\\.[^'\n]*|[^'\\\n])'",  # not the separators of 1'000'000
    re.S)


@functools.cache
def code_of(text: str) -> str:
    """The text with comments and literals blanked out; line numbers stay."""
    return COMMENT_OR_LITERAL.sub(lambda m: re.sub(r"[^\n]", " ", m[0]), text)


def let_off(lines: list[str], name: str) -> bool:
    """Whether a line says `// tidy: new — the constructor is private` or the like; it needs the reason to count."""
    return any(re.search(rf"// tidy: {name}\s*[—:-]+\s*\w", text) for text in lines)


class Tree:
    """The files of a working tree and what is known of them."""

    def __init__(self, files: dict[str, str]):
        self.files = files
        self.code = {p: t for p, t in files.items() if p.startswith(CODE_ROOTS) and p.endswith((".hpp", ".cpp"))}
        self.modules = {m.folder: m for p, t in files.items() for m in parse_modules(p, t)}
        self.includes = {p: list(parse_includes(t)) for p, t in self.code.items()}

    def module_of(self, path: str) -> Module | None:
        """The module whose folder holds a path under src/ (detail/ and other inner folders belong to it)."""
        parts = path.removeprefix("src/").split("/")[:-1] if path.startswith("src/") else []
        while parts and "/".join(parts) not in self.modules:
            parts.pop()
        return self.modules["/".join(parts)] if parts else None

    def reaches_asio(self, path: str, seen: set[str]) -> bool:
        if path in seen or path not in self.includes:
            return False
        seen.add(path)
        return any(is_asio(name) or self.reaches_asio(f"src/{name}", seen) for _, name in self.includes[path])


def parse_modules(path: str, text: str) -> Iterator[Module]:
    if not path.endswith("CMakeLists.txt"):
        return
    for call in re.finditer(r"perigee_module\(([^)]*)\)", text):
        words = call[1].split()
        deps, collecting = [], False
        for word in words[1:]:
            if word in ("DEPS", "LIBS", "ASIO"):
                collecting = word == "DEPS"
            elif collecting:
                deps.append(word)
        yield Module(words[0], tuple(deps), "ASIO" in words, path, line_at(text, call.start()))


def parse_includes(text: str) -> Iterator[tuple[int, str]]:
    for m in re.finditer(r'^[ \t]*#[ \t]*include[ \t]*[<"]([^>"]+)[>"]', text, re.M):
        yield line_at(text, m.start()), m[1]


def line_at(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


def is_asio(include: str) -> bool:
    return include.startswith(("boost/asio", "boost/beast"))


def is_test(path: str) -> bool:
    return path.startswith(("tests/", "bench/", "fuzz/")) or path.endswith(("_test.cpp", "_fuzz.cpp", "_bench.cpp"))


RULES: list[Callable[[Tree], Iterator[Finding]]] = []


def rule(check):
    RULES.append(check)
    return check
