"""HTTP/2 frame by frame: sends exactly the frames that a test gives and shows exactly what came back."""

from __future__ import annotations

import json
import socket
import ssl
from dataclasses import dataclass, field

import hpack
from hyperframe.frame import (
    DataFrame,
    Frame,
    GoAwayFrame,
    HeadersFrame,
    PingFrame,
    RstStreamFrame,
    SettingsFrame,
    WindowUpdateFrame,
)

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
PROTOCOL_ERROR, INTERNAL_ERROR, CANCEL, ENHANCE_YOUR_CALM = 1, 2, 8, 11
WINDOW = 65_535


@dataclass
class Stream:
    """What came of one stream."""

    headers: dict[str, str] = field(default_factory=dict)
    body: bytearray = field(default_factory=bytearray)
    ended: bool = False
    reset: int | None = None

    @property
    def status(self) -> int:
        return int(self.headers[":status"])

    def json(self):
        return json.loads(bytes(self.body))


class Connection:
    """A client's connection. Every wait ends after `timeout` seconds.

    Windows for what comes are opened at once unless `window` says how large each stream's is and stays. With `early` the
    first frames are sent before the peer's settings are known.
    """

    def __init__(
        self, port: int, context: ssl.SSLContext | None = None, *, window: int | None = None, timeout: float = 15,
        early: bool = False,
    ):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if context:
            self.socket = context.wrap_socket(self.socket, server_hostname="localhost")
            assert self.socket.selected_alpn_protocol() == "h2"
        self._encoder = hpack.Encoder()
        self._decoder = hpack.Decoder()
        self._received = bytearray()
        self._window = window
        self._next = 1
        self.streams: dict[int, Stream] = {}
        self.settings: dict[int, int] = {}
        self.goaway: GoAwayFrame | None = None
        # How many bytes the peer takes: 0 is the connection.
        self.windows: dict[int, int] = {0: WINDOW}
        settings = {SettingsFrame.INITIAL_WINDOW_SIZE: window} if window is not None else {}
        self.send(SettingsFrame(settings=settings), before=PREFACE)
        while not self.settings and not early:
            self.read_frame()

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def close(self) -> None:
        self.socket.close()

    # Sending

    def send(self, *frames: Frame, before: bytes = b"") -> None:
        self.socket.sendall(before + b"".join(frame.serialize() for frame in frames))

    def headers(
        self, fields: list[tuple[str, str]], *, end: bool = False, stream: int | None = None
    ) -> tuple[int, HeadersFrame]:
        """A HEADERS frame that begins the next stream."""
        if stream is None:
            stream, self._next = self._next, self._next + 2
            self.streams[stream] = Stream()
            self.windows[stream] = self.settings.get(SettingsFrame.INITIAL_WINDOW_SIZE, WINDOW)
        frame = HeadersFrame(stream, self._encoder.encode(fields))
        frame.flags.add("END_HEADERS")
        if end:
            frame.flags.add("END_STREAM")
        return stream, frame

    def begin(self, fields: list[tuple[str, str]], *, end: bool = False) -> int:
        stream, frame = self.headers(fields, end=end)
        self.send(frame)
        return stream

    def send_data(
        self, stream: int, data: bytes, *, end: bool = False, stop_when_answered: bool = False
    ) -> None:
        """Sends a body as the windows allow, reading what comes meanwhile."""
        offset = 0
        while offset < len(data):
            count = min(16_384, len(data) - offset, self.windows[0], self.windows[stream])
            if count <= 0:
                self.read_frame()
                if self.streams[stream].reset is not None or (stop_when_answered and self.streams[stream].ended):
                    return
                continue
            frame = DataFrame(stream, data[offset : offset + count])
            offset += count
            if end and offset == len(data):
                frame.flags.add("END_STREAM")
            self.windows[0] -= count
            self.windows[stream] -= count
            self.send(frame)

    def request(self, path: str, body: bytes | str | None = None, *fields: tuple[str, str], method: str | None = None):
        """Sends a whole request; the number of its stream."""
        body = body.encode() if isinstance(body, str) else body
        head = [*pseudo(path, method or ("GET" if body is None else "POST")), *fields]
        if body is None:
            return self.begin(head, end=True)
        stream = self.begin([*head, ("content-type", "application/json"), ("content-length", str(len(body)))])
        self.send_data(stream, body, end=True)
        return stream

    def reset(self, stream: int, code: int = CANCEL) -> None:
        self.send(RstStreamFrame(stream, code))

    # Receiving

    def read_frame(self) -> Frame:
        """Reads one frame and notes what it says."""
        head = self._read_exactly(9)
        frame, length = Frame.parse_frame_header(memoryview(head))
        frame.parse_body(memoryview(self._read_exactly(length)))
        stream = self.streams.get(frame.stream_id)
        if isinstance(frame, SettingsFrame):
            if "ACK" not in frame.flags:
                self.settings.update(frame.settings)
                self.settings.setdefault(SettingsFrame.INITIAL_WINDOW_SIZE, WINDOW)
                self.send(SettingsFrame(flags=["ACK"]))
        elif isinstance(frame, HeadersFrame) and stream is not None:
            stream.headers.update(self._decoder.decode(frame.data))
            stream.ended = stream.ended or "END_STREAM" in frame.flags
        elif isinstance(frame, DataFrame) and stream is not None:
            stream.body += frame.data
            stream.ended = stream.ended or "END_STREAM" in frame.flags
            if frame.data and self._window is None:
                self.open(0, len(frame.data))
                if not stream.ended:
                    self.open(frame.stream_id, len(frame.data))
        elif isinstance(frame, RstStreamFrame) and stream is not None:
            stream.reset = frame.error_code
        elif isinstance(frame, WindowUpdateFrame):
            self.windows[frame.stream_id] = self.windows.get(frame.stream_id, 0) + frame.window_increment
        elif isinstance(frame, GoAwayFrame):
            self.goaway = frame
        return frame

    def open(self, stream: int, count: int) -> None:
        self.send(WindowUpdateFrame(stream, count))

    def read(self, number: int) -> Stream:
        """Reads until a stream is over."""
        stream = self.streams[number]
        while not stream.ended and stream.reset is None:
            self.read_frame()
        return stream

    def read_to_close(self) -> None:
        """Reads until the peer closes."""
        try:
            while True:
                self.read_frame()
        except (EOFError, ConnectionError, ssl.SSLError):
            pass

    def ping(self) -> None:
        """Waits until the peer has worked on everything that was sent."""
        self.send(PingFrame(0, b"8 octets"))
        while True:
            frame = self.read_frame()
            if isinstance(frame, PingFrame) and "ACK" in frame.flags:
                return

    def _read_exactly(self, count: int) -> bytes:
        while len(self._received) < count:
            part = self.socket.recv(1 << 16)
            if not part:
                raise EOFError("the connection closed")
            self._received += part
        data = bytes(self._received[:count])
        del self._received[:count]
        return data


def pseudo(path: str, method: str = "POST", authority: str = "switchyard.test") -> list[tuple[str, str]]:
    return [(":method", method), (":scheme", "http"), (":authority", authority), (":path", path)]
