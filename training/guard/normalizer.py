"""Undoes what hides an attack from a reader of words. The reference of `Sources/Reading/Guard/GuardNormalizer.swift`.

`normalize(data)` gives the text with disguises undone in place, and what encoded stretches decode to. Plain text comes
out as it went in. README.md states the rules in words.
"""

from __future__ import annotations

from guard_encodings import (
    Base64Run,
    hex_pairs,
    hex_value,
    is_alnum,
    is_letter,
    is_readable,
    is_space,
    is_upper,
    unescape,
)

DECODED_LIMIT = 8192
"""The most bytes of decoded text that are kept."""

SHIFTED_LIMIT = 4096
"""The most bytes of a text in a shifted alphabet, or written backwards, that are decoded."""

SHIFTED_LEAD = 64
"""Such a stretch begins so many bytes before its first known word."""

RUN_LIMIT = 32
"""A longer run of look-alikes is a word of its own script."""

# Scalar, ASCII letter: letters of other scripts that look like Latin ones. Mapped beside Latin letters only.
LOOK_ALIKES = dict(
    zip(
        "аеорсухіѕјԁһԛԝкмтӏёїгпАВЕКМНОРСТУХІЅЈӀαορνυικτεχγηωΑΒΕΖΗΙΚΜΝΟΡΤΥΧօսհոցıɑɡᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ",
        "aeopcyxisjdhqwkmtleirnABEKMHOPCTYXISJlaopvuiktexynwABEZHIKMNOPTYXouhngiagabcdefghijklmnoprstuvwyz",
        strict=True,
    )
)
LOOK_ALIKES = {ord(k): ord(v) for k, v in LOOK_ALIKES.items()}

# The letters of the mathematical alphabets that Unicode had before them.
LETTERLIKE = {
    0x2102: "C", 0x210A: "g", 0x210B: "H", 0x210C: "H", 0x210D: "H", 0x210E: "h", 0x2110: "I", 0x2111: "I",
    0x2112: "L", 0x2113: "l", 0x2115: "N", 0x2119: "P", 0x211A: "Q", 0x211B: "R", 0x211C: "R", 0x211D: "R",
    0x2124: "Z", 0x2128: "Z", 0x212C: "B", 0x212D: "C", 0x212F: "e", 0x2130: "E", 0x2131: "F", 0x2133: "M",
    0x2134: "o",
}  # fmt: skip

# Common words by which a shifted or reversed alphabet is recognised: at least four letters, few patterns by chance.
KNOWN_WORDS = (
    "that this with your from have what when will about which their would make tell give ignore previous instructions "
    "system prompt rules answer question should following assistant please write explain without information every "
    "forget reveal password secret instead build create content because respond response people someone person money steal "
    "guide develop details detailed provide article letter email computer public government social against between after "
    "before other there these those could while where being human illegal method process story character world never always "
    "anything getting caught"
).split()

# Words that one digit in the place of a letter is undone for; elsewhere it takes two.
DISGUISED_WORDS = set(
    (
        "ignore forget disregard bypass override previous prior above instruction instructions rules prompt prompts "
        "system secret password passwords jailbreak unfiltered uncensored unrestricted restrictions filter filters "
        "hack hacker hacking crack steal kill killing murder bomb bombs weapon weapons drug drugs meth cocaine virus "
        "malware ransomware exploit phishing poison attack explosive explosives illegal nude porn fuck fucking shit "
        "bitch rape nigger faggot whore slut retard retarded nazi hate stupid idiot "
        "your you and all are every make tell give show write without answer"
    ).split()
)

# Short words that stand between hyphens in honest compounds, such as day-to-day.
COMPOUND_PARTS = set("to on by of the and up at for day one two off all a in out tac toe".split())

LEET = {0x30: "o", 0x31: "i", 0x33: "e", 0x34: "a", 0x35: "s", 0x37: "t", 0x40: "a", 0x24: "s", 0x21: "i"}
LEET = {k: ord(v) for k, v in LEET.items()}
USUAL_WORDS = 2
"""After so many words with digits for letters, one digit is enough in further words."""

SPLITTERS = b"-._*~|/+,"


