import JSONText

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Writes a safetensors file whose tensors start at multiples of 64 bytes, so that a mapping of it can be computed with.
struct TensorFileWriter {
  private var entries: [(name: String, type: TensorType, shape: [Int], bytes: [UInt8])] = []

  mutating func add(_ name: String, _ values: [Float], _ shape: [Int]) {
    add(name, .float32, shape, values.withUnsafeBytes { Array($0) })
  }

  mutating func add(_ name: String, _ type: TensorType, _ shape: [Int], _ bytes: [UInt8]) {
    precondition(shape.reduce(1, *) * type.size == bytes.count, "\(name): \(shape) does not fit \(bytes.count) bytes")
    entries.append((name, type, shape, bytes))
  }

  /// The file's bytes; `metadata` comes first, in its order.
  func bytes(metadata: [(name: String, value: String)]) -> [UInt8] {
    var header = Array("{\"__metadata__\":{".utf8)
    for (index, item) in metadata.enumerated() {
      if index > 0 { header.append(UInt8(ascii: ",")) }
      JSONString.append(item.name, to: &header)
      header.append(UInt8(ascii: ":"))
      JSONString.append(item.value, to: &header)
    }
    header.append(UInt8(ascii: "}"))
    var offset = 0
    var offsets: [Int] = []
    for entry in entries {
      offsets.append(offset)
      header.append(UInt8(ascii: ","))
      JSONString.append(entry.name, to: &header)
      let text =
        ":{\"dtype\":\"\(entry.type.rawValue)\",\"shape\":\(entry.shape),\"data_offsets\":[\(offset),\(offset + entry.bytes.count)]}"
      header += Array(text.utf8)
      offset += (entry.bytes.count + 63) / 64 * 64
    }
    header.append(UInt8(ascii: "}"))
    while (8 + header.count) % 64 != 0 { header.append(UInt8(ascii: " ")) }
    var file: [UInt8] = []
    file.reserveCapacity(8 + header.count + offset)
    withUnsafeBytes(of: UInt64(header.count).littleEndian) { file += Array($0) }
    file += header
    for entry in entries {
      file += entry.bytes
      file += [UInt8](repeating: 0, count: (64 - entry.bytes.count % 64) % 64)
    }
    return file
  }

  /// Writes bytes beside `path` and renames them over it: whoever has the old file open keeps it whole.
  static func replace(_ path: String, with bytes: [UInt8]) throws(EncoderModelError) {
    let temporary = "\(path).\(getpid()).part"
    func fail() -> EncoderModelError {
      EncoderModelError(path, "cannot be written: \(String(cString: strerror(errno)))")
    }
    guard let file = fopen(temporary, "wb") else { throw fail() }
    let written = bytes.withUnsafeBytes { fwrite($0.baseAddress, 1, $0.count, file) }
    guard written == bytes.count, fflush(file) == 0, fsync(fileno(file)) == 0 else {
      let error = fail()
      fclose(file)
      unlink(temporary)
      throw error
    }
    fclose(file)
    guard rename(temporary, path) == 0 else {
      let error = fail()
      unlink(temporary)
      throw error
    }
  }
}
