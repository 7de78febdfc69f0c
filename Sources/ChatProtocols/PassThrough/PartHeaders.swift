/// What the headers of a form's part say of it, taken in line by line (RFC 7578, section 4.2).
struct PartHeaders: Sendable {
  private var hasDisposition = false
  private var isNamedModel = false
  private var hasFileName = false
  private var isEncoded = false

  /// The part is the field `model`, and no file of that name.
  var isModel: Bool { isNamedModel && !hasFileName }

  /// Takes a header's line, without its end.
  mutating func read(_ line: UnsafeRawBufferPointer) throws(MultipartFault) {
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > 0,
      // A space before the colon or at the start of the line, which would continue the one before, could hide a header.
      line[..<colon].allSatisfy({ $0 > 0x20 && $0 < 0x7F })
    else { throw .malformedHeader }
    let name = UnsafeRawBufferPointer(rebasing: line[..<colon])
    let value = UnsafeRawBufferPointer(rebasing: line[(colon + 1)...])
    if ASCIIWord.equals(name, "content-disposition") {
      guard !hasDisposition else { throw .repeatedDisposition }
      hasDisposition = true
      do throws(HeaderParameters.Malformed) {
        try readDisposition(value)
      } catch {
        throw .malformedDisposition
      }
    } else if ASCIIWord.equals(name, "content-transfer-encoding") {
      let encoding = HeaderParameters(value)
      isEncoded = !(encoding.valueEquals("binary") || encoding.valueEquals("8bit") || encoding.valueEquals("7bit"))
    }
  }

  /// Takes the empty line behind the last header.
  func finish() throws(MultipartFault) {
    guard hasDisposition else { throw .missingDisposition }
    if isModel, isEncoded { throw .modelIsEncoded }
  }

  private mutating func readDisposition(_ value: UnsafeRawBufferPointer) throws(HeaderParameters.Malformed) {
    var parameters = HeaderParameters(value)
    guard parameters.valueEquals("form-data") else { throw HeaderParameters.Malformed() }
    var hasName = false
    while let parameter = try parameters.next() {
      if parameters.name(of: parameter, equals: "name") {
        // Of two names an engine may take the other one.
        guard !hasName else { throw HeaderParameters.Malformed() }
        hasName = true
        isNamedModel = parameters.value(of: parameter).elementsEqual("model".utf8)
      } else if parameters.name(of: parameter, equals: "filename")
        || parameters.name(of: parameter, equals: "filename*")
      {
        hasFileName = true
      } else if parameters.name(of: parameter, equals: "name*") {
        // No form has it, but some engines would decode it and see another name than we do.
        throw HeaderParameters.Malformed()
      }
    }
    guard hasName else { throw HeaderParameters.Malformed() }
  }
}
