"""The row of bench/run about mutual TLS: what a handshake costs the server, and what a connection that is idle after it
keeps, beside the least that OpenSSL allows, a loop around SSL_accept (tls_load.cpp)."""
import pathlib
import sys
from typing import Iterator

from harness import BUILD, ROOT, Kind, Options, Result, load, pairs, perigee, started
from rows import row

sys.path.insert(0, str(ROOT / "tests" / "process"))
from authority import Authority

HANDSHAKES = 500
IDLE_CONNECTIONS = 2000


def identity_files(folder: pathlib.Path) -> dict[str, pathlib.Path]:
    authority = Authority(folder / "pki")
    own = authority.issue("localhost")
    return {"certificate": own.certificate, "key": own.key, "authority": authority.certificate}


def node_files(folder: pathlib.Path, port: int) -> dict[str, str]:
    files = identity_files(folder)
    tls = (f'\n[tls]\ncertificate = "{files["certificate"]}"\nkey = {{ file = "{files["key"]}" }}\n'
           f'authority = "{files["authority"]}"\n')
    name, text = next(iter(perigee.files(folder, port).items()))
    return {name: text.replace(f"port = {port}", f'port = {port}\ntransport = "tls"') + tls}


def loop_command(folder: pathlib.Path) -> list[str]:
    words = [word for name, path in identity_files(folder).items() for word in (f"--{name}", str(path))]
    return [str(BUILD / "bench" / "tls_load"), "serve", "--port", (folder / "port").read_text(), *words]


node = perigee._replace(files=node_files, hello=None)
loop = Kind("OpenSSL loop", loop_command, lambda _, port: {"port": str(port)}, hello=None)


def measure(kind: Kind) -> dict[str, float]:
    with started(kind) as server:
        pki = server.folder / "pki"
        return load("tls_load", server, "load", certificate=pki / "localhost.crt", key=pki / "localhost.key",
                    authority=pki / "authority.crt", handshakes=HANDSHAKES, idle=IDLE_CONNECTIONS,
                    mqtt=int(kind is node))


@row("mqtt-tls")
def mutual_tls(options: Options) -> Iterator[Result]:
    a, b, ratio = pairs(options.pairs, lambda: measure(node)["handshakes_per_cpu_second"],
                        lambda: measure(loop)["handshakes_per_cpu_second"])
    yield Result("mutual TLS handshakes per CPU-second", f"{a:,.0f}", f"{b:,.0f} {loop.name}", f"{ratio:.2f}x", "0.85x")
    a, b, ratio = pairs(min(options.pairs, 3), lambda: measure(node)["idle_bytes"], lambda: measure(loop)["idle_bytes"])
    yield Result("RSS of an idle mutual TLS connection", f"{a:,.0f} B", f"{b:,.0f} B {loop.name}", f"{ratio:.2f}x",
                 "at most 22,528 B")
