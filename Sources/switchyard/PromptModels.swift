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
  private let pooled: PooledPromptEncoder?

  /// - Throws: when a model that is named, or one of the binary's own, cannot be read.
  init(_ settings: EmbeddingSettings) throws(CommandFailure) {
    pooled = try Self.encoder(settings)
    // Heads were trained on that model's vectors and mean nothing for another's.
    let isKnown = pooled?.name == ModelStore.defaultModel
    do {
      models = ReadingModels(
        domain: DomainReader(
          try LinearDomainClassifier.bundled(), head: isKnown ? try DomainHead.bundled() : nil),
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
      && settings.deadline == self.settings.deadline
    return isSame ? self : try PromptModels(settings)
  }

  /// Gives the encoder's threads back. Requests that wait for it are decided without it.
  func close() { pooled?.close() }

  /// A sentence that says what reads.
  var summary: String {
    guard let encoder = models.encoder else { return "prompts are read by linear models; no encoder" }
    return "prompts are read by linear models and the encoder \(encoder.name)"
  }

  private static func encoder(_ settings: EmbeddingSettings) throws(CommandFailure) -> PooledPromptEncoder? {
    let path: String
    switch settings.encoder {
    case .none: return nil
    case .cached:
      path = ModelStore.standard(environment: ProcessInfo.processInfo.environment)
        .packedFile(of: ModelStore.defaultModel)
      guard FileManager.default.fileExists(atPath: path) else { return nil }
    case .path(let named): path = named
    }
    do throws(EncoderModelError) {
      let encoder = try TransformerEncoder(PackedModel(path: try packed(path)))
      return PooledPromptEncoder(
        encoder, name: URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent,
        options: EncodingOptions(
          capturedLayer: encoder.configuration.layers >= BundledPersonalDataReader.capturedLayer
            ? BundledPersonalDataReader.capturedLayer : nil),
        workers: settings.workers, patience: UInt64(settings.deadline / .nanoseconds(1)),
        now: { DispatchTime.now().uptimeNanoseconds })
    } catch {
      throw CommandFailure(
        "the encoder cannot be loaded: \(error) (global.model_catalog.embeddings.semantic.bert_model_path)")
    }
  }

  /// The packed file of a path: the file itself, or one made of the model's folder and kept beside it, or, where that cannot
  /// be written, in the folder of temporary files. It is made anew when a file of the model is younger.
  private static func packed(_ path: String) throws(EncoderModelError) -> String {
    var isFolder = ObjCBool(false)
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else { return path }
    let files = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    let youngest = files.filter { $0 != packedName }.compactMap { age(of: path + "/" + $0) }.max()
    let beside = path + "/" + packedName
    if let youngest, let own = age(of: beside), own >= youngest, (try? PackedModel(path: beside)) != nil {
      return beside
    }
    if FileManager.default.isWritableFile(atPath: path) {
      try PackedModel.pack(folder: path, to: beside)
      return beside
    }
    let elsewhere = NSTemporaryDirectory() + "switchyard-\(getpid())-encoder"
    try PackedModel.pack(folder: path, to: elsewhere)
    return elsewhere
  }

  private static let packedName = "switchyard.packed"

  private static func age(of path: String) -> Date? {
    (try? FileManager.default.attributesOfItem(atPath: path))?[.modificationDate] as? Date
  }
}
