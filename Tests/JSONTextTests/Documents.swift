// Documents that are JSON, documents that are not, and those on which Foundation's parser judges otherwise.

/// A text and bytes that no Swift string can hold, put together.
func bytes(_ parts: Any...) -> [UInt8] {
  parts.flatMap { part -> [UInt8] in
    if let text = part as? String { return Array(text.utf8) }
    if let raw = part as? [UInt8] { return raw }
    if let raw = part as? [Int] { return raw.map { UInt8($0) } }
    preconditionFailure("a document is made of strings and bytes")
  }
}

/// Accepted.
let validDocuments: [[UInt8]] = [
  "{}", "[]", " {} ", "\t[\n]\r\n", "{ }", "[ ]", "\"\"", "\" \"", "0", "-0", "1", "-1", "9", "10",
  "1234567890",
  "0.0", "0.5", "-0.5", "1.25", "1e1", "1E1", "1e+1", "1e-1", "1.5e10", "-1.5E-10", "0e0", "0e+5",
  "0E-5", "0.1e1",
  "123456789012345678", "true", "false", "null", " true", "null ", "[true]", "[false,null]",
  "[1,2,3]", "[ 1 , 2 ]",
  "[[]]", "[[],[]]", "[{}]", "[[[[[[[[]]]]]]]]", "{\"a\":1}", "{\"a\":{}}", "{\"a\":[]}",
  "{\"a\":1,\"b\":2}",
  "{ \"a\" : 1 , \"b\" : 2 }", "{\"\":0}", "{\"a\":{\"b\":{\"c\":[1,{\"d\":null}]}}}",
  "{\"a\":\"b\",\"c\":[\"d\"]}",
  "[\"a\",\"b\"]", "[\"\\\"\"]", "[\"\\\\\"]", "[\"\\/\"]", "[\"\\b\\f\\n\\r\\t\"]",
  "[\"\\u0041\"]", "[\"\\u00e9\"]",
  "[\"\\u00E9\"]", "[\"\\uFFFF\"]", "[\"\\u0000\"]", "[\"\\u001f\"]", "[\"\\ud83d\\ude00\"]",
  "[\"\\uD83D\\uDE00x\"]",
  "[\"\\u2028\"]", "[\"\\\\u0041\"]", "[\"a\\\\\"]", "[\"é\"]", "[\"日本語\"]", "[\"😀\"]",
  "[\"\u{7F}\"]", "[\"\u{80}\"]",
  "[\"\u{7FF}\u{800}\u{FFFF}\u{10000}\u{10FFFF}\"]", "[\"\u{D7FF}\u{E000}\"]", "[\"/\"]", "[\"'\"]",
  "[\"{[,:]}\"]",
  "[\"a very long string of more than sixty-four bytes, so that the wide steps of the scanner are taken too\"]",
  "[\"exactly sixteen!\"]", "[\"exactly thirty-two bytes of text\"]",
  "{\"exactly sixteen!\":\"x\"}",
  "[\"fifteen bytes..\"]", "[\"seventeen bytes..\"]", "[\"0123456789abcdef0123456789abcde\\n\"]",
  "[1.7976931348623157e308]", "[5e-324]", "[0.1,0.2]", "\n\n{\n\t\"a\"\n:\r1\n}\n", "[1\n,2]",
  "[-1]", "[-0.0]",
  "{\"a\":true,\"b\":false,\"c\":null,\"d\":1,\"e\":\"\",\"f\":[],\"g\":{}}",
].map { Array($0.utf8) }