def decode_scalar(data: bytes, i: int) -> tuple[int, int]:
    """(scalar, bytes) at i, (-1, 1) where the bytes are no UTF-8 of two to four bytes. Overlong forms are not refused."""
    b, n = data[i], len(data)
    if 0xC2 <= b <= 0xDF and i + 1 < n and data[i + 1] & 0xC0 == 0x80:
        return (b & 0x1F) << 6 | data[i + 1] & 0x3F, 2
    if 0xE0 <= b <= 0xEF and i + 2 < n and data[i + 1] & 0xC0 == 0x80 and data[i + 2] & 0xC0 == 0x80:
        return (b & 0x0F) << 12 | (data[i + 1] & 0x3F) << 6 | data[i + 2] & 0x3F, 3
    if (
        0xF0 <= b <= 0xF4 and i + 3 < n
        and data[i + 1] & 0xC0 == 0x80 and data[i + 2] & 0xC0 == 0x80 and data[i + 3] & 0xC0 == 0x80
    ):  # fmt: skip
        return (b & 7) << 18 | (data[i + 1] & 0x3F) << 12 | (data[i + 2] & 0x3F) << 6 | data[i + 3] & 0x3F, 4
    return -1, 1


def is_invisible(c: int) -> bool:
    return (
        c in (0xAD, 0x34F, 0x115F, 0x1160, 0x180E, 0x3164, 0xFEFF)
        or 0x200B <= c <= 0x200F or 0x202A <= c <= 0x202E or 0x2060 <= c <= 0x206F
        or 0xFE00 <= c <= 0xFE0F or 0xE0100 <= c <= 0xE01EF
    )  # fmt: skip


def is_mark(c: int) -> bool:
    return 0x300 <= c <= 0x36F or 0x1AB0 <= c <= 0x1AFF or 0x20D0 <= c <= 0x20FF


def styled_letter(c: int) -> int:
    """The ASCII letter or digit of a full-width, mathematical or enclosed one; 0 for none."""
    if 0xFF10 <= c <= 0xFF19 or 0xFF21 <= c <= 0xFF3A or 0xFF41 <= c <= 0xFF5A:
        return c - 0xFEE0
    if 0x1D400 <= c <= 0x1D6A3:
        place = (c - 0x1D400) % 52
        return 65 + place if place < 26 else 71 + place
    if 0x1D7CE <= c <= 0x1D7FF:
        return 48 + (c - 0x1D7CE) % 10
    if 0x24B6 <= c <= 0x24E9:
        place = c - 0x24B6
        return 65 + place if place < 26 else 71 + place
    for start in (0x1F130, 0x1F150, 0x1F170):
        if start <= c <= start + 25:
            return 65 + c - start
    return ord(LETTERLIKE[c]) if c in LETTERLIKE else 0


class Decoded:
    def __init__(self) -> None:
        self.bytes = bytearray()
        self._end = -10

    def add(self, piece: bytes, start: int, end: int) -> None:
        """A stretch that stood at start..<end; stretches that follow one another directly are one text."""
        if self.bytes and start - self._end > 2:
            self.bytes.append(10)
        self.bytes += piece
        del self.bytes[DECODED_LIMIT:]
        self._end = end


def scalars(data: bytes, decoded: Decoded) -> bytes:
    """First step: letters of other shapes and scripts, invisible characters, marks."""
    if data.isascii():
        return data
    out = bytearray()
    i, n = 0, len(data)
    last_letter = 0  # the last letter that was written: ASCII or anything from 0x80
    while i < n:
        b = data[i]
        if b < 0x80:
            out.append(b)
            if is_letter(b):
                last_letter = b
            i += 1
            continue
        c, size = decode_scalar(data, i)
        beside = bool(out) and is_alnum(out[-1])
        following = data[i + size] if i + size < n else 0x20
        if c in (0xE0001, 0xE007F) or 0xE0020 <= c <= 0xE007E:
            if 0xE0020 <= c <= 0xE007E:
                decoded.add(bytes([c - 0xE0000]), i, i + size)
            i += size
            continue
        if is_invisible(c) and (beside or is_alnum(following)):
            i += size
            continue
        if is_mark(c) and beside:
            i += size
            continue
        letter = styled_letter(c)
        if letter:
            out.append(letter)
            last_letter = letter if is_letter(letter) else last_letter
            i += size
            continue
        if c in LOOK_ALIKES:
            # The whole run is judged at once; invisible characters and marks inside belong to it.
            j, mapped, count = i, bytearray(), 0
            while j < n and count < RUN_LIMIT and data[j] >= 0x80:
                d, width = decode_scalar(data, j)
                if d in LOOK_ALIKES:
                    mapped.append(LOOK_ALIKES[d])
                elif not (is_invisible(d) or is_mark(d)):
                    break
                j += width
                count += 1
            after = data[j] if j < n else 0x20
            before = out[-1] if out else 0x20
            whole = before < 0x80 and not is_alnum(before) and after < 0x80 and not is_alnum(after)
            # A run within Latin letters, or a whole word of look-alikes behind a Latin one.
            if count < RUN_LIMIT and (
                is_letter(before) or (is_letter(after) and before < 0x80) or (whole and is_letter(last_letter))
            ):
                out += mapped
                last_letter = mapped[-1]
            else:
                out += data[i:j]
                last_letter = 0x80
            i = j
            continue
        out += data[i : i + size]
        last_letter = 0x80
        i += size
    return bytes(out)


