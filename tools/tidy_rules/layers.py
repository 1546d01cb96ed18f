"""Folders include lower layers that they declare, and Asio stays where it belongs."""
from typing import Iterator

from .tree import Finding, Module, Tree, is_asio, rule


@rule
def declared_deps_are_lower(tree: Tree) -> Iterator[Finding]:
    for m in tree.modules.values():
        if m.layer is None:
            yield Finding(m.cmake, m.line, f"{m.folder} has no layer: add it to LAYERS in tools/tidy_rules/tree.py")
            continue
        for dep in m.deps:
            if dep not in tree.modules:
                yield Finding(m.cmake, m.line, f"{m.folder} depends on {dep}, which is no module: name one of src/")
            elif (lower := tree.modules[dep].layer) is not None and lower >= m.layer:
                yield Finding(m.cmake, m.line, f"{m.folder} (layer {m.layer}) depends on {dep} (layer {lower}): "
                              f"declare the interface it needs in {m.folder} and wire it in node/")


def include_fault(own: Module | None, target: Module, name: str) -> str | None:
    if "/" in name.removeprefix(target.folder + "/"):
        return f"{name} is internal to {target.folder}: include a header of {target.folder}/ itself"
    if own and target.folder not in own.deps:
        return (f"{own.folder} includes {name} but does not declare {target.folder}: if it is of a lower layer add it "
                f"to DEPS in {own.cmake}, else declare an interface and wire it in node/")
    return None


@rule
def includes_follow_the_layers(tree: Tree) -> Iterator[Finding]:
    for path, includes in tree.includes.items():
        own = tree.module_of(path)
        for line, name in includes:
            if name.startswith("sim/") and path.startswith("src/"):
                yield Finding(path, line, f"src includes {name}: the simulation includes src, never the reverse")
            target = tree.module_of(f"src/{name}")
            if target and target != own and (fault := include_fault(own, target, name)):
                yield Finding(path, line, fault)


@rule
def folders_have_no_cycle(tree: Tree) -> Iterator[Finding]:
    edges: dict[str, set[str]] = {folder: set() for folder in tree.modules}
    for path, includes in tree.includes.items():
        if own := tree.module_of(path):
            targets = (tree.module_of(f"src/{name}") for _, name in includes)
            edges[own.folder] |= {t.folder for t in targets if t and t != own}
    leaves = {folder for folder, to in edges.items() if not to}
    while leaves:  # taking away what includes nothing leaves the cycles and what hangs on them
        edges = {folder: to - leaves for folder, to in edges.items() if folder not in leaves}
        leaves = {folder for folder, to in edges.items() if not to}
    if edges:
        yield Finding("src/CMakeLists.txt", 1, f"these folders include each other in a cycle: "
                      f"{', '.join(sorted(edges))}: move what they share to a lower layer")


@rule
def asio_stays_in_its_place(tree: Tree) -> Iterator[Finding]:
    for path, includes in tree.includes.items():
        own = tree.module_of(path)
        if own is None or own.folder == "io":
            continue
        for line, name in includes:
            if is_asio(name) and (path.endswith(".hpp") or not own.asio):
                yield Finding(path, line, "Asio is included outside io/: use the headers of io/, or include it in a "
                              ".cpp of a module marked ASIO")
            elif own.pure and tree.reaches_asio(f"src/{name}", set()):
                yield Finding(path, line, f"{name} brings Asio into {own.folder}: use what is free of it, such as "
                              "io/file.hpp and io/worker.hpp, or declare a small interface")
