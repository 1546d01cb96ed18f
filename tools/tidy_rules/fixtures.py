"""A bad snippet per rule with words of the finding it must give, and a good tree that must give none."""
from . import findings
from .layers import folders_have_no_cycle
from .tree import Tree

GOOD = {
    "CMakeLists.txt": "find_package(Boost 1.88)\nfind_package(Threads)\n",
    "src/base/CMakeLists.txt": "perigee_module(base)\n",
    "src/base/limits.hpp": "#pragma once\ninline constexpr std::uint32_t topic_bytes_max = 1024;\n",
    "src/base/metrics.cpp": "std::mutex lock_;\n",
    "src/wire/mqtt/CMakeLists.txt": "perigee_module(wire/mqtt DEPS base)\n",
    "src/wire/mqtt/packet.hpp": '#pragma once\n#include "base/limits.hpp"\n#include "wire/mqtt/detail/raw.hpp"\n',
    "src/wire/mqtt/detail/raw.hpp": "#pragma once\n",
    "src/io/CMakeLists.txt": "perigee_module(io DEPS base ASIO)\n",
    "src/io/file.hpp": "#pragma once\nclass file {};\n",
    "src/io/task.hpp": "#pragma once\n#include <boost/asio.hpp>\nauto t = std::chrono::steady_clock::now();\n",
    "src/journal/CMakeLists.txt": "perigee_module(journal DEPS base io)\n",
    "src/journal/log.hpp": '#pragma once\n#include "io/file.hpp"\n',
    "src/rules/CMakeLists.txt": "perigee_module(rules DEPS base)\n",
    "src/rules/plan.hpp": "#pragma once\n",
    "src/doors/mqtt/CMakeLists.txt": "perigee_module(doors/mqtt DEPS base wire/mqtt io journal ASIO)\n",
    "src/doors/mqtt/door.hpp": "#pragma once\n",
    "src/doors/mqtt/door.cpp": '#include "doors/mqtt/door.hpp"\n#include "journal/log.hpp"\n'
                               "#include <boost/asio.hpp>\n",
    "src/readers/rules/CMakeLists.txt": "perigee_module(readers/rules DEPS base rules)\n",
    "src/node/CMakeLists.txt": "perigee_module(node DEPS base doors/mqtt readers/rules)\n",
    "src/node/node.cpp": "// never new, never std::endl\n"
                         'auto text = "std::endl TO" "DO";\n'
                         "// tidy: new — the constructor is private\n"
                         "auto made = new node(1'000, 'x');\n",
    "docs/limits.md": "| constant | value | what | answer when full |\n|---|---|---|---|\n"
                      "| `topic_bytes_max` | 1024 | bytes of a topic | refused |\n",
    "docs/formats/record.md": "Version byte: 1.\n",
    "docs/decisions/0007.md": "Boost: sockets.\n",
}


def lines(count: int) -> str:
    return "".join(f"  step({i});\n" for i in range(count))


LONG_FUNCTION = f"int run(int x) {{\n{lines(70)}}}\n"
LONG_MEMBER = ("namespace a {\nmaker::maker(int x) noexcept(false)\n    : a_{x},\n      b_(x) {\n" + lines(67) +
               "}\n}\n")
LONG_TABLE = f"constexpr std::array all{{\n{lines(100)}}};\n"
LONG_IF_MACRO = f"#define CASE(x) {{ \\\n x }}\nTEST(run, goes_far) {{\n if (x) {{ }}\n{lines(70)}}}\n"