def undo_leet(word: bytes, is_usual: bool) -> bytes | None:
    """A word with digits or signs in the place of letters; None if it is not one.

    In a text where that is usual one such letter is enough."""
    n = len(word)
    if not (3 if is_usual else 4) <= n <= 24:
        return None
    letters = upper = lower_after_first = leets = inner = beyond_hex = 0
    for k, b in enumerate(word):
        if is_letter(b):
            letters += 1
            beyond_hex += (b | 0x20) > 0x66
            if b & 0x20:
                lower_after_first += k > 0
            else:
                upper += 1
        elif b in LEET:
            leets += 1
            inner += 0 < k < n - 1 and is_letter(word[k - 1]) and is_letter(word[k + 1])
        else:
            return None
    if leets == 0 or 2 * letters < n or beyond_hex == 0:
        return None
    if upper > 1 and lower_after_first > 0 or upper == 1 and not is_upper(word[0]) and lower_after_first > 0:
        return None
    plain = bytes(b if is_letter(b) else LEET[b] for b in word)
    if is_usual or plain.lower().decode() in DISGUISED_WORDS:
        return plain
    if n < 5 or leets < 2 or inner == 0 and not (not is_letter(word[0]) and is_letter(word[1])):
        return None
    return plain


def word_key(letters: bytes) -> int:
    """What a word has in common with its images in shifted alphabets: the distances of its letters from the first."""
    first = letters[0] | 0x20
    key = 1
    for b in letters[1:]:
        key = key << 5 | ((b | 0x20) - first) % 26
    return key


KNOWN = {word_key(w.encode()): (w[0], False) for w in KNOWN_WORDS}
KNOWN |= {word_key(w[::-1].encode()): (w[-1], True) for w in KNOWN_WORDS if word_key(w[::-1].encode()) not in KNOWN}


class Alphabet:
    """Counts words of shifted alphabets and words written backwards."""

    def __init__(self) -> None:
        self.points = [0] * 26  # by shift; 0: backwards
        self.first = [0] * 26

    def see(self, word: bytes, start: int) -> None:
        if not 4 <= len(word) <= 12:
            return
        known = KNOWN.get(word_key(word))
        if known is None:
            return
        letter, backwards = known
        shift = ((word[0] | 0x20) - ord(letter)) % 26
        if backwards != (shift == 0):
            return
        if self.points[shift] == 0:
            self.first[shift] = start
        self.points[shift] += 1 if len(word) == 4 else 2

    def decode(self, text: bytes, decoded: Decoded) -> None:
        shift = max(range(26), key=lambda s: (self.points[s], -s))
        if self.points[shift] < 3:
            return
        start = max(0, self.first[shift] - SHIFTED_LEAD)
        piece = text[start : start + SHIFTED_LIMIT]
        if shift == 0:
            piece = piece[::-1]
        else:
            piece = bytes(
                (b & 0x20 | 0x41) + ((b | 0x20) - 0x61 - shift) % 26 if is_letter(b) else b for b in piece
            )
        decoded.add(piece, start, start)


