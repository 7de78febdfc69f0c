/// Finds personal data in a text. Immutable; any thread may use it.
public protocol PersonalDataReader: Sendable {
  /// For traces and metrics.
  var name: String { get }
  /// Whether it finds more with the encoder's reading.
  var wantsEncoding: Bool { get }

  /// What it takes for personal data, whatever its confidence, in the order of the text.
  ///
  /// - Parameters:
  ///   - text: UTF-8; malformed bytes are tolerated.
  ///   - encoding: what the encoder made of that text; names are found better with it.
  func find(in text: [UInt8], _ encoding: PromptEncoding) -> [PersonalDataSpan]
}
