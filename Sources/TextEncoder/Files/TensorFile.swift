/// A safetensors file: 8 bytes little-endian length of the header, the header as JSON, the tensors' raw bytes.
///
/// The header is checked whole: every tensor has a known type, a shape whose product is its length, and lies inside of
/// the file. Reading a tensor's values is then safe. Bounds: a header of at most 64 MiB, 65 536 tensors.
struct TensorFile: Sendable {
  /// One tensor: its type, its shape and where it lies.
  struct Tensor: Sendable {
    let type: TensorType
    let shape: [Int]
    /// Bytes in the file.
    let range: Range<Int>

    var count: Int { shape.reduce(1, *) }
  }

  let file: MappedFile
  let tensors: [String: Tensor]
  /// What stands under `__metadata__`.
  let metadata: [String: String]

  var path: String { file.path }

  init(path: String) throws(EncoderModelError) {
    let file = try MappedFile(path: path)
    guard file.bytes.count >= 8 else { throw EncoderModelError(path, "is too short for a safetensors file") }
    let length = UInt64(littleEndian: file.bytes.loadUnaligned(as: UInt64.self))
    guard length <= 64 << 20, length <= UInt64(file.bytes.count - 8) else {
      throw EncoderModelError(
        path, "is no safetensors file: a header of \(length) bytes in a file of \(file.bytes.count)")
    }
    let start = 8 + Int(length)
    let header = try JSONNode(UnsafeRawBufferPointer(rebasing: file.bytes[8..<start]), path: path)
    guard header.isObject else { throw EncoderModelError(path, "its header is no JSON object") }
    var tensors: [String: Tensor] = [:]
    var metadata: [String: String] = [:]
    var problem: String?
    header.forEachEntry { key, value in
      let name = String(decoding: key, as: UTF8.self)
      if name == "__metadata__" {
        value.forEachEntry { metadata[String(decoding: $0, as: UTF8.self)] = $1.string ?? "" }
      } else if tensors.count >= 65_536 {
        problem = "has more than 65,536 tensors"
      } else {
        switch Self.tensor(value, name: name, dataStart: start, fileEnd: file.bytes.count) {
        case .success(let tensor?): tensors[name] = tensor
        case .success(nil): break
        case .failure(let error): problem = problem ?? error.text
        }
      }
    }
    if let problem { throw EncoderModelError(path, problem) }
    self.file = file
    self.tensors = tensors
    self.metadata = metadata
  }

  private struct Problem: Error { let text: String }

  /// - Returns: nil for a tensor of a type that no encoder uses.
  private static func tensor(
    _ node: JSONNode, name: String, dataStart: Int, fileEnd: Int
  ) -> Result<Tensor?, Problem> {
    let offsets = node["data_offsets"]?.elements.map { $0.integer ?? -1 } ?? []
    guard offsets.count == 2, offsets[0] >= 0, offsets[1] >= offsets[0], offsets[1] <= fileEnd - dataStart else {
      return .failure(Problem(text: "tensor \(name): its data_offsets are not two places in the file"))
    }
    let shape = node["shape"]?.elements.map { $0.integer ?? -1 } ?? []
    guard let dtype = node["dtype"]?.string else { return .failure(Problem(text: "tensor \(name): has no dtype")) }
    guard let type = TensorType(rawValue: dtype) else { return .success(nil) }
    var count = 1
    for dimension in shape {
      let (product, overflows) = count.multipliedReportingOverflow(by: dimension)
      guard dimension >= 0, !overflows else {
        return .failure(Problem(text: "tensor \(name): its shape \(shape) is impossible"))
      }
      count = product
    }
    let (size, overflows) = count.multipliedReportingOverflow(by: type.size)
    guard !overflows, size == offsets[1] - offsets[0] else {
      return .failure(
        Problem(text: "tensor \(name): \(dtype) \(shape) does not fit \(offsets[1] - offsets[0]) bytes"))
    }
    return .success(Tensor(type: type, shape: shape, range: dataStart + offsets[0]..<dataStart + offsets[1]))
  }

  /// The raw bytes of a tensor; valid as long as the file is.
  func bytes(_ tensor: Tensor) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: file.bytes[tensor.range]) }

  /// The values of a floating-point tensor, widened; nil for other types.
  func floats(_ tensor: Tensor) -> [Float]? {
    let raw = bytes(tensor)
    func read(_ value: (Int) -> Float) -> [Float] {
      [Float](unsafeUninitializedCapacity: tensor.count) { buffer, count in
        for index in 0..<tensor.count { buffer.initializeElement(at: index, to: value(index)) }
        count = tensor.count
      }
    }
    switch tensor.type {
    case .float32:
      return read {
        Float(bitPattern: UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self)))
      }
    case .bfloat16:
      return read {
        Float(
          bitPattern: UInt32(UInt16(littleEndian: raw.loadUnaligned(fromByteOffset: 2 * $0, as: UInt16.self))) << 16)
      }
    case .float16:
      return read { Self.widened(UInt16(littleEndian: raw.loadUnaligned(fromByteOffset: 2 * $0, as: UInt16.self))) }
    default: return nil
    }
  }

  /// An IEEE half as a float.
  static func widened(_ half: UInt16) -> Float {
    let sign = UInt32(half & 0x8000) << 16
    let exponent = UInt32(half >> 10 & 0x1F)
    let fraction = UInt32(half & 0x3FF)
    switch exponent {
    case 0:
      let magnitude = Float(fraction) * 0x1p-24
      return sign == 0 ? magnitude : -magnitude
    case 31: return Float(bitPattern: sign | 0x7F80_0000 | fraction << 13)
    default: return Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
    }
  }
}
