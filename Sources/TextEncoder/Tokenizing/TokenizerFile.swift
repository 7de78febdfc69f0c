/// Reads a `tokenizer.json` into a ``Tokenizer``'s parts.
struct TokenizerFile {
  private typealias Entry = (piece: [UInt8], id: UInt32)

  private let root: JSONNode
  private let path: String
  private let modelNode: JSONNode
  private let vocabulary: [Entry]
  private let added: [(piece: [UInt8], id: UInt32, isSpecial: Bool, isNormalized: Bool)]
  let vocabularySize: Int

  init(_ json: UnsafeRawBufferPointer, path: String) throws(EncoderModelError) {
    root = try JSONNode(json, path: path)
    self.path = path
    guard let model = root["model"] else { throw EncoderModelError(path, "has no model; is it a tokenizer.json?") }
    modelNode = model
    guard let entries = model["vocab"], entries.isObject else {
      throw EncoderModelError(path, "model.vocab is no object of tokens; WordPiece and BPE vocabularies are read")
    }
    var vocabulary: [Entry] = []
    var highest = 0
    var isBroken = false
    entries.forEachEntry { key, value in
      guard let id = value.integer, (0..<1 << 24).contains(id) else {
        isBroken = true
        return
      }
      highest = max(highest, id)
      vocabulary.append((key, UInt32(id)))
    }
    guard !isBroken, !vocabulary.isEmpty else {
      throw EncoderModelError(path, "model.vocab: ids are numbers from 0 to 16,777,215")
    }
    var added: [(piece: [UInt8], id: UInt32, isSpecial: Bool, isNormalized: Bool)] = []
    for token in root["added_tokens"]?.elements ?? [] {
      guard let content = token["content"]?.utf8, let id = token["id"]?.integer, (0..<1 << 24).contains(id) else {
        throw EncoderModelError(path, "added_tokens: each needs content and an id")
      }
      highest = max(highest, id)
      added.append(
        (content, UInt32(id), token["special"]?.boolean ?? false, token["normalized"]?.boolean ?? false))
    }
    self.vocabulary = vocabulary
    self.added = added
    vocabularySize = highest + 1
  }

  private func refuse(_ place: String, _ type: String, _ known: String) -> EncoderModelError {
    EncoderModelError(path, "\(place): \(type) is not supported; there are: \(known)")
  }

  func model() throws(EncoderModelError) -> Tokenizer.Model {
    let type = modelNode["type"]?.string ?? (modelNode["merges"] == nil ? "WordPiece" : "BPE")
    switch type {
    case "WordPiece": return .wordPiece(try wordPiece())
    case "BPE": return .bytePair(try bytePair())
    default: throw refuse("model.type", type, "WordPiece, BPE")
    }
  }

  /// The special tokens before and behind a single text.
  func template() throws(EncoderModelError) -> (prefix: [UInt32], suffix: [UInt32]) {
    var processors = root["post_processor"].map { [$0] } ?? []
    if let first = processors.first, first["type"]?.string == "Sequence" {
      processors = first["processors"]?.elements ?? []
    }
    for processor in processors {
      switch processor["type"]?.string ?? "" {
      case "TemplateProcessing":
        var prefix: [UInt32] = []
        var suffix: [UInt32] = []
        var isBehind = false
        for piece in processor["single"]?.elements ?? [] {
          if piece["Sequence"] != nil { isBehind = true }
          guard let name = piece["SpecialToken"]?["id"]?.utf8 else { continue }
          var ids: [UInt32] = []
          processor["special_tokens"]?.forEachEntry { key, value in
            guard key == name, let numbers = value["ids"]?.elements.map(\.integer) else { return }
            ids = numbers.compactMap { $0.flatMap { (0..<vocabularySize).contains($0) ? UInt32($0) : nil } }
            if ids.count < numbers.count { ids = [] }
          }
          guard !ids.isEmpty else {
            throw EncoderModelError(
              path,
              "post_processor: special token \(String(decoding: name, as: UTF8.self)) has no ids of the vocabulary")
          }
          if isBehind { suffix += ids } else { prefix += ids }
        }
        return (prefix, suffix)
      case "BertProcessing", "RobertaProcessing":
        guard let cls = processor["cls"]?.elements.last?.integer, let sep = processor["sep"]?.elements.last?.integer,
          (0..<vocabularySize).contains(cls), (0..<vocabularySize).contains(sep)
        else { throw EncoderModelError(path, "post_processor: cls and sep are pairs of a text and an id") }
        return ([UInt32(cls)], [UInt32(sep)])
      case "ByteLevel": continue
      case let type: throw refuse("post_processor.type", type, "TemplateProcessing, BertProcessing, RobertaProcessing")
      }
    }
    return ([], [])
  }

