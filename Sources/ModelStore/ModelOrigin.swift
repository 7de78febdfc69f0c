import Foundation

/// Where a packed model came from, kept beside it.
public struct ModelOrigin: Sendable, Equatable, Codable {
  /// The address, without a credential, or the path.
  public var source: String
  /// Whether its weights and tokenizer were compared with hashes that this program knows.
  public var isPinned: Bool
  /// SHA-256 of `model.safetensors`, in hexadecimal.
  public var weights: String
  /// SHA-256 of `tokenizer.json`.
  public var tokenizer: String
  /// SHA-256 of the packed file.
  public var packed: String

  init(source: String, isPinned: Bool, weights: String, tokenizer: String, packed: String) {
    self.source = source
    self.isPinned = isPinned
    self.weights = weights
    self.tokenizer = tokenizer
    self.packed = packed
  }

  /// - Returns: nil if the file is not there or is something else.
  init?(file: String) {
    guard let data = FileManager.default.contents(atPath: file), data.count <= 64 << 10,
      let origin = try? JSONDecoder().decode(ModelOrigin.self, from: data)
    else { return nil }
    self = origin
  }

  func write(to file: String) throws(ModelStoreError) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    do {
      try StoredFile.write(encoder.encode(self), to: file)
    } catch let error as ModelStoreError {
      throw error
    } catch {
      throw ModelStoreError(file, "cannot be written: \(error)")
    }
  }
}
