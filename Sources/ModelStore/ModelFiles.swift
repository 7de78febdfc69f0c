import Foundation

/// The files of a model's folder as the model hub lays it out.
enum ModelFiles {
  static let weights = "model.safetensors"
  static let tokenizer = "tokenizer.json"
  static let needed = ["config.json", tokenizer, weights]
  static let optional = ["1_Pooling/config.json", "modules.json", "sentence_bert_config.json"]
  /// Those of an adapter, beside its base model's.
  static let adapter = ["adapter_config.json", "adapter_model.safetensors"]
  static let all = needed + optional + adapter
  /// What a hub's folder may have to say about a model and its licence.
  static let papers = ["README.md", "LICENSE", "NOTICE"]

  /// Whether a file is a model card, a licence or a notice by its name: at most 64 bytes of letters, digits, dots and
  /// dashes.
  static func isPaper(_ name: some StringProtocol) -> Bool {
    guard ModelStore.isName(String(name)), name.utf8.count <= 64 else { return false }
    let stem = name.split(separator: ".").first.map { $0.uppercased() } ?? ""
    return ["README", "LICENSE", "LICENCE", "NOTICE", "MODEL_CARD", "COPYING"].contains(stem)
  }

  /// The one folder under `folder`, itself included, that holds a model.
  static func modelFolder(under folder: String, of place: String) throws(ModelStoreError) -> String {
    let paths = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
    let folders = paths.filter { $0 == weights || $0.hasSuffix("/\(weights)") }
      .map { ("\(folder)/\($0)" as NSString).deletingLastPathComponent }
    guard let first = folders.first else {
      throw ModelStoreError(place, "holds no model: there is no \(weights) in it")
    }
    guard folders.count == 1 else {
      throw ModelStoreError(place, "holds \(folders.count) models; unpack it and name the folder of one with --from")
    }
    return first
  }
}
