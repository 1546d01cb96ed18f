"""Calls that are banned, each with what to use instead."""
import re
from typing import Callable, Iterator, NamedTuple

from .tree import CODE_ROOTS, Finding, Module, Tree, code_of, is_test, let_off, line_at, rule

Place = Callable[[str, Module | None], bool]


class Ban(NamedTuple):
    name: str
    pattern: str
    instead: str
    where: Place = lambda path, module: True


def in_io(module: Module | None) -> bool:
    return module is not None and module.folder == "io"


def outside_io(path: str, module: Module | None) -> bool:
    return path.startswith(("src/", "sim/")) and not in_io(module)


def below_node(path: str, module: Module | None) -> bool:
    return path.startswith(("src/", "sim/")) and not (module and module.folder in ("node", "cli"))


def in_pure_folders(path: str, module: Module | None) -> bool:
    return module is not None and module.pure and not is_test(path)


def in_tests_and_outside_io(path: str, module: Module | None) -> bool:
    return not path.startswith("bench/") and (is_test(path) or not in_io(module))


def where_threads_are_foreign(path: str, module: Module | None) -> bool:
    return outside_io(path, module) and not is_test(path) and not path.startswith(("src/base/metrics", "src/base/log"))


BANS = [
    Ban("clock", r"(steady|system|high_resolution)_clock::now",
        "the time as an argument, or perigee::clock::now() and clock::wall()", outside_io),
    Ban("random", r"\brandom_device\b|\bmt19937", "a perigee::prng& or a seed as an argument", outside_io),
    Ban("sleep", r"\bthis_thread\b|\b(sleep|usleep|nanosleep)\(",
        "io::timer, or in a test the virtual clock", in_tests_and_outside_io),
    Ban("detached", r"\basio::detached\b|\bdetached\b(?=\))", "io::scope, which keeps the error"),
    Ban("use_awaitable", r"\buse_awaitable\b", "the default token, or as_tuple"),
    Ban("use_future", r"\buse_future\b", "co_await; from another thread, a post to the shard"),
    Ban("timer", r"\b(steady|system|high_resolution)_timer\b", "io::timer, which follows perigee::clock"),
    Ban("cancel_after", r"\bcancel_after\(([^(),]|\([^()]*\))*\)",
        "cancel_after(timer, duration): the bare form follows the machine's clock"),
    Ban("filesystem", r"\bstd::filesystem\b|#\s*include\s*<(filesystem|fstream)>",
        "io::disk, passed in", in_pure_folders),
    Ban("sockets", r"#\s*include\s*<(sys/\w+|netinet/\w+|arpa/inet|unistd|fcntl)\.h>",
        "an interface that node/ wires to io/", in_pure_folders),
    Ban("getenv", r"\b(secure_)?getenv\b", "an argument: only node/ and cli/ read the environment", below_node),
    Ban("new", r"(?<!operator )\bnew\b(?!\s*[>)])", "std::make_unique"),
    Ban("endl", r"\bstd::endl\b", "'\\n'"),
    Ban("swallow", r"\bcatch\s*\([^)]*\)\s*\{\s*\}", "a log line, a count or an error returned"),
    Ban("thread", r"\bstd::(recursive_|shared_|timed_)?(mutex|j?thread|condition_variable|async|future|promise)\b",
        "io::worker for blocking work, one shard for the rest", where_threads_are_foreign),
]


@rule
def banned_calls(tree: Tree) -> Iterator[Finding]:
    for path, text in tree.code.items():
        code, lines, module = code_of(text), text.splitlines(), tree.module_of(path)
        for ban in (b for b in BANS if b.where(path, module)):
            for hit in re.finditer(ban.pattern, code):
                line = line_at(code, hit.start())
                if not let_off(lines[max(line - 3, 0):line], ban.name):
                    yield Finding(path, line, f"{hit[0].strip()} is banned here ({ban.name}): use {ban.instead}")


@rule
def no_notes_to_self(tree: Tree) -> Iterator[Finding]:
    for path, text in tree.files.items():
        if path.startswith((*CODE_ROOTS, "tools", "cmake", "docs")) and not path.startswith("tools/tidy"):
            for m in re.finditer(r"\b(TODO|FIXME|XXX|HACK)\b", text):
                yield Finding(path, line_at(text, m.start()), f"{m[0]} in the text: do it, or open an issue instead")