/// Refused, by Foundation too.
let invalidDocuments: [[UInt8]] =
  [
    "", " ", "\n", "{", "}", "[", "]", "{]", "[}", "[1", "[1,", "[,1]", "[,]", "[1,,2]", "[1 2]",
    "[1:2]", "{\"a\"}",
    "{\"a\":}", "{\"a\":1", "{\"a\":1,", "{,\"a\":1}", "{\"a\" 1}", "{\"a\",1}",
    "{\"a\":1 \"b\":2}",
    "{\"a\":1,,\"b\":2}", "{a:1}", "{'a':1}", "{1:1}", "{null:1}", "{\"a\":1}}", "{\"a\":1}{}",
    "[][]", "[]1", "1 2", "{}\"\"",
    "[1]x", "tru", "truth", "True", "TRUE", "fals", "falsy", "nul", "nulL", "NULL", "nil",
    "undefined", "NaN", "Infinity",
    "-Infinity", "[NaN]", "+1", "[+1]", "01", "[01]", "-01", "-", "[-]", "--1", "1.", "[1.]", ".5",
    "[.5]", "-.5", "1.e1",
    "1e", "[1e]", "1e+", "1e-", "[1e+]", "1.5.5", "1ee1", "1e1.5", "0x10", "[0x1]", "1_000", "[1a]",
    "[1+2]", "00", "[-00]",
    "\"", "\"a", "[\"a]", "[\"a", "'a'", "[\"a\\\"]", "\"\\\"", "[\"\\x41\"]", "[\"\\a\"]",
    "[\"\\'\"]", "[\"\\0\"]", "[\"\\U0041\"]",
    "[\"\\u\"]", "[\"\\u0\"]", "[\"\\u00\"]", "[\"\\u004\"]", "[\"\\u004g\"]", "[\"\\u 041\"]",
    "[\"\\u+041\"]", "[\"\\", "[\"\\u00",
    "[\"\n\"]", "[\"\t\"]", "[\"\r\"]", "[\"\u{0}\"]", "[\"\u{1F}\"]",
    "[\"sixteen bytes of\u{1}\"]", "{\"a\nb\":1}",
    "// comment\n{}", "/* comment */{}", "{}//", "{\"a\":1,/* */\"b\":2}", "#", "[1;2]", "(1)",
    "<a>", "[\u{0C}]", "[\u{0B}1]",
    "[\u{A0}]", "{\"a\":1]", "[1}", "[[[", "]]]", "{\"a\":{\"b\":1}", "[\"a\",\n\"b\"",
    "[\"a\"\"b\"]", "{\"a\":\"b\"\"c\"}", "\\", ",", ":",
    "{\"a\"::1}", "{:1}", "*", "[*]", "{\"a\":tru}", "[\"\\uD83D\\u\"]", "[\"\\uD83D\\u00\"]",
    "[\"\\ud83d\\x\"]",
  ].map { Array($0.utf8) } + [
    bytes("[\"", [0xFF], "\"]"), bytes("[\"", [0xFE], "\"]"), bytes("[\"", [0x80], "\"]"),
    bytes("[\"", [0xBF], "\"]"),
    bytes("[\"", [0xC0, 0x80], "\"]"), bytes("[\"", [0xC1, 0xBF], "\"]"),
    bytes("[\"", [0xC3], "\"]"),
    bytes("[\"", [0xC3, 0x28], "\"]"), bytes("[\"", [0xE0, 0x80, 0x80], "\"]"),
    bytes("[\"", [0xE0, 0x9F, 0xBF], "\"]"),
    bytes("[\"", [0xE2, 0x82], "\"]"), bytes("[\"", [0xE2, 0x28, 0xA1], "\"]"),
    bytes("[\"", [0xED, 0xA0, 0x80], "\"]"),
    bytes("[\"", [0xED, 0xBF, 0xBF], "\"]"), bytes("[\"", [0xF0, 0x80, 0x80, 0x80], "\"]"),
    bytes("[\"", [0xF0, 0x8F, 0xBF, 0xBF], "\"]"), bytes("[\"", [0xF0, 0x9F, 0x98], "\"]"),
    bytes("[\"", [0xF4, 0x90, 0x80, 0x80], "\"]"), bytes("[\"", [0xF5, 0x80, 0x80, 0x80], "\"]"),
    bytes("[\"", [0xF8, 0x88, 0x80, 0x80, 0x80], "\"]"), bytes("[\"\\", [0xC3, 0xA9], "\"]"),
    bytes("\"", [0xE2, 0x82]),
    bytes("\"", [0xF0, 0x9F, 0x98]), bytes("\"", [0xC3]), bytes([0xE9]), bytes("[", [0xFF], "]"),
    bytes("{\"", [0xB9], "\":1}"),
    bytes("[\"a plain text of some length and then ", [0xE2, 0x82], "\"]"), bytes("{}", [0]),
    bytes("[1", [0], "]"),
  ]

/// Accepted by us and refused by Foundation: numbers that no double can hold, and escapes of lone surrogates.
let validButRefusedByFoundation: [[UInt8]] = [
  "1e999", "[-1e999]", "[\"\\ud800\"]", "[\"\\udc00\"]", "[\"\\ud800x\"]", "[\"\\ud800\\n\"]",
  "[\"\\ud800\\ud800\"]",
  "[\"\\ud800\\u0041\"]", "[\"\\udc00\\ud800\"]", "{\"\\udfff\":1}",
].map { Array($0.utf8) }

/// Refused by us and accepted by Foundation: one comma before a closing brace or bracket, a byte order mark, and
/// encodings other than UTF-8.
let invalidButAcceptedByFoundation: [[UInt8]] = [
  bytes("[1,]"), bytes("{\"a\":1,}"), bytes("[[1 , ] ,\n]"),
  bytes([0xEF, 0xBB, 0xBF], "{}"), bytes("[", [0], "]", [0]), bytes([0], "[", [0], "]"),
  bytes([0xFF, 0xFE], "[", [0], "]", [0]), bytes([0xFE, 0xFF, 0], "[", [0], "]"),
]