  // MARK: WordPiece

  private func wordPiece() throws(EncoderModelError) -> WordPieceModel {
    if let splitter = root["pre_tokenizer"]?["type"]?.string, splitter != "BertPreTokenizer" {
      throw refuse("pre_tokenizer.type", splitter, "BertPreTokenizer, for WordPiece")
    }
    let normalizer = root["normalizer"]
    guard normalizer?["type"]?.string == "BertNormalizer" else {
      throw refuse("normalizer.type", normalizer?["type"]?.string ?? "none", "BertNormalizer, for WordPiece")
    }
    let lowercases = normalizer?["lowercase"]?.boolean ?? true
    let options = BertCharacters.Options(
      cleansText: normalizer?["clean_text"]?.boolean ?? true,
      spacesHan: normalizer?["handle_chinese_chars"]?.boolean ?? true,
      stripsAccents: normalizer?["strip_accents"]?.boolean ?? lowercases, lowercases: lowercases)
    let unknown = modelNode["unk_token"]?.utf8 ?? Array("[UNK]".utf8)
    guard let unknownID = vocabulary.first(where: { $0.piece == unknown })?.id else {
      throw EncoderModelError(path, "model.vocab lacks the unknown token \(String(decoding: unknown, as: UTF8.self))")
    }
    return WordPieceModel(
      vocabulary: vocabulary, continuingPrefix: modelNode["continuing_subword_prefix"]?.utf8 ?? Array("##".utf8),
      unknown: unknownID, wordLimit: modelNode["max_input_chars_per_word"]?.integer ?? 100, options: options)
  }

  // MARK: BPE

  private func bytePair() throws(EncoderModelError) -> BytePairModel {
    for name: StaticString in ["continuing_subword_prefix", "end_of_word_suffix"] {
      if let value = modelNode[name]?.string, !value.isEmpty {
        throw refuse("model.\(name)", "\"\(value)\"", "none")
      }
    }
    var normalizations: [BytePairModel.Normalization] = []
    if let normalizer = root["normalizer"] { try read(normalizer: normalizer, into: &normalizations) }
    let words = try root["pre_tokenizer"].map { node throws(EncoderModelError) in try self.words(node) } ?? .whole
    let isByteLevel = if case .byteLevel = words { true } else { false }
    let fallsBack = modelNode["byte_fallback"]?.boolean ?? false
    // Pieces of a byte-level vocabulary are written in a character a byte; here they are bytes.
    let pieces =
      isByteLevel ? vocabulary.map { Entry(ByteCharacters.bytes(of: $0.piece) ?? $0.piece, $0.id) } : vocabulary
    let table = PieceTable(pieces)
    var byteTokens = [UInt32?](repeating: nil, count: 256)
    for byte in 0..<256 {
      if isByteLevel {
        byteTokens[byte] = table.id(of: [UInt8(byte)])
      } else if fallsBack {
        let digits = Array("0123456789ABCDEF".utf8)
        byteTokens[byte] = table.id(of: Array("<0x".utf8) + [digits[byte >> 4], digits[byte & 15], UInt8(ascii: ">")])
      }
    }
    let unknown = modelNode["unk_token"]?.utf8.flatMap { name in vocabulary.first { $0.piece == name }?.id }
    let others = added.filter { !$0.isSpecial }
    // Tokens that are looked for in normalised text are normalised themselves.
    let normalized = others.filter(\.isNormalized).map { token in
      Entry(
        token.piece.withUnsafeBytes { raw in
          var text = NormalizedText(raw, 0..<raw.count)
          for step in normalizations {
            switch step {
            case .compose: text.compose()
            case .replace(let pattern, let content): text.replace(pattern, with: content)
            case .prepend(let content): text.prepend(content)
            }
          }
          return text.bytes
        }, token.id)
    }
    return BytePairModel(
      normalizations: normalizations, words: words, merges: try merges(PieceTable(vocabulary)), vocabulary: table,
      byteTokens: byteTokens, fallsBackToBytes: fallsBack, fusesUnknown: modelNode["fuse_unk"]?.boolean ?? false,
      ignoresMerges: modelNode["ignore_merges"]?.boolean ?? false, unknown: unknown,
      added: AddedTokens(others.filter { !$0.isNormalized }.map { Entry($0.piece, $0.id) }),
      normalizedAdded: AddedTokens(normalized))
  }

