import CTextKernels

/// A model made ready for the kernels, in one file: int8 panels, tokenizer and shape.
///
/// The file is a safetensors file (other tools can list it) whose metadata holds the format's version, a checksum over
/// everything and the model's shape. It is mapped, not read: processes share its pages, and starting costs the
/// checksum (some 10 ms for 60 MB). One file fits every instruction set.
public struct PackedModel: Sendable {
  /// Raised with every change of the format; other versions are refused: pack the model again.
  public static let version = "1"
  /// The zeros in whose place the checksum is written, and where.
  private static let head = Array("{\"__metadata__\":{\"checksum\":\"0000000000000000\"".utf8)
  private static let checksumPlace = 8 + "{\"__metadata__\":{\"checksum\":\"".utf8.count

  let tensors: TensorFile
  public let configuration: EncoderConfiguration
  /// The classes of the head, in the order of its scores; empty: the model has no head.
  public let labels: [String]
  /// Which weights these are: the SHA-256 of the checkpoint's `model.safetensors` in hexadecimal, for a model with an adapter
  /// followed by `+` and that of `adapter_model.safetensors`; nil in files that were packed before this was kept.
  public let weightsDigest: String?
  let head: HeadKind?

  /// Opens a packed file.
  ///
  /// - Throws: what does not fit, if the file is damaged, of another version or of no use.
  public init(path: String) throws(EncoderModelError) {
    let tensors = try TensorFile(path: path)
    let metadata = tensors.metadata
    guard metadata["format"] == "switchyard-encoder" else {
      throw EncoderModelError(path, "is no packed model; pack the model's folder first")
    }
    guard metadata["version"] == Self.version else {
      throw EncoderModelError(
        path,
        "has version \(metadata["version"] ?? "none") and \(Self.version) is needed; pack the model's folder again")
    }
    let found = Self.checksum(tensors.file.bytes)
    guard metadata["checksum"] == found else {
      throw EncoderModelError(path, "is damaged: its checksum is \(found); pack the model's folder again")
    }
    self.tensors = tensors
    let fields = MetadataFields(values: metadata, path: path)
    configuration = try fields.configuration()
    labels =
      (metadata["labels"] ?? "").isEmpty
      ? []
      : (metadata["labels"] ?? "").split(
        separator: "\n", omittingEmptySubsequences: false
      ).map(String.init)
    weightsDigest = metadata["weights"]
    head = metadata["head"].flatMap { HeadKind(rawValue: $0) }
  }

  /// The checksum of a file's bytes as it stands in them: over all but its own 16 digits.
  private static func checksum(_ bytes: UnsafeRawBufferPointer) -> String {
    guard bytes.count > checksumPlace + 16 else { return "none" }
    let before = text_checksum(bytes.baseAddress.unsafelyUnwrapped, checksumPlace)
    let behind = text_checksum(
      bytes.baseAddress.unsafelyUnwrapped + checksumPlace + 16, bytes.count - checksumPlace - 16)
    let sum = String(before &* 31 &+ behind, radix: 16)
    return String(repeating: "0", count: 16 - sum.count) + sum
  }

  /// Packs the model of a folder: int8 weights with a scale a channel, adapter merged, tensors checked by name and
  /// shape.
  ///
  /// Reads and hashes all weights, and holds them in memory meanwhile.
  ///
  /// - Throws: the first tensor that is missing or of another shape, with what was expected.
  public static func pack(folder: String, to path: String) throws(EncoderModelError) {
    var bytes = try ModelPacker(folder: ModelFolder(path: folder)).bytes()
    precondition(bytes[8...].starts(with: head), "the checksum comes first")
    let sum = bytes.withUnsafeBytes { checksum($0) }
    bytes.replaceSubrange(checksumPlace..<checksumPlace + 16, with: Array(sum.utf8))
    try TensorFileWriter.replace(path, with: bytes)
  }

  /// A tensor of exactly that type and shape.
  func pointer<Element>(
    _ name: String, _ type: TensorType, _ shape: [Int], as element: Element.Type
  ) throws(EncoderModelError) -> UnsafePointer<Element> {
    guard let tensor = tensors.tensors[name] else { throw EncoderModelError(tensors.path, "lacks the tensor \(name)") }
    guard tensor.type == type, tensor.shape == shape, tensor.range.lowerBound % 64 == 0,
      let start = tensors.bytes(tensor).bindMemory(to: Element.self).baseAddress
    else {
      throw EncoderModelError(
        tensors.path, "tensor \(name) is \(tensor.type.rawValue) \(tensor.shape), not \(type.rawValue) \(shape)")
    }
    return start
  }

  func has(_ name: String) -> Bool { tensors.tensors[name] != nil }
}
