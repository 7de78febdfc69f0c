/// One `-----BEGIN LABEL-----` … `-----END LABEL-----` block of a PEM file (RFC 7468). What stands between blocks is
/// comment. Files are taken apart here, before BoringSSL sees them, so that an error can tell which block is bad.
struct PEMBlock: Equatable {
  let label: String
  /// The block with both of its lines; without the last one when the file ends too early.
  let text: String

  var isCertificate: Bool { label == "CERTIFICATE" || label == "X509 CERTIFICATE" }

  var isPrivateKey: Bool { label.hasSuffix("PRIVATE KEY") }

  /// Whether a passphrase is needed: PKCS#8's own label, or the header of the older forms (RFC 1421).
  var isEncrypted: Bool { label == "ENCRYPTED PRIVATE KEY" || text.contains("Proc-Type: 4,ENCRYPTED") }

  /// The blocks of a file, in their order. Cost: linear in the file.
  static func blocks(in bytes: [UInt8]) -> [PEMBlock] {
    var blocks: [PEMBlock] = []
    var label: String?
    var text = ""
    for piece in bytes.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }) {
      var line = String(decoding: piece, as: UTF8.self)
      while line.last == " " || line.last == "\t" { line.removeLast() }
      if let open = label {
        text += line + "\n"
        if line == "-----END \(open)-----" {
          blocks.append(PEMBlock(label: open, text: text))
          label = nil
        }
      } else if line.hasPrefix("-----BEGIN "), line.hasSuffix("-----"), line.utf8.count > 16 {
        label = String(line.dropFirst(11).dropLast(5))
        text = line + "\n"
      }
    }
    if let label { blocks.append(PEMBlock(label: label, text: text)) }
    return blocks
  }
}