  private func merges(_ table: PieceTable) throws(EncoderModelError) -> BytePairMerges {
    var merges: [(left: UInt32, right: UInt32, merged: UInt32)] = []
    var problem: String?
    modelNode["merges"]?.forEachElement { node in
      var parts: [[UInt8]] = node.elements.compactMap { $0.utf8 }
      if let text = node.utf8, let space = text.firstIndex(of: UInt8(ascii: " ")) {
        parts = [Array(text[..<space]), Array(text[(space + 1)...])]
      }
      guard parts.count == 2, let left = table.id(of: parts[0]), let right = table.id(of: parts[1]),
        let merged = table.id(of: parts[0] + parts[1])
      else {
        problem = problem ?? "model.merges[\(merges.count)]: both parts and their sum must be in model.vocab"
        return
      }
      merges.append((left, right, merged))
    }
    if let problem { throw EncoderModelError(path, problem) }
    return BytePairMerges(merges)
  }

  private func read(
    normalizer: JSONNode, into list: inout [BytePairModel.Normalization]
  ) throws(EncoderModelError) {
    switch normalizer["type"]?.string ?? "" {
    case "Sequence":
      for step in normalizer["normalizers"]?.elements ?? [] { try read(normalizer: step, into: &list) }
    case "NFC": list.append(.compose)
    case "Replace":
      guard let pattern = normalizer["pattern"]?["String"]?.utf8, let content = normalizer["content"]?.utf8 else {
        throw refuse("normalizer.pattern", "a regular expression", "String")
      }
      list.append(.replace(pattern, content))
    case "Prepend":
      list.append(.prepend(normalizer["prepend"]?.utf8 ?? []))
    case let type: throw refuse("normalizer.type", type, "NFC, Replace, Prepend, Sequence, for BPE")
    }
  }

  private static let wordPattern = #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#

  private func words(_ node: JSONNode) throws(EncoderModelError) -> BytePairModel.Words {
    switch node["type"]?.string ?? "" {
    case "ByteLevel":
      return .byteLevel(
        addsSpace: node["add_prefix_space"]?.boolean ?? true, splits: node["use_regex"]?.boolean ?? true)
    case "Metaspace":
      let scheme = node["prepend_scheme"]?.string ?? (node["add_prefix_space"]?.boolean == false ? "never" : "always")
      guard let prepends = BytePairModel.Prepending(rawValue: scheme) else {
        throw refuse("pre_tokenizer.prepend_scheme", scheme, "always, first, never")
      }
      return .metaspace(
        mark: node["replacement"]?.utf8 ?? Array("▁".utf8), prepends: prepends, splits: node["split"]?.boolean ?? true)
    case "Split":
      guard node["pattern"]?["String"]?.string == " ", node["behavior"]?.string == "MergedWithPrevious" else {
        throw refuse("pre_tokenizer", "this Split", "the pattern \" \" with MergedWithPrevious")
      }
      return .behindSpaces
    case "Sequence":
      let parts = node["pretokenizers"]?.elements ?? []
      if parts.count == 1 { return try words(parts[0]) }
      if parts.count == 2, parts[0]["type"]?.string == "Split", parts[0]["behavior"]?.string == "Isolated",
        parts[0]["pattern"]?["Regex"]?.string == Self.wordPattern, parts[1]["type"]?.string == "ByteLevel",
        parts[1]["use_regex"]?.boolean == false
      {
        return .byteLevel(addsSpace: parts[1]["add_prefix_space"]?.boolean ?? true, splits: true)
      }
      throw refuse("pre_tokenizer", "this Sequence", "Split by GPT-2's pattern with ByteLevel")
    case let type: throw refuse("pre_tokenizer.type", type, "ByteLevel, Metaspace, Split, Sequence, for BPE")
    }
  }
}