# (files laid over GOOD, words that the only finding must hold)
BAD = [
    ({"src/wire/mqtt/CMakeLists.txt": "perigee_module(wire/mqtt DEPS base io)"}, "(layer 1) depends on io (layer 2)"),
    ({"src/rules/CMakeLists.txt": "perigee_module(rules DEPS base journal)"}, "(layer 3) depends on journal (layer 3)"),
    ({"src/doors/mqtt/CMakeLists.txt": "perigee_module(doors/mqtt DEPS base wire/mqtt io journal readers/rules ASIO)"},
     "depends on readers/rules (layer 4)"),
    ({"src/rules/CMakeLists.txt": "perigee_module(rules DEPS base bass)\n"}, "depends on bass, which is no module"),
    ({"src/stuff/CMakeLists.txt": "perigee_module(stuff DEPS base)\n"}, "stuff has no layer"),
    ({"src/rules/plan.hpp": '#pragma once\n#include "io/file.hpp"\n'}, "io/file.hpp but does not declare io"),
    ({"src/doors/mqtt/door.cpp": '#include "wire/mqtt/detail/raw.hpp"\n'}, "is internal to wire/mqtt"),
    ({"tests/packet_test.cpp": '#include "wire/mqtt/detail/raw.hpp"\n'}, "is internal to wire/mqtt"),
    ({"src/node/node.cpp": '#include "sim/world.hpp"\n'}, "never the reverse"),
    ({"src/doors/mqtt/door.hpp": "#pragma once\n#include <boost/asio.hpp>\n"}, "Asio is included outside io/"),
    ({"src/node/node.cpp": "#include <boost/beast.hpp>\n"}, "of a module marked ASIO"),
    ({"src/journal/log.hpp": '#pragma once\n#include "io/task.hpp"\n'}, "io/task.hpp brings Asio into journal"),
    ({"src/node/node.cpp": "auto t = std::chrono::system_clock::now();\n"}, "(clock): use the time as an argument"),
    ({"src/node/node.cpp": "std::random_device seed;\n"}, "(random)"),
    ({"tests/demo_test.cpp": "std::this_thread::sleep_for(1s);\n"}, "(sleep)"),
    ({"src/doors/mqtt/door.cpp": "co_spawn(shard, run(), asio::detached);\n"}, "(detached)"),
    ({"src/doors/mqtt/door.cpp": "co_await read(asio::use_awaitable);\n"}, "(use_awaitable)"),
    ({"src/doors/mqtt/door.cpp": "co_spawn(shard, run(), asio::use_future);\n"}, "(use_future)"),
    ({"src/doors/mqtt/door.cpp": "asio::steady_timer late(shard);\n"}, "(timer)"),
    ({"src/doors/mqtt/door.cpp": "co_await read(cancel_after(seconds(5)));\n"}, "(cancel_after)"),
    ({"src/rules/plan.cpp": "std::filesystem::path folder;\n"}, "(filesystem)"),
    ({"src/journal/log.cpp": "#include <sys/socket.h>\n"}, "(sockets)"),
    ({"src/io/file.cpp": 'std::getenv("HOME");\n'}, "(getenv)"),
    ({"src/node/node.cpp": "auto made = new thing();\n"}, "(new): use std::make_unique"),
    ({"src/node/node.cpp": "// tidy: new\nauto made = new thing();\n"}, "(new)"),
    ({"src/node/node.cpp": "std::cout << x << std::endl;\n"}, "(endl)"),
    ({"src/node/node.cpp": "try { f(); } catch (...) {\n}\n"}, "(swallow)"),
    ({"src/doors/mqtt/door.cpp": "std::mutex lock_;\n"}, "(thread): use io::worker"),
    ({"src/node/node.cpp": "// TO" "DO: later\n"}, "in the text: do it"),
    ({"src/node/node.cpp": LONG_FUNCTION}, "node.cpp:1: this function has 72 lines"),
    ({"src/node/node.cpp": LONG_MEMBER}, "node.cpp:2: this function has 71 lines"),
    ({"src/node/node.cpp": LONG_IF_MACRO}, "node.cpp:3: this function has 73 lines"),
    ({"src/node/node.cpp": "// tidy: long:\n" + LONG_FUNCTION}, "this function has 72 lines"),
    ({"src/node/node.cpp": lines(501)}, "this file has 501 lines"),
    ({"src/node/node.cpp": "x" * 121 + "\n"}, "121 columns"),
    ({"src/node/node.hpp": "class node {};\n"}, "#pragma once"),
    ({"src/base/limits.hpp": GOOD["src/base/limits.hpp"] + "inline constexpr std::size_t more_max = 1;\n"},
     "limits.hpp:3: more_max is not in docs/limits.md"),
    ({"src/base/rules_limits.hpp": "#pragma once\ninline constexpr std::size_t more_max = 1;\n"},
     "rules_limits.hpp:2: more_max is not in docs/limits.md"),
    ({"docs/limits.md": GOOD["docs/limits.md"] + "| `gone_max` | 1 | a | b |\n"}, "gone_max is not in src/base/limits"),
    ({"docs/limits.md": "| `topic_bytes_max` | 1024 | bytes of a topic | |\n"}, "lacks its value"),
    ({"docs/formats/record.md": "A record is bytes.\n"}, "names no version"),
    ({"CMakeLists.txt": "find_package(Folly)\n"}, "Folly has no record"),
]

# Laid over GOOD; nothing may be found.
FINE = [
    {"src/node/node.cpp": f"int run(int x) {{\n{lines(68)}}}\n"},
    {"src/node/node.cpp": "// tidy: long: one step after another\n" + LONG_FUNCTION},
    {"src/node/node.cpp": LONG_TABLE + "int run() { return 1; }\n"},
    {"src/node/node.cpp": "// tidy: long: a table\n" + lines(501)},
    {"src/node/node.cpp": f"int run() {{\n  f(R\"(\n{lines(100)})\");\n}}\n"},
    {"src/doors/mqtt/door.cpp": "co_await read(cancel_after(timer_, seconds(5)));\n"},
    {"src/doors/mqtt/door.cpp": "void* operator new(std::size_t);\nint x = f(R\"(std::endl)\");\n"},
    {"tests/node_test.cpp": '#include "wire/mqtt/packet.hpp"\nstd::jthread other;\n'},
]


def findings_of(files: dict[str, str]) -> list[str]:
    return [f"{f.path}:{f.line}: {f.message}" for f in findings(Tree({**GOOD, **files}))]


def cycle() -> list[str]:
    """A cycle needs wrong layers too, so its rule is asked alone."""
    files = {"src/base/CMakeLists.txt": "perigee_module(base)",
             "src/model/CMakeLists.txt": "perigee_module(model DEPS base)",
             "src/base/a.hpp": '#include "model/b.hpp"\n',
             "src/model/b.hpp": '#include "base/a.hpp"\n'}
    return [f.message for f in folders_have_no_cycle(Tree(files))]


def run() -> int:
    failures = []
    for files, words in BAD:
        found = findings_of(files)
        if len(found) != 1 or words not in found[0]:
            failures.append(f"wanted one finding with '{words}', got {found or 'none'}")
    for files in ({}, *FINE):
        failures += [f"a false finding: {found}" for found in findings_of(files)]
    if not any("base, model" in message for message in cycle()):
        failures.append("the cycle between base and model was not found")
    for failure in failures:
        print(failure)
    print(f"tidy --self-test: {len(BAD) + len(FINE) + 2} fixtures, {len(failures)} failures")
    return 1 if failures else 0
