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
  public static func bundled() throws(WeightsFileError) -> DomainHead {
    try DomainHead(
      UnsafeRawBufferPointer(start: reading_model_domain_head_bytes(), count: reading_model_domain_head_size()))
  }

  /// A head from elsewhere.
  public init(modelBytes: [UInt8]) throws(WeightsFileError) {
    let owned = ModelBytes(copying: modelBytes)
    self = try DomainHead(owned.buffer)
  }

  private init(_ buffer: UnsafeRawBufferPointer) throws(WeightsFileError) {
    let file = try WeightsFile(buffer, magic: "SWYDOMHD", header: Self.header)
    let (width, layer, labels) = (file.integer(12), file.integer(16), file.integer(20))
    guard (1...4096).contains(width) else { throw file.invalid("the width") }
    guard (1...64).contains(layer) else { throw file.invalid("the layer") }
    guard (1...LinearModel.rarityLane).contains(labels) else { throw file.invalid("the number of labels") }
    let count = labels * (1 + 2 * width)
    try file.expect(length: Self.header + 4 * count + 4)
    (temperature, temperatureExponent) = (Double(file.real(24)), Double(file.real(28)))
    guard temperature > 0, temperature.isFinite, (-2...2).contains(temperatureExponent) else {
      throw file.invalid("the temperature")
    }
    rows = try file.reals(Self.header, count: count)
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
