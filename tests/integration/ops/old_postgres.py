"""A server that says it is PostgreSQL 14, and nothing more: enough of the protocol to be refused.

Message formats: PostgreSQL documentation, "Message Formats" (protocol 3.0).
"""

import socket
import struct
import threading

STARTUP = 196_608  # protocol 3.0; anything else asks for encryption first
READY = b"Z" + struct.pack("!ic", 5, b"I")


class OldPostgres:
    """Listens on a loopback port while entered; entering gives the port."""

    def __enter__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self._listener.getsockname()[1]

    def __exit__(self, *_):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)

    def _serve(self):
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            with line:
                self._greet(line)

    def _greet(self, line):
        while True:
            head = line.recv(8, socket.MSG_WAITALL)
            if len(head) < 8:
                return
            length, code = struct.unpack("!ii", head)
            if code >> 16 == STARTUP >> 16:
                break
            line.sendall(b"N")
        line.recv(length - 8, socket.MSG_WAITALL)
        allowed = b"R" + struct.pack("!ii", 8, 0)
        line.sendall(allowed + _status("server_version", "14.9") + _status("client_encoding", "UTF8") + READY)
        while line.recv(1024):
            pass


def _status(name, value):
    body = f"{name}\0{value}\0".encode()
    return b"S" + struct.pack("!i", 4 + len(body)) + body
