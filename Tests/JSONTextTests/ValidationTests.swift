import Foundation
import JSONText
import Testing

private func foundationAccepts(_ document: [UInt8]) -> Bool {
  (try? JSONSerialization.jsonObject(with: Data(document), options: .fragmentsAllowed)) != nil
}

private func accepts(_ document: [UInt8], depthLimit: Int = JSONCursor.defaultDepthLimit) -> Bool {
  (try? JSONText.validate(document, depthLimit: depthLimit)) != nil
}

private func fault(_ document: [UInt8], depthLimit: Int = JSONCursor.defaultDepthLimit)
  -> JSONError?
{
  do {
    try JSONText.validate(document, depthLimit: depthLimit)
    return nil
  } catch {
    return error
  }
}

private func fault(_ document: String) -> JSONError? { fault(Array(document.utf8)) }

private func nested(_ depth: Int) -> [UInt8] {
  [UInt8](repeating: UInt8(ascii: "["), count: depth)
    + [UInt8](repeating: UInt8(ascii: "]"), count: depth)
}

struct ValidationTests {
  @Test("every valid document is accepted, and Foundation agrees")
  func validDocumentsAreAccepted() {
    for document in validDocuments {
      #expect(fault(document) == nil, "\(String(decoding: document, as: UTF8.self))")
      #expect(foundationAccepts(document), "\(String(decoding: document, as: UTF8.self))")
    }
  }

  @Test("every invalid document is refused, and Foundation agrees")
  func invalidDocumentsAreRefused() {
    for document in invalidDocuments {
      #expect(!accepts(document), "\(String(decoding: document, as: UTF8.self))")
      #expect(!foundationAccepts(document), "\(String(decoding: document, as: UTF8.self))")
    }
  }

  @Test("huge numbers and lone surrogates are accepted, which Foundation refuses")
  func laxerThanFoundation() {
    for document in validButRefusedByFoundation {
      #expect(fault(document) == nil, "\(String(decoding: document, as: UTF8.self))")
      #expect(!foundationAccepts(document), "\(String(decoding: document, as: UTF8.self))")
    }
  }

  @Test(
    "trailing commas, byte order marks and other encodings are refused, which Foundation accepts")
  func stricterThanFoundation() {
    for document in invalidButAcceptedByFoundation {
      #expect(!accepts(document), "\(document)")
      #expect(foundationAccepts(document), "\(document)")
    }
  }

  @Test("no proper prefix of an object is a document, nor is one with a byte more")
  func prefixesAreRefused() {
    let document = Array(#"{"a":[1.5e3,true,null,"é\n😀"],"b":{"c":"\ud83d\ude00"}}"#.utf8)
    #expect(accepts(document))
    for length in 0..<document.count {
      #expect(!accepts(Array(document[..<length])), "\(length) bytes")
    }
    #expect(!accepts(document + [UInt8(ascii: "}")]))
  }

  @Test("a string is judged alike at every length and alignment of its special byte")
  func specialBytesAtEveryPlace() {
    for length in 0..<150 {
      for place in 0...length {
        var text = [UInt8](repeating: UInt8(ascii: "x"), count: length)
        text.insert(contentsOf: Array("é".utf8), at: place)
        #expect(accepts([0x22] + text + [0x22]))
        text[place] = 0x1F
        text[place + 1] = 0x1F
        #expect(
          fault([0x22] + text + [0x22]) == JSONError(offset: place + 1, reason: .controlCharacter))
      }
    }
  }

  @Test("10 000 levels are accepted, 10 001 are not, and the limit can be set")
  func depthLimit() {
    #expect(fault(nested(10_000)) == nil)
    #expect(fault(nested(10_001)) == JSONError(offset: 10_000, reason: .tooDeep))
    #expect(fault(nested(3), depthLimit: 3) == nil)
    #expect(fault(nested(4), depthLimit: 3) == JSONError(offset: 3, reason: .tooDeep))
    #expect(fault(Array("1".utf8), depthLimit: 0) == nil)
    #expect(fault(Array("[]".utf8), depthLimit: 0) == JSONError(offset: 0, reason: .tooDeep))
  }

  @Test("objects and arrays are told apart at every level")
  func mixedNesting() {
    var opening: [UInt8] = []
    var closing: [UInt8] = []
    for level in 0..<300 {
      let isObject = level % 3 == 0 || level % 7 == 0
      opening += isObject ? Array("{\"k\":".utf8) : [UInt8(ascii: "[")]
      closing.append(isObject ? UInt8(ascii: "}") : UInt8(ascii: "]"))
    }
    closing.reverse()
    #expect(accepts(opening + Array("1".utf8) + closing))
    for index in closing.indices {
      var wrong = closing
      wrong[index] = wrong[index] == UInt8(ascii: "}") ? UInt8(ascii: "]") : UInt8(ascii: "}")
      #expect(!accepts(opening + Array("1".utf8) + wrong))
    }
  }

  @Test("a document of 64 MiB is scanned")
  func largeDocument() {
    let length = 64 << 20
    let document = [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
      buffer.initialize(repeating: UInt8(ascii: "a"))
      buffer[0] = UInt8(ascii: "\"")
      buffer[length - 1] = UInt8(ascii: "\"")
      count = length
    }
    #expect(fault(document) == nil)
  }

  @Test("a fault names its place and its reason")
  func faultsNameTheirPlace() {
    #expect(fault("") == JSONError(offset: 0, reason: .unexpectedEnd))
    #expect(fault("[1,]") == JSONError(offset: 3, reason: .expectedValue))
    #expect(fault("[1 2]") == JSONError(offset: 3, reason: .expectedCommaOrClosingBracket))
    #expect(fault("{\"a\":1 2}") == JSONError(offset: 7, reason: .expectedCommaOrClosingBrace))
    #expect(fault("{\"a\" 1}") == JSONError(offset: 5, reason: .expectedColon))
    #expect(fault("{1:1}") == JSONError(offset: 1, reason: .expectedKey))
    #expect(fault("{\"a\":1,}") == JSONError(offset: 7, reason: .expectedKey))
    #expect(fault("[trux]") == JSONError(offset: 4, reason: .invalidLiteral))
    #expect(fault("[01]") == JSONError(offset: 2, reason: .invalidNumber))
    #expect(fault("1.") == JSONError(offset: 2, reason: .unexpectedEnd))
    #expect(fault("\"abc") == JSONError(offset: 4, reason: .unterminatedString))
    #expect(fault("\"a\\q\"") == JSONError(offset: 3, reason: .invalidEscape))
    #expect(fault("\"\\u00g0\"") == JSONError(offset: 5, reason: .invalidEscape))
    #expect(fault(bytes("\"ab", [0xC3], "\"")) == JSONError(offset: 3, reason: .invalidUTF8))
    #expect(fault("{} x") == JSONError(offset: 3, reason: .trailingBytes))
    #expect(
      JSONError(offset: 3, reason: .trailingBytes).description
        == "bytes after the end of the value at byte 3")
  }
}
