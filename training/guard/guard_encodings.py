"""Classes of bytes, and the encodings that text is hidden in: base64, hexadecimal digits and escapes. The reference of
`Sources/Reading/Guard/GuardBytes.swift`, `GuardEncodings.swift` and `GuardBase64Run.swift`."""

from __future__ import annotations


def is_letter(b: int) -> bool:
    return 97 <= b | 0x20 <= 122


def is_digit(b: int) -> bool:
    return 48 <= b <= 57


def is_alnum(b: int) -> bool:
    return is_letter(b) or is_digit(b)


def is_space(b: int) -> bool:
    return b <= 0x20


def is_upper(b: int) -> bool:
    return 65 <= b <= 90


BASE64 = {c: k for k, c in enumerate(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")}
BASE64 |= {ord("-"): 62, ord("_"): 63}


def is_text(b: int) -> bool:
    """No control character."""
    return 0x20 <= b and b != 0x7F or b in (9, 10, 13)


def is_readable(piece: bytes) -> bool:
    """No control characters, three quarters of it ASCII letters and spaces, an eighth at most beyond ASCII."""
    telling = beyond = 0
    for b in piece:
        if not is_text(b):
            return False
        telling += is_letter(b) or b == 0x20
        beyond += b >= 0x80
    return 4 * telling >= 3 * len(piece) and 8 * beyond <= len(piece)


BASE64_TRIES = 16
"""So many beginnings in a run that are decoded whole and say nothing readable, and the rest of the run is taken for plain."""


def from_base64(run: bytes) -> tuple[bytes | None, bool]:
    """What the digits say, None if that is no readable text; and whether all were decoded."""
    piece = bytearray()
    for k in range(0, len(run) - 1, 4):
        group = [BASE64[b] for b in run[k : k + 4]]
        bits = 0
        for v in group + [0] * (4 - len(group)):
            bits = bits << 6 | v
        piece += bits.to_bytes(3, "big")[: len(group) - 1]
        if k == 8 and not all(is_text(b) for b in piece):
            return None, False
    return bytes(piece) if is_readable(piece) else None, True


class Base64Run:
    """The run of base64 digits that words stand in, which join them too: walked once for all of them."""

    def __init__(self) -> None:
        self.end = self.failures = 0
        self.capital = self.small = -1

    def decoded(self, text: bytes, i: int) -> bytes | None:
        """What the digits say from the beginning of a word on."""
        if i >= self.end:
            self.end, self.capital, self.small, self.failures = i, -1, -1, 0
            while self.end < len(text) and text[self.end] in BASE64:
                if is_upper(text[self.end]):
                    self.capital = self.end
                elif is_letter(text[self.end]):
                    self.small = self.end
                self.end += 1
        if self.end - i < 16 or self.capital < i or self.small < i or self.failures >= BASE64_TRIES:
            return None
        piece, is_whole = from_base64(text[i : min(self.end, i + 12288)])
        self.failures += piece is None and is_whole
        return piece


def hex_value(b: int) -> int:
    if is_digit(b):
        return b - 48
    b |= 0x20
    return b - 87 if 97 <= b <= 102 else -1


def hex_pairs(text: bytes, i: int) -> tuple[bytes, int]:
    """Two hexadecimal digits each, bare or behind 0x or \\x, with a space or a comma between or nothing: (bytes, end)."""
    piece = bytearray()
    n, end = len(text), i
    while i + 1 < n:
        if i + 3 < n and text[i] in b"0\\" and text[i + 1] == 0x78 and hex_value(text[i + 2]) >= 0:
            i += 2
        high, low = hex_value(text[i]), hex_value(text[i + 1])
        if high < 0 or low < 0:
            break
        piece.append(high << 4 | low)
        i += 2
        end = i
        if i < n and text[i] in b" ,":
            i += 1
    return bytes(piece), end


def unescape(chunk: bytes) -> bytes | None:
    """Percent escapes, numeric character references and backslash-u escapes of a chunk, when there are three or more."""
    out = bytearray()
    i, n, count = 0, len(chunk), 0
    while i < n:
        b = chunk[i]
        value, end = -1, i
        if b == 0x25 and i + 2 < n and hex_value(chunk[i + 1]) >= 0 and hex_value(chunk[i + 2]) >= 0:
            value, end = hex_value(chunk[i + 1]) << 4 | hex_value(chunk[i + 2]), i + 3
        elif b == 0x26 and i + 3 < n and chunk[i + 1] == 0x23:
            j = i + 2
            base = 10
            if chunk[j] | 0x20 == 0x78:
                base, j = 16, j + 1
            number, start = 0, j
            while j < n and j - start < 6 and 0 <= hex_value(chunk[j]) < base:
                number = number * base + hex_value(chunk[j])
                j += 1
            if j > start and j < n and chunk[j] == 0x3B:
                value, end = number, j + 1
        elif b == 0x5C and i + 5 < n and chunk[i + 1] | 0x20 == 0x75:
            digits = [hex_value(d) for d in chunk[i + 2 : i + 6]]
            if min(digits) >= 0:
                value, end = digits[0] << 12 | digits[1] << 8 | digits[2] << 4 | digits[3], i + 6
        if 0x20 <= value <= 0x7E or value in (9, 10, 13):
            out.append(value)
            count += 1
            i = end
        else:
            out.append(0x20 if b == 0x2B else b)
            i += 1
    return bytes(out) if count >= 3 else None
