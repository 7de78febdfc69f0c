import CReadingModels

/// The domain classifier's share over an encoder's vectors: logistic regression, added to the linear model's scores.
///
/// Layout of the file (little-endian), defined in `training/domain_encoder/README.md`: magic `SWYDOMHD`, u32 version 1, u32
/// width, u32 layer, u32 labels, f32 temperature, f32 its exponent of length, a row of f32 a label (bias, weights of the text's
/// vector, weights of the layer's mean), u32 CRC-32.
///
/// One call takes some microseconds. Immutable; any thread may call it.
public struct DomainHead: Sendable {
  private static let header = 32

  /// Numbers a vector.
  public let width: Int
  /// The layer, counted from 1, whose mean is the second input.
  public let layer: Int
  let labels: Int
  let temperature: Double
  let temperatureExponent: Double
  private let rows: [Float]

  /// The head inside the binary, for all-MiniLM-L6-v2.
  public static func bundled() throws(DomainHeadError) -> DomainHead {
    try DomainHead(
      UnsafeRawBufferPointer(start: reading_model_domain_head_bytes(), count: reading_model_domain_head_size()))
  }

  /// A head from elsewhere.
  public init(modelBytes: [UInt8]) throws(DomainHeadError) {
    let owned = ModelBytes(copying: modelBytes)
    self = try DomainHead(owned.buffer)
  }

  private init(_ buffer: UnsafeRawBufferPointer) throws(DomainHeadError) {
    guard buffer.count > Self.header + 4, buffer[0..<8].elementsEqual("SWYDOMHD".utf8) else { throw .notADomainHead }
    func integer(_ offset: Int) -> UInt32 {
      UInt32(littleEndian: buffer.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }
    func real(_ offset: Int) -> Float { Float(bitPattern: integer(offset)) }
    guard integer(8) == 1 else { throw .unsupportedVersion(integer(8)) }
    let (width, layer, labels) = (Int(integer(12)), Int(integer(16)), Int(integer(20)))
    guard (1...4096).contains(width), (1...64).contains(layer), (1...LinearModel.rarityLane).contains(labels) else {
      throw .invalid(field: "the width, the layer or the number of labels")
    }
    let count = labels * (1 + 2 * width)
    guard buffer.count == Self.header + 4 * count + 4 else {
      throw .wrongLength(expected: Self.header + 4 * count + 4, actual: buffer.count)
    }
    let computed = CyclicRedundancyCheck().checksum(of: UnsafeRawBufferPointer(rebasing: buffer.dropLast(4)))
    guard integer(buffer.count - 4) == computed else { throw .corrupted }
    (temperature, temperatureExponent) = (Double(real(24)), Double(real(28)))
    guard temperature > 0, temperature.isFinite, (-2...2).contains(temperatureExponent) else {
      throw .invalid(field: "the temperature")
    }
    rows = (0..<count).map { real(Self.header + 4 * $0) }
    guard rows.allSatisfy(\.isFinite) else { throw .invalid(field: "a weight") }
    (self.width, self.layer, self.labels) = (width, layer, labels)
  }

  /// A score a label, to be added to the linear model's.
  ///
  /// - Parameters:
  ///   - vector: of the text, ``width`` numbers; its length does not matter.
  ///   - layerMean: the mean of ``layer``'s vectors of the text's tokens, as many numbers.
  /// - Returns: nil for other counts and for numbers that are not finite.
  func scores(vector: [Float], layerMean: [Float]) -> [Double]? {
    guard vector.count == width, layerMean.count == width, let first = Self.scale(vector),
      let second = Self.scale(layerMean)
    else { return nil }
    return (0..<labels).map { label in
      let row = label * (1 + 2 * width)
      var (one, other) = (0.0, 0.0)
      for index in 0..<width {
        one += Double(rows[row + 1 + index]) * Double(vector[index])
        other += Double(rows[row + 1 + width + index]) * Double(layerMean[index])
      }
      return Double(rows[row]) + one * first + other * second
    }
  }

  /// What brings a vector to length 1; nil where it is not finite.
  private static func scale(_ vector: [Float]) -> Double? {
    var square = 0.0
    for value in vector { square += Double(value) * Double(value) }
    guard square.isFinite else { return nil }
    return square > 0 ? 1 / square.squareRoot() : 0
  }
}

/// Why the bytes of a domain head were refused.
public enum DomainHeadError: Error, Sendable, Equatable, CustomStringConvertible {
  case notADomainHead
  case unsupportedVersion(UInt32)
  case wrongLength(expected: Int, actual: Int)
  case corrupted
  case invalid(field: String)

  public var description: String {
    switch self {
    case .notADomainHead: "domain head: the file does not start with SWYDOMHD; train it again"
    case .unsupportedVersion(let version): "domain head: format version \(version), but this build reads version 1"
    case .wrongLength(let expected, let actual): "domain head: \(actual) bytes where the header describes \(expected)"
    case .corrupted: "domain head: the checksum does not fit; train it again"
    case .invalid(let field): "domain head: \(field) is out of range"
    }
  }
}
