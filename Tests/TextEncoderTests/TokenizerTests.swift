import Foundation
import Testing

@testable import TextEncoder

@Suite("Tokenizers")
struct TokenizerTests {
  private func tokenizer(_ name: String) throws -> Tokenizer {
    let bytes = [UInt8](try #require(FileManager.default.contents(atPath: Fixtures.path(name))))
    return try bytes.withUnsafeBytes { try Tokenizer(json: $0, path: name) }
  }

  @Test(
    "byte-pair tokens are those of the tokenizers library", arguments: ["byte-level", "metaspace", "marked-spaces"])
  func bytePair(name: String) throws {
    let tokenizer = try tokenizer("\(name).json")
    var count = 0
    for line in try String(contentsOfFile: Fixtures.path("\(name).tsv"), encoding: .utf8).split(separator: "\n") {
      let parts = line.split(separator: "\t", omittingEmptySubsequences: false)
      let text = try JSONDecoder().decode(String.self, from: Data(parts[1].utf8))
      let tokens = tokenizer.tokenize(text)
      #expect(tokens.ids == Fixtures.numbers(parts[0]), "\(text.debugDescription)")
      #expect(zip(tokens.starts, tokens.ends).allSatisfy { $0 <= $1 && Int($1) <= text.utf8.count })
      count += 1
    }
    #expect(count == 516)
  }

  @Test("WordPiece tokens are those of the tokenizers library, 2,000 texts in 17 languages")
  func wordPiece() throws {
    guard let folder = Fixtures.realModel else { return skip() }
    let file = try MappedFile(path: "\(folder)/tokenizer.json")
    let tokenizer = try Tokenizer(json: file.bytes, path: file.path)
    var differing = 0
    for line in try Fixtures.lines("wordpiece.tsv") {
      let tab = try #require(line.firstIndex(of: "\t"))
      let text = String(line[line.index(after: tab)...])
      if tokenizer.tokenize(text).ids != Fixtures.numbers(line[..<tab]) { differing += 1 }
    }
    #expect(differing == 0)
  }

  private func skip() {
    print("skipped: set SWITCHYARD_TEST_MODEL to a folder of all-MiniLM-L6-v2, or run `make bench ONLY=reading` once")
  }

  @Test("texts of special tokens are plain text")
  func specialTexts() throws {
    let tokenizer = try tokenizer("bert-sequence/tokenizer.json")
    #expect(tokenizer.prefix == [2])
    #expect(tokenizer.suffix == [3])
    #expect(!tokenizer.tokenize("a [SEP] b").ids.contains(3))
  }

  @Test("a limit ends the reading near it, and the bytes read are known")
  func limit() throws {
    for name in ["bert-sequence/tokenizer.json", "byte-level.json", "metaspace.json"] {
      let text = String(repeating: "some words of a long text, ", count: 2000)
      let tokens = try tokenizer(name).tokenize(text, limit: 100)
      #expect((100..<120).contains(tokens.count), "\(name): \(tokens.count)")
      #expect(tokens.bytesRead < 6500)
    }
  }

  @Test("a limit changes no token before it, and bounds what is read of a text without spaces")
  func longLimits() throws {
    // Twice what is read at once, cut before a word.
    let words = String(repeating: "some words of a long text, ", count: 10_000)
    for name in ["byte-level.json", "metaspace.json"] {
      let tokenizer = try tokenizer(name)
      let whole = tokenizer.tokenize(words)
      let limited = tokenizer.tokenize(words, limit: whole.count - 1)
      #expect(limited.ids.elementsEqual(whole.ids.dropLast()), "\(name)")
      let run = tokenizer.tokenize(String(repeating: "ab", count: 1 << 20), limit: 3_000)
      #expect(run.count == 3_000 && run.bytesRead <= 128 << 10, "\(name): \(run.bytesRead)")
    }
  }

  @Test("malformed UTF-8 is read without a fault")
  func malformed() throws {
    let bytes: [UInt8] = [0x61, 0xFF, 0xC3, 0x28, 0xE2, 0x82, 0xF0, 0x9F, 0x62, 0xED, 0xA0, 0x80, 0xC0, 0x80]
    for name in ["bert-sequence/tokenizer.json", "byte-level.json", "metaspace.json", "marked-spaces.json"] {
      let tokens = try bytes.withUnsafeBytes { try tokenizer(name).tokenize($0) }
      #expect(tokens.ends.allSatisfy { Int($0) <= bytes.count }, "\(name)")
    }
  }

  @Test("what a tokenizer.json asks for and is not supported is named")
  func refusals() throws {
    func message(_ json: String) -> String? {
      var json = json
      return json.withUTF8 { bytes in
        do throws(EncoderModelError) {
          _ = try Tokenizer(json: UnsafeRawBufferPointer(bytes), path: "tokenizer.json")
          return nil
        } catch { return error.description }
      }
    }
    #expect(
      message("{") == "tokenizer.json: is not JSON: expected a member name in double quotes at byte 1"
        || message("{")?.hasPrefix("tokenizer.json: is not JSON") == true)
    #expect(message("{}") == "tokenizer.json: has no model; is it a tokenizer.json?")
    #expect(
      message(#"{"model":{"type":"Unigram","vocab":{"a":0}}}"#)
        == "tokenizer.json: model.type: Unigram is not supported; there are: WordPiece, BPE")
    #expect(
      message(#"{"normalizer":{"type":"Lowercase"},"model":{"type":"BPE","vocab":{"a":0},"merges":[]}}"#)
        == "tokenizer.json: normalizer.type: Lowercase is not supported; there are: NFC, Replace, Prepend, Sequence, for BPE"
    )
    #expect(
      message(#"{"model":{"type":"BPE","vocab":{"a":0},"merges":["a b"]}}"#)
        == "tokenizer.json: model.merges[0]: both parts and their sum must be in model.vocab")
    for id in ["-1", "1", "4294967296"] {
      #expect(
        message(
          #"{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"post_processor":{"type":"TemplateProcessing","single":"#
            + #"[{"SpecialToken":{"id":"[CLS]"}}],"special_tokens":{"[CLS]":{"ids":["# + id + "]}}}}")
          == "tokenizer.json: post_processor: special token [CLS] has no ids of the vocabulary")
    }
  }
}
