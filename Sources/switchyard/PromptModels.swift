import Discovery
import Dispatch
import Foundation
import ModelStore
import Reading
import RouterConfig
import TextEncoder

/// The models that read prompts, as a configuration names them.
struct PromptModels: Sendable {
  let models: ReadingModels
  /// What the encoder was made by; another of them makes another encoder.
  private let settings: EmbeddingSettings
  /// When its file was made; nil: there was none.
  private let age: Date?
  private let pooled: PooledPromptEncoder?
  /// What is to be said of the heads; empty where there is nothing to say.
  private let headsNote: String

  /// - Throws: when a model that is named, or one of the binary's own, cannot be read.
  init(_ settings: EmbeddingSettings) throws(CommandFailure) {
    let loaded = try Self.encoder(settings)
    pooled = loaded?.encoder
    age = Self.age(ofModel: settings)
    let isKnown: Bool
    (isKnown, headsNote) = loaded.map { Self.heads(for: $0.weights, named: $0.encoder.name) } ?? (false, "")
    do {
      let domain = try LinearDomainClassifier.bundled()
      models = ReadingModels(
        domain: isKnown
          ? try DomainReader(
            domain, head: DomainHead.bundled(), capturedLayer: BundledPersonalDataReader.capturedLayer)
          : DomainReader(domain),
        promptGuard: PromptGuard(
          try LinearGuardClassifier.bundled(), head: isKnown ? try GuardHead.bundled() : nil),
        personalData: try BundledPersonalDataReader(encoderWidth: isKnown ? pooled?.width : nil), encoder: pooled)
    } catch {
      throw CommandFailure("a model inside the program cannot be read: \(error)")
    }
    self.settings = settings
  }

  /// The models under another configuration: the same, unless it names another encoder.
  func following(_ settings: EmbeddingSettings) throws(CommandFailure) -> PromptModels {
    let isSame =
      settings.encoder == self.settings.encoder && settings.workers == self.settings.workers
      && settings.deadline == self.settings.deadline && Self.age(ofModel: settings) == age
    return isSame ? self : try PromptModels(settings)
  }

  /// Gives the encoder's threads back. Requests that wait for it are decided without it.
  func close() { pooled?.close() }

  /// Gives the threads back once nobody that began with this encoder can wait for it any more.
  func closeWhenUnused() async {
    try? await Task.sleep(for: settings.deadline + .seconds(1))
    close()
  }

  /// There is an encoder, and the heads are not of it.
  var hasHeadsOff: Bool { pooled != nil && !headsNote.isEmpty }

  /// A sentence that says what reads.
  var summary: String {
    guard let encoder = models.encoder else { return "prompts are read by linear models; no encoder" }
    return "prompts are read by linear models and the encoder \(encoder.name)\(headsNote)"
  }

  /// Whether the heads for domains, the guard and names serve, and what is to be said of it. They were trained on the vectors
  /// of all-MiniLM-L6-v2 and mean nothing for another model's, whatever its file is called.
  ///
  /// - Parameter weights: ``PackedModel/weightsDigest``; nil in older files, of which the name is all that can tell.
  static func heads(for weights: String?, named name: String) -> (areOn: Bool, note: String) {
    let known = PublishedModel.named(ModelStore.defaultModel)
    guard let weights else {
      let hint = "its file was packed before hashes of weights were kept; pack it anew: `switchyard models fetch`"
      return name == ModelStore.defaultModel
        ? (true, " (heads on by the file's name: \(hint))") : (false, "; heads off by the file's name (\(hint))")
    }
    return weights == known?.weights.sha256
      ? (true, "") : (false, "; heads off: other weights than those of \(ModelStore.defaultModel)")
  }

