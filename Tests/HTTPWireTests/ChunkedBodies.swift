/// Chunked bodies, refused and taken.
enum ChunkedBodies {
  /// Refused as bad chunks.
  static let malformed = [
    "\r\n", "\n", " ", "g\r\n", "-1\r\n", "+5\r\nhello\r\n", " 5\r\nhello\r\n", "5 \r\nhello\r\n", "5\t\r\nhello\r\n",
    "5\nhello\r\n", "5\r\r\n", "5\rhello", "0x5\r\nhello\r\n", "5h\r\n", "5;\nhello", "5;a\u{0}\r\n", "5;a\u{7F}\r\n",
    "5;a\rb", ";a\r\n", "5 ;a=b\r\n", "5,\r\n", "5\u{B}\r\n", "\u{E9}\r\n", "5\u{0}\r\n", "\"5\"\r\n", "5=1\r\n",
    "1000000000000000\r\n", "ffffffffffffffff\r\n", "0000000000000005\r\nhello\r\n",
    "fffffffffffffffffffffffffffffffff\r\n", "5\r\nhelloX", "5\r\nhello\n", "5\r\nhello\rX", "5\r\nhello5\r\n",
    "3\r\nhello\r\n", "5\r\nhello\r\r\n", "5\r\nhello\r\n\r\n", "0\n\n", "0\r\r\n", "0\r\n\n", "0\r\n\rX",
    "0\r\n X: y\r\n\r\n", "0\r\n\tX: y\r\n\r\n", "0\r\n: v\r\n\r\n", "0\r\na\u{0}: v\r\n\r\n", "0\r\na: \u{0}\r\n\r\n",
    "0\r\na: v\n\r\n", "0\r\na: v\rb", "0\r\na: v\r\n b\r\n\r\n", "0\r\nfoo\r\n\r\n", "0\r\nfoo : x\r\n\r\n",
    "0\r\nfoo bar: x\r\n\r\n", "0\r\na: v\r\n(b): v\r\n\r\n", "0\r\nf\u{F6}o: x\r\n\r\n",
  ]

  /// With payload and length.
  static let wellFormed: [(String, payload: String, end: Int)] = [
    ("0\r\n\r\n", "", 5),
    ("5\r\nhello\r\n0\r\n\r\n", "hello", 15),
    ("05\r\nhello\r\n00\r\n\r\n", "hello", 17),
    ("000000000000005\r\nhello\r\n0\r\n\r\n", "hello", 29),
    ("1\r\na\r\n1\r\nb\r\n0\r\n\r\n", "ab", 17),
    ("A\r\n0123456789\r\n0\r\n\r\n", "0123456789", 20),
    ("a\r\n0123456789\r\n0\r\n\r\n", "0123456789", 20),
    ("1A\r\nabcdefghijklmnopqrstuvwxyz\r\n0\r\n\r\n", "abcdefghijklmnopqrstuvwxyz", 37),
    ("5;a\r\nhello\r\n0\r\n\r\n", "hello", 17),
    ("5;\r\nhello\r\n0\r\n\r\n", "hello", 16),
    ("5;a=b;c=\"d e\"\r\nhello\r\n0;x\r\n\r\n", "hello", 29),
    ("5; a = b\r\nhello\r\n0\r\n\r\n", "hello", 22),
    ("2\r\n\r\n\r\n0\r\n\r\n", "\r\n", 12),
    ("7\r\n0\r\n\r\n0\n\r\n0\r\n\r\n", "0\r\n\r\n0\n", 17),
    ("0\r\nA: b\r\n\r\n", "", 11),
    ("0\r\nA:\r\n\r\n", "", 9),
    ("0\r\nA: b\r\nC:d\te\r\n\r\n", "", 18),
    ("0\r\nX-E: \u{E9}\r\n\r\n", "", 14),
    ("5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\nGET / HTTP/1.1\r\n", "hello", 25),
    ("0\r\n\r\n0\r\n\r\n", "", 5),
  ]

  /// Bodies that go on, with what they give so far.
  static let unfinished: [(String, payload: String)] = [
    ("", ""), ("5", ""), ("5\r", ""), ("5\r\n", ""), ("5;a", ""), ("5\r\nhe", "he"), ("5\r\nhello", "hello"),
    ("5\r\nhello\r", "hello"), ("5\r\nhello\r\n", "hello"), ("5\r\nhello\r\n0", "hello"), ("0\r\n", ""),
    ("0\r\n\r", ""),
    ("0\r\nA", ""), ("0\r\nA: b", ""), ("0\r\nA: b\r", ""), ("0\r\nA: b\r\n", ""), ("0\r\nA: b\r\n\r", ""),
    ("fffffffffffffff\r\n", ""),
  ]
}
