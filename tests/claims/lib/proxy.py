"""A TCP proxy on loopback that can be told to misbehave, in a process of its own.

    proxy = Proxy()                 listens at proxy.port; nothing behind it yet
    proxy.aim(port)                 what it forwards to
    proxy.be("pass" | "delay" | "hole" | "refuse")
        pass    bytes go through
        delay   each piece waits a while
        hole    connections stay open and nothing comes through (a half-open network)
        refuse  all connections are reset, new ones too
    proxy.cut()                     resets what is connected; new ones go through
    proxy.bytes()                   how many bytes went through; proxy.end()
"""
import asyncio
import multiprocessing
import socket
import struct

DELAY = 0.2


class _Forwarder:
    def __init__(self, pipe, listener):
        self.pipe, self.listener = pipe, listener
        self.mode, self.target, self.bytes, self.open = "pass", None, 0, set()

    async def pump(self, reader, writer):
        try:
            while True:
                piece = await reader.read(65536)
                if not piece:
                    break
                if self.mode == "delay":
                    await asyncio.sleep(DELAY)
                while self.mode == "hole":
                    await asyncio.sleep(0.05)
                self.bytes += len(piece)
                writer.write(piece)
                await writer.drain()
        except (ConnectionError, OSError):
            pass
        finally:
            writer.close()

    async def serve(self, reader, writer):
        if self.mode == "refuse" or self.target is None:
            self.reset(writer)
            return
        try:
            there = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            self.reset(writer)
            return
        pair = (writer, there[1])
        self.open.add(pair)
        await asyncio.gather(self.pump(reader, there[1]), self.pump(there[0], writer))
        self.open.discard(pair)

    @staticmethod
    def reset(writer):
        linger = struct.pack("ii", 1, 0)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        writer.transport.abort()

    def reset_all(self):
        for pair in list(self.open):
            for writer in pair:
                self.reset(writer)

    def obey(self):
        word, value = self.pipe.recv()
        if word == "mode":
            self.mode = value
            if value == "refuse":
                self.reset_all()
        elif word == "aim":
            self.target = value
        elif word == "cut":
            self.reset_all()
        self.pipe.send(self.bytes)

    async def run(self):
        asyncio.get_running_loop().add_reader(self.pipe.fileno(), self.obey)
        server = await asyncio.start_server(self.serve, sock=self.listener)
        await server.serve_forever()


def _work(pipe, listener):
    asyncio.run(_Forwarder(pipe, listener).run())


class Proxy:
    def __init__(self):
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", 0))
        self.port = listener.getsockname()[1]
        self.pipe, there = multiprocessing.Pipe()
        self.process = multiprocessing.Process(target=_work, args=(there, listener), daemon=True)
        self.process.start()
        listener.close()

    def tell(self, word, value=None):
        self.pipe.send((word, value))
        return self.pipe.recv()

    def aim(self, port):
        self.tell("aim", port)

    def be(self, mode):
        self.tell("mode", mode)

    def cut(self):
        self.tell("cut")

    def bytes(self):
        return self.tell("bytes")

    def end(self):
        self.process.kill()
        self.process.join()
