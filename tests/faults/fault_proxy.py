"""A TCP relay that misbehaves on command: cut, half-open, slow, narrow, or broken in the middle of a packet."""

import asyncio
import contextlib
import socket
import struct
import threading

CHUNK_BYTES = 16 << 10
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER of 0 s: close() sends RST


class Trouble:
    """What a link does to the bytes that pass. The default does nothing."""

    def __init__(self, cut=False, deaf=(), delay_s=0.0, bytes_per_s=0, reset_after_bytes=None):
        self.cut = cut  # existing connections are reset, new ones too
        self.deaf = deaf  # "up", "down": nothing more comes that way, though the connection stands (half-open)
        self.delay_s = delay_s
        self.bytes_per_s = bytes_per_s  # 0: no bound
        self.reset_after_bytes = reset_after_bytes  # a connection breaks there, wherever in a packet that is


class FaultProxy:
    """One link: whoever connects to `port` reaches `target_port`. Runs in a thread of its own until `close`."""

    def __init__(self, target_port):
        self.target_port = target_port
        self._trouble = Trouble()
        self._changed = None
        self._sockets = set()
        self._loop = asyncio.new_event_loop()
        listener = socket.create_server(("127.0.0.1", 0))
        self.port = listener.getsockname()[1]
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(listener, ready), daemon=True)
        self._thread.start()
        ready.wait()

    def set(self, trouble):
        self._loop.call_soon_threadsafe(self._apply, trouble)

    def heal(self):
        self.set(Trouble())

    def close(self):
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self, listener, ready):
        asyncio.set_event_loop(self._loop)
        self._changed = asyncio.Event()
        server = self._loop.run_until_complete(asyncio.start_server(self._relay, sock=listener))
        ready.set()
        self._loop.run_forever()
        server.close()
        self._reset_all()
        pending = asyncio.all_tasks(self._loop)
        for task in pending:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*pending, return_exceptions=True))
        self._loop.close()

    def _apply(self, trouble):
        self._trouble = trouble
        self._changed.set()
        self._changed = asyncio.Event()
        if trouble.cut:
            self._reset_all()

    def _reset_all(self):
        for writer in list(self._sockets):
            self._reset(writer)

    @staticmethod
    def _reset(writer):
        with contextlib.suppress(OSError):
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        writer.transport.abort()

    async def _relay(self, reader, writer):
        ends = {writer}
        self._sockets.add(writer)
        try:
            if not self._trouble.cut:
                up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self.target_port)
                ends.add(up_writer)
                self._sockets.add(up_writer)
                ways = (self._pass("up", reader, up_writer), self._pass("down", up_reader, writer))
                tasks = [asyncio.ensure_future(way) for way in ways]
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
        except OSError:
            pass  # the node behind is down: so is its link
        finally:
            for end in ends:
                self._sockets.discard(end)
                self._reset(end)

    async def _pass(self, way, reader, writer):
        while chunk := await reader.read(CHUNK_BYTES):
            while way in self._trouble.deaf:
                await self._changed.wait()
            trouble = self._trouble
            if trouble.delay_s:
                await asyncio.sleep(trouble.delay_s)
            if trouble.bytes_per_s:
                await asyncio.sleep(len(chunk) / trouble.bytes_per_s)
            if trouble.reset_after_bytes is not None:
                chunk = chunk[:trouble.reset_after_bytes]
            writer.write(chunk)
            await writer.drain()
            if trouble.reset_after_bytes is not None:
                return