  private static func encoder(
    _ settings: EmbeddingSettings
  ) throws(CommandFailure) -> (encoder: PooledPromptEncoder, weights: String?)? {
    guard let path = path(settings) else { return nil }
    do throws(EncoderModelError) {
      let (file, isTemporary) = try packed(path)
      // What is mapped stays.
      defer { if isTemporary { try? FileManager.default.removeItem(atPath: file) } }
      let model = try PackedModel(path: file)
      let encoder = try TransformerEncoder(model)
      let pooled = PooledPromptEncoder(
        encoder, name: Self.name(ofModel: path),
        options: EncodingOptions(
          capturedLayer: encoder.configuration.layers >= BundledPersonalDataReader.capturedLayer
            ? BundledPersonalDataReader.capturedLayer : nil),
        workers: settings.workers, patience: UInt64(settings.deadline / .nanoseconds(1)),
        now: { DispatchTime.now().uptimeNanoseconds })
      return (pooled, model.weightsDigest)
    } catch {
      throw CommandFailure(
        "the encoder cannot be loaded: \(error) (global.model_catalog.embeddings.semantic.bert_model_path)")
    }
  }

  /// A model's name: its file's without `.packed`, or its folder's.
  private static func name(ofModel path: String) -> String {
    let last = URL(fileURLWithPath: path).lastPathComponent
    return last.hasSuffix(".packed") ? String(last.dropLast(".packed".count)) : last
  }

  /// The model's folder or file; nil where there is none.
  private static func path(_ settings: EmbeddingSettings) -> String? {
    switch settings.encoder {
    case .none: return nil
    case .cached:
      let path = ModelStore.standard(environment: ProcessInfo.processInfo.environment)
        .packedFile(of: ModelStore.defaultModel)
      return FileManager.default.fileExists(atPath: path) ? path : nil
    case .path(let named): return named
    }
  }

  /// When the youngest of a model's files was made.
  private static func age(ofModel settings: EmbeddingSettings) -> Date? {
    guard let path = path(settings) else { return nil }
    return age(ofFolder: path, byChange: true) ?? age(of: path, byChange: true)
  }

  /// The age of the youngest of the files that make a model; nil where there are none.
  private static func age(ofFolder path: String, byChange: Bool) -> Date? {
    let files = ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).filter { $0 != packedName }
    // How tokens become one vector is said in a folder of its own.
    return (files + ["1_Pooling/config.json"]).compactMap { age(of: path + "/" + $0, byChange: byChange) }.max()
  }

  /// The packed file of a path: the file itself, or one made of the model's folder and kept beside it, or, where that cannot
  /// be written, in the folder of temporary files. It is made anew when a file of the model is younger.
  private static func packed(_ path: String) throws(EncoderModelError) -> (file: String, isTemporary: Bool) {
    var isFolder = ObjCBool(false)
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else {
      return (path, false)
    }
    let beside = path + "/" + packedName
    let isSound = (try? PackedModel(path: beside)) != nil
    func isCurrent(byChange: Bool) -> Bool {
      guard isSound, let youngest = age(ofFolder: path, byChange: byChange),
        let own = age(of: beside, byChange: byChange)
      else { return false }
      return own >= youngest
    }
    if isCurrent(byChange: false), isCurrent(byChange: true) { return (beside, false) }
    if FileManager.default.isWritableFile(atPath: path) {
      try PackedModel.pack(folder: path, to: beside)
      return (beside, false)
    }
    // Where it cannot be made anew, as in an image, the order in which files were put there tells nothing.
    if isCurrent(byChange: false) { return (beside, false) }
    let elsewhere = NSTemporaryDirectory() + "switchyard-\(UUID().uuidString)"
    try PackedModel.pack(folder: path, to: elsewhere)
    return (elsewhere, true)
  }

  private static let packedName = "switchyard.packed"

  /// When a file's content was made, or `byChange` when the file was last changed in any way: copies may keep the first, and never
  /// the second.
  private static func age(of path: String, byChange: Bool) -> Date? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    #if canImport(Darwin)
      let time = byChange ? status.st_ctimespec : status.st_mtimespec
    #else
      let time = byChange ? status.st_ctim : status.st_mtim
    #endif
    return Date(timeIntervalSince1970: Double(time.tv_sec) + Double(time.tv_nsec) / 1e9)
  }
}