def normalize(data: bytes) -> tuple[bytes, bytes]:
    decoded = Decoded()
    text = scalars(data, decoded)
    alphabet, base64 = Alphabet(), Base64Run()
    out = bytearray()
    i, n = 0, len(text)
    chunk_end = hex_seen = leet_words = 0
    while i < n:
        b = text[i]
        if is_space(b):
            out.append(b)
            i += 1
            continue
        if i >= chunk_end:
            # A new chunk: what stands between white space.
            chunk_end = i
            escapes = 0
            while chunk_end < n and not is_space(text[chunk_end]):
                escapes += text[chunk_end] in b"%&\\"
                chunk_end += 1
            if escapes >= 3 and (piece := unescape(text[i : min(chunk_end, i + DECODED_LIMIT)])) is not None:
                decoded.add(piece, i, chunk_end)
        before = text[i - 1] if i > 0 else 0x20
        if before >= 0x80 or is_alnum(before) or not (is_alnum(b) or b in b"@$!\\"):
            out.append(b)
            i += 1
            continue
        # The start of a word.
        joined, end = _joined(text, i)
        if joined is not None:
            out += joined
            alphabet.see(bytes(joined), i)
            i = end
            continue
        if (hex_value(b) >= 0 or b == 0x5C) and i >= hex_seen:
            piece, hex_end = hex_pairs(text, i)
            if len(piece) >= 8 and (hex_end == n or not is_alnum(text[hex_end])) and is_readable(piece):
                decoded.add(piece[:DECODED_LIMIT], i, hex_end)
            hex_seen = hex_end
        if b == 0x5C:
            out.append(b)
            i += 1
            continue
        if (piece := base64.decoded(text, i)) is not None:
            decoded.add(piece, i, base64.end)
            out += text[i : base64.end]
            i = base64.end
            continue
        word_end, has_leet, has_letter = i, False, False
        while word_end < n and (is_alnum(text[word_end]) or text[word_end] in b"@$!"):
            has_letter = has_letter or is_letter(text[word_end])
            has_leet = has_leet or not is_letter(text[word_end])
            word_end += 1
        if not has_leet:
            if word_end == n or text[word_end] < 0x80:
                alphabet.see(text[i:word_end], i)
            out += text[i:word_end]
            i = word_end
            continue
        if has_letter:
            start, stop = i, word_end
            is_usual = leet_words >= USUAL_WORDS
            trimmed = b"@!" if is_usual else b"@$!"
            while start < stop and text[start] in trimmed:
                start += 1
            while stop > start and text[stop - 1] in trimmed:
                stop -= 1
            mail = 0x40 in text[start:stop] and stop + 1 < n and text[stop] == 0x2E and is_letter(text[stop + 1])
            plain = None if mail else undo_leet(text[start:stop], is_usual)
            if plain is not None:
                leet_words += 1
                out += text[i:start] + plain + text[stop:word_end]
                i = word_end
                continue
        out += text[i:word_end]
        i = word_end
    alphabet.decode(text, decoded)
    return bytes(out), bytes(decoded.bytes)


def _joined(text: bytes, i: int) -> tuple[bytes | None, int]:
    """A word that was cut into letters (at least four, one and the same sign between) or into pieces of up to three
    letters (at least three; if three, none a word of honest compounds)."""
    n = len(text)
    # Most words fail here: more than three letters at the start.
    j = i
    while j < n and j - i < 4 and is_letter(text[j]):
        j += 1
    if not 1 <= j - i <= 3 or j + 1 >= n:
        return None, i
    sign = text[j]
    if sign not in SPLITTERS and sign != 0x20 or not is_letter(text[j + 1]):
        return None, i
    longest = 1 if sign == 0x20 else 3
    pieces, end, start = [], i, i
    while True:
        j = start
        while j < n and j - start <= longest and is_letter(text[j]):
            j += 1
        if not 1 <= j - start <= longest or (j < n and (is_alnum(text[j]) or text[j] >= 0x80)):
            if sign == 0x20 and pieces:
                break  # the last letter's word goes on: the word before it ends here
            return None, i
        pieces.append(text[start:j])
        end = j
        if j + 1 < n and text[j] == sign and is_letter(text[j + 1]) and len(pieces) < 64:
            start = j + 1
            continue
        break
    single = all(len(p) == 1 for p in pieces)
    if len(pieces) < (4 if single else 3):
        return None, i
    if not single and sign in b"/+,._":
        return None, i
    if not single and len(pieces) == 3 and any(p.lower().decode() in COMPOUND_PARTS for p in pieces):
        return None, i
    return b"".join(pieces), end
